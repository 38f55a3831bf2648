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
    Invitation,
    JournalEntry,
    Project,
    ProjectStatus,
    Role,
    RoleName,
    User,
    WebSession,
)
from tests.conftest import MakeApp
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, add_person, log_in
from tests.statements import recorded

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


def add_project(db: Session, name: str, people: dict[Person, RoleName], **columns) -> Project:
    project = Project(name=name, normalized_name=name.lower(), **columns)
    db.add(project)
    db.flush()
    for person, role in people.items():
        db.add(Role(project_id=project.id, user_id=person.id, name=role))
    db.commit()
    return project


def rows_of(page, table: str) -> list[list[str]]:
    """What the cells of a table say, row by row."""
    rows = page.html.select(f"#{table} tbody tr")
    return [[" ".join(cell.text.split()) for cell in row.select("th, td")] for row in rows]


# The projects


def test_people_see_their_projects_and_what_they_are_to_them(
    app: TestApp, db: Session, alice: Person
):
    bob = add_person(db, "bob")
    owner, member = RoleName.OWNER, RoleName.MEMBER
    add_project(db, "Mine", {alice: owner}, is_private=True)
    add_project(db, "Ours", {alice: owner, bob: owner}, status=ProjectStatus.ARCHIVED)
    add_project(db, "Bad", {alice: RoleName.MAINTAINER}, status=ProjectStatus.QUARANTINED)
    add_project(db, "Read", {alice: member, bob: owner}, status=ProjectStatus.DEPRECATED)
    add_project(db, "Bobs", {bob: owner})
    log_in(app)

    page = app.get("/account/")

    assert rows_of(page, "projects") == [
        ["Bad Quarantined", "Maintainer", "Leave Bad Manage Bad"],
        ["Mine Private", "Its only owner", "You cannot leave Manage Mine"],
        ["Ours Archived", "Owner", "Leave Ours Manage Ours"],
        ["Read Deprecated", "Member", "Leave Read"],
    ]
    assert "make somebody else an owner first" in page
    assert page.html.find("a", href="/project/ours/manage/")
    assert not page.html.find("a", href="/project/mine/manage/leave")


def test_what_is_offered_beside_a_project_can_be_done(app: TestApp, db: Session, alice: Person):
    bob = add_person(db, "bob")
    add_project(db, "Ours", {alice: RoleName.OWNER, bob: RoleName.OWNER})
    log_in(app)
    page = app.get("/account/")
    page.click("Manage")

    page = page.click("Leave").forms["leave"].submit(status=303).follow()

    assert rows_of(page, "projects") == []
    assert "No projects yet" in page


def test_many_projects_are_paged_by_name(app: TestApp, db: Session, alice: Person):
    names = [f"p{number:02}" for number in range(45)]
    for name in reversed(names):
        add_project(db, name, {alice: RoleName.OWNER})
    log_in(app)

    pages = [app.get("/account/")]
    more = "nav[aria-label='Pages of your projects'] a[rel=next]"
    while pages[-1].html.select(more):
        pages.append(app.get(pages[-1].html.select_one(more)["href"]))

    assert [len(rows_of(page, "projects")) for page in pages] == [20, 20, 5]
    assert [row[0] for page in pages for row in rows_of(page, "projects")] == names
    assert pages[-1].html.find("a", href="/account/#projects-title")


@pytest.mark.parametrize("after", ["-", "\u0661", "x" * 5000, "a/b", "'"])
def test_a_page_of_projects_that_is_none_is_answered(app: TestApp, alice: Person, after: str):
    log_in(app)

    assert "No " in app.get("/account/", {"projects": after}, status=200)


def test_people_see_what_they_are_invited_to_and_answer_it(
    app: TestApp, db: Session, alice: Person
):
    bob = add_person(db, "bob")
    for name, who in (
        ("By-Name", {"user_id": alice.id}),
        ("By-Address", {"email": "alice@example.org"}),
        ("Others", {"email": "somebody@example.org"}),
    ):
        project = add_project(db, name, {bob: RoleName.OWNER}, is_private=True)
        db.add(
            Invitation(
                **who,
                sha256=name,
                project_id=project.id,
                role=RoleName.MAINTAINER,
                invited_by="bob",
                expires_at=clock.now() + timedelta(days=7),
            )
        )
        db.commit()
    log_in(app)
    page = app.get("/account/")
    assert [row[:3] for row in rows_of(page, "offers")] == [
        ["By-Address", "Maintainer", "bob"],
        ["By-Name", "Maintainer", "bob"],
    ]
    assert "Others" not in page

    page.click(href="/project/by-name/").forms["accept"].submit(status=303)
    page.click(href="/project/by-address/").forms["decline"].submit(status=303)

    page = app.get("/account/")
    assert rows_of(page, "offers") == []
    assert [row[:2] for row in rows_of(page, "projects")] == [["By-Name Private", "Maintainer"]]


def test_the_page_asks_as_much_whatever_somebody_has(app: TestApp, db: Session, alice: Person):
    bob = add_person(db, "bob")
    log_in(app)
    engine = app.app.registry["engine"]
    app.get("/account/")
    with recorded(engine) as for_none:
        app.get("/account/")

    for number in range(60):
        project = add_project(db, f"p{number}", {alice: RoleName.OWNER, bob: RoleName.OWNER})
        other = add_project(db, f"o{number}", {bob: RoleName.OWNER})
        db.add(
            Invitation(
                sha256=f"{number}",
                user_id=alice.id,
                project_id=other.id,
                role=RoleName.MEMBER,
                invited_by="bob",
                expires_at=clock.now() + timedelta(days=7),
            )
        )
    db.commit()
    with recorded(engine) as for_many:
        page = app.get("/account/")

    assert project.normalized_name == "p59"
    assert len(rows_of(page, "projects")) == 20
    assert len(rows_of(page, "offers")) == 50
    assert len(for_many) == len(for_none) <= 12


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


def test_who_deletes_their_account_leaves_their_projects_as_anybody_does(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    bob = add_person(db, "bob")
    owner = RoleName.OWNER
    ours = add_project(db, "Ours", {alice: owner, bob: owner})
    bobs = add_project(db, "Bobs", {alice: RoleName.MEMBER, bob: owner})
    other = add_project(db, "Other", {bob: owner})
    app.extra_environ["REMOTE_ADDR"] = "203.0.113.9"
    log_in(app)

    delete_account(app, "alice", status=303)

    db.expire_all()
    entries = db.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [(each.project, each.action, each.actor) for each in entries] == [
        ("bobs", "remove role", "alice"),
        ("ours", "remove role", "alice"),
    ]
    assert [bobs.last_serial, ours.last_serial] == [each.id for each in entries]
    assert other.last_serial == 0
    events = db.scalars(
        select(AuditEvent).where(AuditEvent.project.is_not(None)).order_by(AuditEvent.id)
    ).all()
    assert [(each.act, each.project, each.subject, each.before) for each in events] == [
        ("leave project", "bobs", "alice", {"role": "member"}),
        ("leave project", "ours", "alice", {"role": "owner"}),
    ]
    assert {(each.user_name, each.address) for each in events} == {("alice", "203.0.113.9")}
    assert set(db.scalars(select(Role.user_id))) == {bob.id}
    assert box.to("bob@example.org") == ["alice has deleted their account"]
    (letter,) = (each for each in box.read() if each["To"] == "bob@example.org")
    assert "  Bobs\n  Ours\n" in letter.get_content()
    assert "Other" not in letter.get_content()


def test_an_account_that_is_refused_its_end_keeps_its_roles(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    bob = add_person(db, "bob")
    add_project(db, "Ours", {alice: RoleName.OWNER, bob: RoleName.OWNER})
    add_project(db, "Mine", {alice: RoleName.OWNER})
    log_in(app)

    delete_account(app, "alice", status=400)

    assert len(db.scalars(select(Role.id).where(Role.user_id == alice.id)).all()) == 2
    assert db.scalars(select(JournalEntry.id)).all() == []
    assert box.read() == []


def test_the_pages_that_installers_have_kept_follow_the_end_of_an_account(
    app: TestApp, db: Session, alice: Person
):
    bob = add_person(db, "bob")
    add_project(db, "Ours", {alice: RoleName.OWNER, bob: RoleName.OWNER})

    def serial() -> int:
        return int(app.get("/simple/ours/").headers["X-PyPI-Last-Serial"])

    before = serial()
    log_in(app)

    delete_account(app, "alice", status=303)

    assert serial() > before


def test_the_letter_of_a_farewell_names_some_projects_and_counts_the_rest(
    app: TestApp, box: Mailbox, db: Session, alice: Person
):
    bob = add_person(db, "bob")
    for number in range(53):
        add_project(db, f"p{number:02}", {alice: RoleName.OWNER, bob: RoleName.OWNER})
    log_in(app)

    delete_account(app, "alice", status=303)

    (letter,) = (each for each in box.read() if each["To"] == "bob@example.org")
    assert "  p49\n  and 3 more\n" in letter.get_content()
    assert "p50" not in letter.get_content()


def test_the_only_administrator_stays(app: TestApp, db: Session):
    add_person(db, "root", is_admin=True)
    log_in(app, "root")

    assert "only administrator" in delete_account(app, "root", status=400)

    add_person(db, "second", is_admin=True)
    delete_account(app, "root", status=303)
