"""One's own account in the browser: password, address, sessions, and its end."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.accounts import account_letters, factors, people, profile, proving, registration
from pypi_web.accounts.people import AccountRefused
from pypi_web.data import User
from pypi_web.projects.managed import actor_of
from pypi_web.security import known_browsers, limits, sessions
from pypi_web.security.auditing import record
from pypi_web.security.permissions import Permission
from pypi_web.security.proof import require_recent_proof

NO_LETTERS = (
    "This index sends no letters, and so cannot see that an address is yours: ask an administrator."
)

NO_LINK = (
    "This link confirms an address. It is used up, older than a day, or not whole: ask for another"
    " one on your account page."
)


@view_config(
    route_name="accounts.password",
    request_method="GET",
    renderer="templates/password.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def password_page(request: Any) -> dict[str, Any]:
    _require_factor(request)
    return {"error": None}


@view_config(
    route_name="accounts.password",
    request_method="POST",
    renderer="templates/password.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def change_password(request: Any) -> Any:
    _require_factor(request)
    act = "change password"
    try:
        _check_old_password(request, act)
        limits.enforce(request, "set a new password")
        password_hash = _hash_new_password(request)
    except AccountRefused as error:
        request.response.status = 400
        return {"error": error}
    user = _person(request)
    people.change_password(request.db, user, password_hash, but=request.identity.sign_in.session_id)
    known_browsers.remember(request, user.id)
    record(request, act)
    account_letters.tell_of_a_new_password(request, user)
    sessions.tell(request, "Your password is changed, and you are logged out everywhere else.")
    return _to(request, "accounts.account")


@view_config(
    route_name="accounts.address",
    request_method="GET",
    renderer="templates/address.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def address_page(request: Any) -> dict[str, Any]:
    _check_sends_letters(request)
    _require_factor(request)
    return {"person": _person(request), "error": None, "email": "", "is_sent": False}


@view_config(
    route_name="accounts.address",
    request_method="POST",
    renderer="templates/address.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def ask_for_another_address(request: Any) -> dict[str, Any]:
    """The same answer whether somebody else has the address: its owner is told by letter."""
    _check_sends_letters(request)
    _require_factor(request)
    act, written = "ask for another address", request.POST.get("email", "")
    try:
        email = people.check_email(written)
        limits.enforce(request, "confirm address", account=request.identity.user_name)
        _check_old_password(request, act)
    except AccountRefused as error:
        request.response.status = 400
        person = _person(request)
        return {"person": person, "error": error, "email": written, "is_sent": False}
    person = _person(request)
    key = profile.sign_address(request.settings.signing_key, person, email)
    if registration.has_account(request.db, email):
        account_letters.tell_of_having_an_account(request, email)
    else:
        account_letters.ask_to_confirm(request, person, email, key)
    account_letters.tell_of_a_wish_for_another_address(request, person)
    record(request, act, before={"email": person.email}, after={"email": email})
    return {"person": person, "error": None, "email": email, "is_sent": True}


@view_config(
    route_name="accounts.send_confirmation",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def send_confirmation(request: Any) -> HTTPSeeOther:
    _check_sends_letters(request)
    limits.enforce(request, "confirm address", account=request.identity.user_name)
    user = _person(request)
    if user.email_confirmed_at is None:
        key = profile.sign_address(request.settings.signing_key, user, user.email)
        account_letters.ask_to_confirm(request, user, user.email, key)
        record(request, "ask to confirm address", subject=user.email)
    sessions.tell(request, f"A letter is on its way to {user.email}.")
    return _to(request, "accounts.account")


@view_config(
    route_name="accounts.confirm_address",
    request_method="GET",
    renderer="templates/confirm_address.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def confirm_address_page(request: Any) -> dict[str, Any]:
    """Confirms nothing by itself: programs that look at letters follow their links."""
    key, user, email = _claim(request, is_change=False)
    return {"key": key, "person": user, "email": email}


@view_config(
    route_name="accounts.confirm_address",
    request_method="POST",
    permission=NO_PERMISSION_REQUIRED,
)
def confirm_address(request: Any) -> HTTPSeeOther:
    people.lock(request.db)
    _, user, email = _claim(request, is_change=True)
    before = user.email
    try:
        profile.confirm_address(request.db, user, email)
    except AccountRefused as error:
        raise HTTPForbidden(error.message) from error
    if email != before:
        account_letters.tell_of_another_address(request, user, before)
    whose = {"user_id": user.id, "user_name": user.name}
    record(request, "confirm address", before={"email": before}, after={"email": email}, **whose)
    sessions.tell(request, f"{email} is confirmed.")
    signed_in = request.identity is not None
    return _to(request, "accounts.account" if signed_in else "accounts.login")


@view_config(
    route_name="accounts.sessions",
    request_method="GET",
    renderer="templates/sessions.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def sessions_page(request: Any) -> dict[str, Any]:
    identity = request.identity
    return {
        "sessions": profile.list_sessions(request.db, identity.user_id),
        "current": identity.sign_in.session_id,
    }


@view_config(
    route_name="accounts.end_session",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def end_session(request: Any) -> HTTPSeeOther:
    session_id = int(request.matchdict["id"])
    if not profile.end_session(request.db, request.identity.user_id, session_id):
        raise HTTPNotFound("You have no such session; it may have ended already.")
    record(request, "end session")
    sessions.tell(request, "The session is ended.")
    return _to(request, "accounts.sessions")


@view_config(
    route_name="accounts.end_other_sessions",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def end_other_sessions(request: Any) -> HTTPSeeOther:
    identity = request.identity
    ended = sessions.end_others(request.db, identity.user_id, but=identity.sign_in.session_id)
    record(request, "end other sessions", after={"ended": ended})
    sessions.tell(request, "You are logged out everywhere but here.")
    return _to(request, "accounts.sessions")


@view_config(
    route_name="accounts.delete",
    request_method="GET",
    renderer="templates/delete.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def delete_page(request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    return _deleting(request)


@view_config(
    route_name="accounts.delete",
    request_method="POST",
    renderer="templates/delete.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def delete_account(request: Any) -> Any:
    require_recent_proof(request, back=request.route_path("accounts.delete"))
    user = _person(request)
    try:
        letters = profile.delete_account(
            request.db, user, typed=request.POST.get("name", ""), actor=actor_of(request)
        )
    except AccountRefused as error:
        request.response.status = 400
        return _deleting(request, error=error)
    record(request, "delete account", subject=user.name, before={"email": user.email})
    for letter in letters:
        request.registry["post"].send_after_commit(request, letter)
    account_letters.say_goodbye(request, user)
    sessions.end(request)
    sessions.tell(request, "Your account is deleted.")
    return _to(request, "site.home")


def _deleting(request: Any, **more: Any) -> dict[str, Any]:
    person = _person(request)
    sole = profile.list_sole_projects(request.db, person.id)
    return {"person": person, "sole": sole, "error": None, **more}


def _require_factor(request: Any) -> None:
    """Who has a second factor shows it too, where that was long ago: the forms ask for the password
    alone."""
    with request.reading() as db:
        has_factor = factors.has_factor(db, request.identity.user_id)
    if has_factor:
        require_recent_proof(request, back=request.path)


def _check_old_password(request: Any, act: str) -> None:
    if not proving.is_own_password(request, request.POST.get("old", ""), act=act):
        raise AccountRefused("old", proving.WRONG)


def _hash_new_password(request: Any) -> str:
    with request.reading() as db:
        known = people.find_by_id(db, request.identity.user_id)
    assert known is not None
    about = (known.name, known.email)
    return people.hash_password(request.POST.get("password", ""), about=about)


def _check_sends_letters(request: Any) -> None:
    if not request.registry["post"].is_open:
        raise HTTPForbidden(NO_LETTERS)


def _claim(request: Any, *, is_change: bool) -> tuple[str, User, str]:
    key = request.params.get("key", "")
    found = profile.find_claim(request, key, is_change=is_change)
    if found is None:
        raise HTTPForbidden(NO_LINK)
    return key, *found


def _person(request: Any) -> User:
    person: User = request.db.get_one(User, request.identity.user_id)
    return person


def _to(request: Any, route: str) -> HTTPSeeOther:
    return HTTPSeeOther(request.route_url(route))
