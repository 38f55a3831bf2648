"""In which format an installer wants its answer (PEP 691), and whether compressed."""

from functools import lru_cache
from typing import NamedTuple

from webob.acceptparse import (
    AcceptInvalidHeader,
    create_accept_encoding_header,
    create_accept_header,
)

from pypi_web.standards.simple_api import Format

_ALIASES = {
    "application/vnd.pypi.simple.latest+json": Format.JSON,
    "application/vnd.pypi.simple.latest+html": Format.HTML,
}
_OFFERS = [*Format, *_ALIASES]
_LONG = 500
"""Characters of headers from where on an answer is not remembered."""
_TOO_LONG = 8192
"""And from where on nothing is read: it would take longer than to make a page."""


class Variant(NamedTuple):
    """What an answer is made as."""

    format: Format
    is_compressed: bool


def negotiate_headers(
    accept: str, accept_encoding: str, asked: str | None = None
) -> Variant | None:
    """By the two headers (empty where they are absent), and by `?format=`, which goes before
    Accept; None where nothing is acceptable."""
    size = len(accept) + len(accept_encoding) + len(asked or "")
    if size > _TOO_LONG:
        return None
    if size > _LONG:
        return _negotiate(accept, accept_encoding, asked)
    return _remembered(accept, accept_encoding, asked)


def _negotiate(accept: str, accept_encoding: str, asked: str | None) -> Variant | None:
    format = _choose_asked(asked) if asked is not None else _choose_accepted(accept)
    return None if format is None else Variant(format, _takes_gzip(accept_encoding))


_remembered = lru_cache(maxsize=1024)(_negotiate)


def _choose_asked(asked: str) -> Format | None:
    asked = asked.replace(" ", "+")  # a plus sign that was not quoted
    return (_ALIASES.get(asked) or Format(asked)) if asked in _OFFERS else None


def _choose_accepted(accept: str) -> Format | None:
    wishes = create_accept_header(accept)
    # Whoever takes anything, or says nothing that can be read, gets the format that everyone reads.
    if accept.strip() in ("", "*/*") or isinstance(wishes, AcceptInvalidHeader):
        return Format.PLAIN_HTML
    offers = wishes.acceptable_offers(_OFFERS)
    if not offers:
        return None
    best = max(quality for _, quality in offers)
    chosen = next(offer for offer in _OFFERS if (offer, best) in offers)
    return _ALIASES.get(chosen) or Format(chosen)


def _takes_gzip(accept_encoding: str) -> bool:
    if "gzip" not in accept_encoding:
        return False
    offers = create_accept_encoding_header(accept_encoding).acceptable_offers(["gzip"])
    return bool(offers)
