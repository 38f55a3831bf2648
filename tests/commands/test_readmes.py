"""`pypi-web readmes render`."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pypi_web.projects import rerendering
from pypi_web.readmes import RENDERER, Rendered, renderer
from tests.commands.conftest import Run
from tests.projects.readmes import add_readme, list_readmes


def test_renders_what_is_out_of_date_and_sums_up(run: Run, db: Session) -> None:
    add_readme(db, "one")
    add_readme(db, "two")
    add_readme(db, "mistaken", "a `mistake", content_type="text/x-rst")
    add_readme(db, "fresh", renderer=RENDERER)

    result = run("readmes", "render")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "READMEs: 2 rendered, 1 shown as plain text.\n"
    assert all(is_fresh for _html, is_fresh in list_readmes(db))


def test_says_so_where_there_is_nothing_to_do(run: Run, db: Session) -> None:
    add_readme(db, "one")
    run("readmes", "render")

    result = run("readmes", "render")

    assert (result.exit_code, result.stdout) == (0, "READMEs: none was out of date.\n")


def test_an_index_without_readmes_is_no_failure(run: Run) -> None:
    result = run("readmes", "render")

    assert (result.exit_code, result.stdout) == (0, "READMEs: none was out of date.\n")


def test_what_was_rendered_stays_when_it_is_interrupted(
    run: Run, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        add_readme(db, name)
    original = renderer.render
    left = [None, KeyboardInterrupt]

    def render(source: str, content_type: str | None) -> Rendered:
        error = left.pop(0)
        if error is not None:
            raise error
        return original(source, content_type)

    with monkeypatch.context() as patch:
        patch.setattr(renderer, "render", render)
        interrupted = run("readmes", "render")
    kept = [is_fresh for _html, is_fresh in list_readmes(db)]

    again = run("readmes", "render")

    assert interrupted.exit_code == 1
    assert kept.count(True) == 1
    assert again.stdout == "READMEs: 2 rendered.\n"


def test_a_readme_that_another_was_first_with_is_told_of(
    run: Run, db: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_readme(db, "one")
    original = renderer.render

    def render(source: str, content_type: str | None) -> Rendered:
        monkeypatch.setattr(renderer, "render", original)
        list(rerendering.render_stale(engine))
        return original(source, content_type)

    monkeypatch.setattr(renderer, "render", render)

    result = run("readmes", "render")

    assert result.exit_code == 0
    assert result.stdout == "READMEs: 1 done or removed by others meanwhile.\n"


def test_a_database_that_fails_is_explained(
    run: Run, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **_keywords: object) -> bool:
        raise OperationalError("UPDATE", None, Exception("the disk is full."))

    add_readme(db, "one")
    monkeypatch.setattr(rerendering, "_write", fail)

    result = run("readmes", "render")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: The database failed: the disk is full."
        " What was rendered before is kept: run it again for the rest.\n"
    )
