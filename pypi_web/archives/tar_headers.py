"""Members of a tar archive, by the strictest reading (POSIX.1-2008 ustar and pax; GNU tar).

Python's tarfile ends quietly at a damaged header, and takes numbers, names and sizes that other
readers take otherwise. What all of them read alike is taken here, and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from pypi_web.archives.refusal import MAX_MEMBERS, ArchiveRefused, quoted

MAX_HEADER_SIZE = 1 << 20
"""The largest extension header that is read, in bytes."""

MAX_HEADERS_SIZE = 16 << 20
"""What all extension headers of an archive may have together, in bytes."""

BLOCK = 512

_MAX_HEADERS = 8
_EMPTY = bytes(BLOCK)
_OCTAL = re.compile(rb" *([0-7]*)[ \0]*")
_RECORD = re.compile(rb"([1-9][0-9]{0,6}) ([^=\n]+)=")
_NUMBERS = [
    slice(*place)
    for place in ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345))
]
_NOT_FOR_ALL = {b"path", b"linkpath", b"size"}


class Kind(Enum):
    FILE = b"0"
    HARD_LINK = b"1"
    SYMBOLIC_LINK = b"2"
    FOLDER = b"5"


@dataclass(frozen=True, slots=True)
class Member:
    """A member by its name as it stands there, but for the slash at the end of a folder's; `target`
    is that of a link, and `size` the bytes that follow."""

    name: str
    kind: Kind
    size: int
    target: str


class Stream(Protocol):
    def read(self, size: int) -> bytes:
        """Exactly so many bytes; raises ArchiveRefused where the stream ends before."""


@dataclass(slots=True)
class _Extension:
    """What extension headers say of the member behind them."""

    name: bytes | None = None
    target: bytes | None = None
    size: int | None = None
    kinds: list[bytes] = field(default_factory=list)


def read_members(stream: Stream) -> Iterator[Member]:
    """The members up to the first empty block, which ends the archive.

    Who iterates has to read a member's data, and what fills its last block, before the next one.
    Raises ArchiveRefused.
    """
    count = headers_size = 0
    extension = _Extension()
    while (header := stream.read(BLOCK)) != _EMPTY:
        _check_header(header)
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in (b"x", b"g", b"L", b"K"):
            headers_size += size
            if kind == b"g" and (count or set(extension.kinds) - {b"g"}):
                raise ArchiveRefused(
                    "it has a header for all its members that is not before the first of them"
                )
            extension.kinds.append(kind)
            if (
                size > MAX_HEADER_SIZE
                or headers_size > MAX_HEADERS_SIZE
                or len(extension.kinds) > _MAX_HEADERS
            ):
                raise ArchiveRefused("it has headers of an absurd size or number")
            _read_extension(extension, kind, _read_padded(stream, size))
        else:
            count += 1
            if count > MAX_MEMBERS:
                raise ArchiveRefused(f"it has more than {MAX_MEMBERS} members")
            yield _make_member(header, extension, size)
            extension = _Extension()
    if extension.kinds:
        raise ArchiveRefused("it ends behind a header that no member follows")


def is_header(block: bytes) -> bool:
    """Whether 512 bytes have the checksum of a member's header, to which its own eight bytes count
    as spaces."""
    told = _OCTAL.fullmatch(block[148:156])
    rest = block[:148] + 8 * b" " + block[156:]
    return told is not None and len(block) == BLOCK and int(told[1] or b"0", 8) == sum(rest)


def _check_header(header: bytes) -> None:
    if not is_header(header):
        raise ArchiveRefused("it has a damaged header: no tar archive, or a cut or changed one")
    for place in _NUMBERS:
        _number(header[place])


def _number(data: bytes) -> int:
    """Octal digits in ASCII, or GNU tar's way to write what needs more of them: a byte 0x80 (or
    0xff for what is below zero) and an integer."""
    if data[0] in (0x80, 0xFF):
        return int.from_bytes(data[1:]) - (256 ** (len(data) - 1) if data[0] == 0xFF else 0)
    digits = _OCTAL.fullmatch(data)
    if not digits:
        raise ArchiveRefused("it has a header with a number that is none")
    return int(digits[1] or b"0", 8)


def _read_padded(stream: Stream, size: int) -> bytes:
    if size < 0:
        raise ArchiveRefused("it has a header of a size below zero")
    data = stream.read(size + -size % BLOCK)
    if data[size:].strip(b"\0"):
        raise ArchiveRefused("it has a header with something behind its end")
    return data[:size]


def _read_extension(extension: _Extension, kind: bytes, data: bytes) -> None:
    if extension.kinds.count(kind) > 1 and kind != b"g":
        raise ArchiveRefused("it has two headers of a kind for one member")
    if kind in (b"L", b"K"):
        text, _, rest = data.partition(b"\0")
        if rest.strip(b"\0"):
            raise ArchiveRefused("it has a long name with something behind its end")
        _say(extension, "name" if kind == b"L" else "target", text)
        return
    records = _read_records(data)
    if any(key.startswith(b"GNU.sparse") for key in records):
        raise ArchiveRefused("it has a sparse file: make the archive without --sparse")
    if kind == b"g":
        if _NOT_FOR_ALL & records.keys():
            raise ArchiveRefused("it has a header that gives all its members one name or size")
        return
    if b"path" in records:
        _say(extension, "name", records[b"path"])
    if b"linkpath" in records:
        _say(extension, "target", records[b"linkpath"])
    if b"size" in records:
        if not re.fullmatch(rb"[0-9]{1,15}", records[b"size"]):
            raise ArchiveRefused("it has a header with a size that is no number")
        extension.size = int(records[b"size"])


def _say(extension: _Extension, what: str, value: bytes) -> None:
    if getattr(extension, what) is not None:
        raise ArchiveRefused(f"its member {quoted(value)} has two names or two targets")
    setattr(extension, what, value)


def _read_records(data: bytes) -> dict[bytes, bytes]:
    """The values of a pax header by their keywords: lines of `LENGTH KEYWORD=VALUE`."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(data):
        found = _RECORD.match(data, position)
        end = position + int(found[1]) if found else 0
        if not found or end <= found.end() or end > len(data) or data[end - 1] != ord("\n"):
            raise ArchiveRefused("it has a pax header that is damaged")
        if found[2] in records:
            raise ArchiveRefused(f"it has a pax header that says {quoted(found[2])} twice")
        records[found[2]] = data[found.end() : end - 1]
        position = end
    return records


def _make_member(header: bytes, extension: _Extension, size: int) -> Member:
    raw_name = _until_nul(header[:100])
    prefix = _until_nul(header[345:500])
    type_ = header[156:157]
    if prefix and header[257:263] == b"ustar\0":
        raw_name = prefix + b"/" + raw_name
    elif prefix:
        raise ArchiveRefused(
            f"its member {quoted(raw_name)} has a longer name for some readers than for others"
        )
    is_old_folder = type_ == b"\0" and raw_name.endswith(b"/")
    name = _decode(raw_name if extension.name is None else extension.name)
    target = _decode(_until_nul(header[157:257]) if extension.target is None else extension.target)
    if type_ == b"S":
        raise ArchiveRefused(
            f"its member {quoted(name)} is a sparse file: make the archive without --sparse"
        )
    try:
        kind = Kind.FOLDER if is_old_folder else Kind(b"0" if type_ == b"\0" else type_)
    except ValueError:
        raise ArchiveRefused(
            f"its member {quoted(name)} is a device, a pipe or of another kind that no source"
            " distribution needs: it holds files, folders and links"
        ) from None
    if size < 0 or extension.size not in (None, size):
        raise ArchiveRefused(f"its member {quoted(name)} has two sizes, or one below zero")
    if size and kind is not Kind.FILE:
        raise ArchiveRefused(f"its member {quoted(name)} has content, but is no file")
    return Member(name.removesuffix("/") if kind is Kind.FOLDER else name, kind, size, target)


def _until_nul(data: bytes) -> bytes:
    return data.partition(b"\0")[0]


def _decode(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise ArchiveRefused(
            f"its member {quoted(name)} has a name that is not UTF-8: rename it"
        ) from None
