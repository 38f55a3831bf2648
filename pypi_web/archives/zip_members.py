"""Reads members of a zip archive, each to its end, and checks what its headers promise."""

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from pypi_web.archives.inflating import DEFLATE, inflate
from pypi_web.archives.refusal import CHUNK, ArchiveRefused, quoted

STORED, DEFLATED = 0, 8


class Member(NamedTuple):
    """A member of a zip archive whose headers agree; `place` is where its compressed data begin,
    and a folder's name ends with a slash."""

    name: str
    method: int
    crc: int
    compressed_size: int
    size: int
    place: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


def read(content: BinaryIO, member: Member, *, limit: int) -> bytes:
    """All bytes of a member; raises ArchiveRefused for more than `limit` or for damage."""
    if member.size > limit:
        raise ArchiveRefused(f"its member {quoted(member.name)} is larger than {limit} bytes")
    pieces: list[bytes] = []
    verify(content, member, pieces.append)
    return b"".join(pieces)


def verify(content: BinaryIO, member: Member, use: Callable[[bytes], object]) -> None:
    """Calls `use` with each piece of a member.

    Raises ArchiveRefused unless the member has the size and the checksum that the headers say.
    """
    size = crc = 0
    try:
        for piece in _expand(content, member):
            size += len(piece)
            if size > member.size:
                break
            crc = zlib.crc32(piece, crc)
            use(piece)
    except ArchiveRefused as error:
        raise ArchiveRefused(f"its member {quoted(member.name)} {error}") from None
    if size != member.size or crc != member.crc:
        raise ArchiveRefused(
            f"its member {quoted(member.name)} is damaged: it has not the size or the checksum"
            " that its header says; build it again"
        )


def _expand(content: BinaryIO, member: Member) -> Iterator[bytes]:
    content.seek(member.place)
    pieces = _read(content, member.compressed_size)
    return pieces if member.method == STORED else inflate(pieces, wbits=DEFLATE)


def _read(content: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (piece := content.read(min(size, CHUNK))):
        size -= len(piece)
        yield piece
