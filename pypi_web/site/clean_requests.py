"""What strangers send, brought into the shape that the rest may rely on, or refused.

WebOb reads headers and forms when they are first asked for, and raises whatever its parsers do; for
some that is while the answer is sent, where no error page can be made any more.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPLengthRequired,
    HTTPNotFound,
    HTTPRequestEntityTooLarge,
    HTTPRequestHeaderFieldsTooLarge,
    HTTPRequestURITooLong,
    HTTPUnsupportedMediaType,
)

from pypi_web.standards import addresses

MAX_FORM = 1 << 16
"""The largest form that a page takes, in bytes."""

MAX_ADDRESS = 8192
"""Characters of a path and its query, of which many an answer repeats some."""

MAX_HEADERS = 1 << 15
"""Characters that all headers may have together; as much as nginx takes."""

MAX_WISH = 4096
"""Characters of a header that only asks for less."""

_DATE = r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
_ETAGS = r'(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)'
_UNDERSTOOD = {
    "Accept": re.compile(r"[\t -~]*"),
    "Accept-Encoding": re.compile(r"[\t -~]*"),
    # One range alone: of several WebOb would answer the first (RFC 9110, 14.2 lets one pass over).
    # Nor the last 0 bytes, which it takes for all of them.
    "Range": re.compile(r"bytes=(\d{1,18}-\d{0,18}|-0*[1-9]\d{0,17})", re.A),
    "If-Range": re.compile(rf"({_ETAGS}|{_DATE})", re.A),
    # Not `*`, of which WebOb makes a whole answer without its body.
    "If-None-Match": re.compile(_ETAGS.replace(r"\*|", ""), re.A),
    "If-Match": re.compile(_ETAGS, re.A),
    "If-Modified-Since": re.compile(_DATE, re.A),
    "If-Unmodified-Since": re.compile(_DATE, re.A),
}
"""Headers that only ask for less, each with what is understood; others are passed over."""

_COOKIE = re.compile(r"[\w.-]{1,100}=[\w.~%+/=:|-]*", re.A)
"""What is left of the cookies: WebOb's reader takes a second for 10,000 characters of another
kind, and four times as long for twice as many."""

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{0,5})?", re.A)


def tween_factory(handler: Callable[[Any], Any], _registry: Any) -> Callable[[Any], Any]:
    """Stands within the error views, so that what it raises becomes a page."""

    def tween(request: Any) -> Any:
        size = _size_of_headers(request.environ)
        _drop_unreadable_headers(request)  # first: an error's page reads them as well
        _check_sizes(request.environ, size)
        _check_host(request.environ)
        if "\x00" in request.path_info:
            raise HTTPNotFound("There is nothing at this address.")
        _check_text(request.GET, "address")
        if request.method != "POST":
            # Or WebOb would look for a form in a body that no page takes.
            request.environ.pop("CONTENT_TYPE", None)
        elif not request.path_info.startswith(addresses.FOR_TOOLS):
            _check_form(request)
        return handler(request)

    return tween


def _drop_unreadable_headers(request: Any) -> None:
    for name, understood in _UNDERSTOOD.items():
        value = request.headers.get(name)
        if value is not None and (len(value) > MAX_WISH or not understood.fullmatch(value.strip())):
            del request.headers[name]
    if "Cookie" in request.headers:
        written = (each.strip() for each in request.headers["Cookie"].split(";"))
        request.headers["Cookie"] = "; ".join(filter(_COOKIE.fullmatch, written))


def _size_of_headers(environ: dict[str, Any]) -> int:
    headers = (name for name in environ if name.startswith(("HTTP_", "CONTENT_")))
    return sum(len(environ[name]) for name in headers)


def _check_sizes(environ: dict[str, Any], size_of_headers: int) -> None:
    if len(environ["PATH_INFO"]) + len(environ["QUERY_STRING"]) > MAX_ADDRESS:
        raise HTTPRequestURITooLong(f"An address has at most {MAX_ADDRESS:,} characters here.")
    if size_of_headers > MAX_HEADERS:
        raise HTTPRequestHeaderFieldsTooLarge(
            f"The headers of a request have at most {MAX_HEADERS:,} characters here: send fewer"
            " cookies, or whatever else is large."
        )


def _check_host(environ: dict[str, Any]) -> None:
    if not _HOST.fullmatch(environ.get("HTTP_HOST", "absent")):
        del environ["HTTP_HOST"]  # so that no address on the error's page is made of it
        raise HTTPBadRequest("The Host header names no host.")


def _check_form(request: Any) -> None:
    # The reader of multipart forms takes minutes for some of a megabyte, and no page needs one.
    if request.content_type == "multipart/form-data":
        raise HTTPUnsupportedMediaType(
            f"No page takes files: publish to {request.route_url('uploads.legacy')}"
        )
    if request.content_length is None:
        raise HTTPLengthRequired("Send the form with a Content-Length, as browsers do.")
    if request.content_length > MAX_FORM:
        raise HTTPRequestEntityTooLarge(f"A form has at most {MAX_FORM:,} bytes. Send less.")
    request.request_body_tempfile_limit = MAX_FORM  # no form is written to a disk
    try:
        body, form = request.body, request.POST
    except Exception:  # the many ways in which a form can be no form
        raise HTTPBadRequest("The form cannot be read: send it as a browser does.") from None
    if not _is_text(body):
        raise HTTPBadRequest("The form is not written in UTF-8.")
    _check_text(form, "form")


def _is_text(body: bytes) -> bool:
    """Whether what stands in a form is UTF-8: its reader puts a question mark for what is not."""
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_text(fields: Any, where: str) -> None:
    for value in fields.values():
        if "\x00" in value:
            raise HTTPBadRequest(f"A zero byte stands in the {where}: remove it.")
