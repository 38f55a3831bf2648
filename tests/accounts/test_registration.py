"""Making an account: an address is shown to be somebody's first."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import AuditEvent, User
from tests.conftest import MakeApp
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, log_in
from tests.statements import recorded


def ask(app: TestApp, email: str, **kw):
    form = app.get("/account/register").forms["register"]
    form["email"] = email
    return form.submit(**kw)


def make(app: TestApp, link: str, name: str = "ann", password: str = PASSWORD, **kw):
    form = app.get(link).forms["new-account"]
    form["name"], form["password"] = name, password
    return form.submit(**kw)


def test_from_an_address_to_an_account(open_app: TestApp, open_box: Mailbox, db: Session):
    assert "Look at your mail" in ask(open_app, "Ann@Example.org", status=200)
    assert db.scalars(select(User)).all() == [], "nothing is made before the address is shown"
    db.rollback()

    page = make(open_app, open_box.link(), status=303).follow()

    assert "ann" in page
    assert "not confirmed" not in page
    user = db.scalars(select(User)).one()
    assert (user.name, user.email, user.is_admin) == ("ann", "ann@example.org", False)
    assert user.email_confirmed_at is not None
    acts = db.scalars(select(AuditEvent.act).order_by(AuditEvent.id)).all()
    assert acts == ["ask for an account", "register"]


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_letter(
    open_app: TestApp, open_box: Mailbox, engine: Engine, alice: Person
):
    with recorded(open_app.app.registry["engine"]) as for_known:
        known = ask(open_app, "alice@example.org", status=200)
    with recorded(open_app.app.registry["engine"]) as for_unknown:
        unknown = ask(open_app, "nobody@example.org", status=200)

    assert known.text.replace("alice@", "nobody@") == unknown.text
    assert len(for_known) == len(for_unknown)
    assert open_box.to("alice@example.org") == ["You have an account already"]
    assert open_box.to("nobody@example.org") == ["Make your account"]
    assert "key=" not in open_box.messages[0].get_content()


def test_a_link_is_for_its_address_whatever_the_form_says(
    open_app: TestApp, open_box: Mailbox, db: Session
):
    ask(open_app, "ann@example.org")
    form = open_app.get(open_box.link()).forms["new-account"]
    fields = {
        **dict(form.submit_fields()),
        **{"name": "ann", "password": PASSWORD, "email": "eve@example.org"},
        **{"is_admin": "true", "email_confirmed_at": "2000-01-01", "id": "77"},
    }

    open_app.post("/account/new", fields, status=303)

    user = db.scalars(select(User)).one()
    assert (user.email, user.is_admin) == ("ann@example.org", False)
    assert user.id != 77


def test_a_link_makes_one_account(open_app: TestApp, open_box: Mailbox):
    ask(open_app, "ann@example.org")
    link = open_box.link()
    form = open_app.get(link).forms["new-account"]
    make(open_app, link, status=303)

    open_app.get(link, status=403)
    form["name"], form["password"] = "ann-2", PASSWORD
    open_app.reset()
    form["csrf_token"] = open_app.get("/account/login").forms["login"]["csrf_token"].value
    form.submit(status=403)


def test_a_link_is_good_for_a_day(
    open_app: TestApp, open_box: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    ask(open_app, "ann@example.org")
    link, now = open_box.link(), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=25))

    assert "no longer good" in open_app.get(link, status=403)


@pytest.mark.parametrize("spoilt", ["", "x", "AAAA.BBBB", "\u20ac", "a" * 5000, "e30.e30"])
def test_a_link_that_nobody_signed_opens_nothing(open_app: TestApp, spoilt: str):
    open_app.get("/account/new", {"key": spoilt}, status=403)


def test_a_taken_name_is_told_and_what_was_typed_stays(
    open_app: TestApp, open_box: Mailbox, alice: Person
):
    ask(open_app, "ann@example.org")

    page = make(open_app, open_box.link(), "Alice", status=400)

    assert "alice belongs to another account already." in page
    assert page.forms["new-account"]["name"].value == "Alice"
    assert page.forms["new-account"]["password"].value == ""


def test_a_password_that_is_easily_guessed_is_refused(
    open_app: TestApp, open_box: Mailbox, db: Session
):
    ask(open_app, "ann@example.org")

    page = make(open_app, open_box.link(), password="password123456", status=400)

    assert "easily guessed" in page
    assert db.scalars(select(User)).all() == []


def test_an_address_that_is_none_is_refused_where_it_was_typed(
    open_app: TestApp, open_box: Mailbox
):
    page = ask(open_app, "ann", status=400)

    assert page.forms["register"]["email"].value == "ann"
    assert open_box.read() == []


@pytest.mark.parametrize("setting", ["invited", "closed"])
def test_nobody_registers_where_it_is_not_open(make_app: MakeApp, setting: str):
    app = make_app(registration=setting)

    answer = app.get("/account/register", status=403)

    assert "administrator" in answer.text.lower()
    assert "Make an account" not in app.get("/account/login")


def test_a_link_of_a_letter_dies_when_registration_is_closed(
    make_app: MakeApp, open_app: TestApp, open_box: Mailbox
):
    ask(open_app, "ann@example.org")
    link = open_box.link()

    for setting in ("invited", "closed"):
        make_app(registration=setting).get(link, status=403)


def test_a_site_that_sends_no_letters_says_so(open_app: TestApp):
    assert "sends no letters" in open_app.get("/account/register", status=403)


def test_an_address_is_sent_three_letters_an_hour_and_no_more(
    open_app: TestApp, open_box: Mailbox, alice: Person
):
    for email in ("ann@example.org", "alice@example.org"):
        for _ in range(3):
            ask(open_app, email, status=200)
        assert int(ask(open_app, email, status=429).headers["Retry-After"]) > 0

    assert len(open_box.read()) == 6


def test_whoever_registers_is_no_administrator_and_is_logged_in(
    open_app: TestApp, open_box: Mailbox
):
    ask(open_app, "ann@example.org")
    make(open_app, open_box.link(), status=303)

    open_app.get("/account/invitations", status=403)
    open_app.get("/account/", status=200)
    open_app.reset()
    assert log_in(open_app, "ann@example.org").status_int == 303
