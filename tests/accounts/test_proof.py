"""Dangerous acts ask once more who is there."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import AuditEvent, User
from tests.accounts.factors import Clock, add_app
from tests.people import PASSWORD, Person, log_in


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour on, and a bit."""
    now = clock.now() + timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: now)


def prove(page, password: str = PASSWORD, **kw):
    form = page.forms["confirm"]
    form["password"] = password
    return form.submit(**kw)


def test_soon_after_logging_in_nobody_is_asked(app: TestApp, alice: Person):
    log_in(app)

    app.get("/account/delete", status=200)


def test_later_one_is_asked_and_comes_back(
    app: TestApp, db: Session, alice: Person, request: pytest.FixtureRequest
):
    log_in(app)
    request.getfixturevalue("later")

    answer = app.get("/account/delete", status=303)
    assert answer.headers["Location"] == (
        "http://localhost:6543/account/confirm?next=%2Faccount%2Fdelete"
    )
    back = prove(answer.follow(), status=303)

    assert back.headers["Location"] == "http://localhost:6543/account/delete"
    back.follow(status=200)
    acts = select(AuditEvent.act).order_by(AuditEvent.id)
    assert db.scalars(acts).all()[-1] == "show who it is"


def test_a_form_that_is_sent_later_does_nothing_yet(
    app: TestApp, db: Session, alice: Person, request: pytest.FixtureRequest
):
    log_in(app)
    form = app.get("/account/delete").forms["delete"]
    form["name"] = "alice"
    request.getfixturevalue("later")

    answer = form.submit(status=303)

    assert answer.headers["Location"].endswith("/account/confirm?next=%2Faccount%2Fdelete")
    assert db.scalar(select(User.id))


def test_a_wrong_password_proves_nothing(
    app: TestApp, db: Session, alice: Person, request: pytest.FixtureRequest
):
    log_in(app)
    request.getfixturevalue("later")
    page = app.get("/account/confirm?next=/account/delete")

    again = prove(page, "wrong", status=400)

    assert "That is not your password." in again
    assert again.forms["confirm"]["next"].value == "/account/delete"
    app.get("/account/delete", status=303)
    refused = db.execute(select(AuditEvent.act, AuditEvent.is_refused)).all()
    assert ("show who it is", True) in refused


def test_whoever_has_taken_a_session_guesses_no_password(
    app: TestApp, alice: Person, request: pytest.FixtureRequest
):
    log_in(app)
    request.getfixturevalue("later")
    page = app.get("/account/confirm")
    for _ in range(10):
        prove(page, "wrong", status=400)

    assert prove(page, PASSWORD, status=429).headers["Retry-After"]


@pytest.mark.parametrize(
    "address",
    ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "javascript:x"],
)
def test_proving_never_leads_to_another_site(app: TestApp, alice: Person, address: str):
    log_in(app)

    answer = prove(app.get("/account/confirm", {"next": address}), status=303)

    assert answer.headers["Location"] == "http://localhost:6543/account/"


def test_who_is_not_logged_in_proves_nothing(app: TestApp, alice: Person):
    assert "/account/login" in app.get("/account/confirm", status=303).headers["Location"]
    assert "/account/login" in app.get("/account/delete", status=303).headers["Location"]


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(("page", "form"), [("password", "password-form"), ("address", "address")])
def test_a_password_is_no_proof_for_who_has_a_second_factor(
    app: TestApp, alice: Person, page: str, form: str, monkeypatch: pytest.MonkeyPatch
):
    """Whoever has taken a session and knows the password does not get at the factors by it."""
    now = Clock(monkeypatch)
    log_in(app)
    add_app(app)
    sent = app.get(f"/account/{page}").forms[form]
    sent["old"] = PASSWORD
    now.wait(minutes=31)

    answer = sent.submit(status=303)

    asked = f"http://localhost:6543/account/confirm?next=%2Faccount%2F{page}"
    assert answer.headers["Location"] == asked
    assert app.get(f"/account/{page}", status=303).headers["Location"] == asked
    app.get("/account/factors/recovery-codes", status=303)


def test_a_password_that_changes_nothing_proves_nothing(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    now = Clock(monkeypatch)
    log_in(app)
    form = app.get("/account/password").forms["password-form"]
    form["old"], form["password"] = PASSWORD, "short"
    now.wait(minutes=31)

    form.submit(status=400)

    app.get("/account/delete", status=303)
