"""Answers to installers: in the format that they ask for, and only where something has changed."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyramid.httpexceptions import HTTPNotAcceptable
from pyramid.response import Response

from pypi_web.simple.keeping import Edition, KeptPages, Made
from pypi_web.simple.negotiation import Variant, negotiate_headers
from pypi_web.standards.simple_api import API_VERSION, Format

COMPRESSION = 5
"""Of gzip: a page of 20,000 files is compressed once, while its first reader waits."""

LARGE = 1 << 20
"""Bytes of a body, before it is compressed, that takes so long to make that not every act may have
it made anew: the list of some 15,000 projects."""

Serialiser = Callable[[Format], bytes]


def negotiate(request: Any) -> Variant:
    """Raises HTTPNotAcceptable, which says what there is."""
    chosen = negotiate_headers(
        request.headers.get("Accept", ""),
        request.headers.get("Accept-Encoding", ""),
        request.GET.get("format"),
    )
    if chosen is None:
        vary = {"Vary": ", ".join(_vary(request))}
        raise HTTPNotAcceptable(f"This index speaks {', '.join(Format)}.", headers=vary)
    return chosen


def respond(request: Any, variant: Variant, edition: Edition, serialise: Serialiser) -> Response:
    """The answer for an edition; a client that has it gets 304, and nothing is made for it.

    The edition is found before what `serialise` reads, so that a page is never older than its ETag
    says; where it is newer, the next question finds that out. The list of all stands for some time
    only where it is large.
    """
    format, is_compressed = variant
    response = Response(content_type=format.value, conditional_response=True)
    if format is not Format.JSON:
        response.charset = "utf-8"
    suffix = "-gzip" if is_compressed else ""
    response.etag = f"{edition.tag}-{API_VERSION}-{format.name}{suffix}"
    is_public = request.settings.anonymous_read and not edition.is_private
    response.cache_control = "no-cache" if is_public else "private, no-cache"
    response.vary = _vary(request, is_private=edition.is_private)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-PyPI-Last-Serial"] = str(edition.serial)
    if response.etag in request.if_none_match:
        return response  # WebOb makes it a 304
    if is_compressed:
        response.content_encoding = "gzip"
    pages: KeptPages = request.registry["kept_pages"]
    place = (
        request.path if Made(edition, variant).is_for_others else f"{request.path}#{edition.tag}"
    )
    kept = pages.get((place, variant))
    if kept is not None and kept.etag == f'"{response.etag}"':
        response.body = kept.body
        newest = edition if edition.project is not None else kept.edition
        response.made = Made(newest, variant)
        return response
    body = serialise(format)
    response.body = gzip.compress(body, COMPRESSION, mtime=0) if is_compressed else body
    if edition.project is None and len(body) <= LARGE:
        edition = replace(edition, stands_until=None)
    pages.keep(place, Made(edition, variant), response)
    return response


def _vary(request: Any, *, is_private: bool = False) -> tuple[str, ...]:
    always = ("Accept", "Accept-Encoding")
    is_public = request.settings.anonymous_read and not is_private
    return always if is_public else (*always, "Authorization", "Cookie")
