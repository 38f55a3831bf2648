"""`pypi-web project`."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.data import JournalEntry, Project, ProjectStatus
from tests.commands.conftest import Run


@pytest.fixture
def project(db: Session) -> Project:
    project = Project(name="Foo.Bar", normalized_name="foo-bar", last_serial=0)
    db.add(project)
    db.commit()
    return project


def test_prints_the_status_that_a_project_has(run: Run, project: Project) -> None:
    result = run("project", "status", "foo_bar")

    assert result.exit_code == 0
    assert result.stdout == "Foo.Bar is active.\n"


@pytest.mark.parametrize("status", [each for each in ProjectStatus if each != "active"])
def test_sets_a_status_with_its_reason_and_moves_the_serial(
    run: Run, db: Session, project: Project, status: ProjectStatus
) -> None:
    result = run("project", "status", "foo.bar", status, "--reason", "Use bar.")

    db.refresh(project)
    entry = db.scalars(select(JournalEntry)).one()
    assert result.stdout == f"Foo.Bar is {status} (Use bar.).\n"
    assert (project.status, project.status_reason) == (status, "Use bar.")
    assert (entry.project, entry.actor, entry.id) == ("foo-bar", None, project.last_serial)
    assert status.startswith(entry.action)


def test_a_status_that_is_taken_back_takes_its_reason_with_it(
    run: Run, db: Session, project: Project
) -> None:
    run("project", "status", "foo-bar", "quarantined", "--reason", "Malware.")

    result = run("project", "status", "foo-bar", "active")

    db.refresh(project)
    assert result.stdout == "Foo.Bar is active.\n"
    assert (project.status, project.status_reason) == (ProjectStatus.ACTIVE, None)
    actions = db.scalars(select(JournalEntry.action).order_by(JournalEntry.id)).all()
    assert actions == ["quarantine", "activate"]


def test_what_changes_nothing_is_not_in_the_journal(run: Run, db: Session, project) -> None:
    for _ in range(2):
        assert run("project", "status", "foo-bar", "archived", "--reason", " x ").exit_code == 0

    assert len(db.scalars(select(JournalEntry)).all()) == 1


def test_another_reason_is_a_change(run: Run, db: Session, project: Project) -> None:
    for reason in ("one", "another"):
        run("project", "status", "foo-bar", "archived", "--reason", reason)

    assert len(db.scalars(select(JournalEntry)).all()) == 2


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nope"], "There is no project nope"),
        (["nope", "archived"], "There is no project nope"),
        (["foo-bar", "gone"], "'gone' is not one of"),
        (["foo-bar", "--reason", "x"], "name one"),
        (["foo-bar", "active", "--reason", "x"], "needs no reason"),
        (["foo-bar", "archived", "--reason", "x" * 401], "longer than 400"),
        (["foo-bar", "archived", "--reason", "one\ntwo"], "not one line"),
    ],
)
def test_refuses_with_a_sentence(
    run: Run, db: Session, project: Project, words: list[str], reason: str
) -> None:
    result = run("project", "status", *words)

    db.refresh(project)
    assert result.exit_code != 0
    assert reason in result.stderr
    assert project.status is ProjectStatus.ACTIVE
    assert db.scalars(select(JournalEntry)).all() == []
