"""Archives made byte by byte, so that each can be wrong in one way alone."""

import base64
import csv
import gzip
import hashlib
import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pypi_web import archives
from pypi_web.standards import filenames
from tests.distributions import metadata_text

STEM = "sample-1.0"
DIST_INFO = f"{STEM}.dist-info"
WHEEL = f"{STEM}-py3-none-any.whl"
SDIST = f"{STEM}.tar.gz"
METADATA = metadata_text("sample", "1.0").encode()
WHEEL_FILE = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def read(content: bytes, filename: str) -> archives.Contents:
    return archives.read(io.BytesIO(content), filenames.parse(filename))


# Wheels


def digest(data: bytes, algorithm: str = "sha256") -> str:
    raw = hashlib.new(algorithm, data).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def record_of(files: Mapping[str, bytes], folder: str = DIST_INFO) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerows((path, digest(data), len(data)) for path, data in files.items())
    lines.writerow((f"{folder}/RECORD", "", ""))
    return text.getvalue().encode()


def wheel_files(
    changes: Mapping[str, bytes | None] | None = None, *, record: bytes | None = None
) -> dict[str, bytes]:
    """The files of a good wheel by their names, RECORD the last; None leaves one out."""
    files: dict[str, bytes | None] = {
        "sample.py": b"VERSION = '1.0'\n",
        f"{DIST_INFO}/METADATA": METADATA,
        f"{DIST_INFO}/WHEEL": WHEEL_FILE,
        **(changes or {}),
    }
    kept = {path: data for path, data in files.items() if data is not None}
    return {**kept, f"{DIST_INFO}/RECORD": record_of(kept) if record is None else record}


@dataclass(frozen=True)
class Part:
    """A member of a zip archive; `local` and `central` change what one of its headers says."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    attributes: int = 0
    compressed: bytes | None = None
    local: Mapping[str, int] = field(default_factory=dict)
    central: Mapping[str, int] = field(default_factory=dict)
    local_name: bytes | None = None
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    gap: bytes = b""
    descriptor: bytes = b""

    def compress(self) -> bytes:
        if self.compressed is not None:
            return self.compressed
        if self.method != 8:
            return self.data
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.data) + deflate.flush()

    def numbers(self, changes: Mapping[str, int]) -> dict[str, int]:
        return {
            "version": 20,
            "flags": self.flags,
            "method": self.method,
            "time": 0,
            "date": 33,
            "crc": zlib.crc32(self.data),
            "compressed_size": len(self.compress()),
            "size": len(self.data),
            **changes,
        }


def parts_of(files: Mapping[str, bytes]) -> list[Part]:
    return [
        Part(name.encode(), data, flags=0 if name.isascii() else 0x800)
        for name, data in files.items()
    ]


def write_zip(
    parts: Iterable[Part],
    *,
    before: bytes = b"",
    gap: bytes = b"",
    comment: bytes = b"",
    end: Mapping[str, int] | None = None,
    large_end: Mapping[str, int] | None = None,
) -> bytes:
    """A zip archive whose numbers are right but for those given; `large_end` makes it zip64."""
    content = bytearray(before)
    directory = bytearray()
    count = 0
    for part in parts:
        count += 1
        offset = len(content) + len(part.gap)
        told = part.numbers(part.central)
        name = part.name if part.local_name is None else part.local_name
        content += part.gap + b"PK\x03\x04"
        content += struct.pack("<5H3L", *part.numbers(part.local).values())
        content += struct.pack("<2H", len(name), len(part.local_extra))
        content += name + part.local_extra + part.compress() + part.descriptor
        offset = told.pop("offset", offset)
        directory += b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20)
        directory += struct.pack("<5H3L", *told.values())
        sizes = (len(part.name), len(part.central_extra), len(part.comment))
        directory += struct.pack("<5H2L", *sizes, 0, 0, part.attributes, offset)
        directory += part.name + part.central_extra + part.comment
    content += gap
    start = len(content)
    content += directory
    numbers = {"here": count, "members": count, "size": len(directory), "start": start}
    if large_end is not None:
        place = len(content)
        told = {"record": 44, "disk": 0, **numbers, "place": place, "disks": 1, **large_end}
        large = (told[name] for name in ("here", "members", "size", "start"))
        content += b"PK\x06\x06" + struct.pack("<Q2H2L", told["record"], 45, 45, told["disk"], 0)
        content += struct.pack("<4Q", *large)
        content += b"PK\x06\x07" + struct.pack("<LQL", 0, told["place"], told["disks"])
    told = {"disk": 0, "first_disk": 0, **numbers, **(end or {})}
    content += b"PK\x05\x06" + struct.pack("<4H2L", *told.values())
    return bytes(content + struct.pack("<H", len(comment)) + comment)


def wheel(changes: Mapping[str, bytes | None] | None = None, **options: bytes) -> bytes:
    return write_zip(parts_of(wheel_files(changes, **options)))


def wheel_with(**changes: object) -> bytes:
    """A good wheel but for what its first member, `sample.py`, is changed in."""
    first, *rest = parts_of(wheel_files())
    return write_zip([replace(first, **changes), *rest])  # type: ignore[arg-type]


def wheel_ending(**options: object) -> bytes:
    """A good wheel but for what is round its members."""
    return write_zip(parts_of(wheel_files()), **options)  # type: ignore[arg-type]


# Source distributions

END = bytes(1024)


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def member(
    name: str,
    data: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    target: str = "",
    size: int | None = None,
    layout: int = tarfile.GNU_FORMAT,
) -> bytes:
    """A member with its data; `size` is what its header says where it lies."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    info.size = len(data) if size is None else size
    return info.tobuf(layout) + pad(data)


def patched(block: bytes, place: int, data: bytes) -> bytes:
    """A member whose header has `data` at a place, and the right checksum again."""
    header = block[:place] + data + block[place + len(data) :]
    total = sum(header[:148]) + 256 + sum(header[156:512])
    return header[:148] + b"%06o\0 " % total + header[156:]


def header(kind: bytes, data: bytes) -> bytes:
    """An extension header, of pax or of GNU tar."""
    return member("././@LongLink", data, kind=kind)


def pax(records: Mapping[str, str], *, kind: bytes = tarfile.XHDTYPE) -> bytes:
    lines = []
    for key, value in records.items():
        rest = f" {key}={value}\n".encode()
        size = len(rest) + 1
        while len(str(size)) + len(rest) != size:
            size += 1
        lines.append(str(size).encode() + rest)
    return header(kind, b"".join(lines))


PKG_INFO = member(f"{STEM}/PKG-INFO", METADATA)


def sdist(*pieces: bytes, pkg_info: bytes = PKG_INFO, end: bytes = END, level: int = 9) -> bytes:
    """A source distribution of PKG-INFO and the given pieces of a tar archive."""
    return gzip.compress(b"".join((pkg_info, *pieces, end)), level, mtime=0)
