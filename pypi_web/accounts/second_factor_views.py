"""After the password: the page that asks for a second factor. And passkeys, which need none."""

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.accounts import factor_keys, factors, second_factor
from pypi_web.accounts.second_factor import NotShown, Person
from pypi_web.data import User
from pypi_web.security import limits, sessions
from pypi_web.security.permissions import Permission
from pypi_web.security.proof import own_address
from pypi_web.security.webauthn_keys import KeyRefused


@view_config(
    route_name="accounts.second_factor",
    request_method="GET",
    renderer="templates/factor_ask.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def ask_page(request: Any) -> dict[str, Any]:
    return _ask(request, _get_waiting(request))


@view_config(
    route_name="accounts.second_factor",
    request_method="POST",
    renderer="templates/factor_ask.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def answer_by_code(request: Any) -> Any:
    person = _get_waiting(request)
    try:
        second_factor.show_code(request, person, request.POST.get("code", ""))
    except NotShown as error:
        return _ask(request, person, error=str(error))
    return _let_in(request, person)


@view_config(
    route_name="accounts.second_factor_key",
    request_method="POST",
    renderer="templates/factor_ask.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def answer_by_key(request: Any) -> Any:
    person = _get_waiting(request)
    try:
        second_factor.show_key(request, person, _answer(request), factor_keys.FINISH)
    except NotShown as error:
        return _ask(request, person, error=str(error))
    return _let_in(request, person)


@view_config(
    route_name="accounts.confirm_by_key",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def confirm_by_key(request: Any) -> HTTPSeeOther:
    """For those who are signed in, and at a step that matters."""
    person = second_factor.signed_in(request)
    try:
        second_factor.show_key(request, person, _answer(request), factor_keys.CONFIRM)
    except NotShown as error:
        sessions.tell(request, str(error))
        query = {"next": _next(request)}
        return HTTPSeeOther(request.route_url("accounts.confirm", _query=query))
    sessions.prove(request)
    return HTTPSeeOther(own_address(request, _next(request)))


@view_config(
    route_name="accounts.passkey",
    request_method="GET",
    renderer="templates/factor_passkey.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def passkey_page(request: Any) -> dict[str, Any]:
    return _ask_for_passkey(request)


@view_config(
    route_name="accounts.passkey",
    request_method="POST",
    renderer="templates/factor_passkey.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def log_in_by_passkey(request: Any) -> Any:
    limits.enforce(request, "log in")
    try:
        key = factor_keys.find_by_passkey(request, _answer(request))
    except KeyRefused as error:
        request.response.status = 400
        return _ask_for_passkey(request, error=str(error))
    person = request.db.get_one(User, key.user_id)
    sessions.start(request, person.id)
    factors.note_for(request, person, "log in", subject=key.name)
    return HTTPSeeOther(own_address(request, _next(request)))


def _get_waiting(request: Any) -> Person:
    """Leads others to the log-in page."""
    person = second_factor.find_waiting(request)
    if person is None:
        query = {"next": _next(request)} if _next(request) else {}
        raise HTTPSeeOther(request.route_url("accounts.login", _query=query))
    return person


def _let_in(request: Any, person: Person) -> HTTPSeeOther:
    if sessions.find_unfinished(request) is None:  # ended since, with a new password perhaps
        raise HTTPSeeOther(request.route_url("accounts.login"))
    sessions.start(request, person.id)
    return HTTPSeeOther(own_address(request, _next(request)))


def _ask(request: Any, person: Person, *, error: str | None = None) -> dict[str, Any]:
    request.response.cache_control = "no-store"
    if error is not None:
        request.response.status = 400
    asked = second_factor.what_to_ask(request, person, factor_keys.FINISH)
    return {**asked, "name": person.name, "next": _next(request), "error": error}


def _ask_for_passkey(request: Any, *, error: str | None = None) -> dict[str, Any]:
    request.response.cache_control = "no-store"
    options = factor_keys.ask_for_passkey(request)
    return {"options": options, "next": _next(request), "error": error}


def _answer(request: Any) -> str:
    return request.POST.get("answer", "")


def _next(request: Any) -> str:
    return request.params.get("next", "")
