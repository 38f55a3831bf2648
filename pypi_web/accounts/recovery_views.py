"""Setting a new password in the browser where the old one is forgotten."""

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web import clock
from pypi_web.accounts import account_letters, people, recovery
from pypi_web.accounts.people import AccountRefused, Known
from pypi_web.security import limits, sessions
from pypi_web.security.auditing import record

NO_LETTERS = (
    "This index sends no letters, and so cannot help with a forgotten password by itself: ask an"
    " administrator for a link that sets a new one."
)

NO_LINK = (
    "This link sets a new password. It is used up, older than an hour, or not whole: ask for"
    " another one on the log-in page."
)


@view_config(
    route_name="accounts.forgotten",
    request_method="GET",
    renderer="templates/forgotten.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def forgotten_page(request: Any) -> dict[str, Any]:
    _check_sends_letters(request)
    return {"error": None, "email": "", "is_sent": False}


@view_config(
    route_name="accounts.forgotten",
    request_method="POST",
    renderer="templates/forgotten.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def send_link(request: Any) -> dict[str, Any]:
    """The same answer, and the same work, whether anybody has the address."""
    _check_sends_letters(request)
    written = request.POST.get("email", "")
    try:
        email = people.check_email(written)
    except AccountRefused as error:
        request.response.status = 400
        return {"error": error, "email": written, "is_sent": False}
    limits.enforce(request, "reset password", account=email)
    recovery.offer(request, email)
    return {"error": None, "email": email, "is_sent": True}


@view_config(
    route_name="accounts.new_password",
    request_method="GET",
    renderer="templates/new_password.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def new_password_page(request: Any) -> dict[str, Any]:
    key, known = _whose(request)
    return {"key": key, "person": known, "error": None}


@view_config(
    route_name="accounts.new_password",
    request_method="POST",
    renderer="templates/new_password.jinja2",
    permission=NO_PERMISSION_REQUIRED,
)
def set_password(request: Any) -> Any:
    """Logs nobody in: a second factor is asked for where everybody is asked for it."""
    key, known = _whose(request)
    limits.enforce(request, "set a new password")
    about = (known.name, known.email)
    try:
        password_hash = people.hash_password(request.POST.get("password", ""), about=about)
    except AccountRefused as error:
        request.response.status = 400
        return {"key": key, "person": known, "error": error}
    user = recovery.get_locked(request, key)
    if user is None:  # used since
        raise HTTPForbidden(NO_LINK)
    people.change_password(request.db, user, password_hash)
    user.email_confirmed_at = user.email_confirmed_at or clock.now()
    record(request, "set a new password", user_id=user.id, user_name=user.name)
    account_letters.tell_of_a_new_password(request, user)
    sessions.end(request)
    sessions.tell(request, "Your new password is set. Log in with it.")
    return HTTPSeeOther(request.route_url("accounts.login"))


def _check_sends_letters(request: Any) -> None:
    if not request.registry["post"].is_open:
        raise HTTPForbidden(NO_LETTERS)


def _whose(request: Any) -> tuple[str, Known]:
    key = request.params.get("key", "")
    known = recovery.find_known(request, key)
    if known is None:
        raise HTTPForbidden(NO_LINK)
    return key, known
