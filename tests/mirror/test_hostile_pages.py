"""Pages of an upstream that means no good, or errs."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from webtest import AppError, TestApp

from pypi_web import clock
from pypi_web.data import MirroredProject
from pypi_web.data.session import reading
from pypi_web.mirror import pages
from pypi_web.standards import simple_pages
from pypi_web.standards.simple_api import Format
from pypi_web.standards.upstream_pages import UnreadablePage
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.people import Person
from tests.publishing import publish
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

JSON = {"Accept": Format.JSON.value}
WHEEL = build_wheel("flask", "3.0")
BEGINNING = b'{"meta":{"api-version":"1.0"},"files":['
METADATA = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n"


def listed(app: TestApp, name: str = "flask") -> list[str]:
    return [each["filename"] for each in app.get(f"/simple/{name}/", headers=JSON).json["files"]]


def test_a_name_that_upstream_loses_for_a_moment_is_nobody_elses(
    make_mirror: MakeMirror,
    upstream: FakeUpstream,
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
):
    mirror = make_mirror()
    upstream.offer("flask", OfferedFile.of(WHEEL))
    assert listed(mirror) == [WHEEL.filename]
    upstream.withdraw("/simple/flask/")
    now = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: now)
    mirror.get("/simple/flask/", status=404)

    with pytest.raises(AppError, match="mirror claim flask"):
        publish(mirror, alice, build_wheel("flask", "99.0"))

    upstream.offer("flask", OfferedFile.of(WHEEL))
    now += timedelta(minutes=2)
    assert listed(mirror) == [WHEEL.filename]


def test_a_name_that_upstream_never_had_is_free(
    mirror: TestApp, upstream: FakeUpstream, alice: Person
):
    mirror.get("/simple/mine/", status=404)

    publish(mirror, alice, build_wheel("mine"))


def test_files_of_other_names_are_not_listed(mirror: TestApp, upstream: FakeUpstream):
    foreign = OfferedFile.of(build_wheel("acme_core", "9.9"), metadata=METADATA)
    upstream.offer("flask", OfferedFile.of(WHEEL), foreign)

    assert listed(mirror) == [WHEEL.filename]
    mirror.get("/project/flask/9.9/", status=404)
    assert upstream.asked(f"{foreign.path}.metadata") == 0


def test_a_time_in_the_far_future_holds_back_that_file_alone(
    make_mirror: MakeMirror, upstream: FakeUpstream
):
    late = OfferedFile.of(build_wheel("flask", "4.0"), uploaded_at="9999-12-31T23:00:00Z")
    far = OfferedFile.of(build_wheel("flask", "5.0"), uploaded_at="8999-12-31T23:00:00Z")
    upstream.offer("flask", OfferedFile.of(WHEEL), late, far)
    mirror = make_mirror(mirror_minimum_age="7d")

    assert listed(mirror) == [WHEEL.filename]


def test_metadata_that_upstream_has_changed_is_fetched_again(
    mirror: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    upstream.offer("flask", OfferedFile.of(WHEEL, metadata=METADATA))
    url = mirror.get("/simple/flask/", headers=JSON).json["files"][0]["url"].removeprefix("../..")
    assert mirror.get(f"{url}.metadata").body == METADATA
    repaired = METADATA + b"Requires-Dist: click\n"
    upstream.offer("flask", OfferedFile.of(WHEEL, metadata=repaired))
    now = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: now)
    listed(mirror)

    assert mirror.get(f"{url}.metadata").body == repaired


@pytest.mark.parametrize("name", ["a" * 129, "x" * 2_000])
def test_upstream_is_not_asked_for_what_is_no_name(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine, name: str
):
    mirror.get(f"/simple/{name}/", status=404)

    assert upstream.requests == []
    with reading(engine) as db:
        assert db.execute(select(func.count()).select_from(MirroredProject)).scalar() == 0


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (
            Format.JSON.value,
            b'{"meta":{"api-version":"1.0"},"files":[' + b"{}," * 2_000_001 + b"{}]}",
        ),
        (Format.JSON.value, b'{"meta":{"api-version":"1.0"},"files":[' + b"0," * 100_001 + b"0]}"),
        (Format.PLAIN_HTML.value, b"<a>" * 2_000_001),
    ],
)
def test_a_page_that_says_too_much_is_not_read(content_type: str, body: bytes):
    with pytest.raises(UnreadablePage, match="more than"):
        simple_pages.read(body, content_type, "https://example.org/simple/flask/")


def test_pages_that_stay_as_values_are_bounded_by_all_that_they_hold(
    mirror: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "_LOADED", 100_000)
    status = {"project-status": {"status": "archived", "reason": "x" * 40_000}}
    for number in range(6):
        upstream.offer(f"empty{number}", **status)
        mirror.get(f"/simple/empty{number}/", headers=JSON)

    loaded = mirror.app.registry["mirror"].pages._loaded
    assert 1 <= len(loaded) <= 2
