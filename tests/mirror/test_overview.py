"""The page that tells what is mirrored, and which names are not."""

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import MirroredFile, MirroredProject, Project
from pypi_web.mirror import holdings
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.people import Person, log_in
from tests.plans import list_readings
from tests.publishing import publish
from tests.statements import recorded, recorded_with_parameters
from tests.upstream.behaviours import answering
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile


@pytest.fixture(autouse=True)
def _all_time_for_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "PATIENCE", 60)
    monkeypatch.setattr(holdings, "MAX_AGE", 0)


def test_it_tells_projects_with_the_files_that_are_kept(
    mirror: TestApp, upstream: FakeUpstream, alice: Person
):
    wheel = build_wheel("flask", "3.0")
    upstream.offer("flask", OfferedFile.of(wheel))
    upstream.offer("click", OfferedFile.of(build_wheel("click")))
    for name in ("flask", "click", "nobody"):
        mirror.get(f"/simple/{name}/", expect_errors=True)
    file = mirror.get("/project/flask/").html.find("a", string=wheel.filename)
    assert mirror.get(file["href"]).body == wheel.content
    log_in(mirror)
    asked = len(upstream.requests)

    page = mirror.get("/mirror/")

    rows = [[" ".join(cell.text.split()) for cell in row] for row in _rows(page)]
    assert [row[:2] for row in rows] == [["click", "0"], ["flask", "1"]]
    assert f"{len(wheel.content) / 1000:.1f} kB" in rows[1] or rows[1][2].endswith("bytes")
    assert rows[0][3] == "Never"
    assert [dd.text for dd in page.html.select(".counts dd")][:2] == ["2", "1"]
    assert "127.0.0.1" in page
    assert len(upstream.requests) == asked


def test_it_tells_which_names_are_private(
    make_mirror: MakeMirror, upstream: FakeUpstream, alice: Person, db: Session
):
    mirror = make_mirror(mirror_reserved="Acme_*, secret")
    publish(mirror, alice, build_wheel("ours"), build_wheel("alone"))
    db.execute(
        insert(MirroredProject),
        [_known(name, page) for name, page in (("ours", b"a page"), ("alone", None))],
    )
    db.add(Project(name="claimed", normalized_name="claimed"))
    db.commit()
    log_in(mirror)

    page = mirror.get("/mirror/")

    names = [[li.text for li in each.find_all("li")] for each in page.html.select("main .tags")]
    assert names == [["acme-*", "secret"], ["claimed"], ["ours"]]
    assert "Hosted here now" in page
    assert upstream.requests == []


def test_it_is_read_in_pages_by_name(mirror: TestApp, alice: Person, db: Session):
    names = [f"project-{number:03}" for number in range(2 * holdings.PAGE + 1)]
    db.execute(
        insert(MirroredProject),
        [_known(name, b"a page") for name in names],
    )
    db.execute(insert(MirroredFile), [_kept(name) for name in names])
    db.commit()
    log_in(mirror)

    page, found, queries = mirror.get("/mirror/"), [], set()
    for _ in range(3):
        found += [row[0].text.strip() for row in _rows(page)]
        link = page.html.find("a", rel="next")
        if link is not None:
            with recorded(mirror.app.registry["engine"]) as statements:
                page = mirror.get(f"/mirror/{link['href'].partition('/mirror/')[2]}")
            queries.add(len(statements))

    assert found == names
    assert page.html.find("a", rel="next") is None
    assert len(queries) == 1
    assert "nothing behind z" in mirror.get("/mirror/?after=Z")


def test_it_is_read_in_pages_by_size(mirror: TestApp, alice: Person, db: Session):
    names = [f"project-{number:03}" for number in range(2 * holdings.PAGE + 1)]
    db.execute(insert(MirroredProject), [_known(name, b"a page") for name in names])
    sizes = [5_000 if number % 3 else 10 * number for number in range(len(names))]
    db.execute(
        insert(MirroredFile),
        [_kept(name) | {"size": size} for name, size in zip(names, sizes, strict=True)],
    )
    db.commit()
    log_in(mirror)

    page, found = mirror.get("/mirror/?sort=size"), []
    for _ in range(3):
        found += [row[0].text.strip() for row in _rows(page)]
        link = page.html.find("a", rel="next")
        if link is not None:
            page = mirror.get(f"/mirror/{link['href'].partition('/mirror/')[2]}")

    assert found == [name for _, name in sorted(zip([-each for each in sizes], names, strict=True))]
    assert page.html.find("a", rel="next") is None
    for odd in ("size=x&after=b", "size=%C2%B2&after=b", "size=" + "9" * 50 + "&after=b", "size=5"):
        mirror.get(f"/mirror/?sort=size&{odd}", status=200)


def test_it_tells_what_the_last_question_failed_with(
    mirror: TestApp, upstream: FakeUpstream, alice: Person
):
    log_in(mirror)
    upstream.offer("flask", OfferedFile.of(build_wheel("flask", "3.0")))
    upstream.behave("/simple/click/", answering(500))
    mirror.get("/simple/click/", status=503)

    failed = mirror.get("/mirror/")
    mirror.get("/simple/flask/", status=200)

    assert "/simple/click/ answers 500 Internal Server Error." in failed
    assert "Upstream did not answer" not in mirror.get("/mirror/")


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_which_settings_say_who_they_are(
    make_mirror: MakeMirror,
    upstream: FakeUpstream,
    alice: Person,
    status: int,
    caplog: pytest.LogCaptureFixture,
):
    mirror = make_mirror(mirror_user="index", mirror_password="wrong")
    log_in(mirror)
    upstream.behave("/simple/flask/", answering(status))

    mirror.get("/simple/flask/", status=503)

    hint = "look at pypi_web.mirror.user and pypi_web.mirror.password."
    assert hint in mirror.get("/mirror/")
    assert hint in caplog.text


def test_an_address_where_there_is_no_index_is_told_of_once(
    mirror: TestApp, upstream: FakeUpstream, alice: Person, caplog: pytest.LogCaptureFixture
):
    log_in(mirror)
    for name in ("flask", "click"):
        mirror.get(f"/simple/{name}/", status=404)

    doubted = mirror.get("/mirror/")
    upstream.offer("jinja2", OfferedFile.of(build_wheel("jinja2")))
    mirror.get("/simple/jinja2/", status=200)
    mirror.get("/simple/other/", status=404)

    assert f"nothing at {upstream.index_url}flask/" in doubted
    assert "mostly ends in /simple/" in doubted
    assert caplog.text.count("look at pypi_web.mirror.upstream") == 1
    assert "mostly ends in" not in mirror.get("/mirror/")


def test_an_address_that_is_none_stops_the_start_with_an_example(make_mirror: MakeMirror):
    with pytest.raises(SystemExit, match=r"Write one such as https://example\.org/simple/\."):
        make_mirror(mirror_upstream="htp://example.org/simple/")


def test_an_address_that_has_given_pages_before_is_not_doubted(
    mirror: TestApp, upstream: FakeUpstream, alice: Person, db: Session
):
    db.execute(
        insert(MirroredProject), [_known("flask", b"a page") | {"upstream": upstream.index_url}]
    )
    db.commit()
    log_in(mirror)

    mirror.get("/simple/nobody/", status=404)

    assert "mostly ends in" not in mirror.get("/mirror/")


def test_it_reads_no_table_in_full(mirror: TestApp, alice: Person, db: Session, engine: Engine):
    names = [f"project-{number}" for number in range(3_000)]
    db.execute(insert(Project), [{"name": name, "normalized_name": name} for name in names])
    db.execute(insert(MirroredProject), [_known(name, b"a page") for name in names])
    db.execute(insert(MirroredFile), [_kept(name) for name in names])
    db.commit()
    db.execute(text("ANALYZE"))
    db.commit()
    log_in(mirror)

    with recorded_with_parameters(mirror.app.registry["engine"]) as statements:
        mirror.get("/mirror/?after=project-1")

    with engine.connect() as connection:
        readings = {
            reading
            for each in statements
            if each.text.startswith("SELECT") and "mirrored" in each.text
            for reading in list_readings(connection, each)
        }
    assert not [each for each in readings if not each.ends_early], readings


@pytest.mark.parametrize("anonymous_read", ["true", "false"])
def test_a_stranger_does_not_see_it(make_mirror: MakeMirror, anonymous_read: str):
    mirror = make_mirror(anonymous_read=anonymous_read)

    answer = mirror.get("/mirror/", status=303)

    assert "/account/login" in answer.headers["Location"]


def test_it_is_led_to_only_where_there_is_a_mirror(app: TestApp, mirror: TestApp, alice: Person):
    assert "/mirror/" not in mirror.get("/")
    for site in (app, mirror):
        log_in(site)

    assert "/mirror/" in mirror.get("/")
    assert "/mirror/" not in app.get("/")
    app.get("/mirror/", status=404)


def _known(name: str, page: bytes | None) -> dict[str, object]:
    return {
        "normalized_name": name,
        "upstream": "https://example.org/simple/",
        "page": page,
        "asked_at": clock.now(),
    }


def _kept(name: str) -> dict[str, object]:
    return {
        "normalized_name": name,
        "filename": f"{name}-1.tar.gz",
        "sha256": "0" * 64,
        "size": 2_000,
        "is_kept": True,
        "used_at": clock.now(),
    }


def _rows(page) -> list:
    return [row.find_all(["th", "td"]) for row in page.html.select("main tbody tr")]
