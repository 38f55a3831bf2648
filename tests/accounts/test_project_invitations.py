"""Who is invited to a project and has no account makes one by the letter."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import Invitation, Role, RoleName, User
from pypi_web.data.session import writing
from tests.accounts.conftest import MakeBox
from tests.accounts.test_registration import make
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.mail import Mailbox
from tests.people import Person, log_in
from tests.publishing import publish

MANAGE = "/project/sample/manage"
EMAIL = "ann@example.org"


@pytest.fixture
def owner(app: TestApp, alice: Person) -> TestApp:
    """Alice, logged in, on a site where people are invited."""
    publish(app, alice, build_wheel("sample", "1.0"))
    log_in(app)
    return app


def invite(app: TestApp, who: str = EMAIL, role: str = "maintainer", **kw):
    form = app.get(f"{MANAGE}/people").forms["invite"]
    form["who"], form["role"] = who, role
    return form.submit(**kw)


def text_of(box: Mailbox, email: str = EMAIL) -> str:
    return next(each.get_content() for each in box.read() if each["To"] == email)


def link_in(box: Mailbox) -> str:
    """The path by which the letter has an account made."""
    found = re.search(r"http://localhost:6543(/account/new\?key=\S+)", text_of(box))
    assert found, text_of(box)
    return found[1]


def test_from_an_invitation_to_a_project_to_a_role_in_it(
    owner: TestApp, make_app: MakeApp, box: Mailbox, db: Session
):
    invite(owner, "Ann@Example.org", status=303)
    ann = make_app()

    account = make(ann, link_in(box), status=303).follow()

    user = db.scalars(select(User).where(User.name == "ann")).one()
    assert (user.email, user.is_admin) == (EMAIL, False)
    assert user.email_confirmed_at is not None
    assert db.scalars(select(Role).where(Role.user_id == user.id)).all() == []
    db.rollback()
    page = account.click("Accept or decline")
    page.forms["accept"].submit(status=303)
    assert db.scalars(select(Role.name).where(Role.user_id == user.id)).all() == ["maintainer"]


def test_the_letter_makes_one_account_whatever_becomes_of_it(
    owner: TestApp, make_app: MakeApp, box: Mailbox, db: Session
):
    invite(owner)
    link = link_in(box)
    make(make_app(), link, status=303)
    make_app().get(link, status=403)
    with writing(db.get_bind()) as own:
        own.execute(delete(User).where(User.name == "ann"))

    assert db.scalars(select(Invitation.email)).all() == [EMAIL]
    make_app().get(link, status=403)


def test_whoever_else_has_the_letter_cannot_answer_once_its_owner_has_an_account(
    owner: TestApp, make_app: MakeApp, box: Mailbox
):
    invite(owner)
    found = re.search(rf"({MANAGE}/invitation\?key=\S+)", text_of(box))
    assert found
    owner.get(found[1], status=200)

    make(make_app(), link_in(box), status=303)

    owner.get(found[1], status=404)


def _withdraw(app: TestApp, db: Session) -> None:
    page = app.get(f"{MANAGE}/people")
    form = next(name for name in page.forms if str(name).startswith("withdraw-"))
    page.forms[form].submit(status=303)


def _invite_again(app: TestApp, db: Session) -> None:
    invite(app, role="member", status=303)


def _take_the_role_of_who_invited(app: TestApp, db: Session) -> None:
    with writing(db.get_bind()) as own:
        own.query(Role).update({"name": RoleName.MAINTAINER})


@pytest.mark.parametrize("end", [_withdraw, _invite_again, _take_the_role_of_who_invited])
def test_an_invitation_that_has_ended_makes_no_account(
    owner: TestApp,
    make_app: MakeApp,
    box: Mailbox,
    db: Session,
    end: Callable[[TestApp, Session], None],
):
    invite(owner)
    link = link_in(box)
    form = make_app().get(link).forms["new-account"]

    end(owner, db)

    make_app().get(link, status=403)
    fields = {**dict(form.submit_fields()), "name": "ann", "password": "correct horse battery"}
    stranger = make_app()
    fields["csrf_token"] = stranger.get("/account/login").forms["login"]["csrf_token"].value
    stranger.post("/account/new", fields, status=403)
    assert db.scalars(select(User.name)).all() == ["alice"]


def test_an_invitation_makes_an_account_for_a_week(
    owner: TestApp, make_app: MakeApp, box: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    invite(owner)
    link, now = link_in(box), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=6, hours=23))
    make_app().get(link, status=200)

    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=7, hours=1))

    make_app().get(link, status=403)


def test_where_registration_is_closed_nobody_gets_in_by_a_project(
    make_app: MakeApp, make_box: MakeBox, owner: TestApp, box: Mailbox
):
    invite(owner)
    closed = make_app(registration="closed")
    closed_box = make_box(closed)
    log_in(closed)

    invite(closed, "bob@example.org", status=303)

    assert "/account/new" not in text_of(closed_box, "bob@example.org")
    assert f"{MANAGE}/invitation?key=" in text_of(closed_box, "bob@example.org")
    closed.get(link_in(box), status=403)


def test_the_link_that_is_handed_over_shows_no_address_to_be_anybodys(
    owner: TestApp, make_app: MakeApp, db: Session
):
    page = invite(owner, status=200)
    key = page.html.select_one(".command-secret code").text.partition("key=")[2]
    assert key

    make_app().get("/account/new", {"key": key}, status=403)

    assert "/account/new" not in page


def test_the_letter_of_an_invitation_is_for_its_address_alone(
    owner: TestApp, make_app: MakeApp, box: Mailbox, db: Session
):
    invite(owner)
    ann = make_app()
    form = ann.get(link_in(box)).forms["new-account"]
    fields = {
        **dict(form.submit_fields()),
        **{"name": "ann", "password": "correct horse battery", "email": "eve@example.org"},
    }

    ann.post("/account/new", fields, status=303)

    assert db.scalars(select(User.email).where(User.name == "ann")).one() == EMAIL


def test_whether_the_invited_have_an_account_changes_nothing_but_who_may_make_one(
    owner: TestApp, make_app: MakeApp, box: Mailbox
):
    for email in (EMAIL, "alice@example.org"):
        invite(owner, email, status=303)
    texts = [text_of(box), [each for each in box.read() if each["To"] == "alice@example.org"]]
    mine = next(each.get_content() for each in texts[1] if "You are invited" in each["Subject"])

    assert re.sub(r"key=\S+", "", texts[0]) == re.sub(r"key=\S+", "", mine)
    link = re.search(r"(/account/new\?key=\S+)", mine)
    assert link
    make_app().get(link[1], status=403)
