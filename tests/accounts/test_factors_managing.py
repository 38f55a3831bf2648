"""Adding, naming and removing second factors."""

import re
from urllib.parse import unquote

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import factors
from pypi_web.data import AuditEvent, RecoveryCode, SecondFactor, WebSession
from tests.accounts.authenticator import SoftKey
from tests.accounts.factors import Clock, add_app, add_key, ask_for_factor, code_of, is_in
from tests.conftest import SECRET, MakeApp
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, add_person, log_in


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def _form(app: TestApp, path: str, id: str):
    return app.get(path).forms[id]


def test_the_first_factor_gives_recovery_codes_and_the_next_none(
    app: TestApp, db: Session, alice: Person, time: Clock
):
    log_in(app)
    _, codes = add_app(app)
    _, more = add_app(app, "tablet")

    assert (len(codes), len(more)) == (10, 0)
    assert len(db.scalars(select(RecoveryCode)).all()) == 10
    page = app.get("/account/factors")
    assert "telephone" in page
    assert "tablet" in page
    assert "You have 10 codes left" in page


def test_codes_and_secrets_are_in_answers_that_nobody_keeps(app: TestApp, alice: Person):
    log_in(app)
    page = app.get("/account/factors/app")
    form = page.forms["app"]
    form["name"] = "telephone"
    form["code"] = code_of(page.html.select_one(".factor-secret").text.replace(" ", ""))

    assert page.headers["Cache-Control"] == "no-store"
    assert form.submit(status=200).headers["Cache-Control"] == "no-store"


def test_the_picture_is_the_servers_own_and_says_what_stands_below_it(app: TestApp, alice: Person):
    log_in(app)
    page = app.get("/account/factors/app")

    picture = page.html.select_one("img.factor-picture")["src"]
    address = page.html.find("a", href=re.compile("^otpauth:"))["href"]

    assert unquote(picture).startswith("data:image/svg+xml;charset=utf-8,<svg")
    secret = page.html.select_one(".factor-secret").text.replace(" ", "")
    assert address == f"otpauth://totp/localhost:alice?secret={secret}&issuer=localhost"


def test_a_secret_is_kept_encrypted(app: TestApp, db: Session, alice: Person):
    log_in(app)
    secret, _ = add_app(app)

    kept = db.scalars(select(SecondFactor.secret)).one()

    assert secret.encode() not in kept
    assert SECRET.encode() not in kept


def test_an_application_is_added_with_a_right_code_alone(app: TestApp, db: Session, alice: Person):
    log_in(app)
    page = app.get("/account/factors/app")
    picture = page.html.select_one("img.factor-picture")["src"]
    form = page.forms["app"]
    form["name"], form["code"] = "telephone", "000000"

    again = form.submit(status=400)

    assert "not the code of this moment" in again
    assert again.forms["app"]["name"].value == "telephone"
    assert again.html.select_one("img.factor-picture")["src"] == picture
    assert not db.scalars(select(SecondFactor)).all()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u202eb", "a\nb"])
def test_a_name_that_is_none_is_refused(app: TestApp, alice: Person, name: str):
    log_in(app)
    form = _form(app, "/account/factors/app", "app")
    form["name"], form["code"] = name, "000000"

    assert "1 to 100 characters" in form.submit(status=400)
    assert "1 to 100 characters" in add_key(app, SoftKey(), name, status=400)


def test_the_secret_of_another_person_is_not_taken(app: TestApp, db: Session, alice: Person):
    add_person(db, "mallory")
    log_in(app, "mallory")
    page = app.get("/account/factors/app")
    sealed = page.forms["app"]["sealed"].value
    code = code_of(page.html.select_one(".factor-secret").text.replace(" ", ""))
    app.reset()
    log_in(app)
    form = _form(app, "/account/factors/app", "app")
    form["sealed"].force_value(sealed)
    form["name"], form["code"] = "telephone", code

    assert "out of date" in form.submit(status=400)


@pytest.mark.parametrize("sealed", ["", "x", "=", "AAAA", "é", "A" * 200])
def test_a_secret_that_is_none_is_refused(app: TestApp, alice: Person, sealed: str):
    log_in(app)
    form = _form(app, "/account/factors/app", "app")
    form["sealed"].force_value(sealed)
    form["name"], form["code"] = "telephone", "000000"

    assert "out of date" in form.submit(status=400)


def test_nobody_has_more_than_twenty(app: TestApp, alice: Person, time: Clock):
    log_in(app)
    for _ in range(factors.MAX_PER_USER):
        add_key(app, SoftKey())

    assert "remove one" in add_key(app, SoftKey(), status=400)


def test_the_first_factor_ends_the_sessions_that_did_without(
    app: TestApp, make_app: MakeApp, db: Session, alice: Person
):
    elsewhere = make_app()
    log_in(elsewhere)
    log_in(app)

    add_app(app)

    assert is_in(app)
    assert not is_in(elsewhere)
    assert len(db.scalars(select(WebSession)).all()) == 1


def test_letters_tell_of_adding_and_removing(app: TestApp, box: Mailbox, alice: Person):
    log_in(app)
    add_key(app, SoftKey(), "https://evil.example")
    factor = _factor_on(app)
    _form(app, f"/account/factors/{factor}/remove", "remove").submit(status=303)

    assert box.to("alice@example.org") == [
        "A second factor was added",
        "A second factor was removed",
    ]
    texts = [each.get_content() for each in box.read()]
    assert "security key or passkey" in texts[0]
    assert "It was the last" in texts[1]
    assert not any("evil.example" in each for each in texts)
    assert all("http://localhost:6543/account/factors" in each for each in texts)


def test_what_is_done_is_noted(app: TestApp, db: Session, alice: Person):
    log_in(app)
    add_key(app, SoftKey())
    factor = _factor_on(app)
    form = _form(app, "/account/factors", f"rename-{factor}")
    form["name"] = "blue key"
    form.submit(status=303)
    _form(app, "/account/factors/recovery-codes", "new-codes").submit(status=200)
    _form(app, f"/account/factors/{factor}/remove", "remove").submit(status=303)

    noted = db.execute(
        select(AuditEvent.act, AuditEvent.subject, AuditEvent.before, AuditEvent.after)
        .where(AuditEvent.user_id == alice.id, AuditEvent.act != "log in")
        .order_by(AuditEvent.id)
    ).all()

    assert [tuple(each) for each in noted] == [
        ("add second factor", "key", None, {"kind": "key"}),
        ("rename second factor", None, {"name": "key"}, {"name": "blue key"}),
        ("make recovery codes", None, None, None),
        ("remove second factor", "blue key", {"kind": "key"}, None),
    ]


def test_recovery_codes_go_with_the_last_factor(app: TestApp, db: Session, alice: Person):
    log_in(app)
    add_key(app, SoftKey())
    add_key(app, SoftKey())

    for left in (10, 0):
        page = app.get(f"/account/factors/{_factor_on(app)}/remove")
        assert ("It is your last one" in page) is (left == 0)
        page.forms["remove"].submit(status=303)
        assert len(db.scalars(select(RecoveryCode)).all()) == left
        db.rollback()
    app.reset()
    assert log_in(app).headers["Location"] == "http://localhost:6543/account/"
    assert is_in(app)


def test_recovery_codes_are_for_those_with_a_factor(app: TestApp, alice: Person):
    log_in(app)
    page = app.get("/account/")

    app.get("/account/factors/recovery-codes", status=404)
    csrf = page.forms["logout"]["csrf_token"].value
    app.post("/account/factors/recovery-codes", {"csrf_token": csrf}, status=404)


@pytest.mark.parametrize("act", ["name", "remove"])
def test_nobody_touches_the_factor_of_another(app: TestApp, db: Session, alice: Person, act: str):
    log_in(app)
    add_key(app, SoftKey())
    factor = db.scalars(select(SecondFactor)).one()
    db.rollback()
    app.reset()
    add_person(db, "mallory")
    log_in(app, "mallory")
    csrf = app.get("/account/").forms["logout"]["csrf_token"].value

    app.post(f"/account/factors/{factor.id}/{act}", {"name": "x", "csrf_token": csrf}, status=404)

    db.refresh(factor)
    assert factor.name == "key"


PATHS = [
    "/account/factors/app",
    "/account/factors/key",
    "/account/factors/recovery-codes",
    "/account/factors/1/name",
    "/account/factors/1/remove",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", [None, "0" * 40])
def test_no_form_is_taken_from_another_site(
    app: TestApp, db: Session, alice: Person, path: str, token: str | None
):
    log_in(app)
    add_key(app, SoftKey())
    before = _everything(db)

    fields = {"name": "x", "code": "000000"} | ({} if token is None else {"csrf_token": token})
    path = path.replace("/1/", f"/{_factor_on(app)}/")
    assert "out of date" in app.post(path, fields, status=403)

    assert _everything(db) == before


@pytest.mark.parametrize("path", [each for each in PATHS if not each.endswith("/name")])
def test_what_changes_factors_asks_again_later(
    app: TestApp, db: Session, alice: Person, time: Clock, path: str
):
    log_in(app)
    add_key(app, SoftKey())
    path = path.replace("/1/", f"/{_factor_on(app)}/")
    csrf = app.get("/account/").forms["logout"]["csrf_token"].value
    before = _everything(db)
    time.wait(minutes=31)

    assert "/account/confirm" in app.get(path, status=303).headers["Location"]
    sent = app.post(path, {"csrf_token": csrf}, status=303)

    assert "/account/confirm" in sent.headers["Location"]
    assert _everything(db) == before


def test_who_needs_a_factor_is_told_so_and_may_add_one(make_app: MakeApp, db: Session, time: Clock):
    app = make_app(second_factor="administrators")
    add_person(db, "root", is_admin=True)
    log_in(app, "root")

    assert "You need a second factor here" in app.get("/account/factors")
    assert "You need one here" in app.get("/account/")
    app.get("/account/invitations", status=403)
    add_app(app)

    assert "You need a second factor here" not in app.get("/account/factors")
    app.get("/account/invitations", status=200)
    page = app.get(f"/account/factors/{_factor_on(app)}/remove")
    assert "This index asks a second factor of you" in page


def test_a_factor_removed_meanwhile_is_not_waited_for(app: TestApp, db: Session, alice: Person):
    log_in(app)
    add_key(app, SoftKey())
    app.reset()
    ask_for_factor(app)
    db.delete(db.scalars(select(SecondFactor)).one())
    db.commit()

    assert "/account/login" in app.get("/account/second-factor", status=303).headers["Location"]
    assert not is_in(app)
    log_in(app, password=PASSWORD)
    assert is_in(app)


def test_names_are_shown_as_they_were_typed(app: TestApp, alice: Person):
    log_in(app)
    add_key(app, SoftKey(), "<script>alert(1)</script>")

    for path in ("/account/factors", f"/account/factors/{_factor_on(app)}/remove", "/account/"):
        assert "<script>alert" not in app.get(path)


def _factor_on(app: TestApp) -> int:
    """The id of the first factor of the page."""
    found = re.search(r"/account/factors/(\d+)/remove", app.get("/account/factors").text)
    assert found
    return int(found[1])


def _everything(db: Session) -> list:
    rows = [
        *db.execute(select(SecondFactor.id, SecondFactor.name).order_by(SecondFactor.id)).all(),
        *db.execute(select(RecoveryCode.sha256).order_by(RecoveryCode.sha256)).all(),
    ]
    db.rollback()
    return rows
