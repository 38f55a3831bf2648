"""A new password for those who have forgotten theirs."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import AuditEvent, User
from pypi_web.security import passwords
from tests.accounts.conftest import MakeBox
from tests.commands.conftest import Run
from tests.conftest import MakeApp
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, log_in
from tests.statements import recorded

NEW = "a staple of new batteries"


def ask(app: TestApp, email: str = "alice@example.org", **kw):
    form = app.get("/account/forgotten").forms["forgotten"]
    form["email"] = email
    return form.submit(**kw)


def set_password(app: TestApp, link: str, password: str = NEW, **kw):
    form = app.get(link).forms["new-password"]
    form["password"] = password
    return form.submit(**kw)


def test_from_a_forgotten_password_to_a_new_one(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    ask(app, "Alice@Example.org", status=200)

    set_password(app, box.link(), status=303)

    assert log_in(app, password=PASSWORD).status_int == 400
    assert log_in(app, password=NEW).status_int == 303
    assert box.to("alice@example.org") == ["Set a new password", "Your password was changed"]
    acts = db.scalars(
        select(AuditEvent.act).where(AuditEvent.user_id == alice.id).order_by(AuditEvent.id)
    ).all()
    assert acts == ["ask for a new password", "set a new password", "log in", "log in"]


def test_all_sessions_end_and_nobody_is_logged_in(
    make_app: MakeApp, app: TestApp, box: Mailbox, alice: Person
):
    log_in(app)
    other = make_app()
    ask(other)

    set_password(other, box.link(), status=303)

    app.get("/account/", status=303)
    other.get("/account/", status=303)


def test_a_link_is_used_once(app: TestApp, box: Mailbox, alice: Person):
    ask(app)
    link = box.link()
    form = app.get(link).forms["new-password"]
    set_password(app, link, status=303)

    assert "used up" in app.get(link, status=403)
    form["csrf_token"] = app.get("/account/login").forms["login"]["csrf_token"].value
    form["password"] = "yet another set of words"
    form.submit(status=403)
    assert log_in(app, password=NEW).status_int == 303


def test_a_link_dies_with_the_password_that_it_was_for(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    ask(app)
    link = box.link()
    db.execute(update(User).values(password_hash=passwords.hash_password(NEW)))
    db.commit()

    app.get(link, status=403)


def test_a_link_dies_with_the_address_that_it_went_to(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    ask(app)
    db.execute(update(User).values(email="alice@example.net"))
    db.commit()

    app.get(box.link(), status=403)


def test_a_link_is_good_for_an_hour(
    app: TestApp, box: Mailbox, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    ask(app)
    link, now = box.link(), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=61))

    app.get(link, status=403)


def test_a_link_for_another_purpose_sets_no_password(
    make_app: MakeApp, make_box: MakeBox, alice: Person, db: Session
):
    app = make_app(registration="open")
    box = make_box(app)
    form = app.get("/account/register").forms["register"]
    form["email"] = "ann@example.org"
    form.submit()
    key = box.link().partition("?")[2]

    app.get(f"/account/new-password?{key}", status=403)
    app.get(f"/account/address/confirm?{key}", status=403)


def test_the_answer_and_the_work_are_the_same_for_an_unknown_address(
    app: TestApp, box: Mailbox, alice: Person
):
    with recorded(app.app.registry["engine"]) as for_known:
        known = ask(app, "alice@example.org", status=200)
    with recorded(app.app.registry["engine"]) as for_unknown:
        unknown = ask(app, "nobody@example.org", status=200)

    assert known.text.replace("alice@", "nobody@") == unknown.text
    assert len(for_known) == len(for_unknown)
    assert box.to("nobody@example.org") == []


def test_an_address_that_nobody_confirmed_gets_no_link(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    db.execute(update(User).values(email_confirmed_at=None))
    db.commit()

    ask(app, status=200)

    assert box.read() == []


def test_an_address_is_sent_three_links_an_hour_whosever_it_is(
    app: TestApp, box: Mailbox, alice: Person
):
    for email in ("alice@example.org", "nobody@example.org"):
        answers = [ask(app, email, expect_errors=True).status_int for _ in range(4)]
        assert answers == [200, 200, 200, 429]


def test_a_password_that_is_refused_leaves_the_link_good(app: TestApp, box: Mailbox, alice: Person):
    ask(app)
    link = box.link()

    assert "12 characters" in set_password(app, link, "short", status=400)
    assert "your name" in set_password(app, link, "alice@example.org", status=400)

    set_password(app, link, status=303)


def test_a_site_that_sends_no_letters_says_so(app: TestApp):
    assert "sends no letters" in app.get("/account/forgotten", status=403)


def test_the_command_line_makes_a_link_for_those_whom_no_letter_reaches(
    app: TestApp,
    run: Run,
    alice: Person,
):
    url = ("--url", "http://localhost:6543")
    result = run("user", "reset", "Alice", *url)

    set_password(app, result.stdout.strip().removeprefix("http://localhost:6543"), status=303)

    assert log_in(app, password=NEW).status_int == 303
    assert run("user", "reset", "nobody", *url).stderr == "Error: There is no user nobody.\n"


def test_a_link_is_of_the_sites_own_address_whatever_the_request_says(
    make_app: MakeApp, make_box: MakeBox, alice: Person
):
    app = make_app(url="https://packages.example.org")
    box = make_box(app)
    app.extra_environ["HTTP_HOST"] = "evil.example.net"

    ask(app, status=200)

    text = box.read()[-1].get_content()
    assert "https://packages.example.org/account/new-password?key=" in text
    assert "evil" not in text
