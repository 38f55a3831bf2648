"""Any archive that is well formed is taken, and no change of one does more than have it refused."""

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pypi_web.archives import ArchiveRefused, member_names
from tests.archives.builders import (
    DIST_INFO,
    SDIST,
    STEM,
    WHEEL,
    header,
    member,
    pax,
    read,
    sdist,
    wheel,
    wheel_files,
)
from tests.archives.other_readers import (
    assert_tarfile_sees_the_same,
    assert_zipfile_sees_the_same,
)

PARTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="/\\:"),
    min_size=1,
    max_size=30,
).filter(lambda part: part not in (".", ".."))
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
FILES = st.dictionaries(PATHS.map("src/{}".format), st.binary(max_size=2000), max_size=6)


def assume_unlike(files: dict[str, bytes]) -> None:
    """No path below another that is a file, nor two of one name."""
    try:
        member_names.check_together(files)
    except ArchiveRefused:
        assume(False)


@settings(deadline=None)
@given(
    files=FILES,
    metadata=st.binary(max_size=5000),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    is_large=st.booleans(),
)
def test_any_wheel_is_taken(files: dict[str, bytes], metadata: bytes, method: int, is_large: bool):
    assume_unlike(files)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in wheel_files({**files, f"{DIST_INFO}/METADATA": metadata}).items():
            with archive.open(name, "w", force_zip64=is_large) as file:
                file.write(data)

    assert read(content.getvalue(), WHEEL).raw_metadata == metadata
    assert_zipfile_sees_the_same(content.getvalue())


@settings(deadline=None)
@given(
    files=FILES,
    metadata=st.binary(max_size=5000),
    layout=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    prefix=st.sampled_from(["", "./"]),
    times=st.floats(0, 2e9) | st.integers(0, 2**40),
)
def test_any_source_distribution_is_taken(
    files: dict[str, bytes], metadata: bytes, layout: int, prefix: str, times: float
):
    assume_unlike(files)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=layout) as archive:
        for name, data in {**files, "PKG-INFO": metadata}.items():
            info = tarfile.TarInfo(f"{prefix}{STEM}/{name}")
            info.size, info.mtime = len(data), times
            archive.addfile(info, io.BytesIO(data))

    contents = read(content.getvalue(), SDIST)
    assert contents.raw_metadata == metadata
    assert all(contents.has_license_file(name) for name in files)
    assert_tarfile_sees_the_same(content.getvalue())


GOOD = {
    WHEEL: wheel(),
    SDIST: sdist(
        pax({"path": f"{STEM}/long", "mtime": "1.5"}),
        member("cut", b"x"),
        header(b"L", f"{STEM}/longer\0".encode()),
        member("cut"),
        member(f"{STEM}/link", kind=tarfile.SYMTYPE, target="long"),
        member(f"{STEM}/hard", kind=tarfile.LNKTYPE, target=f"{STEM}/long"),
        level=0,
    ),
}


def changed(content: bytes, place: int, kind: str, byte: int) -> bytes:
    if kind == "cut off":
        return content[:place]
    if kind == "added":
        return content[:place] + bytes([byte]) + content[place:]
    if kind == "removed":
        return content[:place] + content[place + 1 :]
    return content[:place] + bytes([byte]) + content[place + 1 :]


CHANGES = st.tuples(
    st.integers(0, 100_000),
    st.sampled_from(["cut off", "added", "removed", "other"]),
    st.integers(0, 255),
)


def refused_or_same(content: bytes, filename: str, metadata: bytes) -> None:
    try:
        taken = read(content, filename)
    except ArchiveRefused:
        return
    assert taken.raw_metadata == metadata
    if filename == WHEEL:
        assert_zipfile_sees_the_same(content)
    else:
        assert_tarfile_sees_the_same(content)


@pytest.mark.parametrize("filename", [WHEEL, SDIST])
@settings(max_examples=1000, deadline=None)
@given(change=CHANGES)
def test_any_change_of_one_byte_is_refused_or_changes_nothing(
    filename: str, change: tuple[int, str, int]
):
    good = GOOD[filename]
    place, kind, byte = change

    content = changed(good, place % (len(good) + 1), kind, byte)

    refused_or_same(content, filename, read(good, filename).raw_metadata)


@settings(max_examples=1000, deadline=None)
@given(change=CHANGES)
def test_any_change_of_one_byte_in_the_tar_is_refused_or_changes_nothing(
    change: tuple[int, str, int],
):
    good = gzip.decompress(GOOD[SDIST])
    place, kind, byte = change
    is_metadata = 512 <= place % (len(good) + 1) < 1024
    assume(not is_metadata)

    content = changed(good, place % (len(good) + 1), kind, byte)

    refused_or_same(gzip.compress(content, 0), SDIST, read(GOOD[SDIST], SDIST).raw_metadata)
