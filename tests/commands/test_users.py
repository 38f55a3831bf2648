"""`pypi-web user`."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.accounts import people
from pypi_web.data import AuditEvent, User
from tests.commands.conftest import Run
from tests.distributions import build_wheel
from tests.people import PASSWORD, add_person
from tests.publishing import publish


def test_the_password_is_asked_for_twice_and_not_shown(run: Run, db: Session) -> None:
    result = run(
        "user", "create", "Ann", "--email", "ann@example.org", input=f"{PASSWORD}\n{PASSWORD}\n"
    )

    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert people.is_password_of(people.find_known(db, "ann"), PASSWORD)


def test_one_line_of_standard_input_may_be_the_password(run: Run, db: Session) -> None:
    words = ("user", "create", "ann", "--email", "ann@example.org", "--password-stdin")

    result = run(*words, input=f"{PASSWORD}\r\nsomething else\n")

    assert result.exit_code == 0
    assert people.is_password_of(people.find_known(db, "ann"), PASSWORD)


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


def test_lists_everybody_by_name(run: Run, db: Session) -> None:
    add_person(db, "root", is_admin=True)
    add_person(db, "ann")

    lines = run("user", "list").stdout.splitlines()

    today = f"{clock.now():%Y-%m-%d}"
    assert lines == [
        f"ann\tann@example.org\t{today}",
        f"root\troot@example.org\t{today}\tadministrator",
    ]


def test_makes_an_administrator_of_somebody_and_takes_it_from_all_but_the_last(
    run: Run, db: Session
) -> None:
    add_person(db, "root", is_admin=True)
    add_person(db, "ann")

    made = run("user", "admin", "Ann")
    taken = run("user", "admin", "root", "--revoke")
    last = run("user", "admin", "ann", "--revoke")

    assert made.stdout == "ann is an administrator now.\n"
    assert taken.stdout == "root is no administrator now.\n"
    assert "ann is the only administrator" in last.stderr
    assert db.scalars(select(User.name).where(User.is_admin)).all() == ["ann"]
    noted = select(AuditEvent.after).where(AuditEvent.act == "set administrator")
    assert db.scalars(noted.order_by(AuditEvent.id)).all() == [
        {"is_admin": True},
        {"is_admin": False},
    ]


def test_deletes_somebody_who_has_gone(run: Run, app: TestApp, db: Session) -> None:
    ann = add_person(db, "ann")
    app.get("/account/", headers=ann.basic, status=403)

    mistyped = run("user", "delete", "ann", input="anna\n")
    result = run("user", "delete", "ann", input="ann\n")

    assert mistyped.exit_code == 1
    assert result.stdout == "The account of ann is deleted.\n"
    assert db.scalars(select(User)).all() == []
    app.get("/simple/nothing/", headers=ann.basic, status=401)
    assert db.scalars(select(AuditEvent.act).where(AuditEvent.user_id == ann.id)).all() == [
        "delete account"
    ]


def test_deletes_no_only_owner(run: Run, app: TestApp, db: Session) -> None:
    ann = add_person(db, "ann")
    publish(app, ann, build_wheel("sample"))

    result = run("user", "delete", "ann", "--yes")

    assert result.exit_code == 1
    assert "ann is the only owner of sample." in result.stderr
    assert len(db.scalars(select(User)).all()) == 1


def test_nobody_of_a_name_is_one_sentence(run: Run) -> None:
    for words in (("admin", "bob"), ("delete", "bob", "--yes"), ("remove-factors", "bob")):
        result = run("user", *words)
        assert (result.exit_code, result.stderr) == (1, "Error: There is no user bob.\n")
