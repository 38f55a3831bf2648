"""When upstream is asked about a page again, and what is answered where it does not answer well."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import MirroredProject
from pypi_web.mirror import pages, turns
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.mirror.files import JSON, be_impatient, tell_files
from tests.mirror.waiting import wait_for_fetches
from tests.people import Person
from tests.publishing import publish
from tests.upstream.behaviours import (
    HTML,
    answering,
    broken_gzip,
    late,
    redirecting,
    stalling,
    truncated_gzip,
)
from tests.upstream.behaviours import (
    JSON as JSON_TYPE,
)
from tests.upstream.fake import FakeUpstream, running_upstream
from tests.upstream.offered import OfferedFile

PAGE = "/simple/flask/"
OLD, NEW = (OfferedFile.of(build_wheel("flask", version)) for version in ("1.0", "2.0"))
Wait = Callable[[timedelta], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Lets time go by, as the application sees it."""
    waited = [timedelta(0)]
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + sum(waited, timedelta(0)))
    return waited.append


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "RETRY", 0.0)


def versions(app: TestApp) -> list[str]:
    return [each["filename"].split("-")[1] for each in tell_files(app, "flask")]


def test_upstream_is_asked_again_with_the_tag_that_it_gave(
    make_mirror: MakeMirror, upstream: FakeUpstream, wait: Wait
):
    mirror = make_mirror(mirror_fresh_for="1m")
    upstream.offer("flask", OLD)

    first = mirror.get(PAGE, headers=JSON)
    wait(timedelta(seconds=55))
    mirror.get(PAGE, headers=JSON)
    assert upstream.asked(PAGE) == 1
    assert "if-none-match" not in upstream.last(PAGE).headers

    wait(timedelta(seconds=10))
    again = mirror.get(PAGE, headers=JSON)
    mirror.get(PAGE, headers=JSON)

    assert upstream.asked(PAGE) == 2
    assert upstream.last(PAGE).headers["if-none-match"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.body == first.body


def test_a_page_that_has_changed_shows_once_it_is_not_fresh(
    make_mirror: MakeMirror, upstream: FakeUpstream, wait: Wait
):
    mirror = make_mirror(mirror_fresh_for="1m")
    upstream.offer("flask", OLD)
    before = mirror.get(PAGE)
    upstream.offer("flask", OLD, NEW)
    assert versions(mirror) == ["1.0"]

    wait(timedelta(seconds=61))

    assert versions(mirror) == ["1.0", "2.0"]
    changed = mirror.get(PAGE, headers={"If-None-Match": before.headers["ETag"]}, status=200)
    mirror.get(PAGE, headers={"If-None-Match": changed.headers["ETag"]}, status=304)


def test_a_project_that_upstream_has_no_more_is_gone(
    mirror: TestApp, upstream: FakeUpstream, wait: Wait
):
    upstream.offer("flask", OLD)
    mirror.get(PAGE)
    upstream.withdraw(PAGE)

    wait(timedelta(minutes=2))

    mirror.get(PAGE, status=404)


@pytest.mark.parametrize(
    "fault",
    [
        answering(500),
        answering(200, b"[]", content_type=JSON_TYPE),
        answering(200, b"{", content_type=JSON_TYPE),
        answering(200, b"\x00\x01", content_type="application/octet-stream"),
        broken_gzip(b"{}"),
        truncated_gzip(b"{}"),
        redirecting(PAGE),
        stalling(b"{}", after=1, content_type=JSON_TYPE),
    ],
)
def test_a_broken_answer_never_takes_the_place_of_a_page(
    make_mirror: MakeMirror,
    upstream: FakeUpstream,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
    fault,
):
    be_impatient(monkeypatch)
    mirror = make_mirror(mirror_fresh_for="1m", mirror_stale_for="1d")
    upstream.offer("flask", OLD)
    first = mirror.get(PAGE)
    upstream.behave(PAGE, fault)

    wait(timedelta(minutes=2))
    assert versions(mirror) == ["1.0"]
    assert mirror.get(PAGE).headers["ETag"] == first.headers["ETag"]
    wait(timedelta(days=1))
    refused = mirror.get(PAGE, status=503)
    assert refused.headers["Retry-After"]

    upstream._behaviours.clear()
    upstream.offer("flask", OLD, NEW)
    assert versions(mirror) == ["1.0", "2.0"]


def test_what_is_here_is_answered_while_upstream_is_down(
    make_mirror: MakeMirror, upstream: FakeUpstream, wait: Wait
):
    mirror = make_mirror(mirror_stale_for="1d")
    upstream.offer("flask", OLD)
    versions(mirror)
    upstream.unplug()

    wait(timedelta(minutes=2))
    assert versions(mirror) == ["1.0"]
    mirror.get("/simple/other/", status=503)

    upstream.plug_in()
    upstream.offer("flask", NEW)
    wait(timedelta(minutes=2))
    assert versions(mirror) == ["2.0"]
    mirror.get("/simple/other/", status=404)


def test_what_is_here_is_answered_while_upstream_is_slow(
    mirror: TestApp, upstream: FakeUpstream, wait: Wait, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "PATIENCE", 0.3)
    monkeypatch.setattr(turns, "SLOW", 0.1)
    upstream.offer("flask", OLD)
    upstream.offer("other", NEW)
    versions(mirror)
    mirror.get("/simple/other/")
    upstream.offer("flask", NEW)
    changed = answering(200, upstream.page("flask"), content_type=JSON_TYPE)
    release = Event()
    upstream.behave(PAGE, late(14, changed, until=release))
    wait(timedelta(minutes=2))

    began = monotonic()
    assert versions(mirror) == ["1.0"]
    assert monotonic() - began >= 0.3
    monkeypatch.setattr(pages, "PATIENCE", 60)
    began = monotonic()
    for _ in range(20):  # nobody else waits for what has kept others waiting
        mirror.app.registry["kept_pages"].clear()
        assert versions(mirror) == ["1.0"]
        mirror.get("/simple/other/")
    assert monotonic() - began < 10
    assert upstream.asked(PAGE) == 2

    release.set()
    wait_for_fetches()
    wait(timedelta(seconds=10))
    assert versions(mirror) == ["2.0"]
    assert upstream.asked(PAGE) == 2


def test_a_failure_is_not_asked_for_again_at_once(
    mirror: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "RETRY", 60.0)
    upstream.behave(PAGE, answering(500))

    for _ in range(5):
        mirror.get(PAGE, status=503)

    assert upstream.asked(PAGE) == 1


def test_that_there_is_no_such_project_is_believed_for_a_short_time(
    make_mirror: MakeMirror, upstream: FakeUpstream, wait: Wait
):
    mirror = make_mirror(mirror_fresh_for="1h")
    mirror.get(PAGE, status=404)
    upstream.offer("flask", OLD)
    mirror.get(PAGE, status=404)

    wait(timedelta(seconds=31))

    assert versions(mirror) == ["1.0"]


def test_nobody_is_told_that_there_is_no_project_while_it_is_fetched(
    mirror: TestApp, upstream: FakeUpstream
):
    upstream.offer("flask", OLD)
    found = answering(200, upstream.page("flask"), content_type=JSON_TYPE)
    upstream.behave(PAGE, late(0.5, found))
    told: list[int] = []
    readers = [Thread(target=lambda: told.append(mirror.get(PAGE).status_int)) for _ in range(5)]

    for each in readers:
        each.start()
    for each in readers:
        each.join()

    assert told == [200] * 5
    assert upstream.asked(PAGE) == 1


def test_a_kept_page_ends_when_somebody_publishes_under_its_name(
    make_mirror: MakeMirror, upstream: FakeUpstream, alice: Person, db: Session
):
    mirror = make_mirror(mirror_fresh_for="1h")
    upstream.offer("sample", OfferedFile.of(build_wheel("sample", "9.0")))
    mirrored = mirror.get("/simple/sample/", headers=JSON)
    assert mirror.get("/simple/sample/", headers=JSON).body == mirrored.body
    # As one who claims the name would: it is not asked about here who may.
    db.execute(update(MirroredProject).values(page=None, was_found=False))
    db.commit()

    publish(mirror, alice, build_wheel("sample", "1.0"))

    tag = {"If-None-Match": mirrored.headers["ETag"]}
    hosted = mirror.get("/simple/sample/", headers={**JSON, **tag}, status=200)
    assert hosted.json["versions"] == ["1.0"]
    assert hosted.headers["ETag"] != mirrored.headers["ETag"]


def test_the_settings_are_heeded_at_once(make_mirror: MakeMirror, upstream: FakeUpstream):
    upstream.offer("flask", OLD)
    mirror = make_mirror(mirror_fresh_for="1h")
    assert versions(mirror) == ["1.0"]

    with running_upstream() as other:
        moved = make_mirror(mirror_upstream=other.index_url, mirror_fresh_for="1h")
        other.offer("flask", NEW)
        assert versions(moved) == ["2.0"]
        assert "if-none-match" not in other.last(PAGE).headers
        other.unplug()
        assert versions(moved) == ["2.0"]
    upstream.unplug()
    mirror.app.registry["kept_pages"].clear()
    mirror.get(PAGE, status=503)
    upstream.plug_in()
    upstream.offer("flask", NEW)
    assert versions(make_mirror(mirror_fresh_for="0s")) == ["2.0"]


def test_a_page_that_was_kept_in_another_form_is_asked_for_again(
    mirror: TestApp, upstream: FakeUpstream, db: Session
):
    upstream.offer("flask", OLD)
    versions(mirror)
    db.execute(update(MirroredProject).values(page=b"\xff older", asked_at=clock.now()))
    db.commit()
    mirror.app.registry["kept_pages"].clear()

    assert versions(mirror) == ["1.0"]
    assert "if-none-match" not in upstream.last(PAGE).headers


def test_an_upstream_that_speaks_html_alone(mirror: TestApp, upstream: FakeUpstream):
    upstream.speaks_json = False
    offered = OfferedFile.of(
        build_wheel("flask", "1.0"),
        url="../../files/a%20b/flask-1.0-py3-none-any.whl",
        requires_python=">=3.8",
    )
    upstream.offer("flask", offered, OfferedFile.of(build_wheel("flask", "2.0"), yanked="why"))

    page = mirror.get(PAGE, headers=JSON).json

    assert page["versions"] == ["1.0", "2.0"]
    assert [each["yanked"] for each in page["files"]] == [False, "why"]
    assert page["files"][0]["requires-python"] == ">=3.8"
    assert all("upload-time" not in each for each in page["files"])


def test_ours_is_said_in_each_format_and_of_no_body(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", OLD)

    for accept in (JSON_TYPE, HTML.partition(";")[0]):
        page = mirror.get(PAGE, headers={"Accept": accept})
        head = mirror.head(PAGE, headers={"Accept": accept})
        tag = {"Accept": accept, "If-None-Match": page.headers["ETag"]}
        same = mirror.get(PAGE, headers=tag, status=304)
        assert head.headers["ETag"] == same.headers["ETag"] == page.headers["ETag"]
        assert page.headers["Vary"] == head.headers["Vary"] == "Accept, Accept-Encoding"
        assert head.body == b""
    assert upstream.asked(PAGE) == 1
