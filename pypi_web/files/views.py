"""Files by address: whole, in ranges, or only asked about (RFC 9110, sections 13 and 14)."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import bindparam, select

from pypi_web import clock
from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.data.session import Database
from pypi_web.files import handing_over
from pypi_web.storage import Storage

log = logging.getLogger(__name__)

A_YEAR = 365 * 24 * 3600
_METADATA_SUFFIX = ".metadata"
_NAMED = (
    select(File.id, File.metadata_sha256, Project.status)
    .join(Release, File.release_id == Release.id)
    .join(Project, Release.project_id == Project.id)
    .where(
        File.filename == bindparam("filename"), File.sha256 == bindparam("sha256"), File.is_stored
    )
)


@view_config(route_name="files.file", request_method="GET")
@view_config(route_name="files.file_for_mirrors", request_method="GET")
def file(request: Any) -> Response:
    """A file, or with `.metadata` behind its address its core metadata (PEP 658)."""
    parts = request.matchdict
    sha256 = parts["a"] + parts["b"] + parts["rest"]
    with request.reading() as db:
        found = _find(db, sha256, parts["filename"])
    if found is None:
        raise HTTPNotFound("There is no such file on this index.")
    if found.is_quarantined:
        raise HTTPNotFound(
            "The project of this file is quarantined: none of its files is offered (PEP 792)."
        )
    size = _size(request.storage, found)
    response = Response(content_type="application/octet-stream", conditional_response=True)
    response.etag = found.sha256
    visibility = "public" if request.settings.anonymous_read else "private"
    response.cache_control = f"{visibility}, max-age={A_YEAR}, immutable"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if not request.settings.anonymous_read:
        response.vary = ("Authorization",)
    if handing_over.is_wanted(request, found.sha256):
        handing_over.hand_over(request, response, found.sha256)
    else:
        response.app_iter = _Bytes(request.storage, found.sha256, size)
        response.content_length = size
        response.accept_ranges = "bytes"
    if found.file_id is not None and _is_download(request):
        request.registry["downloads"].add((found.file_id, clock.now().date()))
    return response


@dataclass(frozen=True)
class _Found:
    """What an address names; `file_id` is None for metadata, which is no download."""

    file_id: int | None
    sha256: str
    is_quarantined: bool


class _Bytes:
    """A body that is read from the storage as it is sent; WebOb asks it for ranges."""

    def __init__(self, storage: Storage, sha256: str, size: int) -> None:
        self._storage = storage
        self._sha256 = sha256
        self._size = size

    def __iter__(self) -> Iterator[bytes]:
        return self.app_iter_range(0, self._size)

    def app_iter_range(self, start: int, stop: int | None) -> Iterator[bytes]:
        return self._storage.read(self._sha256, start, self._size if stop is None else stop)


def _find(db: Database, sha256: str, filename: str) -> _Found | None:
    """What stands at an address, which holds the file's digest also where it asks for metadata."""
    name = filename.removesuffix(_METADATA_SUFFIX)
    row = db.execute(_NAMED, {"filename": name, "sha256": sha256}).one_or_none()
    if row is None:
        return None
    is_quarantined = row.status is ProjectStatus.QUARANTINED
    if not filename.endswith(_METADATA_SUFFIX):
        return _Found(row.id, sha256, is_quarantined)
    if row.metadata_sha256 is None:
        return None
    return _Found(None, row.metadata_sha256, is_quarantined)


def _size(storage: Storage, found: _Found) -> int:
    """Asked before anything is answered: bytes that are lost can be told of only then."""
    try:
        return storage.size(found.sha256)
    except FileNotFoundError:
        log.error("The bytes %s are missing in the storage.", found.sha256)
        raise HTTPNotFound(
            "The bytes of this file are missing on this index: tell its administrator."
        ) from None


def _is_download(request: Any) -> bool:
    """Whether a whole file goes to somebody who does not have it."""
    asks_only = "Range" in request.headers or "If-None-Match" in request.headers
    return request.method == "GET" and not asks_only
