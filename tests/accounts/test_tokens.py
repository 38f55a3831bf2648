"""API tokens in the browser: made, shown once, seen, used and revoked."""

import email
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.accounts import tokens
from pypi_web.data import ApiToken, AuditEvent, Project, Role, RoleName, User
from pypi_web.security.identity import TokenRight
from tests.conftest import MakeApp
from tests.distributions import Distribution, build_wheel
from tests.people import Person, add_person, basic, log_in
from tests.publishing import publish

PAGE = "/account/tokens/"


@pytest.fixture
def mailing(make_app: MakeApp, tmp_path: Path) -> TestApp:
    """The application of a site that writes its letters into a folder."""
    return make_app(mail_folder=str(tmp_path / "mail"))


def letters(app: TestApp, tmp_path: Path) -> list[EmailMessage]:
    app.app.registry["post"].wait()
    folder = tmp_path / "mail"
    return [
        email.message_from_bytes(path.read_bytes(), policy=default) for path in folder.glob("*")
    ]


def add_project(db: Session, name: str, person: Person | None = None) -> Project:
    project = Project(name=name, normalized_name=name)
    db.add(project)
    db.flush()
    if person is not None:
        db.add(Role(project_id=project.id, user_id=person.id, name=RoleName.OWNER))
    db.commit()
    return project


def make(app: TestApp, *, status: int = 200, **fields: str | list[str]):
    """Fills in the form as a person does; lists are what is ticked."""
    csrf = app.get(PAGE).forms["new-token"]["csrf_token"].value
    typed = {"name": "ci", "may": ["read", "publish"], "for": "all", "days": "", **fields}
    pairs = [("csrf_token", csrf)]
    for name, value in typed.items():
        pairs += [(name, each) for each in ([value] if isinstance(value, str) else value)]
    return app.post(PAGE, pairs, status=status)


def text_of(page) -> str:
    start = page.text.index("pypiweb-")
    return page.text[start : start + 59]


def refuse(app: TestApp, who: Person, dist: Distribution) -> None:
    files = [("content", dist.filename, dist.content)]
    app.post("/legacy/", dist.form(), upload_files=files, headers=who.basic, status=403)


def newest(db: Session) -> ApiToken:
    db.rollback()
    return db.scalars(select(ApiToken).order_by(ApiToken.id.desc())).first()


def test_a_token_is_shown_once_and_in_no_cache(app: TestApp, alice: Person):
    log_in(app)

    page = make(app)

    token = text_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert token not in app.get(PAGE)
    app.post("/legacy/", headers=basic("__token__", token), status=400)  # 401 for a wrong one


def test_a_token_is_for_those_projects_that_were_ticked(app: TestApp, db: Session, alice: Person):
    for name in ("one", "two", "three"):
        add_project(db, name, alice)
    log_in(app)

    make(app, project=["one", "three"], **{"for": "some"})

    token = newest(db)
    assert not token.is_for_all
    assert [each.name for each in token.projects] == ["one", "three"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"for": "all", "project": ["mine"]},
        {"for": "", "project": ["mine"]},
        {"for": "some", "project": []},
        {"for": "everything"},
    ],
)
def test_nobody_gets_more_projects_than_they_chose(
    app: TestApp, db: Session, alice: Person, chosen: dict
):
    add_project(db, "mine", alice)
    log_in(app)

    page = make(app, status=400, **chosen)

    assert "No token was made" in page
    assert len(tokens.list_tokens(db, alice.id)) == 1


def test_a_token_is_not_made_for_a_project_that_is_not_theirs(
    app: TestApp, db: Session, alice: Person
):
    add_project(db, "theirs", add_person(db, "bob"))
    log_in(app)

    refused = make(app, status=400, project=["theirs"], **{"for": "some"})
    absent = make(app, status=400, project=["absent"], **{"for": "some"})
    by_others = make(app, status=400, project=[], others="theirs", **{"for": "some"})

    assert "alice has no project theirs." in refused
    assert "alice has no project absent." in absent, "the same words: private names are not told"
    assert "alice has no project theirs." in by_others
    assert len(tokens.list_tokens(db, alice.id)) == 1


def test_who_has_very_many_projects_names_those_that_the_page_does_not_list(
    app: TestApp, db: Session, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tokens, "MAX_PROJECTS", 2)
    for name in ("one", "three", "two"):
        add_project(db, name, alice)
    log_in(app)

    offered = app.get(PAGE).forms["new-token"]
    make(app, project=["one"], others="two", **{"for": "some"})

    assert [each._value for each in offered.fields["project"]] == ["one", "three"]
    assert "others" in offered.fields
    assert {each.name for each in newest(db).projects} == {"one", "two"}


def test_an_administrator_at_a_browser_makes_a_token_for_any_project(app: TestApp, db: Session):
    add_project(db, "theirs", add_person(db, "bob"))
    add_person(db, "root", is_admin=True)
    log_in(app, "root")

    make(app, others="theirs", **{"for": "some"})

    assert [each.name for each in newest(db).projects] == ["theirs"]


def test_an_administrator_without_the_factor_asked_of_them_makes_none_beyond(
    make_app: MakeApp, db: Session
):
    app = make_app(second_factor="administrators")
    add_project(db, "theirs", add_person(db, "bob"))
    root = add_person(db, "root", is_admin=True)
    log_in(app, "root")

    beyond = make(app, status=400, may=["read"], project=["theirs"], **{"for": "some"})
    publishing = make(app, status=400)
    make(app, may=["read"])

    assert "root has no project theirs." in beyond
    assert "needs a second factor" in publishing
    assert tokens.rights_of(tokens.list_tokens(db, root.id)[0]) == [TokenRight.READ]


def test_a_token_makes_no_token(app: TestApp, db: Session, alice: Person):
    log_in(app)
    csrf = app.get(PAGE).forms["new-token"]["csrf_token"].value
    form = {"csrf_token": csrf, "name": "x", "may": "manage", "for": "all"}

    app.post(PAGE, form, headers=alice.basic, status=403)
    app.post(PAGE, form, headers={"Authorization": f"Bearer {alice.token}"}, status=403)

    assert len(tokens.list_tokens(db, alice.id)) == 1


def test_who_was_not_asked_for_long_shows_who_they_are_before_they_make_one(
    app: TestApp, db: Session, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    log_in(app)
    csrf = app.get(PAGE).forms["new-token"]["csrf_token"].value
    later = clock.now() + timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = app.get(PAGE, status=200)
    form = {"csrf_token": csrf, "name": "x", "may": "read", "for": "all"}
    answer = app.post(PAGE, form, status=303)

    assert "new-token" not in page.forms
    assert "/account/confirm?next=%2Faccount%2Ftokens%2F" in page
    assert answer.headers["Location"].endswith("/account/confirm?next=%2Faccount%2Ftokens%2F")
    assert len(tokens.list_tokens(db, alice.id)) == 1


def test_no_field_but_those_of_the_form_is_taken(app: TestApp, db: Session, alice: Person):
    root = add_person(db, "root", is_admin=True)
    log_in(app)

    make(app, user_id=str(root.id), is_for_all="1", may_manage="1", is_admin="1", may=["read"])

    token = newest(db)
    assert token.user_id == alice.id
    assert tokens.rights_of(token) == [TokenRight.READ]


@pytest.mark.parametrize("may", [["read"], ["publish"], ["manage"], ["read", "publish", "manage"]])
def test_a_token_may_what_was_ticked(app: TestApp, db: Session, alice: Person, may: list[str]):
    log_in(app)

    make(app, may=may)

    assert tokens.rights_of(newest(db)) == may


@pytest.mark.parametrize("may", [[], ["everything"]])
def test_a_token_that_may_nothing_is_not_made(app: TestApp, alice: Person, may: list[str]):
    log_in(app)

    assert "Say what the token may do" in make(app, status=400, may=may)


def test_what_was_typed_is_there_again_when_it_is_refused(app: TestApp, db: Session, alice: Person):
    add_project(db, "mine", alice)
    log_in(app)

    page = make(app, status=400, name="", may=["manage"], project=["mine"], **{"for": "some"})

    form = page.forms["new-token"]
    ticked = [field.checked for field in form.fields["may"]]
    assert ticked == [False, False, True]
    assert form["for"].value == "some"
    assert form.fields["project"][0].checked


def test_a_name_full_of_script_is_shown_as_text(app: TestApp, alice: Person):
    log_in(app)

    page = make(app, name="<script>alert(1)</script>")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_expired_token_is_good_for_nothing_and_shown_so(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    log_in(app)
    token = basic("__token__", text_of(make(app, days="1")))
    app.post("/legacy/", headers=token, status=400)
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    app.post("/legacy/", headers=token, status=401)

    assert "Expired" in app.get(PAGE)


def test_when_and_from_where_a_token_was_used_is_shown(app: TestApp, alice: Person):
    log_in(app)
    for address in ("192.0.2.7", "2001:db8::9"):
        environ = {"REMOTE_ADDR": address}
        app.post("/legacy/", headers=alice.basic, extra_environ=environ, status=400)
        app.app.registry["token_uses"].write()

    page = app.get(PAGE)

    assert "from 2001:db8::9" in page, "the last address, though it followed at once"


def test_nobody_lends_a_token_another_address(app: TestApp, alice: Person):
    log_in(app)
    headers = {**alice.basic, "X-Forwarded-For": "198.51.100.1"}

    app.post("/legacy/", headers=headers, extra_environ={"REMOTE_ADDR": "192.0.2.7"}, status=400)
    app.app.registry["token_uses"].write()

    assert "from 192.0.2.7" in app.get(PAGE)


def test_one_token_is_revoked_and_the_others_stay(app: TestApp, db: Session, alice: Person):
    log_in(app)
    other = basic("__token__", text_of(make(app)))
    (first,) = [each for each in tokens.list_tokens(db, alice.id) if each.name == "of the tests"]

    app.get(PAGE).forms[f"revoke-{first.id}"].submit(status=303)

    app.post("/legacy/", headers=alice.basic, status=401)
    app.post("/legacy/", headers=other, status=400)


def test_all_tokens_are_revoked_at_once_but_nobody_elses(app: TestApp, db: Session, alice: Person):
    bob = add_person(db, "bob")
    log_in(app)
    other = basic("__token__", text_of(make(app)))

    app.get(PAGE).forms["revoke-all"].submit(status=303)

    app.post("/legacy/", headers=alice.basic, status=401)
    app.post("/legacy/", headers=other, status=401)
    app.post("/legacy/", headers=bob.basic, status=400)
    assert "No tokens yet" in app.get(PAGE)


def test_each_act_is_in_the_audit(app: TestApp, db: Session, alice: Person):
    log_in(app)
    token = text_of(make(app, name="laptop", days="7"))
    app.get(PAGE).forms["revoke-all"].submit(status=303)

    events = db.scalars(select(AuditEvent).where(AuditEvent.act.like("% token"))).all()

    acts = [(each.act, each.user_id, each.subject) for each in events]
    assert acts[0] == ("make token", alice.id, "laptop")
    assert {each[0] for each in acts[1:]} == {"revoke token"}
    assert len(acts) == 3
    assert events[0].after["may"] == ["read", "publish"]
    assert token not in repr([each.__dict__ for each in events])


def test_its_owner_is_told_by_letter_of_a_token(mailing: TestApp, tmp_path: Path, alice: Person):
    log_in(mailing)

    token = text_of(make(mailing, name="laptop", days="7"))

    (letter,) = [each for each in letters(mailing, tmp_path) if "token" in each["Subject"]]
    assert letter["To"] == "alice@example.org"
    assert "laptop" in letter.get_content()
    assert "read and publish" in letter.get_content()
    assert token not in letter.as_string()


def test_no_letter_tells_of_a_token_that_was_refused(
    mailing: TestApp, tmp_path: Path, alice: Person
):
    log_in(mailing)

    make(mailing, status=400, name="")

    assert not [each for each in letters(mailing, tmp_path) if "token" in each["Subject"]]


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:80"])
def test_no_letter_holds_the_address_that_somebody_asked_at(
    mailing: TestApp, tmp_path: Path, alice: Person, host: str
):
    mailing.post("/account/tokens/report", {"token": alice.token}, headers={"Host": host})

    (letter,) = letters(mailing, tmp_path)
    assert "evil.example.org" not in letter.as_string()


def test_a_token_loses_what_its_owner_loses(app: TestApp, db: Session, alice: Person):
    add_project(db, "shared", add_person(db, "bob"))
    db.add(Role(project_id=_id(db, "shared"), user_id=alice.id, name=RoleName.OWNER))
    db.commit()
    log_in(app)
    narrow = make(app, project=["shared"], **{"for": "some"})
    person = Person(alice.id, "alice", text_of(narrow))
    publish(app, person, build_wheel("shared", "1.0"))

    role = db.scalars(select(Role).where(Role.user_id == alice.id)).one()
    role.name = RoleName.MEMBER
    db.commit()
    refuse(app, person, build_wheel("shared", "2.0"))
    db.delete(role)
    db.commit()
    refuse(app, person, build_wheel("shared", "3.0"))
    refuse(app, alice, build_wheel("shared", "3.0"))


def test_a_token_of_a_former_administrator_is_one_of_anybody(app: TestApp, db: Session):
    add_project(db, "theirs", add_person(db, "bob"))
    root = add_person(db, "root", is_admin=True)
    publish(app, root, build_wheel("theirs", "1.0"))

    db.get_one(User, root.id).is_admin = False
    db.commit()

    refuse(app, root, build_wheel("theirs", "2.0"))


def test_a_token_for_a_project_that_is_gone_is_for_none(app: TestApp, db: Session, alice: Person):
    project = add_project(db, "brief", alice)
    log_in(app)
    person = Person(alice.id, "alice", text_of(make(app, project=["brief"], **{"for": "some"})))

    db.delete(project)
    db.commit()

    refuse(app, person, build_wheel("brief", "1.0"))
    refuse(app, person, build_wheel("other", "1.0"))
    assert "No project any more" in app.get(PAGE)


def test_a_reading_token_publishes_nothing(app: TestApp, db: Session, alice: Person):
    log_in(app)
    reading = basic("__token__", text_of(make(app, may=["read"])))

    app.post("/legacy/", headers=reading, status=403)


def test_a_token_that_may_not_read_reads_no_private_index(
    make_app: MakeApp, db: Session, alice: Person
):
    app = make_app(anonymous_read="false")
    log_in(app)
    publishing = basic("__token__", text_of(make(app, may=["publish"])))
    reading = basic("__token__", text_of(make(app, may=["read"])))
    app.reset()

    app.get("/simple/", headers=publishing, status=401)
    app.get("/simple/", headers=reading, status=200)


def _id(db: Session, name: str) -> int:
    return db.scalars(select(Project.id).where(Project.normalized_name == name)).one()
