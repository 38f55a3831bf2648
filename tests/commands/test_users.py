"""`pypi-web user create`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.accounts import people
from pypi_web.data import User
from tests.commands.conftest import Run
from tests.people import PASSWORD


def test_the_password_is_asked_for_twice_and_not_shown(run: Run, db: Session) -> None:
    result = run(
        "user", "create", "Ann", "--email", "ann@example.org", input=f"{PASSWORD}\n{PASSWORD}\n"
    )

    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert people.find_by_credentials(db, "ann", PASSWORD) is not None


def test_one_line_of_standard_input_may_be_the_password(run: Run, db: Session) -> None:
    words = ("user", "create", "ann", "--email", "ann@example.org", "--password-stdin")

    result = run(*words, input=f"{PASSWORD}\r\nsomething else\n")

    assert result.exit_code == 0
    assert people.find_by_credentials(db, "ann", PASSWORD) is not None


def test_makes_an_administrator_only_where_it_is_told_to(run: Run, db: Session) -> None:
    for name, *options in (("ann",), ("root", "--admin")):
        email = f"{name}@example.org"
        run("user", "create", name, "--email", email, "--password-stdin", *options, input=PASSWORD)

    found = db.execute(select(User.name, User.is_admin)).all()
    assert sorted(found) == [("ann", False), ("root", True)]


def test_a_refused_account_is_one_sentence_and_a_failure(run: Run, db: Session) -> None:
    words = ("user", "create", "ann", "--email", "ann@example.org", "--password-stdin")

    result = run(*words, input="short")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "Error: A password needs 12 characters or more.\n"
    assert db.scalars(select(User)).all() == []


def test_a_taken_name_is_refused(run: Run) -> None:
    words = ("user", "create", "ann", "--email", "ann@example.org", "--password-stdin")
    run(*words, input=PASSWORD)

    result = run(*words, input=PASSWORD)

    assert result.exit_code == 1
    assert result.stderr == "Error: ann belongs to another account already.\n"


def test_a_password_that_is_no_text_is_refused(run: Run) -> None:
    words = ("user", "create", "ann", "--email", "ann@example.org", "--password-stdin")

    result = run(*words, input=b"\xff\xfe\n")

    assert result.exit_code == 1
    assert "not UTF-8" in result.stderr
