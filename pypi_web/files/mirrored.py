"""Files that are not hosted here but offered by upstream."""

from functools import partial
from typing import Any

from pypi_web.files.blobs import Blob
from pypi_web.mirror import Mirror
from pypi_web.mirror.fetches import Wanted
from pypi_web.standards.addresses import METADATA
from pypi_web.storage import Storage


def find(request: Any, sha256: str, filename: str) -> Blob | None:
    """What stands at an address, or with `.metadata` behind it the metadata of that; None where
    nothing does. A file that is not here yet is read while it comes, and not asked for by who has
    it or only wants to know of it.

    Raises UpstreamUnavailable where upstream gives nothing, or nothing that is right.
    """
    mirror: Mirror | None = request.mirror
    if mirror is None:
        return None
    storage: Storage = request.storage
    wanted = mirror.files.find(filename.removesuffix(METADATA), sha256)
    if wanted is None:
        return None
    if filename.endswith(METADATA):
        digest = mirror.files.metadata_of(wanted)
        if digest is None:
            return None
        return Blob(digest, storage.size(digest), partial(storage.read, digest))
    size = mirror.files.kept.find_size(wanted)
    if size is None:
        return _find_coming(request, mirror, wanted)
    mirror.files.kept.note_use(wanted)
    return Blob(sha256, size, partial(storage.read, sha256))


def _find_coming(request: Any, mirror: Mirror, wanted: Wanted) -> Blob:
    told = wanted.file.size
    has_it = "If-None-Match" in request.headers and wanted.sha256 in request.if_none_match
    if has_it or (request.method == "HEAD" and told is not None):
        return Blob(wanted.sha256, told or 0, _read_nothing, is_here=False)
    reader = mirror.files.fetch(wanted)
    return Blob(wanted.sha256, reader.find_size(), reader.read, is_here=False)


def _read_nothing(_start: int, _end: int) -> Any:
    return iter(())
