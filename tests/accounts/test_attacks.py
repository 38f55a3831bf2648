"""What strangers try on accounts."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.accounts import people
from pypi_web.accounts.people import Known
from pypi_web.data import AuditEvent, Invitation, SQLAlchemyBase, User, WebSession
from pypi_web.data.session import writing
from pypi_web.security import passwords
from tests.accounts.conftest import MakeBox
from tests.conftest import MakeApp
from tests.people import PASSWORD, Person, add_person, basic, log_in
from tests.statements import recorded

FORMS = {
    "/account/confirm": {"password": PASSWORD},
    "/account/invitations": {"email": "eve@example.org"},
    "/account/invitations/1/withdraw": {},
    "/account/password": {"old": PASSWORD, "password": "a staple of new batteries"},
    "/account/address": {"email": "eve@example.org", "old": PASSWORD},
    "/account/address/send": {},
    "/account/sessions/1/end": {},
    "/account/sessions/end-others": {},
    "/account/delete": {"name": "root"},
    "/account/register": {"email": "eve@example.org"},
    "/account/forgotten": {"email": "root@example.org"},
    "/account/new": {"key": "x", "name": "eve", "password": PASSWORD},
    "/account/new-password": {"key": "x", "password": PASSWORD},
    "/account/address/confirm": {"key": "x"},
    "/account/setup": {"key": "x"},
    "/account/login": {"name": "root", "password": PASSWORD},
    "/account/logout": {},
}


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What password hashing is asked to do."""
    passwords._nobodys_hash()
    real, done = passwords._hasher, []

    class Counting:
        def verify(self, *args):
            done.append("verify")
            return real.verify(*args)

        def hash(self, password: str) -> str:
            done.append("hash")
            return real.hash(password)

        def check_needs_rehash(self, password_hash: str) -> bool:
            return real.check_needs_rehash(password_hash)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    return done


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", [None, "0" * 40])
def test_no_form_is_taken_from_another_site(
    make_app: MakeApp, make_box: MakeBox, db: Session, path: str, token: str | None
):
    app = make_app(registration="open")
    box = make_box(app)
    add_person(db, "root", is_admin=True)
    log_in(app, "root")
    before = _everything(db)
    fields = FORMS[path] if token is None else {**FORMS[path], "csrf_token": token}

    assert "out of date" in app.post(path, fields, status=403)

    assert _everything(db) == before
    assert box.read() == []
    app.get("/account/", status=200)


def test_each_form_of_accounts_is_tried_above(app: TestApp):
    mapper = app.app.routes_mapper
    ours = {"accounts." + each for each in ("login", "logout", "setup")}
    for route in mapper.get_routes():
        if route.name.startswith("accounts.") and route.name not in ours:
            path = re.sub(r"\{.*?\}", "1", route.pattern.replace(r"\d{1,9}", ""))
            is_read_only = path in ("/account/", "/account/sessions")
            is_of_others = re.match(r"/account/(tokens|factors|codes|second|keys|passkey)", path)
            assert is_read_only or is_of_others or path in FORMS, route.name


def test_a_session_that_was_fixed_before_logging_in_is_nobodys(
    make_app: MakeApp, app: TestApp, alice: Person
):
    thief = make_app()
    app.get("/account/login")
    thief.cookiejar.set_cookie(next(iter(app.cookiejar)))

    log_in(app)

    thief.get("/account/", status=303)


def test_a_session_that_was_logged_in_as_another_is_not_carried_on(
    app: TestApp, db: Session, alice: Person
):
    add_person(db, "bob")
    log_in(app, "bob")
    log_in(app, "alice")

    names = db.scalars(select(User.name).join(WebSession)).all()
    assert names == ["alice"]


def test_a_cookie_is_good_for_nothing_after_logging_out(
    make_app: MakeApp, app: TestApp, alice: Person
):
    log_in(app)
    thief = make_app()
    thief.cookiejar.set_cookie(next(iter(app.cookiejar)))
    thief.get("/account/", status=200)

    app.get("/account/").forms["logout"].submit(status=303)

    thief.get("/account/", status=303)


def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(
    app: TestApp, alice: Person, hashes: list[str]
):
    engine = app.app.registry["engine"]
    tries = []
    for name in ("alice", "nobody", "alice@example.org", "nobody@example.org"):
        page = app.get("/account/login")
        hashes.clear()
        with recorded(engine) as statements:
            form = page.forms["login"]
            form["name"], form["password"] = name, "wrong"
            answer = form.submit(status=400)
        text = re.sub(r'name="csrf_token" value="\w+"', "", answer.text).replace(name, "NAME")
        tries.append((tuple(hashes), tuple(statements), text))

    assert tries[0][0] == ("verify",)
    assert len(set(tries)) == 1


def test_asking_for_an_account_or_a_password_hashes_nothing(
    make_app: MakeApp, make_box: MakeBox, alice: Person, hashes: list[str]
):
    app = make_app(registration="open")
    make_box(app)
    for name in ("register", "forgotten"):
        for email in ("alice@example.org", "nobody@example.org"):
            form = app.get(f"/account/{name}").forms[name]
            form["email"] = email
            form.submit(status=200)

    assert hashes == []


def test_guesses_are_counted_across_instances(make_app: MakeApp, alice: Person):
    first, second = make_app(), make_app(hsts="1d")
    assert first.app is not second.app

    answers = [
        log_in(app, "alice", "wrong").status_int for app in (first, second, first, second, first)
    ]
    refused = [log_in(app, "alice", PASSWORD) for app in (first, second)]

    assert answers == [400] * 5
    for answer in refused:
        assert answer.status_int == 429, "even the right one is not tried"
        assert 0 < int(answer.headers["Retry-After"]) <= 180
        assert "too many attempts" in answer


def test_what_was_used_up_comes_back(app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch):
    for _ in range(6):
        answer = log_in(app, "alice", "wrong")
    wait = timedelta(seconds=int(answer.headers["Retry-After"]))

    now = clock.now() + wait
    monkeypatch.setattr(clock, "now", lambda: now)

    assert log_in(app).status_int == 303


def test_an_unknown_name_is_limited_like_a_known_one(app: TestApp, alice: Person):
    for name in ("alice", "nobody"):
        answers = [log_in(app, name, "wrong").status_int for _ in range(6)]
        assert answers == [400] * 5 + [429]


def test_one_address_tries_many_names_in_vain(app: TestApp, alice: Person):
    app.extra_environ["REMOTE_ADDR"] = "203.0.113.8"
    answers = {log_in(app, f"name-{number}", "wrong").status_int for number in range(60)}

    assert answers == {400}
    assert log_in(app).status_int == 429
    app.extra_environ["REMOTE_ADDR"] = "203.0.113.9"
    assert log_in(app).status_int == 303


def test_nobody_says_themselves_where_they_come_from(app: TestApp, db: Session, alice: Person):
    app.extra_environ["REMOTE_ADDR"] = "203.0.113.9"
    for number in range(61):
        app.extra_environ["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        answer = log_in(app, f"name-{number}", "wrong")

    assert answer.status_int == 429
    app.extra_environ["REMOTE_ADDR"] = "203.0.113.10"
    assert log_in(app).status_int == 303
    addresses = {"203.0.113.9", "203.0.113.10"}
    assert set(db.scalars(select(AuditEvent.address))) == addresses
    assert set(db.scalars(select(WebSession.address))) == {"203.0.113.10"}


def test_a_network_of_ipv6_is_one_address(app: TestApp, alice: Person):
    for number in range(61):
        app.extra_environ["REMOTE_ADDR"] = f"2001:db8::{number:x}"
        answer = log_in(app, f"name-{number}", "wrong")

    assert answer.status_int == 429


def test_who_logs_in_has_all_their_tries_again(app: TestApp, alice: Person):
    for _ in range(3):
        for _ in range(4):
            log_in(app, "alice", "wrong")
        assert log_in(app).status_int == 303


def test_a_form_makes_nobody_an_administrator(app: TestApp, db: Session, alice: Person):
    log_in(app)
    extra = {"is_admin": "true", "user_id": "1", "name": "root", "email_confirmed_at": "2000"}
    for path, form in (
        ("/account/password", {"old": PASSWORD, "password": "a staple of new batteries"}),
        ("/account/sessions/end-others", {}),
    ):
        csrf = app.get("/account/password").forms["password-form"]["csrf_token"].value
        app.post(path, {**extra, **form, "csrf_token": csrf}, status=303)

    user = db.get_one(User, alice.id)
    assert (user.is_admin, user.name) == (False, "alice")


@pytest.mark.parametrize(
    "email",
    [
        "eve@example.org\r\nBcc: all@example.org",
        "eve@example.org\nBcc: all@example.org",
        "eve@example.org\x0bBcc: all@example.org",
        "eve@example.org, all@example.org",
        "eve@example.org;all@example.org",
        "Eve <eve@example.org>",
        "eve@example.org\x85Bcc: all@example.org",
        "eve@example.org\u2028Bcc:all@example.org",
        '"eve"@example.org',
        "eve@(all)example.org",
        "eve@exa@mple.org",
    ],
)
def test_an_address_holds_no_header(make_app: MakeApp, make_box: MakeBox, db: Session, email: str):
    app = make_app(registration="open")
    box = make_box(app)
    add_person(db, "root", is_admin=True)
    log_in(app, "root")

    for path in ("/account/register", "/account/forgotten", "/account/invitations"):
        csrf = app.get("/account/password").forms["password-form"]["csrf_token"].value
        app.post(path, {"csrf_token": csrf, "email": email}, status=400)

    assert box.read() == []
    assert db.scalars(select(Invitation)).all() == []


def test_a_name_holds_no_header(make_app: MakeApp, make_box: MakeBox, db: Session):
    app = make_app(registration="open")
    box = make_box(app)
    form = app.get("/account/register").forms["register"]
    form["email"] = "eve@example.org"
    form.submit()
    form = app.get(box.link()).forms["new-account"]
    form["name"], form["password"] = "eve\r\nBcc: all@example.org", PASSWORD

    form.submit(status=400)

    assert db.scalars(select(User)).all() == []


def test_a_token_manages_no_account(app: TestApp, db: Session):
    root = add_person(db, "root", is_admin=True)
    for path in ("", "password", "address", "sessions", "delete", "invitations", "confirm"):
        app.get(f"/account/{path}", headers=root.basic, status=403)
        app.get(f"/account/{path}", headers=basic("root", PASSWORD), status=303)


def test_what_was_typed_for_a_name_is_noted_nowhere(app: TestApp, db: Session, alice: Person):
    log_in(app, "my secret password", "alice")

    row = db.scalars(select(AuditEvent)).one()
    assert (row.act, row.is_refused, row.user_id) == ("log in", True, None)
    assert "secret" not in str(vars(row))


def test_a_hash_of_former_parameters_is_renewed(app: TestApp, db: Session, alice: Person):
    former = passwords.PasswordHasher(2, 64, 1).hash(PASSWORD)
    db.execute(update(User).values(password_hash=former))
    db.commit()

    assert log_in(app).status_int == 303

    renewed = db.scalar(select(User.password_hash))
    assert renewed is not None
    assert renewed != former
    assert not passwords.is_outdated(renewed)
    db.rollback()
    assert log_in(app).status_int == 303


def _everything(db: Session) -> dict[str, int]:
    counts = {
        name: db.scalar(select(func.count()).select_from(table))
        for name, table in SQLAlchemyBase.metadata.tables.items()
    }
    db.rollback()
    return {**counts, "passwords": hash(tuple(db.scalars(select(User.password_hash))))}


def test_a_password_that_is_changed_meanwhile_begins_no_session(
    app: TestApp, db: Session, engine: Engine, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    """Whoever drives a stranger out of their account is rid of who is logging in, too."""
    judge = people.is_password_of

    def judge_and_change(known: Known | None, password: str) -> bool:
        is_right = judge(known, password)
        new = people.hash_password("another horse battery", about=())
        with writing(engine) as own:
            people.change_password(own, own.get_one(User, alice.id), new)
        return is_right

    monkeypatch.setattr(people, "is_password_of", judge_and_change)

    answer = log_in(app)

    assert answer.status_int == 400
    assert db.scalars(select(WebSession)).all() == []
    refused = select(AuditEvent.act).where(AuditEvent.is_refused)
    assert db.scalars(refused).all() == ["log in"]
