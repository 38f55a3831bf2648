"""Pages are made once, and a kept one is given out for as long as it is true and no longer."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import Project
from pypi_web.projects import sources
from pypi_web.simple import responses
from pypi_web.simple.keeping import Edition, KeptPage, KeptPages
from pypi_web.simple.negotiation import Variant
from pypi_web.standards.simple_api import Format
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person
from tests.posting import get, post
from tests.publishing import publish
from tests.servers import running_server

JSON = {"Accept": Format.JSON.value}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The projects whose pages were made."""
    names = []
    find_page = sources.find_page

    def note(db, name, **kw):
        names.append(name)
        return find_page(db, name, **kw)

    monkeypatch.setattr(sources, "find_page", note)
    return names


def test_a_page_is_made_once_and_answered_alike(app: TestApp, alice: Person, made: list[str]):
    publish(app, alice, build_wheel("sample"))

    answers = [app.get("/simple/sample/", headers=JSON) for _ in range(3)]

    assert made == ["sample"]
    first = answers[0]
    assert all(each.headers == first.headers for each in answers)
    assert all(each.body == first.body for each in answers)


def test_an_upload_makes_it_anew(app: TestApp, alice: Person, made: list[str]):
    publish(app, alice, build_wheel("sample", "1.0"))
    app.get("/simple/sample/")

    publish(app, alice, build_wheel("sample", "1.1"))

    assert "sample-1.1" in app.get("/simple/sample/")
    assert len(made) == 2


def test_an_upload_to_another_project_does_not(app: TestApp, alice: Person, made: list[str]):
    publish(app, alice, build_wheel("sample"))
    app.get("/simple/sample/")

    publish(app, alice, build_wheel("other"))
    app.get("/simple/sample/")

    assert made == ["sample"]


def test_the_list_is_made_anew_with_each_act(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("sample"))
    assert "other" not in app.get("/simple/")

    publish(app, alice, build_wheel("other"))

    assert "other" in app.get("/simple/")


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The serials for which the list of all was made."""
    serials = []
    list_projects = sources.list_projects

    def note(db, *, serial, viewer):
        serials.append(serial)
        return list_projects(db, serial=serial, viewer=viewer)

    monkeypatch.setattr(sources, "list_projects", note)
    return serials


@pytest.fixture
def passing_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    passed = timedelta()
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)

    def wait(seconds: float) -> None:
        nonlocal passed
        passed += timedelta(seconds=seconds)

    return wait


@pytest.mark.parametrize("anonymous_read", ["true", "false"])
def test_a_large_list_is_made_once_in_ten_seconds_whatever_is_published(
    make_app: MakeApp,
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
    lists: list[int],
    passing_time: Callable[[float], None],
    anonymous_read: str,
):
    monkeypatch.setattr(responses, "LARGE", 10)
    app = make_app(anonymous_read=anonymous_read)
    for number in range(20):
        publish(app, alice, build_wheel(f"sample-{number}"))
        before = app.get("/simple/", headers=alice.basic)
        passing_time(0.2)
    assert len(lists) == 1
    assert "sample-19" not in before
    again = app.get(
        "/simple/", headers={**alice.basic, "If-None-Match": before.headers["ETag"]}, status=304
    )
    assert not again.body

    passing_time(6)

    after = app.get("/simple/", headers=alice.basic)
    assert len(lists) == 2
    assert "sample-19" in after
    assert after.headers["ETag"] != before.headers["ETag"]


def test_of_many_who_ask_for_the_list_at_once_one_has_it_made(
    app: TestApp, alice: Person, lists: list[int]
):
    publish(app, alice, build_wheel("sample"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: TestApp(app.app).get("/simple/"), range(8)))

    assert len(lists) == 1
    assert len({answer.body for answer in answers}) == 1


def test_formats_and_compressions_are_kept_apart(app: TestApp, alice: Person, made: list[str]):
    publish(app, alice, build_wheel("sample"))
    plain, packed = {}, {"Accept-Encoding": "gzip"}

    for _ in range(2):
        html = app.get("/simple/sample/", headers=plain)
        json = app.get("/simple/sample/", headers=JSON)
        small = app.get("/simple/sample/", headers={**JSON, **packed})
        assert html.content_type == "text/html"
        assert json.content_type == Format.JSON
        assert small.body == json.body  # which WebTest has unpacked
        assert len({html.etag, json.etag, small.etag}) == 3

    assert len(made) == 3
    kept = app.app.registry["kept_pages"].get(("/simple/sample/", Variant(Format.JSON, True)))
    assert gzip.decompress(kept.body) == json.body
    assert ("Content-Encoding", "gzip") in kept.headers


def test_a_client_that_has_it_gets_304_with_the_same_headers(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("sample"))
    page = app.get("/simple/sample/", headers=JSON)
    wanted = {**JSON, "If-None-Match": page.headers["ETag"]}

    kept = app.get("/simple/sample/", headers=wanted, status=304)
    app.app.registry["kept_pages"].clear()
    made = app.get("/simple/sample/", headers=wanted, status=304)

    assert kept.body == made.body == b""
    assert dict(kept.headers) == dict(made.headers)


def test_head_answers_from_what_is_kept(app: TestApp, alice: Person, made: list[str]):
    publish(app, alice, build_wheel("sample"))
    page = app.get("/simple/sample/", headers=JSON)

    head = app.head("/simple/sample/", headers=JSON)

    assert made == ["sample"]
    assert (head.body, head.headers) == (b"", page.headers)


def test_a_kept_page_costs_one_look_at_the_database_and_no_pool(
    app: TestApp, alice: Person, made: list[str]
):
    publish(app, alice, build_wheel("sample"))
    app.get("/simple/sample/")
    asked = []
    engine = app.app.registry["engine"]
    event.listen(engine, "checkout", lambda *_: asked.append(1))

    app.get("/simple/sample/")

    assert asked == []


def test_a_project_that_is_gone_is_gone(app: TestApp, db: Session, alice: Person):
    publish(app, alice, build_wheel("sample"))
    app.get("/simple/sample/")
    db.execute(update(Project).values(normalized_name="elsewhere"))
    db.commit()

    app.get("/simple/sample/", status="404*")


def test_a_private_index_keeps_pages_too_but_asks_each_time_who_reads(
    make_app: MakeApp, alice: Person, made: list[str]
):
    app = make_app(anonymous_read="false")
    publish(app, alice, build_wheel("sample", "1.0"))

    first, second = (app.get("/simple/sample/", headers=alice.basic) for _ in range(2))
    app.get("/simple/sample/", status="401*")

    assert made == ["sample"]
    assert (first.body, first.headers) == (second.body, second.headers)
    publish(app, alice, build_wheel("sample", "1.1"))
    assert "sample-1.1" in app.get("/simple/sample/", headers=alice.basic)


def test_a_setting_of_nothing_keeps_nothing(make_app: MakeApp, alice: Person, made: list[str]):
    app = make_app(kept_pages_size="0")
    publish(app, alice, build_wheel("sample"))

    for _ in range(2):
        app.get("/simple/sample/")

    assert len(made) == 2


def page_of(size: int) -> KeptPage:
    return KeptPage(Edition("x", 1, "1"), etag='"1"', headers=[], body=bytes(size))


def test_what_was_not_asked_for_goes_first():
    pages = KeptPages(max_size=30_000)
    keys = [(f"/simple/{name}/", Variant(Format.JSON, False)) for name in "abc"]
    pages.put(keys[0], page_of(10_000))
    pages.put(keys[1], page_of(10_000))
    pages.get(keys[0])

    pages.put(keys[2], page_of(10_000))

    assert [pages.get(key) is not None for key in keys] == [True, False, True]


def test_what_is_larger_than_all_room_is_not_kept():
    pages = KeptPages(max_size=10_000)
    key = ("/simple/a/", Variant(Format.JSON, False))
    pages.put(key, page_of(5_000))

    pages.put(key, page_of(20_000))

    assert pages.get(key) is None


def test_an_upload_is_seen_at_once_in_each_process(site_ini: Path, tmp_path: Path, alice: Person):
    with (
        running_server(site_ini, log=tmp_path / "one.log") as one,
        running_server(site_ini, log=tmp_path / "other.log") as other,
    ):
        for number in range(5):
            wheel = build_wheel("sample", f"1.{number}")
            assert post(one.port, alice, wheel).status == 200
            for server in (other, one, other):
                assert wheel.filename in get(server.port, "/simple/sample/").body
