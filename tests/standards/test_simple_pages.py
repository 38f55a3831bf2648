"""Pages of JSON are read: strictly as a whole, with patience for what is said of one file."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pypi_web.standards import simple_api, simple_pages
from pypi_web.standards.simple_api import ProjectFile, ProjectPage
from pypi_web.standards.upstream_pages import (
    UnreadablePage,
    UpstreamFile,
    UpstreamMetadata,
    UpstreamPage,
)

URL = "https://index.example.org/simple/sample/"
JSON = "application/vnd.pypi.simple.v1+json"
SHA256, OTHER_SHA256 = "a1" * 32, "b2" * 32
WHEEL, SDIST = "sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"
NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


def read(said: Any, content_type: str = JSON) -> UpstreamPage:
    return simple_pages.read(json.dumps(said).encode(), content_type, URL)


def page_of(*files: Any, **said: Any) -> Any:
    return {"meta": {"api-version": "1.1"}, "name": "sample", "files": files, **said}


def a_file(**said: Any) -> Any:
    return {"filename": SDIST, "url": SDIST, "hashes": {}, **said}


def test_reads_a_page_of_the_first_version():
    page = read(
        {
            "meta": {"api-version": "1.0"},
            "name": "sample",
            "files": [
                {
                    "filename": SDIST,
                    "url": f"https://files.example.org/{SDIST}",
                    "hashes": {"sha256": SHA256, "blake2b_256": OTHER_SHA256},
                    "requires-python": ">=3.8",
                    "dist-info-metadata": True,
                    "gpg-sig": True,
                    "yanked": "broken",
                }
            ],
        }
    )

    assert page == UpstreamPage(
        name="sample",
        versions=None,
        files=(
            UpstreamFile(
                filename=SDIST,
                url=f"https://files.example.org/{SDIST}",
                hashes={"sha256": SHA256},
                requires_python=">=3.8",
                metadata=UpstreamMetadata(),
                yanked="broken",
            ),
        ),
    )
    assert not page.tells_upload_times


def test_reads_all_that_version_1_4_can_say():
    page = read(
        {
            "meta": {"api-version": "1.4", "_last-serial": 26104},
            "name": "sample",
            "project-status": {"status": "deprecated", "reason": "Use another."},
            "versions": ["1.0", "1.1", "1.0"],
            "alternate-locations": [],
            "files": [
                {
                    "filename": WHEEL,
                    "url": f"../../files/{WHEEL}",
                    "hashes": {"sha256": SHA256},
                    "size": 1234,
                    "upload-time": "2025-11-20T12:00:00.000000Z",
                    "requires-python": None,
                    "core-metadata": {"sha256": OTHER_SHA256},
                    "data-dist-info-metadata": {"sha256": OTHER_SHA256},
                    "provenance": "https://index.example.org/integrity/1",
                    "yanked": False,
                }
            ],
        }
    )

    assert page == UpstreamPage(
        name="sample",
        versions=("1.0", "1.1"),
        status="deprecated",
        status_reason="Use another.",
        last_serial=26104,
        files=(
            UpstreamFile(
                filename=WHEEL,
                url=f"https://index.example.org/files/{WHEEL}",
                hashes={"sha256": SHA256},
                size=1234,
                uploaded_at=NOON,
                metadata=UpstreamMetadata(sha256=OTHER_SHA256),
                provenance="https://index.example.org/integrity/1",
            ),
        ),
    )
    assert page.tells_upload_times


def test_reads_what_this_index_writes():
    written = ProjectPage(
        name="sample",
        serial=7,
        versions=("1.0",),
        status="archived",
        status_reason="Done.",
        files=(
            ProjectFile(filename=SDIST, url=SDIST, sha256=SHA256, size=3, uploaded_at=NOON),
            ProjectFile(
                filename=WHEEL,
                url=f"../../files/{WHEEL}",
                sha256=OTHER_SHA256,
                size=4,
                uploaded_at=NOON,
                requires_python=">=3.8, <4",
                yanked="",
                metadata_sha256=SHA256,
            ),
        ),
    )

    of_json = simple_pages.read(simple_api.page_to_json(written), JSON, URL)
    of_html = simple_pages.read(simple_api.page_to_html(written), "text/html", URL)

    assert (of_json.name, of_json.last_serial, of_json.versions) == ("sample", 7, ("1.0",))
    for page in (of_json, of_html):
        sdist, wheel = page.files
        assert (page.status, page.status_reason) == ("archived", "Done.")
        assert (sdist.filename, sdist.url) == (SDIST, URL + SDIST)
        assert (sdist.hashes, sdist.yanked, sdist.metadata) == ({"sha256": SHA256}, None, None)
        assert wheel.url == f"https://index.example.org/files/{WHEEL}"
        assert (wheel.requires_python, wheel.yanked) == (">=3.8, <4", "")
        assert wheel.metadata == UpstreamMetadata(sha256=SHA256)
    assert [(file.size, file.uploaded_at) for file in of_json.files] == [(3, NOON), (4, NOON)]


@pytest.mark.parametrize(
    "content_type", [JSON, "application/json", "Application/JSON; charset=utf-8", f" {JSON} ;q=1"]
)
def test_json_comes_under_several_names(content_type: str):
    assert read(page_of(a_file()), content_type).files


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        ";",
        "text/plain",
        "application/octet-stream",
        "application/xhtml+xml",
        "application/vnd.pypi.simple.v2+json",
        "text/\ud800\0\n" + "x" * 1000,
    ],
)
def test_refuses_what_says_to_be_something_else(content_type: str):
    with pytest.raises(UnreadablePage, match="no form of the Simple API") as refused:
        read(page_of(a_file()), content_type)

    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "sample",
        7,
        {},
        {"meta": {"api-version": "1.0"}, "projects": []},
        page_of(files=None),
        page_of(files={}),
        page_of(meta=None),
        page_of(meta="1.0"),
        page_of(meta={"api-version": None}),
        page_of(meta={"api-version": 1.0}),
        page_of(meta={"api-version": "1"}),
        page_of(meta={"api-version": "one"}),
        page_of(meta={"api-version": "2.0"}),
        page_of(meta={"api-version": "10.1"}),
        page_of(meta={"api-version": "9" * 5000 + ".0"}),
    ],
)
def test_refuses_a_page_that_is_wrong_as_a_whole(said: Any):
    with pytest.raises(UnreadablePage):
        read(said)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"files": []',
        b'{"files": [' + b"9" * 5000 + b"]}",
        b'{"files": ' + b"[" * 100_000,
        b'{"files": ' * 100_000,
        b'{"files": ["\xff"]}',
        b"\xff\xfe\x00",
        b"<!DOCTYPE html><a href=sample-1.0.tar.gz>sample-1.0.tar.gz</a>",
    ],
)
def test_refuses_what_is_no_json(body: bytes):
    with pytest.raises(UnreadablePage, match="JSON"):
        simple_pages.read(body, JSON, URL)


@pytest.mark.parametrize("meta", [{}, {"api-version": "1.99"}, {"api-version": "01.0"}])
def test_a_version_that_is_not_said_is_the_first_and_later_ones_only_add(meta: Any):
    assert read(page_of(a_file(), meta=meta)).files


def test_a_page_that_says_little_is_read():
    assert read({"files": []}) == UpstreamPage(name=None, versions=None, files=())


@pytest.mark.parametrize(
    ("key", "wrong", "attribute"),
    [
        *[("name", wrong, "name") for wrong in (1, "", "-", "a\0", "ſ", "\ud800", ["sample"])],
        *[("versions", wrong, "versions") for wrong in (1, "1.0", {"1.0": 1})],
        *[("meta", {"_last-serial": n}, "last_serial") for n in (-1, 1.0, "1", True, 2**63)],
        *[
            ("project-status", {"status": "archived", "reason": r}, "status_reason")
            for r in (1, "")
        ],
    ],
)
def test_what_a_page_says_wrongly_of_itself_is_not_said(key: str, wrong: Any, attribute: str):
    page = read(page_of(a_file(), **{key: wrong}))

    assert getattr(page, attribute) is None
    assert page.files


@pytest.mark.parametrize("said", [None, "archived", [], {}, {"status": 1}, {"status": "new"}])
def test_a_status_that_no_standard_knows_is_as_good_as_none(said: Any):
    page = read(page_of(**{"project-status": said}))

    assert (page.status, page.status_reason) == ("active", None)


def test_versions_that_are_no_text_are_left_out():
    versions = ["1.0", 2, None, "", ["3"], "4\0", "\udfff", "5-of-old"]

    assert read(page_of(versions=versions)).versions == ("1.0", "5-of-old")
