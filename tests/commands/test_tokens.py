"""`pypi-web token`."""

import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import ApiToken, AuditEvent, Project, Role, RoleName
from pypi_web.letters.post import PAUSES
from tests.commands.conftest import Run
from tests.people import Person, add_person, basic


def test_standard_output_is_the_token_alone_and_it_signs_in(
    run: Run, alice: Person, app: TestApp
) -> None:
    result = run("token", "create", "alice")

    token = result.stdout.removesuffix("\n")
    assert result.exit_code == 0
    assert token.startswith("pypiweb-")
    app.get("/simple/", headers=basic("__token__", token))
    app.post("/legacy/", headers=basic("__token__", token), status=400)  # 401 for a wrong one


def test_a_token_may_be_for_one_project_and_for_some_days(
    run: Run, alice: Person, db: Session
) -> None:
    project = Project(name="Sample", normalized_name="sample")
    db.add(project)
    db.flush()
    db.add(Role(project_id=project.id, user_id=alice.id, name=RoleName.OWNER))
    db.commit()

    result = run(
        "token", "create", "alice", "--project", "Sample", "--expires", "7", "--name", "of CI"
    )

    token = db.scalars(select(ApiToken).where(ApiToken.name == "of CI")).one()
    assert result.exit_code == 0
    assert [each.name for each in token.projects] == ["Sample"]
    assert not token.is_for_all
    assert token.expires_at is not None
    assert timedelta(days=6) < token.expires_at - clock.now() <= timedelta(days=7)


def test_nobody_gets_a_token_for_a_project_that_is_not_theirs(run: Run, alice: Person) -> None:
    result = run("token", "create", "alice", "--project", "other")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: alice has no project other.\n"


def test_a_stranger_gets_none(run: Run) -> None:
    result = run("token", "create", "nobody")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no user nobody" in result.stderr


def test_a_token_may_what_is_said_for_several_projects(
    run: Run, alice: Person, db: Session
) -> None:
    for name in ("one", "two"):
        project = Project(name=name, normalized_name=name)
        db.add(project)
        db.flush()
        db.add(Role(project_id=project.id, user_id=alice.id, name=RoleName.OWNER))
    db.commit()

    words = ("--project", "one", "--project", "two", "--may", "read", "--may", "manage")
    run("token", "create", "alice", "--name", "narrow", *words)

    token = db.scalars(select(ApiToken).where(ApiToken.name == "narrow")).one()
    assert [each.name for each in token.projects] == ["one", "two"]
    assert (token.may_read, token.may_publish, token.may_manage) == (True, False, True)


def test_by_command_an_administrator_gets_none_for_a_project_that_is_not_theirs(
    run: Run, alice: Person, db: Session
) -> None:
    add_person(db, "root", is_admin=True)
    db.add(Project(name="other", normalized_name="other"))
    db.commit()

    result = run("token", "create", "root", "--project", "other")

    assert result.stderr == "Error: root has no project other.\n"


def test_its_owner_is_told_and_the_audit_notes_it(
    run: Run, alice: Person, db: Session, site_ini: Path, tmp_path: Path
) -> None:
    text = site_ini.read_text()
    folder = f"pypi_web.mail_folder = {tmp_path}/mail"
    site_ini.write_text(text.replace("[app:main]", f"[app:main]\n{folder}", 1))

    result = run("token", "create", "alice", "--name", "cron")

    (letter,) = (tmp_path / "mail").glob("*")
    event = db.scalars(select(AuditEvent).where(AuditEvent.act == "make token")).one()
    assert result.stdout.strip() not in letter.read_text()
    assert "cron" in letter.read_text()
    assert (event.user_id, event.subject) == (alice.id, "cron")


def test_a_mail_server_that_is_not_there_keeps_nobody_waiting(
    run: Run, alice: Person, app: TestApp, site_ini: Path
) -> None:
    text = site_ini.read_text()
    server = "pypi_web.mail.server = smtp://127.0.0.1:1"
    site_ini.write_text(text.replace("[app:main]", f"[app:main]\n{server}", 1))
    begun = time.monotonic()

    result = run("token", "create", "alice")

    assert time.monotonic() - begun < PAUSES[0]
    app.get("/simple/", headers=basic("__token__", result.stdout.strip()), status=200)


def test_letters_that_go_nowhere_are_one_sentence(
    run: Run, alice: Person, db: Session, site_ini: Path
) -> None:
    text = site_ini.read_text()
    server = "pypi_web.mail.server = carrier-pigeon"
    site_ini.write_text(text.replace("[app:main]", f"[app:main]\n{server}", 1))

    result = run("token", "create", "alice")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert len(db.scalars(select(ApiToken)).all()) == 1, "that of the tests alone"


def test_tokens_are_listed_without_their_text(run: Run, alice: Person, db: Session) -> None:
    run("token", "create", "alice", "--name", "laptop", "--expires", "7")

    result = run("token", "list", "alice")

    laptop, first = result.stdout.splitlines()
    assert "laptop …" in laptop
    assert "never used; expires 2" in laptop
    assert f"of the tests …{alice.token[-4:]}: may read and publish, for all projects" in first
    assert alice.token not in result.stdout


def test_one_token_is_revoked_by_its_number(
    run: Run, alice: Person, db: Session, app: TestApp
) -> None:
    other = run("token", "create", "alice").stdout.strip()
    number = run("token", "list", "alice").stdout.splitlines()[1].split()[0]

    result = run("token", "revoke", "alice", number)

    assert "is revoked" in result.stdout
    app.post("/legacy/", headers=alice.basic, status=401)
    app.post("/legacy/", headers=basic("__token__", other), status=400)


def test_all_tokens_of_one_person_are_revoked(
    run: Run, alice: Person, db: Session, app: TestApp
) -> None:
    bob = add_person(db, "bob")

    run("token", "revoke", "alice", "--all")

    app.post("/legacy/", headers=alice.basic, status=401)
    app.post("/legacy/", headers=bob.basic, status=400)
    assert run("token", "revoke", "alice", "--all").stdout == "alice has no tokens.\n"


def test_a_number_that_is_not_theirs_revokes_nothing(
    run: Run, alice: Person, db: Session, app: TestApp
) -> None:
    bob = add_person(db, "bob")
    mine, theirs = (
        db.scalars(select(ApiToken.id).where(ApiToken.user_id == each.id)).one()
        for each in (alice, bob)
    )

    result = run("token", "revoke", "alice", str(mine), str(theirs))

    assert result.exit_code == 1
    assert "nothing was revoked" in result.stderr
    app.post("/legacy/", headers=alice.basic, status=400)
    app.post("/legacy/", headers=bob.basic, status=400)


def test_it_is_to_be_said_what_is_revoked(run: Run, alice: Person) -> None:
    assert run("token", "revoke", "alice").exit_code == 2
    assert run("token", "revoke", "alice", "1", "--all").exit_code == 2
