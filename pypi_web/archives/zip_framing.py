"""Whether a zip archive is nothing but its members, one behind the other, and their directory.

What stands before, between or behind them, or is told twice and differently, would let two readers
see two archives in one file.
"""

import struct
from typing import BinaryIO

from pypi_web.archives import zip_directory
from pypi_web.archives.refusal import ArchiveRefused, quoted
from pypi_web.archives.tar_headers import BLOCK, is_header
from pypi_web.archives.zip_directory import (
    DESCRIPTOR_FLAG,
    LEVEL_FLAGS,
    SATURATED,
    Entry,
    read_large_numbers,
)
from pypi_web.archives.zip_members import Member

_HEADER = struct.Struct("<4s5H3L2H")
_HEADER_SIGNATURE = b"PK\x03\x04"
_DESCRIPTOR_SIGNATURE = b"PK\x07\x08"


def read_members(content: BinaryIO) -> list[Member]:
    """The members in the order of their places.

    Raises ArchiveRefused unless the file begins with the first of them, each begins where the one
    before it ends, the directory follows the last, and its end record is the end of the file.
    """
    content.seek(0)
    if is_header(content.read(BLOCK)):
        raise ArchiveRefused("it is a tar archive too")
    directory = zip_directory.find(content)
    entries = zip_directory.read(content, directory)
    if not entries or entries[0].offset != 0:
        raise ArchiveRefused("it does not begin with a member: data was put before the first one")
    if entries[-1].offset > directory.start:
        raise ArchiveRefused(f"its member {quoted(entries[-1].name)} is not before its directory")
    ends = [entry.offset for entry in entries[1:]] + [directory.start]
    return [
        _check_member(content, entry, end=end) for entry, end in zip(entries, ends, strict=True)
    ]


def _check_member(content: BinaryIO, entry: Entry, *, end: int) -> Member:
    """Whether the member's own header says what the directory says, and its data end where the
    next member begins."""
    content.seek(entry.offset)
    header = content.read(_HEADER.size + len(entry.raw_name))
    if len(header) < _HEADER.size or not header.startswith(_HEADER_SIGNATURE):
        raise ArchiveRefused(f"its member {quoted(entry.name)} is not where the directory says")
    fields = _HEADER.unpack_from(header)
    _, _, flags, method, _, _, crc, compressed_size, size, name_size, extra_size = fields
    if name_size != len(entry.raw_name) or header[_HEADER.size :] != entry.raw_name:
        raise ArchiveRefused(
            f"its member {quoted(entry.name)} has another name in its own header than in the"
            " directory"
        )
    is_large = size == compressed_size == SATURATED
    if extra_size or is_large:
        extra = content.read(extra_size)
        numbers = read_large_numbers(extra, entry.name, count=2 if is_large else 0)
        size, compressed_size = numbers or (size, compressed_size)
    told = (crc, compressed_size, size)
    actual = (entry.crc, entry.compressed_size, entry.size)
    is_described = bool(flags & DESCRIPTOR_FLAG)
    if (
        (flags ^ entry.flags) & ~LEVEL_FLAGS
        or method != entry.method
        or not (told == actual or (is_described and told == (0, 0, 0)))
    ):
        raise ArchiveRefused(
            f"its member {quoted(entry.name)} has another header than in the directory"
        )
    place = entry.offset + _HEADER.size + name_size + extra_size
    left = end - place - entry.compressed_size
    if left < 0:
        raise ArchiveRefused(f"its member {quoted(entry.name)} overlaps what follows it")
    if is_described:
        _check_descriptor(content, entry, place + entry.compressed_size, left, is_large=is_large)
    elif left:
        raise ArchiveRefused(f"data that is no member's follows its member {quoted(entry.name)}")
    return Member(entry.name, entry.method, entry.crc, entry.compressed_size, entry.size, place)


def _check_descriptor(
    content: BinaryIO, entry: Entry, place: int, size: int, *, is_large: bool
) -> None:
    """What a member that was written as a stream has behind it (4.3.9)."""
    is_large = is_large or max(entry.compressed_size, entry.size) > SATURATED
    layout = "<LQQ" if is_large else "<LLL"
    expected = struct.pack(layout, entry.crc, entry.compressed_size, entry.size)
    content.seek(place)
    if size > 24 or content.read(size) not in (expected, _DESCRIPTOR_SIGNATURE + expected):
        raise ArchiveRefused(
            f"its member {quoted(entry.name)} has no data descriptor, or a wrong one"
        )
