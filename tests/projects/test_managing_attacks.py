"""Who tries what is not theirs: other projects, others' acts, forged forms, tokens on pages."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import tokens
from pypi_web.data import AuditEvent, Invitation, Project, Release, Role, RoleName, User
from pypi_web.data.session import writing
from pypi_web.security.identity import TokenRight
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, add_person, basic, log_in
from tests.projects.conftest import MANAGE, Site
from tests.publishing import publish

WHEEL = "sample-1.0-py3-none-any.whl"

OF_MAINTAINERS = {
    "releases/1.0/yank": {},
    "releases/1.0/unyank": {},
    "releases/1.0/delete": {"typed": "1.0"},
    f"files/{WHEEL}/delete": {"typed": WHEEL},
}
OF_OWNERS = {
    "people/invite": {"who": "mallory@example.org", "role": "owner"},
    "people/withdraw": {"invitation": "1"},
    "people/role": {"user": "alice", "role": "member"},
    "people/remove": {"user": "alice"},
    "settings/status": {"status": "archived"},
    "settings/visibility": {"visibility": "public"},
    "delete": {"typed": "sample"},
}
OF_ADMINISTRATORS = {"settings/quarantine": {}, "settings/release": {}}
ALL = {**OF_MAINTAINERS, **OF_OWNERS, **OF_ADMINISTRATORS, "leave": {}}
PAGES = ("/", "/releases/1.0", "/people", "/settings", "/history", "/delete", "/leave")


def test_a_stranger_does_nothing(site: Site, bob: Person):
    log_in(site.app, "bob")

    for path, fields in ALL.items():
        site.post(path, 403, **fields)
    for path in PAGES:
        site.app.get(f"{MANAGE}{path}", status=403)

    assert site.acts() == []
    assert site.roles() == {"alice": "owner"}


def test_nobody_is_led_to_the_log_in_page(site: Site):
    for path in PAGES:
        answer = site.app.get(f"{MANAGE}{path}", status=303)
        assert "/account/login?next=" in answer.headers["Location"]


@pytest.mark.parametrize("role", [RoleName.MEMBER, RoleName.MAINTAINER])
def test_lesser_roles_do_not_do_what_is_an_owners(site: Site, bob: Person, role: RoleName):
    site.give(bob, role)
    log_in(site.app, "bob")

    for path, fields in {**OF_OWNERS, **OF_ADMINISTRATORS}.items():
        site.post(path, 403, **fields)
    if role is RoleName.MEMBER:
        for path, fields in OF_MAINTAINERS.items():
            site.post(path, 403, **fields)

    assert site.acts() == []
    assert site.roles() == {"alice": "owner", "bob": role}


def test_a_maintainer_manages_releases(site: Site, bob: Person):
    site.give(bob, RoleName.MAINTAINER)
    log_in(site.app, "bob")

    for path, fields in dict(reversed(OF_MAINTAINERS.items())).items():
        expected = 404 if path.endswith("yank") else 303
        site.post(path, expected, **fields)

    assert site.acts() == ["delete file", "delete release"]


def test_an_outsider_cannot_tell_a_private_project_from_none(owner: Site, bob: Person):
    owner.post("settings/visibility", 303, visibility="private")
    for who in (None, "bob"):
        owner.app.reset()
        if who is not None:
            log_in(owner.app, who)
        for path in (*PAGES, "/releases/9", "/files/x/delete", "/nonsense"):
            there = owner.app.get(f"/project/sample/manage{path}", expect_errors=True)
            nowhere = owner.app.get(f"/project/sampke/manage{path}", expect_errors=True)
            assert there.status_int == nowhere.status_int == 404, path
            assert there.text.replace("sample", "sampke") == nowhere.text
    csrf = owner.csrf()
    for path, fields in {**ALL, "invitation/accept": {}, "invitation/decline": {}}.items():
        sent = {**fields, "csrf_token": csrf}
        there = owner.app.post(f"/project/sample/manage/{path}", sent, status=404)
        nowhere = owner.app.post(f"/project/sampke/manage/{path}", sent, status=404)
        assert there.text.replace("sample", "sampke") == nowhere.text, path


def test_the_pages_of_a_closed_site_are_for_those_who_are_signed_in(make_app: MakeApp, site: Site):
    closed = make_app(anonymous_read="false")

    for name in ("sample", "nope"):
        answer = closed.get(f"/project/{name}/manage/", status=303)
        assert "/account/login?next=" in answer.headers["Location"]


@pytest.mark.parametrize("path", list(ALL))
def test_a_form_without_the_mark_of_the_site_changes_nothing(
    owner: Site, bob: Person, admin: Person, path: str
):
    owner.give(bob, RoleName.OWNER)
    owner.give(admin, RoleName.OWNER)
    log_in(owner.app, "root")

    for mark in ({}, {"csrf_token": "0" * 40}):
        answer = owner.app.post(f"{MANAGE}/{path}", {**ALL[path], **mark}, status=403)
        assert "out of date" in answer

    assert owner.acts() == []


def test_fields_that_a_form_does_not_have_change_nothing(owner: Site, db: Session):
    more = {
        "is_private": "1",
        "status": "quarantined",
        "normalized_name": "evil",
        "project_id": "1",
        "yanked": "0",
        "version": "2.0",
        "actor": "root",
        "user_id": "1",
        "role": "owner",
    }

    owner.post("releases/1.0/yank", 303, **more)
    owner.post("settings/visibility", 303, visibility="private", **more)
    owner.post("people/withdraw", 404, invitation="7", **more)

    project = db.scalars(select(Project)).one()
    assert (project.normalized_name, project.status) == ("sample", "active")
    assert db.scalars(select(Release.version).where(Release.yanked)).all() == ["1.0"]
    assert owner.newest_event().user_name == "alice"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("settings/status", {"status": "gone"}),
        ("settings/status", {}),
        ("settings/visibility", {"visibility": "1"}),
        ("people/role", {"user": "alice", "role": "god"}),
        ("people/role", {"role": "owner"}),
        ("people/remove", {}),
        ("people/invite", {"who": "x@example.org", "role": "administrator"}),
        ("people/invite", {"who": "", "role": "owner"}),
        ("people/withdraw", {"invitation": "-1"}),
        ("people/withdraw", {"invitation": "9" * 30}),
    ],
)
def test_values_that_are_none_are_refused(owner: Site, path: str, fields: dict[str, str]):
    owner.post(path, 400, **fields)

    assert owner.acts() == []


def make_token(db: Session, person: Person, **options) -> str:
    made = tokens.create_token(db, db.get_one(User, person.id), name="x", **options)
    db.commit()
    return made.text


def test_a_token_does_what_it_is_for_and_nothing_else(site: Site, alice: Person, app: TestApp):
    publish(app, alice, build_wheel("other", "1.0"))
    every = list(TokenRight)
    usual = make_token(site.db, alice, rights=[TokenRight.READ, TokenRight.PUBLISH])
    of_other = make_token(site.db, alice, rights=every, projects=["other"])
    managing = make_token(site.db, alice, rights=[TokenRight.MANAGE], projects=["sample"])

    def yank(token: str, status: int):
        header = {"Authorization": f"Bearer {token}"}
        return app.post(f"{MANAGE}/releases/1.0/yank", headers=header, status=status)

    assert "This token may not manage: make one that may." in yank(usual, 403)
    assert "It is for another project" in yank(of_other, 403)
    assert site.acts() == []
    event = site.newest_event()
    assert event.is_refused
    assert event.token_id is not None

    yank(managing, 303)

    assert site.acts() == ["yank"]
    assert site.newest_event().token_id is not None


def test_a_token_that_has_leaked_leaves_nobody_behind(site: Site, alice: Person, bob: Person):
    site.give(bob, RoleName.MAINTAINER)
    token = make_token(site.db, alice, rights=[TokenRight.MANAGE])
    header = {"Authorization": f"Bearer {token}"}
    of_releases_and_status = {*OF_MAINTAINERS, "settings/status"}

    for path, fields in {**OF_OWNERS, "people/role": {"user": "bob", "role": "owner"}}.items():
        if path not in of_releases_and_status:
            answer = site.app.post(f"{MANAGE}/{path}", fields, headers=header, status=403)
            assert "No token does this" in answer
    site.app.post(f"{MANAGE}/leave", headers=header, status=403)

    assert site.acts() == []
    assert site.roles() == {"alice": "owner", "bob": "maintainer"}
    assert site.db.scalars(select(Invitation)).all() == []
    for path in ("releases/1.0/yank", "releases/1.0/delete", "settings/status"):
        site.app.post(f"{MANAGE}/{path}", ALL[path], headers=header, status=303)
    assert site.acts() == ["yank", "delete release", "archive"]


def list_refused(site: Site) -> list[tuple[str, str]]:
    site.db.rollback()
    query = select(AuditEvent.user_name, AuditEvent.act).where(AuditEvent.is_refused)
    return [tuple(row) for row in site.db.execute(query.order_by(AuditEvent.id))]


def test_a_look_at_a_page_is_not_noted_or_any_link_would_have_somebody_noted(
    site: Site, bob: Person
):
    log_in(site.app, "bob")

    for path in (*PAGES, "/releases/1.0/yank", "/settings/status"):
        site.app.get(f"{MANAGE}{path}", status=403)
        site.app.head(f"{MANAGE}{path}", status=403)

    assert list_refused(site) == []


def test_who_tries_on_and_on_is_noted_once_a_while_for_each_project_and_rule(
    site: Site, bob: Person, app: TestApp, alice: Person, wait: Callable[..., None]
):
    publish(app, alice, build_wheel("other", "1.0"))
    add_person(site.db, "carol")
    log_in(site.app, "bob")
    for _ in range(3):
        for path in ("releases/1.0/yank", "releases/1.0/unyank", "settings/status"):
            site.post(path, 403)
    assert list_refused(site) == [("bob", "manage releases"), ("bob", "archive project")]

    app.post("/project/other/manage/releases/1.0/yank", {"csrf_token": site.csrf()}, status=403)
    wait(minutes=9)
    site.post("releases/1.0/yank", 403)
    assert len(list_refused(site)) == 3

    wait(minutes=2)
    site.post("releases/1.0/yank", 403)
    site.app.reset()
    log_in(site.app, "carol")
    site.post("releases/1.0/yank", 403)
    assert list_refused(site)[2:] == [
        ("bob", "manage releases"),
        ("bob", "manage releases"),
        ("carol", "manage releases"),
    ]


def test_a_rule_that_is_tried_on_and_on_is_noted_once(owner: Site):
    for _ in range(3):
        owner.post("people/remove", 409, user="alice")

    assert list_refused(owner) == [("alice", "remove role")]


def test_a_browser_that_adds_basic_credentials_by_itself_needs_the_mark(
    site: Site, alice: Person, app: TestApp
):
    token = make_token(site.db, alice, rights=[TokenRight.MANAGE])

    app.post(f"{MANAGE}/releases/1.0/yank", headers=basic("__token__", token), status=403)

    assert site.acts() == []


def test_a_token_answers_no_invitation(site: Site, bob: Person, app: TestApp):
    token = make_token(site.db, bob, rights=list(TokenRight))

    answer = app.post(
        f"{MANAGE}/invitation/accept", headers={"Authorization": f"Bearer {token}"}, status=403
    )

    assert "at a browser" in answer


def test_a_role_that_is_lost_is_lost_at_once(site: Site, bob: Person):
    site.give(bob, RoleName.MAINTAINER)
    log_in(site.app, "bob")
    site.app.get(f"{MANAGE}/", status=200)
    with writing(site.db.get_bind()) as db:
        db.execute(delete(Role).where(Role.user_id == bob.id))

    site.post("releases/1.0/yank", 403)


def test_an_owner_without_the_factor_that_is_asked_of_them_does_nothing(
    make_app: MakeApp, site: Site
):
    strict = make_app(second_factor="publishers")
    log_in(strict)

    answer = strict.get(f"{MANAGE}/", status=403)

    assert "A second factor is required" in answer


def test_an_owner_of_one_project_is_nobody_in_another(owner: Site, bob: Person, app: TestApp):
    publish(app, bob, build_wheel("other", "1.0"))
    csrf = owner.csrf()

    for path, fields in ALL.items():
        sent = {**fields, "csrf_token": csrf, "name": "sample", "project": "sample"}
        app.post(f"/project/other/manage/{path}".replace("sample", "other"), sent, status=403)

    assert owner.roles("other") == {"bob": "owner"}


def test_names_in_other_spellings_are_the_same_project(owner: Site):
    owner.app.get("/project/SAMPLE/manage/", status=200)
    owner.app.get("/project/sample%20/manage/", status=404)
    owner.app.get(f"/project/{'x' * 200}/manage/", status=404)


def test_people_of_the_name_of_another_page_are_nobody(db: Session, owner: Site):
    add_person(db, "carol")

    assert "has no role" in owner.post("people/remove", 404, user="carol")
    assert "has no role" in owner.post("people/role", 404, user="carol", role="owner")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("people/invite", {"who": "bob", "role": "owner"}),
        ("people/role", {"user": "carol", "role": "owner"}),
        ("people/remove", {"user": "dave"}),
    ],
)
def test_ownership_moves_only_after_recent_proof(
    site: Site, bob: Person, wait: Callable[..., None], path: str, fields: dict[str, str]
):
    """Or whoever has taken a session would have somebody else take the project."""
    site.give(add_person(site.db, "carol"), RoleName.MAINTAINER)
    site.give(add_person(site.db, "dave"), RoleName.OWNER)
    log_in(site.app)
    before = site.roles()
    wait(minutes=31)

    answer = site.post(path, 303, **fields)

    asked = "/account/confirm?next=%2Fproject%2Fsample%2Fmanage%2Fpeople"
    assert answer.headers["Location"].endswith(asked)
    assert site.roles() == before
    assert site.acts() == []
