"""Wheels that are taken, as the tools of the last years write them."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.transfers import build_wheel
from tests import distributions
from tests.archives.builders import (
    DIST_INFO,
    STEM,
    WHEEL,
    Part,
    digest,
    parts_of,
    read,
    wheel,
    wheel_ending,
    wheel_files,
    wheel_with,
    write_zip,
)
from tests.archives.hostile_zips import (
    DESCRIPTOR,
    DESCRIPTOR_64,
    FULL,
    GOOD_RECORD,
    NO_NUMBERS,
    ZIP64,
)
from tests.archives.other_readers import (
    assert_zipfile_sees_the_same,
)


class Unseekable(io.RawIOBase):
    """What zipfile writes to as a stream, with data descriptors."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.content += data
        return len(data)


def by_zipfile(method: int = zipfile.ZIP_DEFLATED, **options: bool) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in wheel_files().items():
            with archive.open(name, "w", **options) as file:
                file.write(data)
    return content.getvalue()


def streamed(method: int = zipfile.ZIP_DEFLATED, **options: bool) -> bytes:
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in wheel_files().items():
            with archive.open(name, "w", **options) as file:
                file.write(data)
    return bytes(stream.content)


def by_hash(algorithm: str) -> bytes:
    files = wheel_files()
    lines = [f"{name},{digest(data, algorithm)}," for name, data in list(files.items())[:-1]]
    return wheel(record="\r\n".join(lines).encode())


def signed() -> bytes:
    signatures = {f"{DIST_INFO}/RECORD.{name}": b"{}" for name in ("jws", "p7s")}
    return wheel(signatures, record=GOOD_RECORD)


def in_another_order() -> bytes:
    """Not as their places are, which is the directory's own affair."""
    content = wheel()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    directory = content[start:-22]
    entries = [b"PK\x01\x02" + entry for entry in directory.split(b"PK\x01\x02")[1:]]
    return content[:start] + b"".join(reversed(entries)) + content[-22:]


WHEELS: dict[str, Callable[[], bytes]] = {
    "of the other tests": lambda: distributions.build_wheel().content,
    "made by hand": wheel,
    "stored": lambda: by_zipfile(zipfile.ZIP_STORED),
    "deflated": by_zipfile,
    "zip64": lambda: by_zipfile(force_zip64=True),
    "zip64 at its end": lambda: wheel_ending(large_end={}),
    "zip64 all": lambda: wheel_ending(
        large_end={},
        end={"here": 0xFFFF, "members": 0xFFFF, "size": 0xFFFFFFFF, "start": 0xFFFFFFFF},
    ),
    "zip64 in the directory": lambda: wheel_with(
        central={**FULL, "offset": 0xFFFFFFFF},
        central_extra=ZIP64.replace(b"\x01\x00\x10\x00", b"\x01\x00\x18\x00") + bytes(8),
    ),
    "a stream": streamed,
    "a stream, stored": lambda: streamed(zipfile.ZIP_STORED),
    "a stream, zip64": lambda: streamed(force_zip64=True),
    "a descriptor alone": lambda: wheel_with(flags=8, local=NO_NUMBERS, descriptor=DESCRIPTOR),
    "a descriptor with its name": lambda: wheel_with(
        flags=8, local=NO_NUMBERS, descriptor=b"PK\x07\x08" + DESCRIPTOR
    ),
    "a descriptor though all is known": lambda: wheel_with(flags=8, descriptor=DESCRIPTOR),
    "a large descriptor alone": lambda: wheel_with(
        flags=8, local=FULL, local_extra=ZIP64, descriptor=DESCRIPTOR_64
    ),
    "extra fields": lambda: wheel_with(
        local_extra=struct.pack("<HHB", 0x5455, 1, 0),
        central_extra=struct.pack("<HHB", 0x5455, 1, 0),
    ),
    "a comment of a member": lambda: wheel_with(comment=b"hello"),
    "a level in the flags of one header": lambda: wheel_with(central={"flags": 2}),
    "folders": lambda: write_zip(
        [
            Part(b"sample/", method=0, attributes=0o040755 << 16 | 0x10),
            Part(f"{DIST_INFO}/".encode(), method=8),
            *parts_of(wheel_files({"sample/a.py": b""})),
        ]
    ),
    "modes of Unix": lambda: wheel_with(attributes=0o100755 << 16),
    "modes without a kind": lambda: wheel_with(attributes=0o644 << 16),
    "empty files": lambda: wheel({"sample/__init__.py": b"", "sample/py.typed": b""}),
    "names of all the world": lambda: wheel({"größe.py": b"", "日本/語.py": b"", "🐍.py": b""}),
    "names with commas and quotes": lambda: wheel(
        {'a,"b".py': b"x"}, record=GOOD_RECORD + f'"a,""b"".py",{digest(b"x")},1\n'.encode()
    ),
    "names like siblings": lambda: wheel({"a": b"", "a.py": b"", "a-b/c": b"", "ab/c": b""}),
    "sha384": lambda: by_hash("sha384"),
    "sha512": lambda: by_hash("sha512"),
    "signed": signed,
    "RECORD that does not list itself": lambda: wheel(
        record=GOOD_RECORD.replace(f"{DIST_INFO}/RECORD,,\n".encode(), b"")
    ),
    "a data folder": lambda: wheel({f"{STEM}.data/scripts/run": b"#!python"}),
    "a data folder of all kinds": lambda: wheel(
        {
            f"{STEM}.data/{name}": b"x"
            for name in (
                "purelib/a/pure.py",
                "purelib/other.py",
                "platlib/a/plat.so",
                "scripts/run",
                "headers/sample.py",
                "data/sample.py",
                "data/etc/jupyter/a.json",
            )
        }
    ),
    "folders in a data folder": lambda: write_zip(
        [
            *(
                Part(name.encode(), method=0)
                for name in (
                    "a/",
                    f"{STEM}.data/",
                    f"{STEM}.data/purelib/",
                    f"{STEM}.data/purelib/a/",
                    f"{STEM}.data/platlib/",
                    f"{STEM}.data/platlib/a/",
                )
            ),
            *parts_of(wheel_files({"a/b.py": b"", f"{STEM}.data/platlib/a/c.py": b""})),
        ]
    ),
    "metadata of what is vendored": lambda: wheel(
        {
            "sample/_vendor/other-1.0.dist-info/METADATA": b"",
            f"{STEM}.data/purelib/sample/_vendor/more-1.0.dist-info/METADATA": b"",
        }
    ),
    "names like other folders": lambda: wheel(
        {
            f"{STEM}.data/purelib/dist-info/x": b"",
            f"{STEM}.data/purelib/sample.data/scripts/x": b"",
            f"{STEM}.database/x": b"",
            "sample.DIST-INFORMATION/x": b"",
        }
    ),
    "modules in two cases": lambda: wheel(
        {"Sample.py": b"", "a/xt_TCPMSS.h": b"", "a/xt_tcpmss.h": b"", "A/x": b"", "License": b""}
    ),
    "a file beside a folder in another case": lambda: wheel({"License": b"", "license/x": b""}),
    "folders in two cases in its own": lambda: wheel(
        {
            f"{DIST_INFO}/LICENSE": b"",
            f"{DIST_INFO}/licenses/LICENSE": b"",
            f"{DIST_INFO}/LICENSES/MIT.txt": b"",
        }
    ),
    "WHEEL of version 1.9": lambda: wheel({f"{DIST_INFO}/WHEEL": b"wheel-version: 1.9\r\n"}),
    "a highly compressible file": lambda: wheel({"zeros.bin": bytes(60 << 20)}),
    "another spelling of its folder": lambda: write_zip(
        parts_of(
            {
                name.replace(DIST_INFO, "Sample-1.0.0.dist-info"): data.replace(
                    DIST_INFO.encode(), b"Sample-1.0.0.dist-info"
                )
                for name, data in wheel_files().items()
            }
        )
    ),
    "the directory in another order": in_another_order,
}


@pytest.mark.parametrize("name", WHEELS)
def test_a_good_wheel_is_taken(name: str):
    content = WHEELS[name]()

    assert b"Name: sample\n" in read(content, WHEEL).raw_metadata
    assert_zipfile_sees_the_same(content)


def test_the_wheel_of_the_benchmarks_is_taken(tmp_path: Path):
    path, _ = build_wheel(tmp_path, "1.0", 3 << 20)

    assert read(path.read_bytes(), path.name).raw_metadata.startswith(b"Metadata-Version")


def test_a_wheel_knows_its_license_files():
    contents = read(
        wheel(
            {
                f"{DIST_INFO}/licenses/LICENSE": b"",
                f"{DIST_INFO}/licenses/vendor/größe.txt": b"",
                "COPYING": b"",
                f"{DIST_INFO}/NOTICE": b"",
            }
        ),
        WHEEL,
    )

    assert contents.has_license_file("LICENSE")
    assert contents.has_license_file("vendor/größe.txt")
    assert not contents.has_license_file("vendor")
    assert not contents.has_license_file("COPYING")
    assert not contents.has_license_file("NOTICE")
    assert not contents.has_license_file("")
    assert not contents.has_license_file("\udce9")
