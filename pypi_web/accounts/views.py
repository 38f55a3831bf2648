"""Accounts in the browser: the first administrator, logging in and out, API tokens."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.accounts import people, setup, tokens
from pypi_web.accounts.people import AccountRefused
from pypi_web.accounts.tokens import TokenRefused
from pypi_web.data import User
from pypi_web.security import passwords, sessions
from pypi_web.security.permissions import Permission

NO_LINK = (
    "This link makes the first administrator of an index that has nobody yet. It is used up, or"
    " not whole: the output of the server's start shows it while it is good."
)


@view_config(
    route_name="accounts.setup",
    request_method="GET",
    renderer="templates/setup.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def setup_page(request: Any) -> dict[str, Any]:
    return {"key": _setup_key(request), "error": None, "typed": {}}


@view_config(
    route_name="accounts.setup",
    request_method="POST",
    renderer="templates/setup.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def set_up(request: Any) -> Any:
    key = _setup_key(request)
    people.lock(request.db)
    _setup_key(request)  # again, now that nobody else can be first
    typed = {field: request.POST.get(field, "") for field in ("name", "email", "password")}
    try:
        user = people.create_user(request.db, **typed, is_admin=True)
    except AccountRefused as error:
        request.response.status = 400
        return {"key": key, "error": error, "typed": {**typed, "password": ""}}
    sessions.start(request, user.id)
    request.session.flash(f"Welcome, {user.name}: this index is yours.")
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
        user = people.find_by_credentials(db, name, password)
    if user is None:
        request.response.status = 400
        error = "The user name or the password is wrong."
        return {"next": request.POST.get("next", ""), "error": error, "name": name}
    if passwords.is_outdated(user.password_hash):
        people.renew_hash(request.db, user.id, password)
    sessions.start(request, user.id)
    return HTTPSeeOther(_own_address(request, request.POST.get("next", "")))


@view_config(route_name="accounts.logout", request_method="POST", permission=NO_PERMISSION_REQUIRED)
def log_out(request: Any) -> HTTPSeeOther:
    sessions.end(request)
    return HTTPSeeOther(request.route_url("site.home"))


@view_config(
    route_name="accounts.account",
    request_method="GET",
    renderer="templates/account.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def account_page(request: Any) -> dict[str, Any]:
    return _account(request)


@view_config(
    route_name="accounts.tokens",
    request_method="POST",
    renderer="templates/account.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def create_token(request: Any) -> dict[str, Any]:
    """Answers with the page itself, not with a redirect: the token is in this answer alone."""
    request.response.cache_control = "no-store"
    typed = {field: request.POST.get(field, "") for field in ("name", "project", "days")}
    try:
        token = tokens.create_token(
            request.db,
            _person(request),
            name=typed["name"],
            projects=[typed["project"]] if typed["project"] else None,
            days=_days(typed["days"]),
        )
    except TokenRefused as error:
        request.response.status = 400
        return _account(request, error=str(error), typed=typed)
    return _account(request, new_token=token)


@view_config(
    route_name="accounts.revoke_token",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def revoke_token(request: Any) -> HTTPSeeOther:
    token_id = int(request.matchdict["id"])
    if not tokens.revoke_token(request.db, request.identity.user_id, token_id):
        raise HTTPNotFound("You have no such token; it may be revoked already.")
    request.session.flash("The token is revoked: nothing can use it any more.")
    return HTTPSeeOther(request.route_url("accounts.account"))


def _account(request: Any, **more: Any) -> dict[str, Any]:
    person = _person(request)
    return {
        "person": person,
        "tokens": tokens.list_tokens(request.db, person.id),
        "projects": tokens.list_own_projects(request.db, person),
        "new_token": None,
        "error": None,
        "typed": {},
        **more,
    }


def _person(request: Any) -> User:
    return request.db.get_one(User, request.identity.user_id)


def _setup_key(request: Any) -> str:
    key = request.params.get("key", "")
    if not setup.is_key(request.settings, key) or not setup.is_open(request.db):
        raise HTTPForbidden(NO_LINK)
    return key


def _days(written: str) -> int | None:
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 5:
        raise TokenRefused("Days are a number, such as 90, or nothing for a token that stays.")
    return int(written)


def _own_address(request: Any, address: str) -> str:
    """`address` where it is a path of this site, else the account page: no redirect leaves."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    if is_path and address.isascii() and address.isprintable() and "\\" not in address:
        return request.host_url + address
    return request.route_url("accounts.account")
