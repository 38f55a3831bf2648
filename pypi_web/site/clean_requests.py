"""What strangers send, brought into the shape that the rest may rely on, or refused.

WebOb reads headers and forms when they are first asked for, and raises whatever its parsers do; for
some that is while the answer is sent, where no error page can be made any more.
"""

import re
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPLengthRequired,
    HTTPNotFound,
    HTTPRequestEntityTooLarge,
)

from pypi_web.standards import addresses

MAX_FORM = 1 << 20
"""The largest form that a page takes, in bytes."""

_DATE = r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
_ETAGS = r'(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)'
_UNDERSTOOD = {
    # One range alone: of several WebOb would answer the first (RFC 9110, 14.2 lets one pass over).
    "Range": re.compile(r"bytes=(\d{1,18}-\d{0,18}|-\d{1,18})", re.A),
    "If-Range": re.compile(rf"({_ETAGS}|{_DATE})", re.A),
    "If-None-Match": re.compile(_ETAGS, re.A),
    "If-Match": re.compile(_ETAGS, re.A),
    "If-Modified-Since": re.compile(_DATE, re.A),
    "If-Unmodified-Since": re.compile(_DATE, re.A),
}
"""Headers that only ask for less, each with what is understood; others are passed over."""


def tween_factory(handler: Callable[[Any], Any], _registry: Any) -> Callable[[Any], Any]:
    """Stands within the error views, so that what it raises becomes a page."""

    def tween(request: Any) -> Any:
        _drop_unreadable_headers(request)
        if "\x00" in request.environ["PATH_INFO"]:
            raise HTTPNotFound("There is nothing at this address.")
        _check_text(request.GET, "address")
        if request.method == "POST" and not request.path_info.startswith(addresses.FOR_TOOLS):
            _check_form(request)
        return handler(request)

    return tween


def _drop_unreadable_headers(request: Any) -> None:
    for name, understood in _UNDERSTOOD.items():
        value = request.headers.get(name)
        if value is not None and (len(value) > 4096 or not understood.fullmatch(value.strip())):
            del request.headers[name]
    try:
        request.cookies.values()
    except UnicodeDecodeError:
        del request.headers["Cookie"]


def _check_form(request: Any) -> None:
    if request.content_length is None:
        raise HTTPLengthRequired("Send the form with a Content-Length, as browsers do.")
    if request.content_length > MAX_FORM:
        raise HTTPRequestEntityTooLarge(f"A form has at most {MAX_FORM:,} bytes. Send less.")
    try:
        form = request.POST
    except UnicodeDecodeError:
        raise
    except Exception:  # the many ways in which a form can be no form
        raise HTTPBadRequest("The form cannot be read: send it as a browser does.") from None
    if ":action" in form:
        raise HTTPNotFound(
            f"Nothing is published here: publish to {request.route_url('uploads.legacy')}"
        )
    _check_text(form, "form")


def _check_text(fields: Any, where: str) -> None:
    for value in fields.values():
        if not isinstance(value, str):
            raise HTTPBadRequest("This form takes no files.")
        if "\x00" in value:
            raise HTTPBadRequest(f"A zero byte stands in the {where}: remove it.")
