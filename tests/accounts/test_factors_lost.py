"""Helping somebody who has lost all second factors: `pypi-web user remove-factors`."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import AuditEvent, RecoveryCode, SecondFactor
from tests.accounts.authenticator import SoftKey
from tests.accounts.factors import add_app, add_key, is_in
from tests.commands.conftest import Run
from tests.people import Person, add_person, log_in


def test_the_password_alone_opens_the_account_again(
    run: Run, app: TestApp, db: Session, alice: Person
):
    log_in(app)
    add_key(app, SoftKey())
    add_app(app)
    app.reset()
    add_person(db, "bob")
    log_in(app, "bob")
    add_app(app)
    app.reset()

    result = run("user", "remove-factors", "Alice")

    assert result.output == "alice has no second factor any more: 2 removed.\n"
    log_in(app)
    assert is_in(app)
    assert len(db.scalars(select(SecondFactor)).all()) == 1, "that of bob"
    assert len(db.scalars(select(RecoveryCode)).all()) == 10
    noted = db.scalars(
        select(AuditEvent).where(AuditEvent.act == "remove all second factors")
    ).one()
    assert noted.user_id == alice.id


def test_nobody_of_the_name_is_one_sentence(run: Run):
    result = run("user", "remove-factors", "nobody")

    assert result.exit_code == 1
    assert result.stderr == "Error: There is no user nobody.\n"
