"""Zip archives that are wrong in one way each: what made it, and words of the reason."""

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from tests.archives import builders
from tests.archives.builders import (
    DIST_INFO,
    Part,
    parts_of,
    wheel,
    wheel_ending,
    wheel_files,
    wheel_with,
    write_zip,
)

GOOD_RECORD = wheel_files()[f"{DIST_INFO}/RECORD"]

Case = tuple[Callable[[], bytes], str]


def _prepended() -> bytes:
    return write_zip(parts_of(wheel_files()), before=b"#!/bin/sh\n")


def _overlapping() -> bytes:
    """The second member begins in the data of the first."""
    inner = Part(b"inner.py", b"inner", method=0)
    whole = write_zip([inner])
    outer = Part(b"outer.py", whole[: whole.index(b"PK\x01\x02")], method=0)
    first = 30 + len(outer.name)
    hidden = replace(inner, central={"offset": first})
    content = write_zip([outer, hidden])
    start = 30 + len(outer.name) + len(outer.data)
    end = content.index(b"PK\x01\x02")
    cut = content[:start] + content[end:-6]
    return cut + struct.pack("<LH", start, 0)


def _same_place() -> bytes:
    """Two members of the directory share one place, as in a bomb of overlapping members."""
    first, *rest = parts_of(wheel_files())
    return write_zip([first, replace(rest[0], central={"offset": 0}), *rest[1:]])


def _tar_too() -> bytes:
    content = bytearray(wheel_with(data=bytes(1000), method=0))
    content[148:156] = b"        "
    content[148:156] = b"%06o\0 " % sum(content[:512])
    return bytes(content)


def _lying_size(size: int) -> bytes:
    """A size that both headers and RECORD say, and the data have not."""
    first, *rest = parts_of(wheel_files(record=GOOD_RECORD.replace(b",16\n", b",%d\n" % size)))
    return write_zip([replace(first, local={"size": size}, central={"size": size}), *rest])


def _lying_bomb() -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = bytes(1 << 20)
    compressed = b"".join(deflate.compress(piece) for _ in range(200)) + deflate.flush()
    return wheel_with(compressed=compressed)


def _bomb() -> bytes:
    return wheel({f"{n}.bin": bytes(10 << 20) for n in range(8)})


def _many() -> bytes:
    return write_zip(
        (Part(b"%d" % number, method=0) for number in range(100_001)),
        end={"here": 0xFFFF, "members": 0xFFFF},
        large_end={},
    )


SAMPLE = wheel_files()["sample.py"]
DEFLATED = Part(b"", SAMPLE).compress()
CRC = zlib.crc32(SAMPLE)
NO_NUMBERS = {"crc": 0, "compressed_size": 0, "size": 0}
DESCRIPTOR = struct.pack("<LLL", CRC, len(DEFLATED), 16)
DESCRIPTOR_64 = struct.pack("<LQQ", CRC, len(DEFLATED), 16)
FULL = {"compressed_size": 0xFFFFFFFF, "size": 0xFFFFFFFF}
ZIP64 = struct.pack("<HHQQ", 1, 16, 16, len(DEFLATED))

FRAMING: dict[str, Case] = {
    "nothing": (lambda: b"", "end record"),
    "no archive": (lambda: b"no archive", "end record"),
    "its first bytes": (lambda: b"PK\x03\x04 a cut one", "end record"),
    "without its last byte": (lambda: wheel()[:-1], "end record"),
    "without its end": (lambda: wheel()[:-22], "end record"),
    "an end alone": (lambda: write_zip([]), "does not begin with a member"),
    "a source distribution": (builders.sdist, "end record"),
    "a wheel in gzip": (lambda: gzip.compress(wheel()), "end record"),
    "a tar archive too": (_tar_too, "tar archive too"),
    "data before it": (lambda: b"#!/bin/sh\n" + wheel(), "where its directory is"),
    "data before it, well told": (_prepended, "does not begin with a member"),
    "data behind it": (lambda: wheel() + b"\n", "end record"),
    "an empty end behind it": (lambda: wheel() + write_zip([]), "where its directory is"),
    "another wheel behind it": (lambda: wheel() + wheel(), "where its directory is"),
    "a comment": (lambda: wheel_ending(comment=b"hello"), "comment"),
    "a gap between members": (
        lambda: write_zip(
            [replace(part, gap=b"x" if n == 1 else b"") for n, part in enumerate(parts())]
        ),
        "'sample.py'",
    ),
    "a gap before the directory": (lambda: wheel_ending(gap=b"x"), "RECORD'"),
    "members that overlap": (_overlapping, "'outer.py' overlaps"),
    "members at one place": (_same_place, "'sample.py' overlaps"),
    "a member behind the directory": (
        lambda: wheel_with(central={"offset": 50_000}),
        "does not begin with a member",
    ),
    "a second member behind the directory": (
        lambda: write_zip(
            [
                replace(part, central={"offset": 50_000} if n == 1 else {})
                for n, part in enumerate(parts())
            ]
        ),
        "not before its directory",
    ),
    "a member at an absurd place": (
        lambda: write_zip(
            [
                replace(
                    part,
                    central={"offset": 0xFFFFFFFF},
                    central_extra=struct.pack("<HHQ", 1, 8, 1 << 63),
                )
                if n == 1
                else part
                for n, part in enumerate(parts())
            ]
        ),
        "not before its directory",
    ),
    "a count too high": (lambda: wheel_ending(end={"here": 5, "members": 5}), "fewer members"),
    "a count too low": (lambda: wheel_ending(end={"here": 3, "members": 3}), "more in it than"),
    "two counts": (lambda: wheel_ending(end={"here": 3}), "several parts"),
    "a directory elsewhere": (lambda: wheel_ending(end={"start": 0}), "where its directory is"),
    "a directory too small": (lambda: wheel_ending(end={"size": 1}), "where its directory is"),
    "a part of several": (lambda: wheel_ending(end={"disk": 1}), "several parts"),
    "two ends that disagree": (lambda: wheel_ending(large_end={"members": 9}), "disagree"),
    "a large end elsewhere": (lambda: wheel_ending(large_end={"place": 1}), "where it must be"),
    "a large end with more": (lambda: wheel_ending(large_end={"record": 60}), "where it must be"),
    "a large end of several": (lambda: wheel_ending(large_end={"disks": 2}), "several parts"),
    "a large end without room": (
        lambda: b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18),
        "cut off",
    ),
    "a directory that is cut off": (
        lambda: write_zip([Part(b"x", central_extra=b"1234567", comment=b"123")]).replace(
            b"\x07\x00\x03\x00", b"\xff\xff\x03\x00"
        ),
        "directory is cut off",
    ),
    "an absurd directory": (
        lambda: write_zip(Part(b"%d" % n, comment=bytes(60_000)) for n in range(300)),
        "a directory of more than",
    ),
}


def parts() -> list[Part]:
    return parts_of(wheel_files())


HEADERS: dict[str, Case] = {
    "another name in its header": (lambda: wheel_with(local_name=b"simple.py"), "another name"),
    "a longer name in its header": (lambda: wheel_with(local_name=b"sample.pyc"), "another name"),
    "another size in its header": (lambda: wheel_with(local={"size": 5}), "another header"),
    "another crc in its header": (lambda: wheel_with(local={"crc": 5}), "another header"),
    "another method in its header": (lambda: wheel_with(local={"method": 0}), "another header"),
    "other flags in its header": (lambda: wheel_with(local={"flags": 0x800}), "another header"),
    "no numbers": (lambda: wheel_with(local=NO_NUMBERS), "another header"),
    "no descriptor": (lambda: wheel_with(flags=8, local=NO_NUMBERS), "data descriptor"),
    "a descriptor without its flag": (
        lambda: wheel_with(descriptor=DESCRIPTOR),
        "no member's follows",
    ),
    "a wrong descriptor": (
        lambda: wheel_with(flags=8, local=NO_NUMBERS, descriptor=bytes(12)),
        "data descriptor",
    ),
    "a large descriptor": (
        lambda: wheel_with(flags=8, local=NO_NUMBERS, descriptor=DESCRIPTOR_64),
        "data descriptor",
    ),
    "a small descriptor of a large one": (
        lambda: wheel_with(flags=8, local=FULL, local_extra=ZIP64, descriptor=DESCRIPTOR),
        "data descriptor",
    ),
    "a long descriptor": (
        lambda: wheel_with(flags=8, local=NO_NUMBERS, descriptor=DESCRIPTOR + bytes(100)),
        "data descriptor",
    ),
    "a zip64 field without need": (lambda: wheel_with(central_extra=ZIP64), "wrong zip64"),
    "a zip64 field in its header only": (lambda: wheel_with(local_extra=ZIP64), "wrong zip64"),
    "no zip64 field": (lambda: wheel_with(local=FULL), "no zip64"),
    "no zip64 field in the directory": (lambda: wheel_with(central=FULL), "no zip64"),
    "a short zip64 field": (
        lambda: wheel_with(central=FULL, central_extra=ZIP64[:12]),
        "damaged extra",
    ),
    "two zip64 fields": (
        lambda: wheel_with(central=FULL, central_extra=ZIP64 * 2),
        "wrong zip64",
    ),
    "another size in zip64": (
        lambda: wheel_with(local=FULL, local_extra=struct.pack("<HHQQ", 1, 16, 1, 1)),
        "another header",
    ),
    "a second name": (
        lambda: wheel_with(central_extra=struct.pack("<HHB4s", 0x7075, 5, 1, b"abcd")),
        "Unicode path",
    ),
    "a second name in its header": (
        lambda: wheel_with(local_extra=struct.pack("<HHB4s", 0x7075, 5, 1, b"abcd")),
        "Unicode path",
    ),
    "damaged extra fields": (lambda: wheel_with(central_extra=b"ab\xff\xffx"), "damaged extra"),
    "a crumb of an extra field": (lambda: wheel_with(central_extra=b"ab"), "damaged extra"),
    "very many extra fields": (lambda: wheel_with(central_extra=bytes(4000)), "damaged extra"),
    "encrypted": (lambda: wheel_with(flags=1), "encrypted"),
    "strongly encrypted": (lambda: wheel_with(flags=0x41), "encrypted"),
    "patch data": (lambda: wheel_with(flags=0x20), "encrypted, or has flags"),
    "a masked directory": (lambda: wheel_with(flags=0x2000), "encrypted, or has flags"),
    "deflate64": (lambda: wheel_with(method=9), "by method 9"),
    "bzip2": (lambda: wheel_with(method=12), "by method 12"),
    "lzma": (lambda: wheel_with(method=14), "by method 14"),
    "a newer kind of zip": (lambda: wheel_with(central={"version": 64}), "newer"),
    "a name in a code page": (lambda: wheel_with(name=b"gr\xfc\xdfe.py"), "'gr\\\\xfc"),
    "a name that is no UTF-8": (
        lambda: wheel_with(name=b"gr\xfc\xdfe.py", flags=0x800),
        "marked as UTF-8",
    ),
    "UTF-8 that is not told": (
        lambda: wheel_with(name="grüße.py".encode()),
        "marked as UTF-8",
    ),
    "a symbolic link": (lambda: wheel_with(attributes=0o120777 << 16), "link or a device"),
    "a device": (lambda: wheel_with(attributes=0o020644 << 16), "link or a device"),
    "a pipe": (lambda: wheel_with(attributes=0o010644 << 16), "link or a device"),
    "a folder of Unix": (lambda: wheel_with(attributes=0o040755 << 16), "attributes only"),
    "a folder of DOS": (lambda: wheel_with(attributes=0x10), "attributes only"),
    "a folder that is a file": (
        lambda: wheel_with(name=b"folder/", data=b"", attributes=0o100644 << 16),
        "'folder/'",
    ),
    "a folder with content": (lambda: wheel_with(name=b"folder/"), "folder with content"),
    "a folder with hidden content": (
        lambda: wheel_with(name=b"folder/", data=b"", compressed=b"\x00\x00\x00\xff\xff\x03\x00"),
        "folder with content",
    ),
    "two sizes of what is stored": (
        lambda: wheel_with(method=0, central={"size": 5}, local={"size": 5}),
        "two sizes",
    ),
    "a wrong checksum": (lambda: wheel_with(local={"crc": 1}, central={"crc": 1}), "checksum"),
    "a size too small": (lambda: _lying_size(3), "checksum"),
    "a size too large": (lambda: _lying_size(99), "checksum"),
    "compressed data cut off": (lambda: wheel_with(compressed=DEFLATED[:-3]), "is cut off"),
    "more than compressed data": (lambda: wheel_with(compressed=DEFLATED + b"x"), "goes on after"),
    "damaged compressed data": (lambda: wheel_with(compressed=b"\xff" * 9), "'sample.py' is dam"),
    "no compressed data": (lambda: wheel_with(compressed=b""), "is cut off"),
    "a bomb": (_bomb, "expands to more"),
    "a bomb that lies": (_lying_bomb, "'sample.py' is damaged"),
}

VERY_MANY: dict[str, Case] = {
    "too many members": (_many, "more than 100000 members"),
}

ALL = FRAMING | HEADERS
