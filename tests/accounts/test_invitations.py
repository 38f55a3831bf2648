"""Inviting people to have an account."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import AuditEvent, Invitation, User
from tests.accounts.test_registration import make
from tests.commands.conftest import Run
from tests.conftest import MakeApp
from tests.mail import Mailbox
from tests.people import Person, add_person, log_in


@pytest.fixture
def root(db: Session) -> Person:
    return add_person(db, "root", is_admin=True)


def invite(app: TestApp, email: str, **kw):
    form = app.get("/account/invitations").forms["invite"]
    form["email"] = email
    return form.submit(**kw)


def shown_link(page) -> str:
    link = page.html.select_one(".new-token .command-text").text
    assert link.startswith("http://localhost:6543/account/new?key=")
    return link.removeprefix("http://localhost:6543")


def test_from_an_invitation_to_an_account(app: TestApp, box: Mailbox, db: Session, root: Person):
    log_in(app, "root")
    page = invite(app, "Ann@example.org", status=200)
    link = shown_link(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert link == box.link()
    assert box.to("ann@example.org") == ["You are invited"]
    again = app.get("/account/invitations")
    assert "ann@example.org" in again
    assert link not in again, "it is shown once"

    app.reset()
    make(app, link, status=303)

    user = db.scalars(select(User).where(User.name == "ann")).one()
    assert (user.email, user.is_admin) == ("ann@example.org", False)
    assert user.email_confirmed_at is not None
    assert db.scalars(select(Invitation)).all() == []
    app.get(link, status=403)


def test_the_key_is_kept_as_its_digest_alone(app: TestApp, db: Session, root: Person):
    log_in(app, "root")

    key = shown_link(invite(app, "ann@example.org")).partition("key=")[2]

    kept = db.scalars(select(Invitation)).one()
    assert key not in (kept.sha256, kept.email, kept.invited_by)


def test_a_site_without_letters_says_that_the_link_is_handed_over(app: TestApp, root: Person):
    log_in(app, "root")

    page = invite(app, "ann@example.org")

    assert "hand" in page.html.select_one(".new-token").text
    make(app, shown_link(page), status=303)


def test_an_invitation_runs_out(app: TestApp, root: Person, monkeypatch: pytest.MonkeyPatch):
    log_in(app, "root")
    link, now = shown_link(invite(app, "ann@example.org")), clock.now()
    app.get(link, status=200)

    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=15))

    app.get(link, status=403)


def test_what_has_run_out_long_ago_goes_when_somebody_else_is_invited(
    app: TestApp, db: Session, root: Person
):
    log_in(app, "root")
    invite(app, "ann@example.org")
    db.execute(update(Invitation).values(expires_at=clock.now() - timedelta(days=15)))
    db.commit()

    invite(app, "bob@example.org")

    assert db.scalars(select(Invitation.email)).all() == ["bob@example.org"]


def test_an_invitation_is_withdrawn(app: TestApp, db: Session, root: Person):
    log_in(app, "root")
    link = shown_link(invite(app, "ann@example.org"))
    page = app.get("/account/invitations")

    page.forms[next(name for name in page.forms if str(name).startswith("withdraw-"))].submit(
        status=303
    )

    app.get(link, status=403)
    acts = db.scalars(
        select(AuditEvent.act)
        .where(AuditEvent.subject == "ann@example.org")
        .order_by(AuditEvent.id)
    ).all()
    assert acts == ["invite", "withdraw invitation"]


def test_a_second_invitation_ends_the_first(app: TestApp, root: Person):
    log_in(app, "root")
    first = shown_link(invite(app, "ann@example.org"))

    second = shown_link(invite(app, "ann@example.org"))

    app.get(first, status=403)
    app.get(second, status=200)


def test_whoever_has_an_account_is_not_invited(app: TestApp, root: Person, alice: Person):
    log_in(app, "root")

    page = invite(app, "alice@example.org", status=400)

    assert "has an account already" in page
    assert page.forms["invite"]["email"].value == "alice@example.org"


def test_administrators_alone_invite(app: TestApp, db: Session, alice: Person):
    log_in(app)
    csrf = app.get("/account/password").forms["password-form"]["csrf_token"].value
    form = {"csrf_token": csrf, "email": "ann@example.org"}

    assert "Administrators alone" in app.get("/account/invitations", status=403)
    app.post("/account/invitations", form, status=403)
    app.post("/account/invitations/1/withdraw", form, status=403)

    assert db.scalars(select(Invitation)).all() == []


def test_nobody_is_invited_where_registration_is_closed(
    make_app: MakeApp, app: TestApp, root: Person
):
    log_in(app, "root")
    link = shown_link(invite(app, "ann@example.org"))
    closed = make_app(registration="closed")
    log_in(closed, "root")

    page = closed.get("/account/invitations")

    assert "invite" not in page.forms
    csrf = page.forms["logout"]["csrf_token"].value
    closed.post(
        "/account/invitations", {"csrf_token": csrf, "email": "bob@example.org"}, status=403
    )
    closed.get(link, status=403)


def test_the_command_line_invites(app: TestApp, run: Run, db: Session):
    result = run("user", "invite", "ann@example.org", "--url", "http://localhost:6543")

    assert result.exit_code == 0, result.output
    make(app, result.stdout.strip().removeprefix("http://localhost:6543"), status=303)
    assert db.scalars(select(User.email)).all() == ["ann@example.org"]


def test_the_command_line_asks_where_the_site_is(run: Run):
    result = run("user", "invite", "ann@example.org")

    assert result.exit_code == 1
    assert "pypi_web.url" in result.stderr


def test_a_refused_invitation_is_one_sentence(run: Run, alice: Person):
    url = ("--url", "https://example.org")

    assert run("user", "invite", "alice@example.org", *url).stderr == (
        "Error: alice@example.org has an account already.\n"
    )
    assert run("user", "invite", "bob@example.org", "--url", "ftp://x").exit_code == 1
