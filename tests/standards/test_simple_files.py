"""What a page of JSON says of one file: what is wrong is passed over, and hides nothing else."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from pypi_web.standards import simple_pages
from pypi_web.standards.simple_pages import MAX_NUMBER
from pypi_web.standards.upstream_pages import UpstreamFile, UpstreamMetadata, UpstreamPage

URL = "https://index.example.org/simple/sample/"
SHA256 = "a1" * 32
SDIST = "sample-1.0.tar.gz"
NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


def read(*files: Any) -> UpstreamPage:
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "sample", "files": files})
    return simple_pages.read(body.encode(), "application/json", URL)


def a_file(**said: Any) -> Any:
    return {"filename": SDIST, "url": SDIST, "hashes": {}, **said}


def read_one(**said: Any) -> UpstreamFile:
    (file,) = read(a_file(**said)).files
    return file


@pytest.mark.parametrize(
    ("key", "wrong", "attribute"),
    [
        *[("size", wrong, "size") for wrong in (-1, 1.0, "1", True, [], MAX_NUMBER + 1, 10**4000)],
        *[("requires-python", wrong, "requires_python") for wrong in (3, "", [], "\0", "\ud800")],
        *[("provenance", wrong, "provenance") for wrong in (1, "", {}, "data:x", "http://[")],
        *[("core-metadata", wrong, "metadata") for wrong in (False, 0, 1, "true", [], None)],
        *[
            ("upload-time", wrong, "uploaded_at")
            for wrong in (1, "", "noon", "2025-13-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "\0")
        ],
    ],
)
def test_what_is_said_wrongly_of_a_file_is_not_said(key: str, wrong: Any, attribute: str):
    file = read_one(**{key: wrong})

    assert getattr(file, attribute) is None


@pytest.mark.parametrize(
    ("wrong", "hashes"),
    [
        (None, {}),
        (SHA256, {}),
        ([["sha256", SHA256]], {}),
        ({"sha256": SHA256[:-1]}, {}),
        ({"sha256": SHA256 + "\n"}, {}),
        ({"sha256": SHA256[:-1] + "g"}, {}),
        ({"sha256": int("1" * 64)}, {}),
        ({"sha256": None, "md5": "AB" * 16}, {"md5": "ab" * 16}),
        ({"SHA256": SHA256.upper()}, {"sha256": SHA256}),
        ({"sha512": "0" * 128, "crc32": "0" * 8, "": ""}, {"sha512": "0" * 128}),
    ],
)
def test_only_well_formed_digests_are_taken(wrong: Any, hashes: dict[str, str]):
    assert read_one(hashes=wrong).hashes == hashes


@pytest.mark.parametrize(
    ("said", "uploaded_at"),
    [
        ("2025-11-20T12:00:00Z", NOON),
        ("2025-11-20T12:00:00.123456Z", NOON.replace(microsecond=123456)),
        ("2025-11-20T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("2025-11-20T12:00:00", NOON),
        ("2025-11-20 13:00:00+01:00", NOON),
    ],
)
def test_times_are_in_utc(said: str, uploaded_at: datetime):
    file = read_one(**{"upload-time": said})

    assert file.uploaded_at == uploaded_at
    assert file.uploaded_at.tzinfo is UTC


def test_a_time_without_a_zone_is_not_of_the_zone_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert read_one(**{"upload-time": "2025-11-20T12:00:00"}).uploaded_at == NOON
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("said", "yanked"),
    [
        (False, None),
        (None, None),
        ("", None),
        (0, None),
        (True, ""),
        ("broken\nfor all", "broken\nfor all"),
        ("a\0b", ""),
        ("\ud800", ""),
        (1, ""),
        ({"reason": "x"}, ""),
    ],
)
def test_whatever_is_true_yanks(said: Any, yanked: str | None):
    assert read_one(yanked=said).yanked == yanked


@pytest.mark.parametrize(
    ("said", "metadata"),
    [
        ({"core-metadata": True}, UpstreamMetadata()),
        ({"core-metadata": {}}, UpstreamMetadata()),
        ({"core-metadata": {"sha256": "short"}}, UpstreamMetadata()),
        ({"core-metadata": {"sha256": SHA256}}, UpstreamMetadata(sha256=SHA256)),
        ({"dist-info-metadata": {"sha256": SHA256}}, UpstreamMetadata(sha256=SHA256)),
        ({"core-metadata": None, "dist-info-metadata": True}, UpstreamMetadata()),
        ({"core-metadata": False, "dist-info-metadata": True}, None),
    ],
)
def test_the_newer_name_of_metadata_goes_before_the_older(said: Any, metadata: Any):
    assert read_one(**said).metadata == metadata


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "sample-1.0.tar.gz",
        {},
        {"filename": "sample-2.0.tar.gz"},
        {"url": "sample-2.0.tar.gz"},
        a_file(filename=None),
        a_file(filename=["sample-2.0.tar.gz"]),
        a_file(filename="../sample-2.0.tar.gz"),
        a_file(filename="sample-2.0.tar.gz\0"),
        a_file(filename="sample-2.0-py3.8.egg"),
        a_file(filename="sample-2.0.tar.gz", url=None),
        a_file(filename="sample-2.0.tar.gz", url=""),
        a_file(filename="sample-2.0.tar.gz", url="file:///sample-2.0.tar.gz"),
    ],
)
def test_a_file_that_cannot_be_told_of_hides_no_other(wrong: Any):
    page = read(wrong, a_file(), wrong)

    assert [file.filename for file in page.files] == [SDIST]


def test_of_two_files_of_a_name_the_first_stays():
    page = read(a_file(url="ftp://x/"), a_file(size=1), a_file(size=2), a_file(size=3))

    assert [file.size for file in page.files] == [1]
