"""Accounts in the browser: the first administrator, logging in and out, one's own page."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.accounts import (
    account_letters,
    factor_keys,
    factors,
    people,
    profile,
    proving,
    second_factor,
    setup,
    tokens,
)
from pypi_web.accounts.people import AccountRefused, Known
from pypi_web.accounts.second_factor import NotShown
from pypi_web.data import User
from pypi_web.data.base import read_id
from pypi_web.data.session import Database
from pypi_web.projects import roles
from pypi_web.security import known_browsers, limits, passwords, sessions
from pypi_web.security.auditing import record, record_refusal
from pypi_web.security.permissions import Permission
from pypi_web.security.proof import own_address
from pypi_web.standards import names

NO_LINK = (
    "This link makes the first administrator of an index that has nobody yet. It is used up, or"
    " not whole: the output of the server's start shows it while it is good."
)

WRONG = "The user name or the password is wrong."


@view_config(
    route_name="accounts.setup",
    request_method="GET",
    renderer="templates/setup.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def setup_page(request: Any) -> dict[str, Any]:
    return {"key": _setup_key(request, request.db), "error": None, "typed": {}}


@view_config(
    route_name="accounts.setup",
    request_method="POST",
    renderer="templates/setup.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def set_up(request: Any) -> Any:
    with request.reading() as db:
        key = _setup_key(request, db)
    limits.enforce(request, "make an account")
    typed = {field: request.POST.get(field, "") for field in ("name", "email", "password")}
    try:
        applicant = people.check_applicant(**typed)
        people.lock(request.db)
        _setup_key(request, request.db)  # again, now that nobody else can be first
        user = people.create_user(request.db, applicant, is_admin=True)
    except AccountRefused as error:
        request.response.status = 400
        return {"key": key, "error": error, "typed": {**typed, "password": ""}}
    record(request, "set up", user_id=user.id, user_name=user.name, subject=user.name)
    key = profile.sign_address(request.settings.signing_key, user, user.email)
    account_letters.ask_to_confirm(request, user, user.email, key)
    sessions.start(request, user.id)
    sessions.tell(request, f"Welcome, {user.name}: this index is yours.")
    return HTTPSeeOther(request.route_url("accounts.account"))


@view_config(
    route_name="accounts.login",
    request_method="GET",
    renderer="templates/login.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def login_page(request: Any) -> dict[str, Any]:
    return {"next": request.GET.get("next", ""), "error": None, "name": ""}


@view_config(
    route_name="accounts.login",
    request_method="POST",
    renderer="templates/login.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def log_in(request: Any) -> Any:
    name, password = request.POST.get("name", ""), request.POST.get("password", "")
    with request.reading() as db:
        known = people.find_known(db, name)
    act, account = _what_counts(request, name, known)
    limits.enforce(request, act, account=account)
    if not people.is_password_of(known, password):
        return _refuse_log_in(request, known)
    assert known is not None
    limits.forget(request.registry["engine"], act, account=account)
    renewed = None
    if passwords.is_outdated(known.password_hash):
        renewed = passwords.hash_password(password)
    user = people.get_locked(request.db, known.id)
    if user is None or user.password_hash != known.password_hash:  # changed since
        request.let_database_go()
        return _refuse_log_in(request, known)
    user.password_hash = renewed or user.password_hash
    is_whole = not factors.has_factor(request.db, known.id)
    sessions.start(request, known.id, is_whole=is_whole)
    record(request, "log in", user_id=known.id, user_name=known.name)
    address = request.POST.get("next", "")
    if not is_whole:
        query = {"next": address} if address else {}
        return HTTPSeeOther(request.route_url("accounts.second_factor", _query=query))
    return HTTPSeeOther(own_address(request, address))


def _what_counts(request: Any, name: str, known: Known | None) -> tuple[str, str]:
    """The act and the account that an attempt is counted as: strangers do not use up the attempts
    of somebody at their own browser.

    Theirs are counted by what was typed. Were a person's name and address counted together, the
    limit of the one would tell strangers that the other is the same person's.
    """
    if known is not None and known_browsers.knows(request, known.id, known.password_hash):
        return known_browsers.ACT, known.name
    return "log in", name


def _refuse_log_in(request: Any, known: Known | None) -> dict[str, Any]:
    """What was typed for a name is noted nowhere: it may be a password."""
    user_id, user_name = (known.id, known.name) if known else (None, None)
    record_refusal(request, "log in", WRONG, user_id=user_id, user_name=user_name)
    request.response.status = 400
    return {
        "next": request.POST.get("next", ""),
        "error": WRONG,
        "name": request.POST.get("name", ""),
    }


@view_config(route_name="accounts.logout", request_method="POST", permission=NO_PERMISSION_REQUIRED)
def log_out(request: Any) -> HTTPSeeOther:
    if request.identity is not None:
        record(request, "log out")
    sessions.end(request)
    return HTTPSeeOther(request.route_url("site.home"))


@view_config(
    route_name="accounts.confirm",
    request_method="GET",
    renderer="templates/confirm.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def confirm_page(request: Any) -> dict[str, Any]:
    return _ask_who(request, request.GET.get("next", ""))


@view_config(
    route_name="accounts.confirm",
    request_method="POST",
    renderer="templates/confirm.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def confirm(request: Any) -> Any:
    """Whoever has a second factor shows it; a password alone would not do at the log-in either."""
    address = request.POST.get("next", "")
    with request.reading() as db:
        has_factor = factors.has_factor(db, request.identity.user_id)
    if has_factor:
        try:
            second_factor.prove_by_code(request, request.POST.get("code", ""))
        except NotShown as error:
            request.response.status = 400
            return _ask_who(request, address, error=str(error))
        return HTTPSeeOther(own_address(request, address))
    if not proving.is_own_password(request, request.POST.get("password", ""), act=proving.ACT):
        request.response.status = 400
        return _ask_who(request, address, error=proving.WRONG)
    sessions.prove(request)
    record(request, proving.ACT)
    return HTTPSeeOther(own_address(request, address))


def _ask_who(request: Any, address: str, *, error: str | None = None) -> dict[str, Any]:
    request.response.cache_control = "no-store"
    asked = second_factor.what_to_ask(
        request, second_factor.signed_in(request), factor_keys.CONFIRM
    )
    return {**asked, "next": address, "error": error}


@view_config(
    route_name="accounts.account",
    request_method="GET",
    renderer="templates/account.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def account_page(request: Any) -> dict[str, Any]:
    person = request.db.get_one(User, request.identity.user_id)
    before = read_id(request.GET.get("before", ""))
    events, older = profile.list_events(request.db, person, before=before)
    written = request.GET.get("projects", "")
    after = names.normalize(written) if names.is_valid(written) else ""
    projects, more_projects = profile.list_projects(request.db, person.id, after=after)
    return {
        "person": person,
        "offers": roles.list_invitations(request.db, person),
        "projects": projects,
        "more_projects": more_projects,
        "is_first_of_projects": not after,
        "tokens": tokens.count_tokens(request.db, person.id),
        "factors": len(factors.list_factors(request.db, person.id)),
        "lost_apps": factors.find_apps(request, person.id)[1],
        "sessions": len(profile.list_sessions(request.db, person.id)),
        "events": events,
        "older": older,
        "is_first": before is None,
        "sends_letters": request.registry["post"].is_open,
    }


def _setup_key(request: Any, db: Database) -> str:
    key = request.params.get("key", "")
    if not setup.is_key(request.settings, key) or not setup.is_open(db):
        raise HTTPForbidden(NO_LINK)
    return key
