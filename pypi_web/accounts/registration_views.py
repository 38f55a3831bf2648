"""Making an account in the browser, and inviting people to."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.accounts import account_letters, people, registration
from pypi_web.accounts.people import AccountRefused
from pypi_web.data.session import Database
from pypi_web.letters import address_of
from pypi_web.security import limits, sessions
from pypi_web.security.auditing import record
from pypi_web.security.permissions import Permission

NOT_OPEN = {
    "invited": "People are invited to have an account here: ask an administrator of this index.",
    "closed": "Administrators alone make accounts here: ask one of this index's.",
}

NO_LETTERS = (
    "This index sends no letters, and so cannot see that an address is yours: ask an administrator"
    " to invite you."
)

NO_LINK = (
    "This link makes an account. It is no longer good, or not whole: ask for another one, or log in"
    " if you have your account already."
)


@view_config(
    route_name="accounts.register",
    request_method="GET",
    renderer="templates/register.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def register_page(request: Any) -> dict[str, Any]:
    _check_is_open(request)
    return {"error": None, "email": "", "is_sent": False}


@view_config(
    route_name="accounts.register",
    request_method="POST",
    renderer="templates/register.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def register(request: Any) -> dict[str, Any]:
    """The same answer whoever has the address: what it is the letter says, to its owner alone."""
    _check_is_open(request)
    written = request.POST.get("email", "")
    try:
        email = people.check_email(written)
    except AccountRefused as error:
        request.response.status = 400
        return {"error": error, "email": written, "is_sent": False}
    limits.enforce(request, "register", account=email)
    key = registration.sign_address(request.settings.signing_key, email)
    if registration.has_account(request.db, email):
        account_letters.tell_of_having_an_account(request, email)
    else:
        account_letters.open_registration(request, email, key)
    record(request, "ask for an account", subject=email)
    return {"error": None, "email": email, "is_sent": True}


@view_config(
    route_name="accounts.new_account",
    request_method="GET",
    renderer="templates/new_account.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def new_account_page(request: Any) -> dict[str, Any]:
    key, email = _shown_address(request, request.db)
    return {"key": key, "email": email, "error": None, "name": ""}


@view_config(
    route_name="accounts.new_account",
    request_method="POST",
    renderer="templates/new_account.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def make_account(request: Any) -> Any:
    with request.reading() as db:
        key, email = _shown_address(request, db)
    limits.enforce(request, "make an account")
    name, password = request.POST.get("name", ""), request.POST.get("password", "")
    try:
        applicant = people.check_applicant(name=name, email=email, password=password)
        people.lock(request.db)
        _shown_address(request, request.db)  # again, now that nobody else can use it
        user = registration.register(request.db, applicant)
    except AccountRefused as error:
        request.response.status = 400
        return {"key": key, "email": email, "error": error, "name": name}
    record(request, "register", user_id=user.id, user_name=user.name, after={"email": email})
    sessions.start(request, user.id)
    sessions.tell(request, f"Welcome, {user.name}: this is your account.")
    return HTTPSeeOther(request.route_url("accounts.account"))


@view_config(
    route_name="accounts.invitations",
    request_method="GET",
    renderer="templates/invitations.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def invitations_page(request: Any) -> dict[str, Any]:
    _check_may_invite(request)
    return _invitations(request)


@view_config(
    route_name="accounts.invitations",
    request_method="POST",
    renderer="templates/invitations.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def invite(request: Any) -> dict[str, Any]:
    """Answers with the page itself, not with a redirect: the link is in this answer alone."""
    _check_may_invite(request)
    if request.settings.registration == "closed":
        raise HTTPForbidden(NOT_OPEN["closed"])
    request.response.cache_control = "no-store"
    by, written = request.identity.user_name, request.POST.get("email", "")
    limits.enforce(request, "invite", account=by)
    try:
        invited = registration.invite(request.db, written, by=by)
    except AccountRefused as error:
        request.response.status = 400
        return _invitations(request, error=error, email=written)
    record(request, "invite", subject=invited.email)
    account_letters.invite(request, invited.email, invited.key, by=by)
    link = address_of(request, "accounts.new_account", _query={"key": invited.key})
    return _invitations(request, invited=invited, link=link)


@view_config(
    route_name="accounts.withdraw_invitation",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def withdraw_invitation(request: Any) -> HTTPSeeOther:
    _check_may_invite(request)
    email = registration.withdraw(request.db, int(request.matchdict["id"]))
    if email is None:
        raise HTTPNotFound("There is no such invitation: it is taken up, or withdrawn already.")
    record(request, "withdraw invitation", subject=email)
    sessions.tell(request, f"The invitation of {email} is withdrawn: its link opens nothing now.")
    return HTTPSeeOther(request.route_url("accounts.invitations"))


def _invitations(request: Any, **more: Any) -> dict[str, Any]:
    return {
        "invitations": registration.list_invitations(request.db),
        "is_closed": request.settings.registration == "closed",
        "sends_letters": request.registry["post"].is_open,
        "invited": None,
        "link": "",
        "error": None,
        "email": "",
        **more,
    }


def _check_may_invite(request: Any) -> None:
    allowed = request.has_permission(Permission.INVITE_PEOPLE, request)
    if not allowed:
        raise HTTPForbidden(allowed.msg)


def _check_is_open(request: Any) -> None:
    setting = request.settings.registration
    if setting != "open":
        raise HTTPForbidden(NOT_OPEN[setting])
    if not request.registry["post"].is_open:
        raise HTTPForbidden(NO_LETTERS)


def _shown_address(request: Any, db: Database) -> tuple[str, str]:
    key = request.params.get("key", "")
    email = registration.find_address(db, request.settings, key)
    if email is None:
        raise HTTPForbidden(NO_LINK)
    return key, email
