"""Files that the web server in front sends, told by a header."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import DownloadCount, ProjectStatus
from pypi_web.storage import Storage
from tests.changing import give_status
from tests.conftest import MakeApp
from tests.distributions import Distribution
from tests.files.conftest import ask_in_all_ways, path_of

SETTINGS = pytest.mark.parametrize(
    ("setting", "header"),
    [("x-accel-redirect", "X-Accel-Redirect"), ("x-sendfile", "X-Sendfile")],
)
HEADERS = ("X-Accel-Redirect", "X-Sendfile")


def lies_at(header: str, sha256: str, tmp_path: Path) -> str:
    folder = "/-/files" if header == "X-Accel-Redirect" else f"{tmp_path}/files"
    return f"{folder}/{sha256[:2]}/{sha256}"


@SETTINGS
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_header_stands_in_place_of_the_bytes(
    make_app: MakeApp, wheel: Distribution, tmp_path: Path, setting: str, header: str, method: str
):
    app = make_app(sendfile=setting)

    answer = app.request(path_of(wheel), method=method, status=200)

    assert answer.headers[header] == lies_at(header, wheel.sha256, tmp_path)
    assert answer.body == b""
    assert answer.headers["ETag"] == f'"{wheel.sha256}"'
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.content_type == "application/octet-stream"


@SETTINGS
def test_metadata_is_handed_over_as_well(
    make_app: MakeApp, wheel: Distribution, tmp_path: Path, setting: str, header: str
):
    metadata = make_app().get(f"{path_of(wheel)}.metadata").body

    answer = make_app(sendfile=setting).get(f"{path_of(wheel)}.metadata", status=200)

    sha256 = hashlib.sha256(metadata).hexdigest()
    assert answer.headers[header] == lies_at(header, sha256, tmp_path)


@SETTINGS
def test_ranges_are_for_the_one_who_sends_the_bytes(
    make_app: MakeApp, wheel: Distribution, setting: str, header: str
):
    app = make_app(sendfile=setting)

    for asked in ("bytes=0-9", "bytes=-10", "bytes=999999-"):
        answer = app.get(path_of(wheel), headers={"Range": asked}, status=200)

        assert header in answer.headers
        assert not {"Content-Range", "Accept-Ranges"} & set(answer.headers)


@SETTINGS
def test_nothing_is_handed_over_to_who_has_it_or_may_not_have_it(
    make_app: MakeApp,
    engine: Engine,
    storage: Storage,
    wheel: Distribution,
    setting: str,
    header: str,
):
    app, path = make_app(sendfile=setting), path_of(wheel)
    private = make_app(sendfile=setting, anonymous_read="false")

    answers = [
        app.get(path, headers={"If-None-Match": f'"{wheel.sha256}"'}, status=304),
        private.get(path, status=401),
        app.get(path.replace("sample-1.0", "sample-2.0"), status=404),
    ]
    give_status(engine, ProjectStatus.QUARANTINED, name="sample")
    answers.append(app.get(path, status=404))
    give_status(engine, ProjectStatus.ACTIVE, name="sample")
    storage.remove(wheel.sha256)
    answers.append(app.get(path, status=404))

    assert not [each for each in answers if header in each.headers]


def test_no_request_says_who_sends_the_bytes(app: TestApp, wheel: Distribution):
    wishes = {
        "X-Accel-Redirect": "/-/files/",
        "X-Sendfile": "/etc/passwd",
        "X-Sendfile-Type": "X-Accel-Redirect",
        "X-Accel-Mapping": "/=/",
    }

    answer = app.get(path_of(wheel), headers=wishes)

    assert answer.body == wheel.content
    assert not set(HEADERS) & set(answer.headers)


@SETTINGS
def test_whole_downloads_are_counted_all_the_same(
    make_app: MakeApp, db: Session, wheel: Distribution, setting: str, header: str
):
    app = make_app(sendfile=setting)
    ask_in_all_ways(app, wheel)

    app.app.registry["downloads"].write()

    assert db.scalars(select(DownloadCount.downloads)).all() == [1]


def test_a_folder_of_any_name_is_told_in_ascii(
    make_app: MakeApp, wheel: Distribution, tmp_path: Path
):
    app = make_app(sendfile="x-sendfile")
    renamed = tmp_path / "файлы\n"
    (tmp_path / "files").rename(renamed)
    app.app.registry["storage"]._folder = renamed

    told = app.get(path_of(wheel), status=200).headers["X-Sendfile"]

    assert told.startswith(f"{tmp_path}/%D1%84%D0%B0%D0%B9%D0%BB%D1%8B%0A/")
