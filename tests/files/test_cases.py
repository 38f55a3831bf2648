"""The conformance cases of files, 43 to 47, 52 and 59 to 64: each by its number."""

import hashlib
from urllib.parse import urljoin

import pytest
from sqlalchemy import Engine, update
from webtest import TestApp

from pypi_web.data import ProjectStatus, Release
from pypi_web.standards import addresses
from tests.changing import change, give_status
from tests.distributions import Distribution, build_sdist
from tests.files.conftest import path_of
from tests.people import Person
from tests.publishing import publish
from tests.simple.pages import get_file


def test_case_43_a_yanked_file_stays_where_it_was(app, engine: Engine, wheel: Distribution):
    change(engine, update(Release).values(yanked=True, yanked_reason="broken"), name="sample")

    assert app.get(path_of(wheel), status=200).body == wheel.content
    app.get(f"{path_of(wheel)}.metadata", status=200)


def test_case_44_the_metadata_of_a_wheel_is_what_is_advertised(app: TestApp, wheel: Distribution):
    file = get_file(app, "/simple/sample/")

    metadata = app.get(urljoin("/simple/sample/", file["url"]) + ".metadata", status=200)

    assert file["core-metadata"] == {"sha256": hashlib.sha256(metadata.body).hexdigest()}
    assert b"Name: sample" in metadata.body


def test_case_47_a_source_distribution_has_no_metadata_beside_it(app: TestApp, alice: Person):
    sdist = build_sdist()
    publish(app, alice, sdist)

    app.get(path_of(sdist), status=200)
    app.get(f"{path_of(sdist)}.metadata", status=404)


@pytest.mark.parametrize("suffix", ["", ".metadata"])
def test_case_52_a_quarantined_project_gives_no_file_away(
    app: TestApp, engine: Engine, wheel: Distribution, suffix: str
):
    paths = [
        f"/{address(wheel.sha256, wheel.filename)}{suffix}"
        for address in (addresses.of_file, addresses.of_file_for_mirrors)
    ]
    etag = app.get(paths[0], status=200).headers["ETag"]

    give_status(engine, ProjectStatus.QUARANTINED, name="sample")

    for path in paths:
        for header in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": etag}):
            assert "quarantined" in app.get(path, headers=header, status=404).text
        app.head(path, status=404)
    give_status(engine, ProjectStatus.ARCHIVED, name="sample")
    app.get(paths[0], status=200)


def test_a_whole_file(app: TestApp, wheel: Distribution):
    answer = app.get(path_of(wheel), status=200)

    assert answer.body == wheel.content
    assert answer.headers["Content-Length"] == str(len(wheel.content))
    assert answer.headers["ETag"] == f'"{wheel.sha256}"'
    assert "immutable" in answer.headers["Cache-Control"]


def test_case_59_head_tells_the_size_and_sends_nothing(app: TestApp, wheel: Distribution):
    answer = app.head(path_of(wheel), status=200)

    assert answer.headers["Content-Length"] == str(len(wheel.content))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.body == b""


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        pytest.param("bytes=0-9", slice(0, 10), id="60"),
        pytest.param("bytes=5-", slice(5, None), id="60 open"),
        pytest.param("bytes=-10", slice(-10, None), id="61"),
        pytest.param("bytes=10-999999", slice(10, None), id="60 long"),
    ],
)
def test_cases_60_and_61_a_range(app: TestApp, wheel: Distribution, asked: str, part: slice):
    answer = app.get(path_of(wheel), headers={"Range": asked}, status=206)

    total = len(wheel.content)
    start, stop, _ = part.indices(total)
    assert answer.body == wheel.content[part]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{total}"
    assert answer.headers["Content-Length"] == str(stop - start)


def test_case_62_a_range_past_the_end(app: TestApp, wheel: Distribution):
    size = len(wheel.content)

    answer = app.get(path_of(wheel), headers={"Range": f"bytes={size}-"}, status=416)

    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_case_63_a_range_of_another_file_gets_the_whole(app: TestApp, wheel: Distribution):
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}

    assert app.get(path_of(wheel), headers=headers, status=200).body == wheel.content


def test_case_64_bytes_are_sent_as_they_are(app: TestApp, alice: Person):
    sdist = build_sdist()
    publish(app, alice, sdist)

    answer = app.get(path_of(sdist), headers={"Accept-Encoding": "gzip"}, status=200)

    assert "Content-Encoding" not in answer.headers
    assert answer.body == sdist.content
