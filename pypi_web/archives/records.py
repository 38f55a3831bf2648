"""RECORD: what a wheel says that it holds, and whether that is so (PEP 427, "The .dist-info
directory"; "Recording installed projects")."""

import base64
import csv
import hashlib
import io
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass

from pypi_web.archives.refusal import MAX_MEMBERS, ArchiveRefused, quoted
from pypi_web.archives.zip_members import Member

MAX_RECORD_SIZE = 16 << 20
"""The largest RECORD that is read, in bytes."""

_MAX_LINE = 16 << 10
_HASHES: dict[str, Callable[[], "hashlib._Hash"]] = {
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class ExpectedHash:
    """What RECORD says of one member; `value` is urlsafe base64 without padding."""

    algorithm: str
    value: str

    def start(self) -> "hashlib._Hash":
        """A new hash of the kind."""
        return _HASHES[self.algorithm]()

    def refuse_other(self, actual: "hashlib._Hash", name: str) -> None:
        """Raises ArchiveRefused unless the hash of all the member's bytes is this one."""
        if base64.urlsafe_b64encode(actual.digest()).rstrip(b"=") != self.value.encode():
            raise ArchiveRefused(
                f"its member {quoted(name)} has not the hash that RECORD says: build it again"
            )


def read(
    data: bytes, files: Mapping[str, Member], *, without_hash: Container[str]
) -> dict[str, ExpectedHash]:
    """The hashes by the names of members; `without_hash` may stand in RECORD without one, or not.

    Raises ArchiveRefused unless each other file is listed once, with a good hash and, if at all,
    its right size, and nothing is listed that is not there.
    """
    listed: dict[str, ExpectedHash | None] = {}
    for row in _rows(data):
        if len(row) != 3:
            raise ArchiveRefused("its RECORD has a line that is not of the form path,hash,size")
        path, digest, size = row
        if path in listed:
            raise ArchiveRefused(f"its RECORD lists {quoted(path)} twice")
        member = files.get(path)
        if member is None:
            raise ArchiveRefused(f"its RECORD lists {quoted(path)}, which is not in the wheel")
        if size and size != str(member.size):
            raise ArchiveRefused(
                f"its member {quoted(path)} has {member.size} bytes, not as many as RECORD says"
            )
        is_optional = path in without_hash and not digest
        # By the member's own string: many long names are in memory once.
        listed[member.name] = None if is_optional else _read_hash(path, digest)
    for path in files:
        if path not in listed and path not in without_hash:
            raise ArchiveRefused(f"its member {quoted(path)} is not in RECORD: build it again")
    return {path: expected for path, expected in listed.items() if expected}


def _rows(data: bytes) -> Iterator[list[str]]:
    """The rows that are not empty."""
    try:
        for row in csv.reader(_lines(data), strict=True):
            if row:
                yield row
    except (csv.Error, UnicodeDecodeError):
        raise ArchiveRefused("its RECORD is no CSV in UTF-8") from None


def _lines(data: bytes) -> Iterator[str]:
    """One at a time: a row of millions of columns would cost many times its size."""
    for number, line in enumerate(io.BytesIO(data)):
        if len(line) > _MAX_LINE or number > 2 * MAX_MEMBERS:
            raise ArchiveRefused("its RECORD has more or longer lines than a wheel's members need")
        yield line.decode()


def _read_hash(path: str, digest: str) -> ExpectedHash:
    algorithm, _, value = digest.partition("=")
    if algorithm not in _HASHES:
        raise ArchiveRefused(
            f"its RECORD has no SHA-256, SHA-384 or SHA-512 of {quoted(path)}: weaker hashes are"
            " not taken"
        )
    return ExpectedHash(algorithm, value)
