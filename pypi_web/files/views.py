"""Files by address: whole, in ranges, or only asked about (RFC 9110, sections 13 and 14)."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import bindparam, select

from pypi_web import clock
from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.data.session import Database
from pypi_web.files import handing_over, mirrored
from pypi_web.files.blobs import Blob
from pypi_web.mirror import missing
from pypi_web.projects import sources
from pypi_web.standards.addresses import METADATA
from pypi_web.storage import Storage

log = logging.getLogger(__name__)

A_YEAR = 365 * 24 * 3600
_NAMED = (
    select(
        File.id.label("file_id"),
        File.metadata_sha256,
        Project.id,
        Project.status,
        Project.is_private,
        File.is_stored,
    )
    .join(Release, File.release_id == Release.id)
    .join(Project, Release.project_id == Project.id)
    .where(File.filename == bindparam("filename"), File.sha256 == bindparam("sha256"))
)
_NOWHERE = "There is no such file on this index."


@view_config(route_name="files.file", request_method="GET")
@view_config(route_name="files.file_for_mirrors", request_method="GET")
def file(request: Any) -> Response:
    """A file, or with `.metadata` behind its address its core metadata (PEP 658)."""
    parts = request.matchdict
    sha256 = parts["a"] + parts["b"] + parts["rest"]
    with request.reading() as db:
        found = _find(db, sha256, parts["filename"], request)
    if found is None or not found.is_stored:
        is_private = found is not None and found.is_private
        return _mirrored_file(request, sha256, parts["filename"], is_private=is_private)
    if found.is_quarantined:
        raise HTTPNotFound(
            "The project of this file is quarantined: none of its files is offered (PEP 792)."
        )
    storage, digest = request.storage, found.sha256
    blob = Blob(digest, _size(storage, found), partial(storage.read, digest))
    response = _answer(request, blob, is_private=found.is_private)
    if found.file_id is not None and _is_download(request):
        request.registry["downloads"].add((found.file_id, clock.now().date()))
    return response


def _mirrored_file(request: Any, sha256: str, filename: str, *, is_private: bool) -> Response:
    blob = mirrored.find(request, sha256, filename)
    if blob is None:
        why = request.mirror and missing.find_reason(request.mirror, filename, sha256)
        raise HTTPNotFound(why or _NOWHERE)
    return _answer(request, blob, is_private=is_private)


def _answer(request: Any, blob: Blob, *, is_private: bool = False) -> Response:
    response = Response(content_type="application/octet-stream", conditional_response=True)
    response.etag = blob.sha256
    is_public = request.settings.anonymous_read and not is_private
    visibility = "public" if is_public else "private"
    response.cache_control = f"{visibility}, max-age={A_YEAR}, immutable"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if not is_public:
        response.vary = ("Authorization",)
    if blob.is_here and handing_over.is_wanted(request, blob.sha256):
        handing_over.hand_over(request, response, blob.sha256)
    else:
        response.app_iter = blob
        response.content_length = blob.size
        response.accept_ranges = "bytes"
    return response


@dataclass(frozen=True)
class _Found:
    """What an address names; `file_id` is None for metadata, which is no download. What is not
    stored was imported: its bytes are upstream's."""

    file_id: int | None
    sha256: str
    is_quarantined: bool
    is_private: bool
    is_stored: bool = True


def _find(db: Database, sha256: str, filename: str, request: Any) -> _Found | None:
    """What stands at an address, which holds the file's digest also where it asks for metadata.

    Raises HTTPNotFound where who asks may not know of it: what was imported would be upstream's to
    answer.
    """
    name = filename.removesuffix(METADATA)
    row = db.execute(_NAMED, {"filename": name, "sha256": sha256}).one_or_none()
    may_see = sources.may_see(db, row, lambda: request.viewer)
    if row is None:
        return None
    if not may_see:
        raise HTTPNotFound(_NOWHERE)
    is_quarantined = row.status is ProjectStatus.QUARANTINED
    if not row.is_stored or not filename.endswith(METADATA):
        return _Found(row.file_id, sha256, is_quarantined, row.is_private, row.is_stored)
    if row.metadata_sha256 is None:
        return None
    return _Found(None, row.metadata_sha256, is_quarantined, row.is_private)


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
