"""The bytes of files, addressed by their SHA-256, on a disk or in an object store."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore

from pypi_web.settings import SettingsError

CHUNK = 1 << 20
"""Bytes that are read or written at once, and so about what one transfer holds in memory."""


class StorageError(SettingsError):
    """The storage setting names nothing that bytes can be kept in; the message says what to do."""


class Storage:
    """Keeps bytes under their SHA-256 (lower-case hex); what is kept never changes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def save(self, sha256: str, content: BinaryIO) -> None:
        """Keeps all of `content`, from its start; it is there as a whole or not at all."""
        content.seek(0)
        obstore.put(self._store, _path(sha256), content, chunk_size=5 * CHUNK, max_concurrency=2)

    def size(self, sha256: str) -> int:
        """How many bytes are kept; raises FileNotFoundError where none are."""
        return obstore.head(self._store, _path(sha256))["size"]

    def read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (exclusive), in chunks.

        Raises FileNotFoundError, at once, where they are not kept.
        """
        if start >= end:
            return iter(())
        found = obstore.get(self._store, _path(sha256), options={"range": (start, end)})
        return map(bytes, found.stream(min_chunk_size=CHUNK))

    def remove(self, sha256: str) -> None:
        """Forgets the bytes; to forget what is not kept is no error."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, _path(sha256))


def open_storage(url: str) -> Storage:
    """The storage at a URL: `file:///folder`, or `file:folder` from the working directory.

    Raises StorageError where it names nothing that can be written to.
    """
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path:
        raise StorageError(
            f"Setting pypi_web.storage is wrong: {url!r} names no folder. Write file:///folder."
        )
    folder = Path(unquote(parts.path)).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Storage(LocalStore(folder, mkdir=True))
    except OSError as error:
        raise StorageError(
            f"Setting pypi_web.storage is wrong: {folder} cannot be used ({error.strerror})."
        ) from error


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
