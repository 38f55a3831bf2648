"""`pypi-web project`."""

from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import (
    AuditEvent,
    File,
    JournalEntry,
    Project,
    ProjectStatus,
    Release,
    Role,
    RoleName,
    User,
)
from tests.commands.conftest import Run
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person, add_person
from tests.publishing import publish


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


@pytest.fixture
def files(app: TestApp, alice: Person) -> tuple[Distribution, ...]:
    """Those of a project `sample` of alice's."""
    files = (build_wheel("Sample", "1.0"), build_sdist("Sample", "1.0"), build_wheel("Sample", "2"))
    publish(app, alice, *files)
    return files


def acts(db: Session) -> list[str]:
    db.rollback()
    found = db.scalars(select(JournalEntry.action).order_by(JournalEntry.id))
    return [each for each in found if each != "add file"]


def roles(db: Session) -> dict[str, str]:
    db.rollback()
    return dict(db.execute(select(User.name, Role.name).join(Role)).all())


def newest(db: Session) -> AuditEvent:
    db.rollback()
    return db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def test_yanks_and_takes_it_back(run: Run, db: Session, app: TestApp, files):
    result = run("project", "yank", "sample", "1.0.0", "--reason", "Broken.")

    assert result.stdout == "Release 1.0 of Sample is yanked.\n"
    assert app.get("/pypi/sample/1.0/json").json["info"]["yanked_reason"] == "Broken."
    assert 'data-yanked="Broken."' in app.get("/simple/sample/")
    event = newest(db)
    assert (event.act, event.user_name, event.project) == ("yank release", None, "sample")

    result = run("project", "unyank", "sample", "1.0")

    assert result.stdout == "Release 1.0 of Sample is no longer yanked.\n"
    assert "data-yanked" not in app.get("/simple/sample/")
    assert acts(db) == ["yank", "unyank"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("archive",), "archived"),
        (("deprecate", "--reason", "Use bar."), "deprecated"),
        (("quarantine", "--reason", "Malware."), "quarantined"),
    ],
)
def test_each_status_has_a_word_of_its_own(run: Run, db: Session, project, words, status):
    command, *options = words

    result = run("project", command, "foo-bar", *options)

    db.refresh(project)
    assert result.exit_code == 0, result.stderr
    assert project.status == status
    assert newest(db).act == f"{command} project"


def test_what_is_archived_is_unarchived_and_what_is_quarantined_released(run: Run, db, project):
    run("project", "archive", "foo-bar")
    assert "not quarantined" in run("project", "release", "foo-bar").stderr
    assert run("project", "unarchive", "foo-bar").stdout == "Foo.Bar is active.\n"
    run("project", "quarantine", "foo-bar")
    assert "not archived" in run("project", "unarchive", "foo-bar").stderr

    assert run("project", "release", "foo-bar").stdout == "Foo.Bar is active.\n"

    assert acts(db) == ["archive", "activate", "quarantine", "activate"]


def test_deletes_a_file_whose_bytes_are_then_pruned(run: Run, db, app: TestApp, files):
    wheel = files[0]

    result = run("project", "delete", "sample", "--file", wheel.filename, input=wheel.filename)

    assert result.exit_code == 0, result.stderr
    assert wheel.filename not in app.get("/simple/sample/")
    assert acts(db) == ["delete file"]
    pruned = run("prune", "--older-than", "0s").stdout
    assert "Orphans: 2 removed" in pruned, "the wheel and its metadata"


def test_deletes_a_release(run: Run, db: Session, app: TestApp, files):
    result = run("project", "delete", "sample", "--release", "1.0", "--yes")

    assert result.stdout == "Release 1.0 of Sample is deleted.\n"
    assert db.scalars(select(Release.version)).all() == ["2"]
    assert list(app.get("/pypi/sample/json").json["releases"]) == ["2"]


def test_deletes_a_project_whose_name_an_administrator_gives_on(
    run: Run, db: Session, app: TestApp, alice: Person, files
):
    bob = add_person(db, "bob")

    assert run("project", "delete", "sample", input="sample").exit_code == 0

    assert db.scalars(select(File.id)).all() == []
    assert roles(db) == {}
    assert "deleted already" in run("project", "delete", "sample", "--yes").stderr
    assert run("project", "owners", "add", "sample", "bob").stdout == (
        "bob is an owner of Sample now.\n"
    )
    publish(app, bob, build_wheel("Sample", "3.0"))
    assert acts(db) == ["delete project", "add role"]


@pytest.mark.parametrize(
    "words",
    [
        ("sample",),
        ("sample", "--release", "1.0"),
        ("sample", "--file", "sample-1.0-py3-none-any.whl"),
    ],
)
def test_deletes_nothing_unless_its_name_is_typed(run: Run, db: Session, files, words):
    result = run("project", "delete", *words, input="other\n")

    assert "exactly so, to delete it" in result.stderr
    assert acts(db) == []


def test_owners_are_listed_added_and_removed_but_never_the_last(run: Run, db: Session, files):
    add_person(db, "bob")
    run("project", "owners", "add", "sample", "bob", "--role", "maintainer")
    assert run("project", "owners", "list", "sample").stdout == ("alice  owner\nbob  maintainer\n")
    assert "only owner" in run("project", "owners", "remove", "sample", "alice").stderr
    run("project", "owners", "add", "sample", "bob")

    result = run("project", "owners", "remove", "sample", "alice")

    assert result.stdout == "alice is no longer an owner of Sample.\n"
    assert roles(db) == {"bob": RoleName.OWNER}
    assert acts(db) == ["add role", "change role", "remove role"]


def test_a_project_is_made_private_and_public(run: Run, db: Session, app: TestApp, files):
    assert run("project", "private", "sample").stdout == "The project Sample is private now.\n"
    app.get("/simple/sample/", status=404)

    assert run("project", "public", "sample").stdout == "The project Sample is public now.\n"

    assert "sample-2" in app.get("/simple/sample/")
    assert acts(db) == ["make private", "make public"]


def test_tells_the_owners_by_letter(run: Run, site_ini: Path, tmp_path: Path, files):
    folder = tmp_path / "mail"
    site_ini.write_text(
        site_ini.read_text().replace(
            "pypi_web.anonymous_read", f"pypi_web.mail.folder = {folder}\npypi_web.anonymous_read"
        )
    )

    run("project", "yank", "sample", "1.0", "--reason", "Broken.")

    (path,) = folder.iterdir()
    letter = message_from_bytes(path.read_bytes())
    assert (letter["To"], letter["Subject"]) == (
        "alice@example.org",
        "Release 1.0 of Sample is yanked",
    )
    assert "Broken." in letter.get_payload()
    assert "an administrator, by command" in letter.get_payload()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["yank", "sample", "9"], "has no release 9"),
        (["yank", "nope", "1.0"], "There is no project nope"),
        (["yank", "sample", "1.0", "--reason", "x" * 401], "longer than 400"),
        (["delete", "sample", "--file", "x", "--yes"], "has no file x"),
        (["delete", "sample", "--file", "x", "--release", "1.0"], "not both"),
        (["owners", "add", "sample", "nobody"], "Nobody here is called nobody"),
        (["owners", "remove", "sample", "nobody"], "has no role"),
    ],
)
def test_refuses_what_cannot_be_done(run: Run, db: Session, files, words, reason: str):
    result = run("project", *words)

    assert result.exit_code != 0
    assert reason in result.stderr
    assert acts(db) == []
