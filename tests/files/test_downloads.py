"""What the cases of files leave open, and how downloads are counted."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import DownloadCount
from pypi_web.standards import addresses
from pypi_web.storage import Storage
from tests.distributions import Distribution
from tests.files.conftest import ask_in_all_ways, path_of


@pytest.mark.parametrize(
    "asked", ["bytes=9-0", "lines=1-2", "bytes=", "bytes=a-b", "bytes=0-1,3-4"]
)
def test_a_range_that_is_none_is_passed_over(app: TestApp, wheel: Distribution, asked: str):
    assert app.get(path_of(wheel), headers={"Range": asked}).body == wheel.content


def test_a_range_of_this_file_goes_on(app: TestApp, wheel: Distribution):
    headers = {"Range": "bytes=10-", "If-Range": f'"{wheel.sha256}"'}

    assert app.get(path_of(wheel), headers=headers, status=206).body == wheel.content[10:]


def test_who_has_it_is_told_so(app: TestApp, wheel: Distribution):
    app.get(path_of(wheel), headers={"If-None-Match": f'"{wheel.sha256}"'}, status=304)


@pytest.mark.parametrize(
    "path",
    [
        "/files/00/00/" + "0" * 60 + "/sample-1.0-py3-none-any.whl",
        "/files/sample-1.0-py3-none-any.whl",
        "/packages/00/00/" + "0" * 60 + "/sample-1.0-py3-none-any.whl",
        "/files/../../../etc/passwd",
    ],
)
def test_there_is_no_such_file(app: TestApp, wheel: Distribution, path: str):
    app.get(path, status=404)


def test_a_name_under_the_digest_of_another_file_is_none(app: TestApp, wheel: Distribution):
    app.get("/" + addresses.of_file(wheel.sha256, "other-1.0-py3-none-any.whl"), status=404)


def test_whole_downloads_are_counted_by_day(app: TestApp, db: Session, wheel: Distribution):
    path = path_of(wheel)
    for _ in range(2):
        app.get(path)
    ask_in_all_ways(app, wheel)

    app.app.registry["downloads"].write()
    app.get(path)
    app.app.registry["downloads"].write()

    assert db.scalars(select(DownloadCount.downloads)).all() == [4]


def test_downloads_of_a_file_that_is_gone_hold_up_no_others(
    app: TestApp, db: Session, wheel: Distribution
):
    downloads = app.app.registry["downloads"]
    downloads.add((9_999, clock.now().date()))
    app.get(path_of(wheel))

    downloads.write()

    assert db.scalars(select(DownloadCount.downloads)).all() == [1]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Range", "bytes=--1"),
        ("Range", "bytes=" + "9" * 5000),
        ("If-Modified-Since", "Mon, 01 Jan 99999999 00:00:00 GMT"),
        ("If-Unmodified-Since", "x" * 5000),
        ("If-Range", "Mon, 99 Foo 2026 00:00:00 GMT"),
        ("If-None-Match", '"unfinished'),
    ],
)
def test_a_header_that_is_nonsense_is_passed_over(
    app: TestApp, wheel: Distribution, header: str, value: str
):
    for path in (path_of(wheel), "/simple/sample/", "/static/base.css"):
        app.get(path, headers={header: value}, status=200)


def test_a_file_whose_bytes_are_lost_is_said_so_and_logged(
    app: TestApp, storage: Storage, wheel: Distribution, caplog: pytest.LogCaptureFixture
):
    storage.remove(wheel.sha256)

    answer = app.get(path_of(wheel), status=404)

    assert "bytes of this file are missing" in answer.text
    assert wheel.sha256 in caplog.text


def test_mirrors_find_a_file_at_another_address(app: TestApp, db: Session, wheel: Distribution):
    path = "/" + addresses.of_file_for_mirrors(wheel.sha256, wheel.filename)

    assert path.startswith("/packages/")
    assert app.get(path).body == wheel.content
    assert b"Name: sample" in app.get(f"{path}.metadata").body
    app.app.registry["downloads"].write()
    assert db.scalars(select(DownloadCount.downloads)).all() == [1]
