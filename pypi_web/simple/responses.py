"""Answers in the format that an installer asks for (PEP 691, "Version + format selection")."""

from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPNotAcceptable
from pyramid.response import Response

from pypi_web.standards.simple_api import API_VERSION, Format

_ALIASES = {
    "application/vnd.pypi.simple.latest+json": Format.JSON,
    "application/vnd.pypi.simple.latest+html": Format.HTML,
}
_OFFERS = [*Format, *_ALIASES]

Serialiser = Callable[[Format], bytes]


def negotiate(request: Any) -> Format:
    """The format to answer in: that of `?format=`, else the best that `Accept` names.

    Raises HTTPNotAcceptable, which says what there is.
    """
    asked = request.GET.get("format")
    if asked is not None:
        asked = asked.replace(" ", "+")  # a plus sign that was not quoted
        if asked in _OFFERS:
            return _ALIASES.get(asked) or Format(asked)
        raise _not_acceptable()
    header = request.headers.get("Accept", "").strip()
    # Whoever takes anything gets the format that everyone reads.
    if header in ("", "*/*"):
        return Format.PLAIN_HTML
    offers = request.accept.acceptable_offers(_OFFERS)
    if not offers:
        raise _not_acceptable()
    best = max(quality for _, quality in offers)
    chosen = next(offer for offer in _OFFERS if (offer, best) in offers)
    return _ALIASES.get(chosen) or Format(chosen)


def respond(request: Any, format: Format, *, serial: int, serialise: Serialiser) -> Response:
    """The answer for what has not changed since `serial`; a client that has it gets 304, and
    nothing is made for it.

    The serial is read before what `serialise` reads, so that a page is never older than its ETag
    says; where it is newer, the next question finds that out.
    """
    response = Response(content_type=format.value, conditional_response=True)
    if format is not Format.JSON:
        response.charset = "utf-8"
    response.etag = f"{serial}-{API_VERSION}-{format.name}"
    response.cache_control = "no-cache" if request.settings.anonymous_read else "private, no-cache"
    response.vary = _vary(request)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-PyPI-Last-Serial"] = str(serial)
    if response.etag in request.if_none_match:
        return response  # WebOb makes it a 304
    response.body = serialise(format)
    return response


def _vary(request: Any) -> tuple[str, ...]:
    return ("Accept",) if request.settings.anonymous_read else ("Accept", "Authorization")


def _not_acceptable() -> HTTPNotAcceptable:
    return HTTPNotAcceptable(f"This index speaks {', '.join(Format)}.", headers={"Vary": "Accept"})
