"""Tar archives in gzip that are wrong in one way each: what made it, and words of the reason."""

import gzip
import io
import struct
import tarfile
from collections.abc import Callable, Iterable

from tests.archives.builders import (
    END,
    PKG_INFO,
    STEM,
    header,
    member,
    patched,
    pax,
    sdist,
    wheel,
)

Case = tuple[Callable[[], bytes], str]


def link(target: str, name: str = f"{STEM}/link", kind: bytes = tarfile.SYMTYPE) -> bytes:
    return member(name, kind=kind, target=target)


def sdist_with(*pieces: bytes, **options: bytes) -> Callable[[], bytes]:
    return lambda: sdist(*pieces, **options)


def sdist_of(name: str, **options: object) -> Callable[[], bytes]:
    return sdist_with(member(name, **options))  # type: ignore[arg-type]


def compressed(pieces: Iterable[bytes]) -> bytes:
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as file:
        for piece in pieces:
            file.write(piece)
    return content.getvalue()


def _bomb(*, before: bytes = b"", size: int = 300) -> bytes:
    """Expands to `size` MiB of zeros."""
    return compressed([PKG_INFO, before, *[bytes(1 << 20)] * size])


def _many() -> bytes:
    one = member(f"{STEM}/x")
    return compressed([PKG_INFO, *[one * 1000] * 101, END])


def _zip_in_header(*, covers: bool) -> bytes:
    """A zip archive in the field of a gzip header that is for whatever one likes; its end record's
    comment is all that follows, or else it has a member."""
    content = sdist()
    inner = b"" if covers else wheel()
    rest = content[10:]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, len(rest))
    field = end if covers else inner
    return content[:3] + b"\x04" + content[4:10] + struct.pack("<H", len(field)) + field + rest


def _large_zip_in_header() -> bytes:
    content = sdist()
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    field = b"PK\x06\x07" + bytes(16) + end
    return (
        content[:3] + b"\x04" + content[4:10] + struct.pack("<H", len(field)) + field + content[10:]
    )


def _damaged_sum() -> bytes:
    content = bytearray(sdist())
    content[-8] ^= 1
    return bytes(content)


def pax_of(data: bytes) -> Callable[[], bytes]:
    return sdist_with(header(tarfile.XHDTYPE, data), member(f"{STEM}/x"))


def pax_with(records: dict[str, str], **options: object) -> Callable[[], bytes]:
    return sdist_with(pax(records), member(f"{STEM}/x", **options))  # type: ignore[arg-type]


def _padded_with(data: bytes) -> bytes:
    whole = pax({"comment": "x"})
    return whole[: -len(data)] + data


X = f"{STEM}/x"
FOR_ALL = pax({"comment": "x"}, kind=tarfile.XGLTYPE)

FRAMING: dict[str, Case] = {
    "nothing": (lambda: b"", "not compressed by gzip"),
    "no archive": (lambda: b"no archive", "not compressed by gzip"),
    "a tar alone": (lambda: gzip.decompress(sdist()), "not compressed by gzip"),
    "a wheel": (wheel, "it is a zip archive too"),
    "gzip of nothing": (lambda: gzip.compress(b""), "is cut off"),
    "gzip of no tar": (lambda: gzip.compress(b"x" * 2000), "damaged header"),
    "gzip of a wheel": (lambda: gzip.compress(wheel() + bytes(512)), "damaged header"),
    "an odd kind of gzip": (lambda: b"\x1f\x8b\x09" + sdist()[3:], "cannot be expanded"),
    "gzip that is damaged": (lambda: sdist()[:30] + b"\xff" * 9 + sdist()[39:], "cannot be exp"),
    "gzip with a wrong sum": (_damaged_sum, "cannot be expanded"),
    "gzip without its sum": (lambda: sdist()[:-8], "it is cut off"),
    "half a header of gzip": (lambda: sdist()[:5], "it is cut off"),
    "data behind it": (lambda: sdist() + b"\n", "goes on after the end"),
    "zeros behind it": (lambda: sdist() + bytes(600_000), "goes on after the end"),
    "a second gzip member": (lambda: sdist() + sdist(), "goes on after the end"),
    "a second, empty gzip member": (lambda: sdist() + gzip.compress(b""), "goes on after the end"),
    "a zip behind it": (lambda: sdist() + wheel(), "a zip archive too"),
    "a zip in front of it": (lambda: wheel() + sdist(), "a zip archive too"),
    "a zip with a comment in it": (lambda: _zip_in_header(covers=True), "a zip archive too"),
    "a zip with a member in it": (lambda: _zip_in_header(covers=False), "a zip archive too"),
    "a large zip in it": (_large_zip_in_header, "a zip archive too"),
    "no end": (sdist_with(end=b""), "has no end"),
    "half an end": (sdist_with(end=bytes(100)), "has no end"),
    "a member that is cut off": (sdist_with(member(X, b"x" * 600)[:1024], end=b""), "has no end"),
    "a header that is cut off": (sdist_with(member(X)[:300], end=b""), "has no end"),
    "data behind its end": (sdist_with(end=END + b"x"), "follows the end"),
    "data far behind its end": (sdist_with(end=bytes(1 << 20) + b"x"), "follows the end"),
    "a member behind its end": (sdist_with(end=END + member(X) + END), "follows the end"),
    "a member behind one empty block": (sdist_with(bytes(512), member(X)), "follows the end"),
    "a damaged header": (sdist_with(member(X)[:100] + b"9" + member(X)[101:]), "damaged header"),
    "a damaged header at its beginning": (
        sdist_with(pkg_info=b"x" + PKG_INFO[1:]),
        "damaged header",
    ),
    "a checksum that is none": (
        sdist_with(member(X)[:148] + b"zzzzzzzz" + member(X)[156:]),
        "damaged",
    ),
    "a bomb in a member": (lambda: _bomb(before=member(X, size=300 << 20)), "expands to more"),
    "a bomb behind its end": (_bomb, "expands to more"),
    "a large member that is cut off": (sdist_of(X, size=8 << 30), "has no end"),
}

NUMBERS: dict[str, Case] = {
    "a size below zero": (
        sdist_with(patched(member(X), 124, b"\xff" * 12)),
        "two sizes, or one below zero",
    ),
    "an absurd size": (sdist_with(patched(member(X), 124, b"\x80" + b"\xff" * 11)), "has no end"),
    "a size that is no number": (
        sdist_with(patched(member(X), 124, b"0x10")),
        "number that is none",
    ),
    "a size of Python's kind": (
        sdist_with(patched(member(X), 124, b"0000_1")),
        "number that is none",
    ),
    "an owner that is no number": (
        sdist_with(patched(member(X), 108, b"root")),
        "number that is none",
    ),
    "a device that is no number": (
        sdist_with(patched(member(X), 329, b"abc")),
        "number that is none",
    ),
    "a header of a size below zero": (
        sdist_with(patched(header(tarfile.XHDTYPE, b""), 124, b"\xff" * 12), member(X)),
        "size below zero",
    ),
    "a folder with content": (sdist_of(X, kind=tarfile.DIRTYPE, size=512), "is no file"),
    "an old folder with content": (
        sdist_of(f"{X}/", data=b"x", kind=tarfile.AREGTYPE),
        "is no file",
    ),
    "a link with content": (
        sdist_with(member(X, b"x", kind=tarfile.SYMTYPE, target="PKG-INFO")),
        "is no file",
    ),
    "another size in pax": (pax_with({"size": "1024"}, data=b"x" * 512), "two sizes"),
    "a size of pax below zero": (pax_with({"size": "-1"}), "a size that is no number"),
    "a size of pax in words": (pax_with({"size": "many"}), "a size that is no number"),
    "a longer name for some": (
        sdist_with(patched(member("x"), 345, f"{STEM}/folder".encode())),
        "longer name for some",
    ),
}

HEADERS: dict[str, Case] = {
    "a large pax header": (pax_of(bytes(5 << 20)), "absurd size"),
    "a large long name": (
        sdist_with(header(tarfile.GNUTYPE_LONGNAME, bytes(5 << 20)), member(X)),
        "absurd size",
    ),
    "a pax header of an absurd size": (
        sdist_with(member("x", kind=tarfile.XHDTYPE, size=8 << 30)),
        "absurd size",
    ),
    "many large pax headers": (
        lambda: compressed([PKG_INFO, *[pax({"comment": "x" * 1_000_000}) + member(X)] * 20, END]),
        "absurd size",
    ),
    "a chain of headers": (
        sdist_with(pkg_info=pax({"a": "b"}, kind=tarfile.XGLTYPE) * 2000 + PKG_INFO),
        "absurd size or number",
    ),
    "two pax headers": (
        sdist_with(pax({"a": "b"}), pax({"a": "b"}), member(X)),
        "two headers of a",
    ),
    "a header at the end": (sdist_with(pax({"a": "b"})), "no member follows"),
    "a Solaris header": (
        sdist_with(pax({"path": "y"}, kind=tarfile.SOLARIS_XHDTYPE), member(X)),
        "of another kind",
    ),
    "a pax header of noise": (pax_of(b"noise"), "pax header that is damaged"),
    "a pax header with a long line": (pax_of(b"99 path=x\n"), "pax header that is damaged"),
    "a pax header with a short line": (pax_of(b"3 path=x\n"), "pax header that is damaged"),
    "a pax header with an empty line": (pax_of(b"0 path=x\n"), "pax header that is damaged"),
    "a pax header without line ends": (pax_of(b"9 path=xx"), "pax header that is damaged"),
    "a pax header with a huge number": (pax_of(b"9" * 5000 + b" a=b\n"), "that is damaged"),
    "a pax header that says it twice": (
        pax_of(b"9 path=x\n9 path=y\n"),
        "says 'path' twice",
    ),
    "a pax header with more behind it": (
        sdist_with(_padded_with(b"12 path=x/y\n"), member(X)),
        "something behind its end",
    ),
    "a long name with more behind it": (
        sdist_with(header(tarfile.GNUTYPE_LONGNAME, b"x\0y"), member(X)),
        "long name with something",
    ),
    "two long names": (
        sdist_with(pax({"path": f"{STEM}/y"}), header(b"L", f"{STEM}/z".encode()), member(X)),
        "two names",
    ),
    "two long targets": (
        sdist_with(header(b"K", b"y"), pax({"linkpath": "z"}), link("PKG-INFO")),
        "two targets",
    ),
    "a name for all": (
        sdist_with(pkg_info=pax({"path": X}, kind=tarfile.XGLTYPE) + PKG_INFO),
        "all its memb",
    ),
    "a size for all": (
        sdist_with(pkg_info=pax({"size": "0"}, kind=tarfile.XGLTYPE) + PKG_INFO),
        "all its memb",
    ),
    "a header for all between a pax header and its member": (
        sdist_with(pkg_info=pax({"path": X}) + FOR_ALL + PKG_INFO),
        "not before the first",
    ),
    "a header for all between a long name and its member": (
        sdist_with(pkg_info=header(b"L", X.encode()) + FOR_ALL + PKG_INFO),
        "not before the first",
    ),
    "a header for all between a long target and its member": (
        sdist_with(pkg_info=FOR_ALL + header(b"K", b"x") + FOR_ALL + PKG_INFO),
        "not before the first",
    ),
    "a header for all behind the first member": (
        sdist_with(FOR_ALL, member(X)),
        "not before the first",
    ),
    "a header for all at the end": (sdist_with(FOR_ALL), "not before the first"),
    "an old sparse file": (sdist_of(X, kind=tarfile.GNUTYPE_SPARSE), "is a sparse file"),
    "a sparse file 0.0": (pax_with({"GNU.sparse.size": "10"}), "sparse"),
    "a sparse file 0.1": (pax_with({"GNU.sparse.map": "0,1," * 1000 + "0,1"}), "sparse"),
    "a sparse file 1.0": (
        pax_with({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}, data=b"99999999\n"),
        "sparse",
    ),
    "sparse files all": (
        sdist_with(pkg_info=pax({"GNU.sparse.major": "1"}, kind=tarfile.XGLTYPE) + PKG_INFO),
        "sparse",
    ),
}

VERY_MANY: dict[str, Case] = {
    "too many members": (_many, "more than 100000 members"),
}

ALL = FRAMING | NUMBERS | HEADERS
