"""POST /account/tokens/report: leaked tokens are revoked, whoever reports them."""

import email
import json
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import tokens
from pypi_web.data import AuditEvent, User
from pypi_web.security.limits import BY_ADDRESS
from tests.conftest import MakeApp
from tests.people import Person, add_person, log_in

REPORT = "/account/tokens/report"
UNKNOWN = "pypiweb-" + "A" * 43 + "9cb6d1f5"


@pytest.fixture
def mailing(make_app: MakeApp, tmp_path: Path) -> TestApp:
    return make_app(mail_folder=str(tmp_path / "mail"))


def letters(app: TestApp, tmp_path: Path) -> list[EmailMessage]:
    app.app.registry["post"].wait()
    paths = (tmp_path / "mail").glob("*")
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]


def is_known(app: TestApp, person: Person) -> bool:
    return app.post("/legacy/", headers=person.basic, expect_errors=True).status_int == 400


def test_a_stranger_revokes_a_leaked_token_at_once(app: TestApp, alice: Person):
    app.post(REPORT, {"token": alice.token}, status=200)

    assert not is_known(app, alice)


@pytest.mark.parametrize(
    "shape",
    [
        lambda texts: {"tokens": texts},
        lambda texts: texts,
        lambda texts: [{"token": each, "type": "pypiweb", "url": "x"} for each in texts],
        lambda texts: {"tokens": [f"  {each}\n" for each in texts]},
    ],
)
def test_several_are_reported_as_json(app: TestApp, db: Session, alice: Person, shape):
    bob = add_person(db, "bob")

    app.post_json(REPORT, shape([alice.token, bob.token]), status=200)

    assert not is_known(app, alice)
    assert not is_known(app, bob)


def test_one_is_reported_as_json(app: TestApp, alice: Person):
    app.post_json(REPORT, {"token": alice.token}, status=200)

    assert not is_known(app, alice)


def test_several_are_reported_by_a_form(app: TestApp, db: Session, alice: Person):
    bob = add_person(db, "bob")

    app.post(REPORT, [("token", f"{alice.token}\n{UNKNOWN}"), ("token", bob.token)], status=200)

    assert not is_known(app, alice)
    assert not is_known(app, bob)


def test_the_answer_does_not_tell_whether_a_token_was_one(app: TestApp, alice: Person):
    answers = [
        app.post(REPORT, {"token": each}, status=200)
        for each in (alice.token, alice.token, UNKNOWN, "nothing like one", "pypiweb-\u20ac")
    ]

    assert len({each.text for each in answers}) == 1
    assert len({str(sorted(each.headers.items())) for each in answers}) == 1


def test_its_owner_is_told_by_one_letter_and_reads_nothing_of_the_reporters(
    mailing: TestApp, db: Session, tmp_path: Path, alice: Person
):
    second = tokens.create_token(db, db.get_one(User, alice.id), name="laptop").text
    db.commit()
    sent = [{"token": each, "url": "https://evil.example.org/"} for each in (alice.token, second)]

    mailing.post_json(REPORT, [*sent, {"token": UNKNOWN}])

    (letter,) = letters(mailing, tmp_path)
    text = letter.get_content()
    assert letter["To"] == "alice@example.org"
    assert "laptop" in text
    assert "of the tests" in text
    assert "evil" not in text
    assert alice.token not in text


def test_nobody_is_told_twice(mailing: TestApp, tmp_path: Path, alice: Person):
    for _ in range(2):
        mailing.post(REPORT, {"token": [alice.token, alice.token]})

    assert len(letters(mailing, tmp_path)) == 1


def test_it_is_in_the_audit_of_its_owner(app: TestApp, db: Session, alice: Person):
    app.post(REPORT, {"token": alice.token}, extra_environ={"REMOTE_ADDR": "192.0.2.7"})

    event = db.scalars(select(AuditEvent).where(AuditEvent.act == "revoke reported token")).one()
    assert (event.user_id, event.token_id, event.address) == (alice.id, None, "192.0.2.7")
    assert event.subject.startswith("of the tests")
    assert alice.token not in repr(event.__dict__)


def test_a_report_of_somebody_who_is_signed_in_is_noted_for_the_owner(
    app: TestApp, db: Session, alice: Person
):
    add_person(db, "bob")
    log_in(app, "bob")

    app.post(REPORT, {"token": alice.token}, status=200)

    event = db.scalars(select(AuditEvent).where(AuditEvent.act == "revoke reported token")).one()
    assert event.user_id == alice.id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"1",
        b'"pypiweb-x"',
        b"[]",
        b"{}",
        b"[1]",
        b"[[]]",
        b'{"tokens": {}}',
        b'{"tokens": [{}]}',
        b'{"tokens": [""]}',
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b"[\xff]",
        json.dumps(["x"] * 101).encode(),
    ],
)
def test_what_is_no_report_is_the_senders_mistake(app: TestApp, body: bytes):
    answer = app.post(REPORT, body, content_type="application/json", status=400)

    assert "zero byte" in answer or "Send" in answer or "UTF-8" in answer


@pytest.mark.parametrize("fields", [{}, {"token": ""}, {"token": " x" * 101}])
def test_a_form_that_is_no_report_is_the_senders_mistake(app: TestApp, fields: dict):
    assert "Send what you have found" in app.post(REPORT, fields, status=400).json["message"]


def test_a_body_is_bounded(app: TestApp):
    app.post(REPORT, b"x" * 70_000, content_type="application/json", status=413)
    app.post(REPORT, {"token": "x" * 70_000}, status=413)


def test_reports_are_limited_by_address(app: TestApp, db: Session, alice: Person):
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    for _ in range(BY_ADDRESS["report token"].count):
        app.post(REPORT, {"token": "x"}, extra_environ=here, status=200)

    elsewhere = {"X-Forwarded-For": "192.0.2.3"}
    app.post(REPORT, {"token": "x"}, extra_environ=here, headers=elsewhere, status=429)
    answer = app.post(REPORT, {"token": alice.token}, extra_environ=here, status=429)

    assert int(answer.headers["Retry-After"]) > 0
    refused = db.scalars(select(AuditEvent).where(AuditEvent.is_refused)).one()
    assert (refused.act, refused.address) == ("report token", "192.0.2.1")
    db.rollback()
    assert is_known(app, alice)
    app.post(REPORT, {"token": alice.token}, extra_environ=there, status=200)
    assert not is_known(app, alice)


def test_it_works_on_a_private_index_and_by_the_leaked_token_itself(
    make_app: MakeApp, alice: Person
):
    app = make_app(anonymous_read="false")

    app.post(REPORT, {"token": alice.token}, headers=alice.basic, status=200)

    assert not is_known(app, alice)
