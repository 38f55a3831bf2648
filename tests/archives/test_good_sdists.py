"""Source distributions that are taken, as the tools of the last years write them."""

import gzip
import io
import tarfile
from collections.abc import Callable

import pytest

from tests import distributions
from tests.archives.builders import (
    END,
    METADATA,
    PKG_INFO,
    SDIST,
    STEM,
    header,
    member,
    patched,
    pax,
    read,
    sdist,
)
from tests.archives.other_readers import (
    assert_tarfile_sees_the_same,
)


def by_tarfile(layout: int, *, prefix: str = "") -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=layout) as archive:
        for name, data in {
            "PKG-INFO": METADATA,
            "empty.py": b"",
            "größe.py": b"x",
            "a" * 90 + "/" + "b" * 90: b"a long name",
            "a" * 90 + "/" + "ä" * 120: b"a longer name",
        }.items():
            if layout == tarfile.USTAR_FORMAT and "ä" in name:
                continue
            info = tarfile.TarInfo(f"{prefix}{STEM}/{name}")
            info.size = len(data)
            info.mtime = 1_700_000_000 if layout == tarfile.USTAR_FORMAT else 1_700_000_000.25
            info.uname = "builder"
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def link(target: str, name: str, kind: bytes = tarfile.SYMTYPE) -> bytes:
    return member(f"{STEM}/{name}", kind=kind, target=target)


def folder(name: str) -> bytes:
    return member(f"{STEM}/{name}", kind=tarfile.DIRTYPE)


LONG = f"{STEM}/" + "long/" * 40 + "name"

SDISTS: dict[str, Callable[[], bytes]] = {
    "of the other tests": lambda: distributions.build_sdist().content,
    "made by hand": sdist,
    "pax": lambda: by_tarfile(tarfile.PAX_FORMAT),
    "GNU": lambda: by_tarfile(tarfile.GNU_FORMAT),
    "ustar": lambda: by_tarfile(tarfile.USTAR_FORMAT),
    "pax from here": lambda: by_tarfile(tarfile.PAX_FORMAT, prefix="./"),
    "GNU from here": lambda: by_tarfile(tarfile.GNU_FORMAT, prefix="./"),
    "of version 7": lambda: sdist(
        patched(member(f"{STEM}/a/", kind=tarfile.AREGTYPE), 257, bytes(8)),
        patched(member(f"{STEM}/a/b", b"x", kind=tarfile.AREGTYPE), 257, bytes(8)),
    ),
    "a commit for all": lambda: sdist(
        pkg_info=pax({"comment": "0" * 40}, kind=tarfile.XGLTYPE) + PKG_INFO
    ),
    "two headers for all": lambda: sdist(
        pkg_info=pax({"comment": "x"}, kind=tarfile.XGLTYPE) * 2 + pax({"mtime": "1"}) + PKG_INFO
    ),
    "members in two cases": lambda: sdist(
        member(f"{STEM}/a/xt_TCPMSS.h"),
        member(f"{STEM}/a/xt_tcpmss.h"),
        member(f"{STEM}/License"),
        member(f"{STEM}/license/x"),
        member(f"{STEM}/sample.egg-info/pkg-info"),
    ),
    "members in two cases beside a link": lambda: sdist(
        member(f"{STEM}/a/Xt.h"),
        member(f"{STEM}/a/xt.h"),
        folder("A"),
        folder("a"),
        member(f"{STEM}/A/x"),
        link("Xt.h", "a/link"),
        link("Xt.h", "a/Link2"),
    ),
    "times and owners in pax": lambda: sdist(
        pax({"mtime": "1700000000.25", "uid": "123456789", "LIBARCHIVE.creationtime": "1"}),
        member(f"{STEM}/x", b"x"),
    ),
    "its own size in pax": lambda: sdist(pax({"size": "1"}), member(f"{STEM}/x", b"x")),
    "a long name of GNU": lambda: sdist(header(b"L", LONG.encode() + b"\0"), member("cut", b"x")),
    "a long name and target of GNU": lambda: sdist(
        header(b"K", b"long/" * 40 + b"x\0"),
        header(b"L", LONG.encode() + b"\0"),
        member("cut", kind=tarfile.SYMTYPE, target="cut"),
    ),
    "numbers of base 256": lambda: sdist(
        patched(patched(member(f"{STEM}/x"), 108, b"\x80\0\0\0\x01\0\0\0"), 136, b"\xff" * 12)
    ),
    "folders": lambda: sdist(
        member(STEM, kind=tarfile.DIRTYPE), folder("a/"), folder("a/b"), member(f"{STEM}/a/b/c")
    ),
    "a folder after what is in it": lambda: sdist(member(f"{STEM}/a/b"), folder("a")),
    "links inside": lambda: sdist(
        folder("a"),
        folder("a/b"),
        link("../PKG-INFO", "a/link"),
        link("../../PKG-INFO", "a/b/link"),
        link("../..", "a/b/top"),
        link("b", "a/folder"),
        link("./b/", "a/other"),
        link("nowhere", "dangling"),
        link(f"{STEM}/PKG-INFO", "hard", tarfile.LNKTYPE),
        link(f"./{STEM}/PKG-INFO", "a/hard", tarfile.LNKTYPE),
    ),
    "one empty block at its end": lambda: sdist(end=bytes(512)),
    "many empty blocks at its end": lambda: sdist(end=bytes(1 << 20)),
    "a crumb behind its end": lambda: sdist(end=END + b"\0"),
    "stored": lambda: sdist(level=0),
    "a name in its gzip header": lambda: (
        sdist()[:3] + b"\x08" + sdist()[4:10] + b"x.tar\0" + sdist()[10:]
    ),
    "a large file": lambda: sdist(member(f"{STEM}/zeros", bytes(60 << 20))),
    "a highly compressed end": lambda: gzip.compress(gzip.decompress(sdist()) + bytes(50 << 20)),
}


@pytest.mark.parametrize("name", SDISTS)
def test_a_good_source_distribution_is_taken(name: str):
    content = SDISTS[name]()

    assert b"Name: sample\n" in read(content, SDIST).raw_metadata
    assert_tarfile_sees_the_same(content)


def test_a_source_distribution_knows_its_license_files():
    contents = read(
        sdist(
            folder("vendor"),
            member(f"./{STEM}/LICENSE"),
            member(f"{STEM}/vendor/größe.txt"),
            link(f"{STEM}/PKG-INFO", "COPYING", tarfile.LNKTYPE),
        ),
        SDIST,
    )

    assert contents.has_license_file("LICENSE")
    assert contents.has_license_file("vendor/größe.txt")
    assert contents.has_license_file("COPYING")
    assert not contents.has_license_file("vendor")
    assert not contents.has_license_file("NOTICE")
    assert not contents.has_license_file(f"{STEM}/LICENSE")
    assert not contents.has_license_file("\udce9")
