"""What any storage does, on whatever obstore can reach."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

CHUNK = 1 << 20
"""Bytes that are read or written at once, and so about what one transfer holds in memory."""

_KEY = re.compile(
    r"(?P<folder>[0-9a-f]{2})/(?P<sha256>(?P=folder)[0-9a-f]{62})"
    r"(?P<part>#[0-9]+|\.[0-9a-f]{16}\.part)?"
)


class StorageUnavailable(Exception):
    """The storage does not do what it was asked for, full or broken as it is; the message is the
    cause, for the log."""


class Kind(StrEnum):
    BLOB = "blob"
    """Bytes under their digest."""
    LEFTOVER = "leftover"
    """What a save that was interrupted has written so far, or one that is under way."""
    FOREIGN = "foreign"
    """Nothing of ours."""


@dataclass(frozen=True)
class Stored:
    """Something that lies in the storage: where, how many bytes, and since when (aware UTC)."""

    key: str
    size: int
    modified_at: datetime

    @property
    def kind(self) -> Kind:
        found = _KEY.fullmatch(self.key)
        if found is None:
            return Kind.FOREIGN
        return Kind.LEFTOVER if found["part"] else Kind.BLOB

    @property
    def sha256(self) -> str:
        """The digest that the bytes have, or were going to have; not for what is foreign."""
        found = _KEY.fullmatch(self.key)
        if found is None:
            raise ValueError(f"{self.key!r} names no digest.")
        return found["sha256"]


class Storage:
    """Keeps bytes under their SHA-256 (lower-case hex); what is kept never changes.

    Each act raises StorageUnavailable where the storage itself fails.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def save(self, sha256: str, content: BinaryIO) -> None:
        """Keeps all of `content`, from its start; it is there as a whole or not at all, and once
        this returns no loss of power takes it away."""
        content.seek(0)
        with told_apart():
            obstore.put(
                self._store, path_of(sha256), content, chunk_size=5 * CHUNK, max_concurrency=2
            )

    def size(self, sha256: str) -> int:
        """How many bytes are kept; raises FileNotFoundError where none are."""
        with told_apart(may_be_missing=True):
            return obstore.head(self._store, path_of(sha256))["size"]

    def read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end` (exclusive), in chunks.

        Raises FileNotFoundError, at once, where they are not kept.
        """
        if start >= end:
            return iter(())
        with told_apart(may_be_missing=True):
            found = obstore.get(self._store, path_of(sha256), options={"range": (start, end)})
        return _read_chunks(found)

    def remove(self, sha256: str) -> None:
        """Forgets the bytes; to forget what is not kept is no error."""
        self._remove(path_of(sha256))

    def list_all(self) -> Iterator[Stored]:
        """All that lies here in the order of the keys, and so of the digests, read as it is asked
        for; also what is no blob."""
        with told_apart():
            for found in obstore.list(self._store):
                for each in found:
                    yield Stored(each["path"], each["size"], each["last_modified"])

    def discard(self, stored: Stored, *, before: datetime) -> bool:
        """Removes what `list_all` told of, if it is there and was not saved anew since `before`;
        says whether."""
        with suppress(FileNotFoundError):
            if self._modified_at(stored.key) <= before:
                self._remove(stored.key)
                return True
        return False

    def _modified_at(self, key: str) -> datetime:
        with told_apart(may_be_missing=True):
            return obstore.head(self._store, key)["last_modified"]

    def _remove(self, key: str) -> None:
        with told_apart(), suppress(FileNotFoundError):
            obstore.delete(self._store, key)


@contextmanager
def told_apart(*, may_be_missing: bool = False) -> Iterator[None]:
    """Makes StorageUnavailable of what fails in the block, but not of a FileNotFoundError that is
    an answer rather than a failure."""
    try:
        yield
    except (BaseError, OSError) as error:
        if may_be_missing and isinstance(error, FileNotFoundError):
            raise
        strerror = getattr(error, "strerror", None)
        raise StorageUnavailable(strerror or str(error).partition("\n")[0]) from error


def path_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _read_chunks(found: "obstore.GetResult") -> Iterator[bytes]:
    with told_apart():
        for chunk in found.stream(min_chunk_size=CHUNK):
            yield bytes(chunk)
