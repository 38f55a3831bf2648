"""One's own account: password, address, sessions, what happened, and the end of it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import (
    ApiToken,
    AuditEvent,
    Project,
    Role,
    RoleName,
    User,
    WebSession,
)
from tests.conftest import MakeApp
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, add_person, log_in

NEW = "a staple of new batteries"


def change_password(app: TestApp, old: str = PASSWORD, new: str = NEW, **kw):
    form = app.get("/account/password").forms["password-form"]
    form["old"], form["password"] = old, new
    return form.submit(**kw)


def change_address(app: TestApp, email: str, password: str = PASSWORD, **kw):
    form = app.get("/account/address").forms["address"]
    form["email"], form["old"] = email, password
    return form.submit(**kw)


def delete_account(app: TestApp, name: str, **kw):
    form = app.get("/account/delete").forms["delete"]
    form["name"] = name
    return form.submit(**kw)


def key_of(box: Mailbox) -> str:
    """That of the link in the first letter."""
    return box.read()[0].get_content().partition("key=")[2].split()[0]


# The password


def test_a_changed_password_ends_all_other_sessions(
    make_app: MakeApp, app: TestApp, box: Mailbox, alice: Person
):
    other = make_app()
    log_in(other)
    log_in(app)

    assert "Your password is changed" in change_password(app, status=303).follow()

    other.get("/account/", status=303)
    assert log_in(other, password=PASSWORD).status_int == 400
    assert log_in(other, password=NEW).status_int == 303
    assert box.to("alice@example.org") == ["Your password was changed"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wrong", NEW, "That is not your password."),
        (PASSWORD, "short", "12 characters"),
        (PASSWORD, "qwertyuiop[]", "easily guessed"),
        (PASSWORD, "x" * 257, "at most 256"),
    ],
)
def test_a_refused_password_changes_nothing(
    app: TestApp, alice: Person, old: str, new: str, said: str
):
    log_in(app)

    assert said in change_password(app, old, new, status=400)

    app.reset()
    assert log_in(app, password=PASSWORD).status_int == 303


# The address


def test_a_new_address_is_theirs_once_it_is_confirmed(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    log_in(app)
    change_address(app, "Alice@Example.net", status=200)
    assert box.to("alice@example.net") == ["Confirm your e-mail address"]
    assert box.to("alice@example.org") == ["Your account is to get another e-mail address"]
    link = f"/account/address/confirm?key={key_of(box)}"
    page = app.get(link)
    assert db.scalar(select(User.email)) == "alice@example.org", "looking confirms nothing"
    db.rollback()

    page.forms["confirm-address"].submit(status=303)

    assert db.scalar(select(User.email)) == "alice@example.net"
    assert box.to("alice@example.org")[1:] == ["Your account has another e-mail address"]
    app.get(link, status=403)


def test_a_new_address_needs_the_password(app: TestApp, box: Mailbox, alice: Person):
    log_in(app)

    page = change_address(app, "eve@example.net", "wrong", status=400)

    assert "That is not your password." in page
    assert box.read() == []


def test_a_taken_address_gets_the_same_answer(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    add_person(db, "bob")
    log_in(app)

    taken = change_address(app, "bob@example.org", status=200)
    free = change_address(app, "tom@example.org", status=200)

    assert taken.text.replace("bob@", "tom@") == free.text
    assert box.to("bob@example.org") == ["You have an account already"]


def test_the_link_to_a_new_address_dies_with_the_password(
    app: TestApp, box: Mailbox, alice: Person
):
    log_in(app)
    change_address(app, "eve@example.net")
    key = key_of(box)
    change_password(app, status=303)

    app.get("/account/address/confirm", {"key": key}, status=403)


def test_an_address_that_was_taken_meanwhile_stays_whose_it_is(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    log_in(app)
    change_address(app, "bob@example.org")
    key = key_of(box)
    page = app.get("/account/address/confirm", {"key": key})
    add_person(db, "bob")

    assert "belongs to another" in page.forms["confirm-address"].submit(status=403)

    assert sorted(db.scalars(select(User.email))) == ["alice@example.org", "bob@example.org"]


def test_an_address_is_confirmed_by_a_letter_that_is_sent_again(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    db.execute(update(User).values(email_confirmed_at=None))
    db.commit()
    log_in(app)
    app.get("/account/").forms["send-confirmation"].submit(status=303)

    app.get(box.link()).forms["confirm-address"].submit(status=303)

    assert db.scalar(select(User.email_confirmed_at)) is not None
    assert "not confirmed" not in app.get("/account/")


def test_a_site_that_sends_no_letters_says_what_cannot_be_done(
    app: TestApp, db: Session, alice: Person
):
    db.execute(update(User).values(email_confirmed_at=None))
    db.commit()
    log_in(app)

    assert "sends no letters" in app.get("/account/")
    assert "sends no letters" in app.get("/account/address", status=403)


# Sessions


def test_sessions_are_listed_with_where_they_are(make_app: MakeApp, app: TestApp, alice: Person):
    other = make_app()
    other.extra_environ.update({"HTTP_USER_AGENT": "Lynx", "REMOTE_ADDR": "203.0.113.9"})
    log_in(other)
    log_in(app)

    rows = app.get("/account/sessions").html.select("tbody tr")

    assert len(rows) == 2
    assert sum("This one" in row.text for row in rows) == 1
    assert any("Lynx" in row.text and "203.0.113.9" in row.text for row in rows)


def test_one_session_is_ended_elsewhere(make_app: MakeApp, app: TestApp, alice: Person):
    other = make_app()
    log_in(other)
    log_in(app)
    page = app.get("/account/sessions")

    (name,) = (each for each in page.forms if re.fullmatch(r"end-\d+", str(each)))
    page.forms[name].submit(status=303)

    other.get("/account/", status=303)
    app.get("/account/", status=200)


def test_all_other_sessions_are_ended(make_app: MakeApp, app: TestApp, alice: Person):
    others = [make_app(), make_app()]
    for other in others:
        log_in(other)
    log_in(app)

    app.get("/account/sessions").forms["end-others"].submit(status=303)

    for other in others:
        other.get("/account/", status=303)
    app.get("/account/", status=200)


def test_nobody_ends_the_session_of_another(
    make_app: MakeApp, app: TestApp, db: Session, alice: Person
):
    add_person(db, "bob")
    other = make_app()
    log_in(other, "bob")
    bobs = db.scalars(select(WebSession.id)).one()
    db.rollback()
    log_in(app)
    csrf = app.get("/account/password").forms["password-form"]["csrf_token"].value

    app.post(f"/account/sessions/{bobs}/end", {"csrf_token": csrf}, status=404)

    other.get("/account/", status=200)


# What happened


def test_people_see_what_happened_on_their_account_and_no_other(
    app: TestApp, db: Session, alice: Person
):
    add_person(db, "bob")
    log_in(app, "bob", "wrong")
    log_in(app, "alice", "wrong")
    log_in(app)

    rows = [row.text for row in app.get("/account/").html.select("tbody tr")]

    assert len(rows) == 2
    assert "Log in" in rows[0]
    assert "Refused" in rows[1]


def test_what_happened_is_paged(app: TestApp, db: Session, alice: Person):
    rows = [
        {"act": f"act {number}", "user_id": alice.id, "at": clock.now()} for number in range(120)
    ]
    db.execute(insert(AuditEvent), rows)
    db.commit()
    log_in(app)

    pages = [app.get("/account/")]
    while pages[-1].html.select("a[rel=next]"):
        pages.append(app.get(pages[-1].html.select_one("a[rel=next]")["href"]))

    acts = [each.text.strip() for page in pages for each in page.html.select("tbody th")]
    assert [len(page.html.select("tbody tr")) for page in pages] == [50, 50, 21]
    assert acts == ["Log in", *(f"Act {number}" for number in reversed(range(120)))]


def test_a_number_that_somebody_had_before_tells_nothing_of_them(
    app: TestApp, db: Session, alice: Person
):
    before = clock.now() - timedelta(days=1)
    db.execute(insert(AuditEvent), {"act": "of another", "user_id": alice.id, "at": before})
    db.commit()
    log_in(app)

    assert "Of another" not in app.get("/account/")


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "1.5", "\u0661"])
def test_a_page_that_is_none_is_the_first(app: TestApp, alice: Person, before: str):
    log_in(app)

    assert len(app.get("/account/", {"before": before}).html.select("tbody tr")) == 1


# The end


def test_an_account_is_deleted_by_typing_its_name(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    log_in(app)
    assert "Type your user name" in delete_account(app, "bob", status=400)

    delete_account(app, "Alice", status=303)

    for model in (User, WebSession, ApiToken):
        assert db.scalar(select(func.count()).select_from(model)) == 0
    assert "delete account" in db.scalars(select(AuditEvent.act)).all()
    db.rollback()
    app.get("/account/", status=303)
    app.post("/legacy/", headers=alice.basic, status=401)
    assert box.to("alice@example.org") == ["Your account is deleted"]


def test_the_only_owner_of_a_project_stays(app: TestApp, db: Session, alice: Person):
    bob = add_person(db, "bob")
    for name, owners in (("Mine", [alice]), ("Ours", [alice, bob])):
        project = Project(name=name, normalized_name=name.lower())
        db.add(project)
        db.flush()
        for owner in owners:
            db.add(Role(project_id=project.id, user_id=owner.id, name=RoleName.OWNER))
        carol = db.scalars(select(User).where(User.name == "carol")).first() or add_person(
            db, "carol"
        )
        db.add(Role(project_id=project.id, user_id=carol.id, name=RoleName.MAINTAINER))
    db.commit()
    log_in(app)

    page = delete_account(app, "alice", status=400)

    assert "only owner of Mine." in page
    assert "Ours" not in page
    assert db.scalar(select(User.id).where(User.name == "alice"))
    db.rollback()
    app.reset()
    log_in(app, "bob")
    delete_account(app, "bob", status=303)


def test_the_only_administrator_stays(app: TestApp, db: Session):
    add_person(db, "root", is_admin=True)
    log_in(app, "root")

    assert "only administrator" in delete_account(app, "root", status=400)

    add_person(db, "second", is_admin=True)
    delete_account(app, "root", status=303)
