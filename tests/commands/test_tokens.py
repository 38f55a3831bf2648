"""`pypi-web token create`."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import ApiToken, Project, Role, RoleName
from tests.commands.conftest import Run
from tests.people import Person, basic


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
