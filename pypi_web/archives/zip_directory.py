"""The central directory of a zip archive, by the strictest reading (APPNOTE.TXT 4.3.12 to 4.3.16).

Readers of zip archives differ in what they make of sloppy ones; what all of them read alike is
taken here, and nothing else.
"""

import os
import stat
import struct
from typing import BinaryIO, NamedTuple

from pypi_web.archives.refusal import MAX_MEMBERS, ArchiveRefused, quoted
from pypi_web.archives.zip_members import DEFLATED, STORED

MAX_DIRECTORY_SIZE = 16 << 20
"""The largest directory that is read, in bytes: that of MAX_MEMBERS or so."""

LEVEL_FLAGS, DESCRIPTOR_FLAG, UTF8_FLAG = 0x0006, 0x0008, 0x0800
SATURATED = 0xFFFFFFFF
"""What stands for a number that is in the zip64 field instead."""

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_SIGNATURE = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_SIGNATURE = b"PK\x06\x06"
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_SIGNATURE = b"PK\x01\x02"
_ZIP64 = 0x0001
_UNICODE_PATH = 0x7075
_MAX_FIELDS = 16
_MAX_VERSION = 63
_DOS_FOLDER = 0x10
_MAX_EMPTY = 2  # what deflate makes of nothing


class Directory(NamedTuple):
    """Where the central directory is: `members` entries in `size` bytes from `start` on."""

    members: int
    size: int
    start: int


class Entry(NamedTuple):
    """A member as the central directory has it; a folder's name ends with a slash."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    compressed_size: int
    size: int
    offset: int

    @property
    def is_folder(self) -> bool:
        return self.raw_name.endswith(b"/")


def find(content: BinaryIO) -> Directory:
    """Where the records at the very end of the archive say that the directory is; it must fill the
    room before them. Raises ArchiveRefused."""
    file_size = content.seek(0, os.SEEK_END)
    tail_size = min(file_size, _END64.size + _LOCATOR.size + _END.size)
    content.seek(file_size - tail_size)
    tail = content.read(tail_size)
    if len(tail) < _END.size or not tail[-_END.size :].startswith(_END_SIGNATURE):
        raise ArchiveRefused(
            "it does not end with the end record of a zip archive: it is none, was cut off, or has"
            " a comment or other data at its end"
        )
    _, disk, first_disk, *told, comment = _END.unpack(tail[-_END.size :])
    end = file_size - _END.size
    if tail[-_END.size - _LOCATOR.size :].startswith(_LOCATOR_SIGNATURE):
        end -= _LOCATOR.size + _END64.size
        actual = _read_large(tail, end)
        limits = (0xFFFF, 0xFFFF, SATURATED, SATURATED)
        pairs = zip(told, limits, actual, strict=True)
        if any(number not in (limit, real) for number, limit, real in pairs):
            raise ArchiveRefused("its two end records disagree")
        told = actual
    if disk or first_disk or comment or told[0] != told[1]:
        raise ArchiveRefused("its end record is wrong, or that of an archive in several parts")
    directory = Directory(*told[1:])
    if directory.members > MAX_MEMBERS:
        raise ArchiveRefused(f"it has more than {MAX_MEMBERS} members")
    if directory.start + directory.size != end:
        raise ArchiveRefused("its end record is wrong about where its directory is")
    if directory.size > MAX_DIRECTORY_SIZE:
        raise ArchiveRefused("it has a directory of more than a wheel's members")
    return directory


def _read_large(tail: bytes, end: int) -> list[int]:
    """What the zip64 end record says: members here and in all, the directory's size and place.

    The record must stand right before its locator, at `end`.
    """
    if len(tail) != _END64.size + _LOCATOR.size + _END.size:
        raise ArchiveRefused("its zip64 end record is cut off")
    _, locator_disk, place, disks = _LOCATOR.unpack_from(tail, _END64.size)
    signature, size, _, _, disk, first_disk, *told = _END64.unpack_from(tail)
    if signature != _END64_SIGNATURE or size != _END64.size - 12 or place != end:
        raise ArchiveRefused("its zip64 end record is not where it must be")
    if locator_disk or disk or first_disk or disks != 1:
        raise ArchiveRefused("it is a part of an archive in several parts")
    return told


def read(content: BinaryIO, directory: Directory) -> list[Entry]:
    """The entries in the order of their members' places; they fill the directory exactly.

    Raises ArchiveRefused.
    """
    content.seek(directory.start)
    data = content.read(directory.size)
    entries = []
    position = 0
    for _ in range(directory.members):
        if not data.startswith(_ENTRY_SIGNATURE, position) or len(data) - position < _ENTRY.size:
            raise ArchiveRefused("its directory is damaged, or has fewer members than it says")
        entry, position = _read_entry(data, position)
        entries.append(entry)
    if position != len(data):
        raise ArchiveRefused("its directory has more in it than the members that it counts")
    entries.sort(key=lambda entry: entry.offset)
    return entries


def _read_entry(data: bytes, position: int) -> tuple[Entry, int]:
    fields = _ENTRY.unpack_from(data, position)
    _, _, version, flags, method, _, _, crc, compressed_size, size = fields[:10]
    name_size, extra_size, comment_size, disk, _, attributes, offset = fields[10:]
    position += _ENTRY.size
    raw_name = data[position : position + name_size]
    extra = data[position + name_size : position + name_size + extra_size]
    position += name_size + extra_size + comment_size
    if position > len(data):
        raise ArchiveRefused("its directory is cut off")
    name = _decode(raw_name, flags)
    if method not in (STORED, DEFLATED):
        raise ArchiveRefused(
            f"its member {quoted(name)} is compressed by method {method}: only stored and deflated"
            " ones can be read everywhere"
        )
    if flags & ~(LEVEL_FLAGS | DESCRIPTOR_FLAG | UTF8_FLAG):
        raise ArchiveRefused(
            f"its member {quoted(name)} is encrypted, or has flags that a wheel's cannot have"
        )
    if disk or version & 0xFF > _MAX_VERSION:
        raise ArchiveRefused(f"its member {quoted(name)} needs a newer or larger kind of zip")
    numbers = (size, compressed_size, offset)
    if extra or SATURATED in numbers:
        large = iter(read_large_numbers(extra, name, count=numbers.count(SATURATED)))
        size, compressed_size, offset = (
            next(large) if number == SATURATED else number for number in numbers
        )
    entry = Entry(name, raw_name, flags, method, crc, compressed_size, size, offset)
    _check_kind(entry, attributes)
    return entry, position


def _decode(raw_name: bytes, flags: int) -> str:
    """A name without the flag for UTF-8 is of whatever code page the reader takes, unless it is
    ASCII."""
    try:
        return raw_name.decode() if flags & UTF8_FLAG else raw_name.decode("ascii")
    except UnicodeDecodeError:
        raise ArchiveRefused(
            f"its member {quoted(raw_name)} has a name that is not marked as UTF-8, or is none"
        ) from None


def read_large_numbers(extra: bytes, name: str, *, count: int) -> tuple[int, ...]:
    """The `count` numbers of a zip64 field among a member's extra fields; none has another number
    of them (4.5.3). Raises ArchiveRefused, also for a field with another name of the member."""
    found = None
    position = fields = 0
    while position < len(extra):
        kind, size = struct.unpack_from("<HH", extra.ljust(position + 4, b"\0"), position)
        position += 4 + size
        fields += 1
        if position > len(extra) or fields > _MAX_FIELDS:
            raise ArchiveRefused(f"its member {quoted(name)} has damaged extra fields")
        if kind == _UNICODE_PATH:
            raise ArchiveRefused(
                f"its member {quoted(name)} has a second name in a Unicode path field"
            )
        if kind == _ZIP64:
            if found is not None or size != 8 * count:
                raise ArchiveRefused(f"its member {quoted(name)} has a wrong zip64 field")
            found = struct.unpack_from(f"<{count}Q", extra, position - size)
    if count and found is None:
        raise ArchiveRefused(f"its member {quoted(name)} has no zip64 field")
    return found or ()


def _check_kind(entry: Entry, attributes: int) -> None:
    """Unix keeps the kind of a file in the upper half of the attributes, DOS in the lower."""
    kind = stat.S_IFMT(attributes >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused(
            f"its member {quoted(entry.name)} is a link or a device: a wheel holds files and"
            " folders only"
        )
    says_file = kind == stat.S_IFREG
    says_folder = kind == stat.S_IFDIR or bool(attributes & _DOS_FOLDER)
    if (entry.is_folder and says_file) or (says_folder and not entry.is_folder):
        raise ArchiveRefused(
            f"its member {quoted(entry.name)} is a folder by its name or by its attributes only"
        )
    if entry.is_folder and (entry.size or entry.compressed_size > _MAX_EMPTY):
        raise ArchiveRefused(f"its member {quoted(entry.name)} is a folder with content")
    if entry.method == STORED and entry.size != entry.compressed_size:
        raise ArchiveRefused(f"its member {quoted(entry.name)} has two sizes")
