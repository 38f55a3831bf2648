"""READMEs whose renderer has moved on: pages show them fresh, and have them written."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import Description, Project
from pypi_web.projects import rerendering
from pypi_web.projects.rerendering import Outcome, StaleReadmes
from pypi_web.readmes import RENDERER, Rendered, renderer
from tests.projects.readmes import OLD_HTML, add_readme, list_readmes
from tests.statements import recorded


@pytest.fixture
def stale(app: TestApp) -> Iterator[StaleReadmes]:
    """What the application shows stale READMEs by; nothing is left to be written after a test."""
    stale: StaleReadmes = app.app.registry["stale_readmes"]
    yield stale
    stale.write()


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The READMEs that have been rendered, by their source."""
    sources: list[str] = []
    original = renderer.render

    def render(source: str, content_type: str | None) -> Rendered:
        sources.append(source)
        return original(source, content_type)

    monkeypatch.setattr(renderer, "render", render)
    return sources


def test_a_page_shows_a_stale_readme_fresh_at_once(app: TestApp, db: Session, stale: StaleReadmes):
    add_readme(db, "sample")

    page = app.get("/project/sample/")

    assert page.html.find(class_="readme").em.text == "heading"
    assert "let through" not in page


def test_what_a_page_has_rendered_is_written_afterwards(
    app: TestApp, db: Session, stale: StaleReadmes
):
    add_readme(db, "sample")
    add_readme(db, "other")
    app.get("/project/sample/1.0/")
    before = list_readmes(db)

    stale.write()

    assert before == [(OLD_HTML, False), (OLD_HTML, False)]
    (html, is_fresh), other = list_readmes(db)
    assert is_fresh
    assert "<em>heading</em>" in html
    assert other == (OLD_HTML, False)


def test_a_fresh_readme_is_shown_as_it_is_kept(
    app: TestApp, db: Session, stale: StaleReadmes, renderings: list[str]
):
    add_readme(db, "sample", renderer=RENDERER)

    page = app.get("/project/sample/")

    assert "let through" in page
    assert renderings == []


def test_a_stale_readme_is_rendered_once_however_often_it_is_asked_for(
    app: TestApp, db: Session, stale: StaleReadmes, renderings: list[str]
):
    add_readme(db, "sample")

    for _ in range(3):
        app.get("/project/sample/")
    stale.write()
    app.get("/project/sample/")

    assert len(renderings) == 1


def test_many_who_ask_at_once_wait_for_one_rendering(
    engine: Engine, db: Session, monkeypatch: pytest.MonkeyPatch
):
    add_readme(db, "sample")
    description = db.query(Description).one()
    everybody, renderings = threading.Barrier(4), []

    def render(source: str, content_type: str | None) -> Rendered:
        renderings.append(source)
        return Rendered(f"rendered {len(renderings)}", None)

    def ask(_number: int) -> str:
        everybody.wait()
        return stale.find(description).html

    monkeypatch.setattr(renderer, "render", render)
    stale = StaleReadmes(engine)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))
    stale.write()

    assert answers == ["rendered 1"] * 4
    assert list_readmes(db) == [("rendered 1", True)]


def test_a_page_asks_the_database_nothing_more_for_it_and_writes_nothing(
    app: TestApp, db: Session, stale: StaleReadmes
):
    add_readme(db, "sample")
    with recorded(app.app.registry["engine"]) as statements:
        app.get("/project/sample/")

    assert len([each for each in statements if each.startswith("SELECT")]) == 7
    assert not [each for each in statements if each.startswith(("UPDATE", "INSERT"))]


def test_a_readme_that_has_vanished_meanwhile_is_let_go(
    app: TestApp, db: Session, stale: StaleReadmes
):
    add_readme(db, "sample")
    add_readme(db, "other")
    app.get("/project/sample/")
    app.get("/project/other/")
    db.execute(delete(Project).where(Project.name == "sample"))
    db.commit()

    stale.write()

    ((_html, is_fresh),) = list_readmes(db)
    assert is_fresh


def test_another_readme_under_the_same_id_is_not_overwritten(
    app: TestApp, db: Session, stale: StaleReadmes
):
    add_readme(db, "sample")
    app.get("/project/sample/")
    db.execute(update(Description).values(source="# Another", html="another"))
    db.commit()

    page = app.get("/project/sample/")
    stale.write()

    assert page.html.find(class_="readme").text.strip() == "# Another"
    assert list_readmes(db) == [("another", False)]
    assert app.get("/project/sample/").html.find(class_="readme").h1.text == "Another"


def test_what_cannot_be_written_is_shown_all_the_same_and_written_later(
    app: TestApp, db: Session, stale: StaleReadmes, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any, **_keywords: Any) -> bool:
        raise OperationalError("UPDATE", None, Exception("the disk is full"))

    add_readme(db, "sample")
    app.get("/project/sample/")
    with monkeypatch.context() as patch:
        patch.setattr(rerendering, "_write", fail)
        stale.write()
    kept = list_readmes(db)

    page = app.get("/project/sample/")
    stale.write()

    assert kept == [(OLD_HTML, False)]
    assert "<em>heading</em>" in page
    assert list_readmes(db)[0][1]


def test_while_too_much_waits_to_be_written_readmes_are_shown_as_text(
    app: TestApp, db: Session, stale: StaleReadmes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rerendering, "MAX_PENDING", 10)
    add_readme(db, "first")
    add_readme(db, "second")
    app.get("/project/first/")

    full = app.get("/project/second/")
    again = app.get("/project/first/")
    stale.write()
    emptied = app.get("/project/second/")

    assert full.html.find(class_="readme").pre.text == "# The *heading*"
    assert "<em>heading</em>" in again
    assert "<em>heading</em>" in emptied


def test_all_that_is_stale_is_rendered(engine: Engine, db: Session):
    for number in range(250):
        add_readme(db, f"sample-{number}")
    add_readme(db, "fresh", renderer=RENDERER)

    outcomes = list(rerendering.render_stale(engine))

    assert outcomes == [Outcome.RENDERED] * 250
    assert rerendering.count_stale(db) == 0
    assert list_readmes(db)[-1] == (OLD_HTML, True)


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_a_run_may_begin_anywhere(
    engine: Engine, db: Session, monkeypatch: pytest.MonkeyPatch, start: int
):
    release_ids = [add_readme(db, f"sample-{number}") for number in range(3)]
    begin = [0, *release_ids][start]
    monkeypatch.setattr(rerendering.secrets, "randbelow", lambda _below: begin)

    outcomes = list(rerendering.render_stale(engine))

    assert outcomes == [Outcome.RENDERED] * 3


def test_a_run_may_stop_anywhere_and_another_does_the_rest(engine: Engine, db: Session):
    for number in range(5):
        add_readme(db, f"sample-{number}")
    run = rerendering.render_stale(engine)
    next(run)
    next(run)
    run.close()
    left = rerendering.count_stale(db)

    again = list(rerendering.render_stale(engine))

    assert left == 3
    assert again == [Outcome.RENDERED] * 3


def test_two_runs_at_once_leave_nothing_out_and_write_nothing_twice(engine: Engine, db: Session):
    for number in range(30):
        add_readme(db, f"sample-{number}")
    both = threading.Barrier(2)

    def run(_number: int) -> list[Outcome]:
        both.wait()
        return list(rerendering.render_stale(engine))

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(run, range(2))

    assert [*first, *second].count(Outcome.RENDERED) == 30
    assert all(is_fresh for _html, is_fresh in list_readmes(db))


def test_a_run_lets_go_what_vanishes_before_it_is_rendered(
    engine: Engine, db: Session, monkeypatch: pytest.MonkeyPatch
):
    for number in range(3):
        add_readme(db, f"sample-{number}")
    monkeypatch.setattr(rerendering.secrets, "randbelow", lambda _below: 0)
    run = rerendering.render_stale(engine)
    next(run)
    db.execute(delete(Description))
    db.commit()

    outcomes = list(run)

    assert outcomes == [Outcome.LEFT] * 2
    assert list_readmes(db) == []


def test_a_run_lets_go_what_vanishes_while_it_is_rendered(
    engine: Engine, db: Session, monkeypatch: pytest.MonkeyPatch
):
    def render(_source: str, _content_type: str | None) -> Rendered:
        db.execute(delete(Description))
        db.commit()
        return Rendered("too late", None)

    add_readme(db, "sample")
    monkeypatch.setattr(renderer, "render", render)

    outcomes = list(rerendering.render_stale(engine))

    assert outcomes == [Outcome.LEFT]
    assert list_readmes(db) == []
