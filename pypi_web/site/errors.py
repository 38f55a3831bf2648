"""Errors as people and tools should see them: the site's own page, or one plain sentence."""

import logging
from typing import Any

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import (
    HTTPException,
    HTTPForbidden,
    HTTPNotFound,
    HTTPSeeOther,
)
from pyramid.renderers import render_to_response
from pyramid.response import Response
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError

from pypi_web.standards import addresses
from pypi_web.storage import StorageUnavailable
from pypi_web.upstream import FileMissing, UpstreamUnavailable

RETRY_AFTER = 10
"""Seconds that somebody is asked to wait with another attempt."""

MAX_REASON = 400
"""Characters of a message that stand in the status line; the whole of it stands in the body."""

MAX_MESSAGE = 4_000
"""Characters of a message, which may quote what a stranger sent."""

_NEEDED = "This index is read with credentials: the user name __token__ and an API token."
_WRONG = (
    "The API token is wrong, revoked or expired: use __token__ as the user name and a token from"
    " your account page as the password."
)

log = logging.getLogger(__name__)


@notfound_view_config()
def not_found(error: HTTPNotFound, request: Any) -> Response:
    # Whoever may not read must not learn what is here by what is not.
    if not request.has_permission("read", request) or _has_bad_credentials(request):
        return forbidden(HTTPForbidden(), request)
    if request.method == "POST" and _path(request).startswith("/simple"):
        message = f"Nothing is published here: publish to {request.route_url('uploads.legacy')}"
        return answer(request, 404, "Not found", message)
    return answer(request, 404, "Not found", _detail(error, "There is nothing at this address."))


@forbidden_view_config()
def forbidden(error: HTTPException, request: Any) -> Response:
    """Tools are asked for credentials, people led to the log-in page or told why not."""
    if _asks_as_tool(request):
        response = answer(
            request,
            401,
            "Sign in",
            _WRONG if _has_bad_credentials(request) else _NEEDED,
        )
        response.headers["WWW-Authenticate"] = 'Basic realm="pypi_web"'
        response.vary = ("Accept", "Authorization")
        return response
    if request.identity is None and request.method in ("GET", "HEAD") and not _is_told(error):
        query = {"next": request.path_qs}
        return HTTPSeeOther(request.route_url("accounts.login", _query=query))
    return answer(request, 403, "Not allowed", _detail(error, "You may not do this."))


@exception_view_config(BadCSRFToken)
@exception_view_config(BadCSRFOrigin)
def bad_csrf(_error: Exception, request: Any) -> Response:
    return answer(
        request,
        403,
        "That form is out of date",
        "The form came without the mark of this site, or the session it belongs to has ended."
        " Nothing was changed: go back, load the page anew and send it again.",
    )


@exception_view_config(UnicodeDecodeError)
def undecodable(error: UnicodeDecodeError, request: Any) -> Response:
    """Bytes that are no UTF-8 are the sender's mistake where they stand in an address."""
    try:
        _ = request.path_info, list(request.GET.items())
    except UnicodeDecodeError:
        return answer(request, 400, "Not UTF-8", "The address is not written in UTF-8.")
    return server_error(error, request)


@exception_view_config(DataError)
def unkeepable(error: DataError, request: Any) -> Response:
    """What a database cannot take for a value, such as PostgreSQL a zero byte in a text."""
    log.warning("%s %s: %s", request.method, ascii(_path(request)), error.orig)
    return answer(
        request, 400, "Not a text", "Something in the address or the form is no text: mend it."
    )


@exception_view_config(UpstreamUnavailable)
def upstream_unavailable(error: UpstreamUnavailable, request: Any) -> Response:
    """The address of upstream is for the log: it may be nobody's business."""
    log.warning("%s %s: %s", request.method, ascii(_path(request)), error)
    if isinstance(error, FileMissing):
        return answer(request, 404, "Not found", "Upstream lists this file, but has it no more.")
    response = answer(
        request,
        503,
        "Not at this moment",
        "The index that this one asks for what is not hosted here does not answer as it should: try"
        " again later.",
    )
    response.headers["Retry-After"] = "5"
    return response


@exception_view_config(StorageUnavailable)
@exception_view_config(OperationalError)
@exception_view_config(InterfaceError)
@exception_view_config(InternalError)
def unavailable(error: Exception, request: Any) -> Response:
    """A storage or a database that is full, locked, read-only, or not there."""
    log.error("%s %s met an outage", request.method, ascii(_path(request)), exc_info=error)
    what = "storage" if isinstance(error, StorageUnavailable) else "database"
    return answer(
        request,
        503,
        "Not at this moment",
        f"The {what} of this index cannot be used at this moment. Nothing was saved by halves:"
        " try again later.",
    )


@exception_view_config(HTTPException)
def other_http_error(error: HTTPException, request: Any) -> Response:
    if error.status_int < 400:
        return error
    response = answer(request, error.status_int, error.title, _detail(error, error.explanation))
    for name, value in error.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


@exception_view_config(Exception)
def server_error(error: Exception, request: Any) -> Response:
    log.error("%s %s failed", request.method, ascii(_path(request)), exc_info=error)
    return answer(
        request,
        500,
        "Something broke",
        "The fault is on this side, and it is written in the log. Nothing was saved by halves:"
        " try again, and tell the site's administrator if it stays.",
    )


def answer(request: Any, status: int, title: str, message: str) -> Response:
    """An error's answer; from 500 on its page asks nothing of the database."""
    if _asks_as_tool(request):
        return answer_tool(request, status, message)
    values = {"status": status, "title": title, "message": message, "plain": status >= 500}
    response = render_to_response("pypi_web.site:templates/error.jinja2", values, request=request)
    response.status = _status_line(status, message)
    _ask_to_wait(response)
    return response


def answer_tool(request: Any, status: int, message: str) -> Response:
    """The message wherever a client may look for it: in the status line (twine), as JSON `code`
    (uv) or in the body."""
    message = message[:MAX_MESSAGE]
    response = Response(status=_status_line(status, message))
    offers = request.accept.acceptable_offers(["text/plain", "application/json"])
    if offers and offers[0][0] == "application/json":
        response.content_type = "application/json"
        response.json_body = {"code": message, "message": message}
    else:
        response.content_type = "text/plain"
        response.text = f"{message}\n"
    _ask_to_wait(response)
    return response


def _status_line(status: int, message: str) -> str:
    """The message as the reason phrase of HTTP/1.1, of which twine shows nothing else."""
    reason = "".join(each if each.isprintable() else " " for each in message)
    return f"{status} {reason.encode('latin-1', 'replace').decode('latin-1')[:MAX_REASON]}"


def _ask_to_wait(response: Response) -> None:
    if response.status_int == 503:
        response.retry_after = RETRY_AFTER


def _has_bad_credentials(request: Any) -> bool:
    """Whether a tool signs in with what is wrong, revoked or expired: what it does not find may be
    there for who signs in rightly, and all that pip shows of a 404 is that there is nothing."""
    return (
        _asks_as_tool(request) and "Authorization" in request.headers and request.identity is None
    )


def _asks_as_tool(request: Any) -> bool:
    return _path(request).startswith(addresses.FOR_TOOLS)


def _path(request: Any) -> str:
    """The path as it came, which need not be the UTF-8 that `path_info` takes it for."""
    path: str = request.environ["PATH_INFO"]
    return path


def _detail(error: HTTPException, otherwise: str) -> str:
    """The sentence that was raised; Pyramid's own details are for developers."""
    detail = error.detail
    is_ours = (
        detail and " " in detail and not detail.startswith(("Unauthorized:", "/", "predicate"))
    )
    return str(detail) if is_ours else otherwise


def _is_told(error: HTTPException) -> bool:
    return _detail(error, "") != ""
