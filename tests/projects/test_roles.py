"""The people of a project: invited, come and gone, and never without an owner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.accounts import people, profile
from pypi_web.accounts.people import AccountRefused
from pypi_web.data import AuditEvent, Invitation, Project, RoleName, User
from pypi_web.data.session import reading, writing
from pypi_web.projects import managing, role_changes, roles
from pypi_web.projects.deeds import Actor, NotThere, RuleBroken
from pypi_web.security import limits
from tests.distributions import build_wheel
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, add_person, log_in
from tests.projects.conftest import MANAGE, Site
from tests.publishing import publish

INVITATION = f"{MANAGE}/invitation"


def link_in(box: Mailbox, address: str) -> str:
    text = [each.get_content() for each in box.read() if each["To"] == address][-1]
    found = next(line for line in text.splitlines() if "/manage/invitation?key=" in line)
    return found.removeprefix("http://localhost:6543")


def log_in_as(site: Site, name: str) -> None:
    site.app.reset()
    assert log_in(site.app, name).status_int == 303


def offers(db: Session, name: str) -> list[tuple[str, str]]:
    db.rollback()
    user = db.scalars(select(User).where(User.name == name)).one()
    return [(each.project, each.role) for each in roles.list_invitations(db, user)]


def test_somebody_invited_by_name_accepts(owner: Site, bob: Person, box: Mailbox):
    form = owner.app.get(f"{MANAGE}/people").forms["invite"]
    form["who"], form["role"] = "Bob", "maintainer"
    page = form.submit(status=303).follow()
    assert "bob is invited to be a maintainer of sample." in page
    assert offers(owner.db, "bob") == [("sample", "maintainer")]
    assert owner.roles() == {"alice": "owner"}

    log_in_as(owner, "bob")
    page = owner.app.get(link_in(box, "bob@example.org"))
    page = page.forms["accept"].submit(status=303).follow()

    assert "You are a maintainer of sample now." in page
    assert owner.roles() == {"alice": "owner", "bob": "maintainer"}
    assert offers(owner.db, "bob") == []
    assert owner.acts() == ["add role"]
    event = owner.newest_event()
    assert (event.act, event.user_name) == ("accept invitation", "bob")
    assert event.after == {"role": "maintainer", "invited by": "alice"}
    assert box.to("alice@example.org") == [
        "bob is invited to be a maintainer of sample",
        "bob is a maintainer of sample now",
    ]
    assert owner.document()["ownership"]["roles"] == [
        {"role": "Owner", "user": "alice"},
        {"role": "Maintainer", "user": "bob"},
    ]


def test_the_one_who_is_named_needs_no_link(owner: Site, bob: Person):
    owner.post("people/invite", 303, who="bob", role="owner")
    log_in_as(owner, "bob")

    owner.app.get(INVITATION).forms["accept"].submit(status=303)

    assert owner.roles() == {"alice": "owner", "bob": "owner"}


def test_declining_leaves_all_as_it_was(owner: Site, bob: Person, box: Mailbox):
    owner.post("people/invite", 303, who="bob", role="owner")
    log_in_as(owner, "bob")

    owner.app.get(INVITATION).forms["decline"].submit(status=303)

    owner.app.get(INVITATION, status=404)
    assert owner.roles() == {"alice": "owner"}
    assert owner.newest_event().act == "decline invitation"
    assert box.to("alice@example.org")[-1] == "bob has declined to be an owner of sample"


def test_looking_at_an_invitation_accepts_nothing(owner: Site, bob: Person, box: Mailbox):
    owner.post("people/invite", 303, who="bob", role="owner")
    log_in_as(owner, "bob")

    owner.app.get(link_in(box, "bob@example.org"), status=200)
    owner.app.get(f"{INVITATION}/accept", status=404)

    assert owner.roles() == {"alice": "owner"}


def test_an_address_without_an_account_accepts_once_it_has_one(
    owner: Site, db: Session, engine: Engine, box: Mailbox
):
    owner.post("people/invite", 303, who="Carol@Example.org", role="member")
    assert len(box.to("carol@example.org")) == 1
    carol = people.check_applicant(name="carol", email="carol@example.org", password=PASSWORD)
    people.create_user(db, carol)
    db.commit()
    log_in_as(owner, "carol")
    assert offers(db, "carol") == []
    owner.app.get(INVITATION, status=404)

    with writing(engine) as confirming:
        confirming.execute(update(User).values(email_confirmed_at=clock.now()))

    assert offers(db, "carol") == [("sample", "member")]
    owner.app.get(INVITATION).forms["accept"].submit(status=303)
    assert owner.roles() == {"alice": "owner", "carol": "member"}


def test_the_link_to_an_address_is_good_for_the_account_of_another(
    owner: Site, bob: Person, box: Mailbox
):
    owner.post("people/invite", 303, who="bob@work.example.org", role="maintainer")
    link = link_in(box, "bob@work.example.org")
    log_in_as(owner, "bob")
    owner.app.get(INVITATION, status=404)

    owner.app.get(link).forms["accept"].submit(status=303)

    assert owner.roles()["bob"] == "maintainer"
    owner.app.get(link, status=404)


def test_the_link_to_a_person_is_good_for_nobody_else(
    owner: Site, bob: Person, db: Session, box: Mailbox
):
    owner.post("people/invite", 303, who="bob", role="owner")
    link = link_in(box, "bob@example.org")
    add_person(db, "mallory")
    log_in_as(owner, "mallory")

    owner.app.get(link, status=404)
    key = link.partition("key=")[2]
    for answer in ("accept", "decline"):
        owner.post(f"invitation/{answer}", 404, key=key)

    assert owner.roles() == {"alice": "owner"}
    assert offers(db, "bob") == [("sample", "owner")]


def test_the_key_of_one_project_opens_no_other(
    owner: Site, bob: Person, db: Session, box: Mailbox, app: TestApp
):
    publish(app, bob, build_wheel("other", "1.0"))
    owner.post("people/invite", 303, who="x@example.org", role="owner")
    key = link_in(box, "x@example.org").partition("key=")[2]
    add_person(db, "mallory")
    log_in_as(owner, "mallory")

    app.get(f"/project/other/manage/invitation?key={key}", status=404)
    app.get(f"{INVITATION}?key={key[:-1]}", status=404)

    assert owner.roles("other") == {"bob": "owner"}


def test_the_key_is_kept_as_its_digest_alone(owner: Site, db: Session, box: Mailbox):
    owner.post("people/invite", 303, who="x@example.org", role="owner")
    key = link_in(box, "x@example.org").partition("key=")[2]

    invitation = db.scalars(select(Invitation)).one()

    assert key not in {str(value) for value in vars(invitation).values()}
    events = db.execute(select(AuditEvent.__table__)).all()
    assert key not in repr(events)
    assert key not in owner.app.get(f"{MANAGE}/people")


def test_an_invitation_ends_after_a_week(
    owner: Site, bob: Person, box: Mailbox, wait: Callable[..., None]
):
    owner.post("people/invite", 303, who="bob", role="owner")
    owner.post("people/invite", 303, who="x@example.org", role="owner")
    wait(days=6, hours=23)
    log_in_as(owner, "bob")
    owner.app.get(INVITATION, status=200)

    wait(hours=2)

    owner.app.get(INVITATION, status=404)
    owner.app.get(link_in(box, "x@example.org"), status=404)
    owner.post("invitation/accept", 404)
    assert offers(owner.db, "bob") == []


def test_an_invitation_is_withdrawn(owner: Site, bob: Person, box: Mailbox):
    owner.post("people/invite", 303, who="bob", role="owner")
    page = owner.app.get(f"{MANAGE}/people")
    number = owner.db.scalars(select(Invitation.id)).one()
    owner.db.rollback()

    page.forms[f"withdraw-{number}"].submit(status=303)

    assert owner.newest_event().act == "withdraw invitation"
    log_in_as(owner, "bob")
    owner.app.get(link_in(box, "bob@example.org"), status=404)


def test_the_invitation_of_another_project_is_not_withdrawn(
    owner: Site, bob: Person, db: Session, app: TestApp
):
    publish(app, bob, build_wheel("other", "1.0"))
    other = db.scalars(select(Project.id).where(Project.normalized_name == "other")).one()
    invitation = Invitation(
        sha256="0" * 64,
        email="x@example.org",
        project_id=other,
        role=RoleName.OWNER,
        invited_by="bob",
        expires_at=clock.now() + timedelta(days=1),
    )
    to_have_an_account = Invitation(
        sha256="1" * 64,
        email="x@example.org",
        invited_by="bob",
        expires_at=clock.now() + timedelta(days=1),
    )
    db.add_all([invitation, to_have_an_account])
    db.commit()

    for each in (invitation, to_have_an_account):
        owner.post("people/withdraw", 404, invitation=str(each.id))

    db.rollback()
    assert len(db.scalars(select(Invitation.id)).all()) == 2


def test_an_invitation_dies_with_the_role_of_who_made_it(
    owner: Site, bob: Person, db: Session, box: Mailbox
):
    owner.give(bob, RoleName.OWNER)
    log_in_as(owner, "bob")
    owner.post("people/invite", 303, who="x@example.org", role="owner")
    log_in_as(owner, "alice")
    owner.post("people/role", 303, user="bob", role="maintainer")
    add_person(db, "mallory")
    log_in_as(owner, "mallory")

    owner.app.get(link_in(box, "x@example.org"), status=404)


def test_a_second_invitation_ends_the_first(owner: Site, bob: Person, db: Session, box: Mailbox):
    owner.post("people/invite", 303, who="x@example.org", role="owner")
    first = link_in(box, "x@example.org")
    owner.post("people/invite", 303, who="x@example.org", role="member")
    log_in_as(owner, "bob")

    owner.app.get(first, status=404)
    owner.app.get(link_in(box, "x@example.org")).forms["accept"].submit(status=303)

    assert owner.roles()["bob"] == "member"


def test_accepting_less_than_one_has_takes_nothing_away(owner: Site, box: Mailbox):
    owner.post("people/invite", 303, who="x@example.org", role="member")

    owner.app.get(link_in(box, "x@example.org")).forms["accept"].submit(status=303)

    assert owner.roles() == {"alice": "owner"}
    assert owner.acts() == []


def test_whether_an_address_has_an_account_is_told_to_nobody(
    owner: Site, bob: Person, box: Mailbox
):
    pages = []
    for who in ("bob@example.org", "nob@example.org"):
        owner.post("people/invite", 303, who=who, role="member")
        page = owner.app.get(f"{MANAGE}/people").html
        pages.append([each.text for each in page.select(".flash")])

    assert pages[0][0].replace("bob@", "nob@") == pages[1][0]
    assert "bob<" not in owner.app.get(f"{MANAGE}/people")
    assert len(box.to("bob@example.org")) == len(box.to("nob@example.org")) == 1


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("nobody", "Nobody here is called nobody"),
        ("alice", "alice is an owner already"),
        ("x@", "neither a user name nor an e-mail address"),
        ("x@example.org\nBcc: y@example.org", "neither a user name nor"),
        ("x@example.org, y@example.org", "neither a user name nor"),
        ("x" * 250 + "@example.org", "neither a user name nor"),
    ],
)
def test_who_cannot_be_invited_is_shown_again_with_the_reason(
    owner: Site, box: Mailbox, who: str, reason: str
):
    page = owner.post("people/invite", 400, who=who, role="maintainer")

    assert reason in page
    assert box.read() == []


def test_inviting_is_limited(owner: Site, box: Mailbox, monkeypatch: pytest.MonkeyPatch):
    few = limits.Limit(2, timedelta(days=1))
    monkeypatch.setattr(limits, "BY_ACCOUNT", {**limits.BY_ACCOUNT, "invite": few})
    for number in range(2):
        owner.post("people/invite", 303, who=f"x{number}@example.org", role="member")

    answer = owner.post("people/invite", 429, who="x@example.org", role="member")

    assert int(answer.headers["Retry-After"]) > 0


def test_without_letters_the_link_is_shown_once(owner: Site, bob: Person):
    assert not owner.app.app.registry["post"].is_open
    page = owner.post("people/invite", 200, who="x@example.org", role="member")
    link = page.html.select_one(".command-secret code").text
    assert page.headers["Cache-Control"] == "no-store"
    log_in_as(owner, "bob")

    owner.app.get(link.removeprefix("http://localhost:6543")).forms["accept"].submit(status=303)

    assert owner.roles()["bob"] == "member"


def test_somebody_invited_to_a_private_project_sees_no_more_than_that(
    owner: Site, bob: Person, box: Mailbox
):
    owner.post("settings/visibility", 303, visibility="private")
    owner.post("people/invite", 303, who="bob", role="member")
    log_in_as(owner, "bob")
    owner.app.get("/project/sample/", status=404)

    page = owner.app.get(INVITATION).forms["accept"].submit(status=303).follow()

    assert page.status_int == 200
    assert owner.app.get("/simple/sample/", headers=bob.basic).status_int == 200


def test_who_is_not_logged_in_is_led_there_and_back(owner: Site, bob: Person, box: Mailbox):
    owner.post("people/invite", 303, who="x@example.org", role="owner")
    link = link_in(box, "x@example.org")
    owner.app.reset()

    answer = owner.app.get(link, status=303)

    assert "/account/login?next=%2Fproject%2Fsample" in answer.headers["Location"]
    page = answer.follow()
    page.forms["login"]["name"], page.forms["login"]["password"] = "bob", PASSWORD
    assert page.forms["login"].submit().headers["Location"].endswith(link)


def test_a_role_is_changed_and_taken(owner: Site, bob: Person, box: Mailbox):
    owner.give(bob, RoleName.MEMBER)
    form = owner.app.get(f"{MANAGE}/people").forms["role-bob"]
    form["role"] = "maintainer"
    form.submit(status=303)
    assert owner.roles()["bob"] == "maintainer"
    assert owner.newest_event().before == {"role": "member"}

    owner.app.get(f"{MANAGE}/people").forms["remove-bob"].submit(status=303)

    assert owner.roles() == {"alice": "owner"}
    assert owner.acts() == ["change role", "remove role"]
    for address in ("alice@example.org", "bob@example.org"):
        assert box.to(address) == [
            "bob is a maintainer of sample now",
            "bob is no longer a maintainer of sample",
        ]


@pytest.mark.parametrize("role", [RoleName.MEMBER, RoleName.MAINTAINER])
def test_everybody_may_leave(site: Site, bob: Person, role: RoleName, box: Mailbox):
    site.give(bob, role)
    log_in_as(site, "bob")

    site.app.get(f"{MANAGE}/leave").forms["leave"].submit(status=303)

    assert site.roles() == {"alice": "owner"}
    assert site.newest_event().act == "leave project"
    assert box.to("alice@example.org") == [f"bob is no longer a {role} of sample"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("leave", {}),
        ("people/remove", {"user": "alice"}),
        ("people/role", {"user": "alice", "role": "maintainer"}),
    ],
)
def test_the_only_owner_stays(owner: Site, bob: Person, path: str, fields: dict[str, str]):
    owner.give(bob, RoleName.MAINTAINER)

    page = owner.post(path, 409, **fields)

    assert "alice is the only owner of sample" in page
    assert owner.roles() == {"alice": "owner", "bob": "maintainer"}
    assert owner.newest_event().is_refused


def test_an_owner_of_two_leaves(owner: Site, bob: Person):
    owner.give(bob, RoleName.OWNER)

    owner.post("leave", 303)

    assert owner.roles() == {"bob": "owner"}


def at_once(engine: Engine, *acts: Callable[[Session], object]) -> list[object]:
    """What comes of acts that begin at the same moment, each in a transaction of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> object:
        start.wait(10)
        try:
            with writing(engine) as db:
                return act(db)
        except (RuleBroken, NotThere, AccountRefused) as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_owners_who_remove_each_other_at_once_one_stays(
    site: Site, engine: Engine, bob: Person, attempt: int
):
    site.give(bob, RoleName.OWNER)
    project = site.db.scalars(select(Project.id)).one()
    site.db.rollback()

    def removing(who: str, by: str):
        return lambda db: role_changes.remove(db, project, who, actor=Actor(name=by))

    results = at_once(engine, removing("alice", "bob"), removing("bob", "alice"))

    assert len([each for each in results if isinstance(each, RuleBroken)]) == 1
    assert list(site.roles().values()) == ["owner"]


@pytest.mark.parametrize("attempt", range(5))
def test_an_owner_who_leaves_while_the_other_deletes_their_account_stays(
    site: Site, engine: Engine, bob: Person, attempt: int
):
    site.give(bob, RoleName.OWNER)
    project = site.db.scalars(select(Project.id)).one()
    site.db.rollback()

    def leave(db: Session):
        return role_changes.remove(db, project, "alice", actor=Actor(name="alice"))

    def delete(db: Session):
        actor = Actor(name="bob", user_id=bob.id)
        profile.delete_account(db, db.get_one(User, bob.id), typed="bob", actor=actor)

    results = at_once(engine, leave, delete)

    refused = [each for each in results if isinstance(each, RuleBroken | AccountRefused)]
    assert len(refused) == 1
    assert list(site.roles().values()) == ["owner"]


def test_who_loses_their_role_while_they_wait_does_nothing(site: Site, engine: Engine, bob: Person):
    """Rights are asked before an act holds the project: another act may come in between."""
    site.give(bob, RoleName.OWNER)
    project = site.db.scalars(select(Project.id)).one()
    site.db.rollback()
    alice = Actor(
        name="alice", user_id=site.db.scalars(select(User.id)).first(), role=RoleName.OWNER
    )
    with writing(engine) as db:
        role_changes.remove(db, project, "alice", actor=Actor(name="bob", user_id=bob.id))

    with pytest.raises(RuleBroken, match="was changed at this moment"), writing(engine) as db:
        role_changes.remove(db, project, "bob", actor=alice)

    assert site.roles() == {"bob": "owner"}


def test_uploads_and_acts_at_once_never_wait_for_each_other_in_a_circle(
    site: Site, engine: Engine, alice: Person
):
    project = site.db.scalars(select(Project.id)).one()
    site.db.rollback()
    site.give(add_person(site.db, "carol"), RoleName.MEMBER)
    wheels = [build_wheel("sample", f"7.{number}") for number in range(6)]
    new = [build_wheel(f"new-{number}", version) for number in range(3) for version in ("1", "2")]

    def work(number: int) -> None:
        if number % 2:
            publish(TestApp(site.app.app), alice, wheels[number // 2], new[number // 2])
            return
        for turn in range(3):
            with writing(engine) as db:
                managing.set_private(db, project, (number + turn) % 4 == 0, actor=Actor())
            with writing(engine) as db:
                managing.yank(db, project, "1.0", reason=f"{number} {turn}", actor=Actor())
            with writing(engine) as db:
                managing.change_status(db, project, "deprecated", reason=f"{number}", actor=Actor())
            with writing(engine) as db:
                role = (RoleName.MAINTAINER, RoleName.MEMBER)[(number // 2 + turn) % 2]
                role_changes.change(db, project, "carol", role, actor=Actor())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(12)))
    with writing(engine) as db:
        managing.set_private(db, project, False, actor=Actor())

    assert set(site.db.scalars(select(Project.name))) == {"sample", "new-0", "new-1", "new-2"}
    assert set(site.page()["versions"]) >= {f"7.{number}" for number in range(6)}


@pytest.mark.parametrize("attempt", range(5))
def test_nothing_is_published_to_a_project_that_was_deleted_meanwhile(
    site: Site, engine: Engine, alice: Person, attempt: int
):
    project = site.db.scalars(select(Project.id)).one()
    site.db.rollback()
    wheel = build_wheel("sample", "8.0")
    start = Barrier(2)

    def upload() -> int:
        start.wait(10)
        content = [("content", wheel.filename, wheel.content)]
        return (
            TestApp(site.app.app)
            .post(
                "/legacy/",
                wheel.form(),
                upload_files=content,
                headers=alice.basic,
                expect_errors=True,
            )
            .status_int
        )

    def delete() -> None:
        start.wait(10)
        with writing(engine) as db:
            managing.delete_project(db, project, typed="sample", actor=Actor())

    with ThreadPoolExecutor(2) as pool:
        uploading, deleting = pool.submit(upload), pool.submit(delete)
        deleting.result()

    assert uploading.result() in (200, 403)
    assert site.page()["files"] == []
    assert site.roles() == {}


def test_what_is_done_by_command_is_noted_without_a_name(site: Site, engine: Engine, bob: Person):
    project = site.db.scalars(select(Project.id)).one()
    with writing(engine) as db:
        role_changes.add(db, project, "bob", RoleName.OWNER, actor=Actor())

    event = site.newest_event()

    assert (event.user_name, event.address, event.subject) == (None, None, "bob")


def test_people_are_listed_owners_first(site: Site, engine: Engine, bob: Person):
    site.give(bob, RoleName.MEMBER)
    project = site.db.scalars(select(Project.id)).one()
    site.db.execute(update(User).where(User.name == "bob").values(name="aaron"))
    site.db.commit()

    with reading(engine) as db:
        listed = [(each.name, each.role) for each in roles.list_people(db, project)]

    assert listed == [("alice", "owner"), ("aaron", "member")]
