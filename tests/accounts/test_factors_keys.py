"""Security keys and passkeys: adding them, logging in with them, what they are proof against."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from webob import Request
from webtest import TestApp

from pypi_web.data import AuditEvent, FactorKind, SecondFactor
from pypi_web.security import webauthn_keys
from pypi_web.security.webauthn_keys import KeyRefused, KeySite
from tests.accounts.authenticator import ORIGIN, SoftKey
from tests.accounts.factors import (
    Clock,
    add_app,
    add_key,
    ask_for_factor,
    is_in,
    keep_cookies,
    options_of,
    show_code,
    show_key,
    take_back,
)
from tests.conftest import MakeApp
from tests.people import Person, add_person, log_in

SITE = KeySite("localhost", ORIGIN)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def key(app: TestApp, alice: Person) -> SoftKey:
    """That alice has; she is logged out."""
    return _add(app, "alice")


def _add(app: TestApp, name: str) -> SoftKey:
    key = SoftKey()
    log_in(app, name)
    add_key(app, key)
    app.reset()
    return key


def test_a_key_finishes_logging_in_and_leads_to_where_one_was_going(app: TestApp, key: SoftKey):
    answer = show_key(ask_for_factor(app, after="/search/?q=x"), key, status=303)

    assert answer.headers["Location"] == "http://localhost:6543/search/?q=x"
    assert is_in(app)


def test_a_key_works_again_and_again(app: TestApp, db: Session, key: SoftKey):
    for _ in range(3):
        show_key(ask_for_factor(app), key, status=303)
        app.reset()

    kept = db.scalars(select(SecondFactor)).one()
    assert (kept.kind, kept.counter, kept.last_used_at is None) == (FactorKind.KEY, 4, False)


def test_a_key_that_does_not_count_works_too(app: TestApp, alice: Person):
    key = SoftKey(count=0)
    log_in(app)
    add_key(app, key)
    for _ in range(2):
        app.reset()
        show_key(ask_for_factor(app), key, status=303)


def test_a_key_that_recognises_nobody_is_enough_beside_the_password(app: TestApp, alice: Person):
    key = SoftKey(verifies=False)
    log_in(app)
    add_key(app, key)
    app.reset()

    show_key(ask_for_factor(app), key, status=303)

    assert is_in(app)


def test_a_copy_of_a_key_is_seen(app: TestApp, db: Session, alice: Person, key: SoftKey):
    copy = SoftKey(id=key.id, secret=key.secret, count=key.count)
    show_key(ask_for_factor(app), key, status=303)
    show_key(ask_for_factor(app), key, status=303)
    app.reset()

    answer = show_key(ask_for_factor(app), copy, status=400)

    assert "there may be a copy of it" in answer
    assert not is_in(app)
    noted = db.scalars(select(AuditEvent).where(AuditEvent.is_refused)).one()
    assert (noted.act, noted.user_id) == ("second factor", alice.id)
    assert "copy" in noted.reason


def test_a_count_that_falls_to_none_is_a_copy_too(app: TestApp, key: SoftKey):
    copy = SoftKey(id=key.id, secret=key.secret, count=0)

    show_key(ask_for_factor(app), copy, status=400)


def test_an_answer_to_another_origin_is_none(app: TestApp, key: SoftKey):
    key.origin = "http://localhost.evil.example"

    show_key(ask_for_factor(app), key, status=400)

    assert not is_in(app)


@pytest.mark.parametrize("origin", ["https://localhost:6543", "http://localhost:6544", "null", ""])
def test_an_origin_is_compared_in_full(app: TestApp, key: SoftKey, origin: str):
    key.origin = origin

    show_key(ask_for_factor(app), key, status=400)


def test_an_answer_for_another_domain_is_none(app: TestApp, key: SoftKey):
    form = ask_for_factor(app).forms["key"]
    asked = json.loads(options_of(form))
    form["answer"] = key.use(json.dumps({**asked, "rpId": "evil.example"}))

    form.submit(status=400)

    assert not is_in(app)


def test_the_site_is_the_host_that_was_asked(app: TestApp, alice: Person):
    app.extra_environ["HTTP_HOST"] = "Packages.example.org:8080"
    key = SoftKey(origin="http://packages.example.org:8080")
    log_in(app)
    add_key(app, key, status=200)
    app.reset()

    page = ask_for_factor(app)

    assert json.loads(options_of(page.forms["key"]))["rpId"] == "packages.example.org"
    show_key(page, key, status=303)


def test_the_site_is_what_the_settings_say(make_app: MakeApp, alice: Person):
    app = make_app(url="https://Packages.example.org")
    app.extra_environ |= {"HTTP_HOST": "evil.example.org", "wsgi.url_scheme": "https"}
    log_in(app)

    form = app.get("/account/factors/key").forms["new-key"]

    assert json.loads(options_of(form))["rp"]["id"] == "packages.example.org"
    key = SoftKey(origin="https://packages.example.org")
    form["name"], form["answer"] = "key", key.make(options_of(form))
    form.submit(status=200)


def test_a_challenge_is_answered_once(app: TestApp, key: SoftKey):
    page = ask_for_factor(app)
    form = page.forms["key"]
    form["answer"] = key.use(options_of(form))
    form.submit(status=303)

    app.reset()
    answer = form.submit(expect_errors=True)
    assert not is_in(app), answer

    ask_for_factor(app)
    again = app.get("/account/second-factor").forms["key"]
    again["answer"] = form["answer"].value
    again.submit(status=400)
    assert not is_in(app)


def test_a_kept_cookie_does_not_let_a_challenge_be_answered_twice(
    app: TestApp, alice: Person, time: Clock
):
    """A key that does not count: nothing but the challenge tells the second time from the first."""
    key = SoftKey(count=0)
    log_in(app)
    add_key(app, key)
    time.wait(minutes=31)
    form = app.get("/account/delete", status=303).follow().forms["key"]
    kept = keep_cookies(app)
    form["answer"] = key.use(options_of(form))
    form.submit(status=303)
    app.get("/account/delete", status=200)
    time.wait(seconds=10)

    take_back(app, kept)
    answer = form.submit(status=303)

    assert "/account/confirm" in answer.headers["Location"]
    assert "was used already" in answer.follow()


def test_a_challenge_is_good_for_five_minutes(app: TestApp, key: SoftKey, time: Clock):
    page = ask_for_factor(app)
    time.wait(minutes=5)

    answer = show_key(page, key, status=400)

    assert "open for too long" in answer
    show_key(answer, key, status=303)


def test_what_was_asked_for_one_act_answers_no_other(app: TestApp, key: SoftKey):
    of_passkey = options_of(app.get("/account/passkey").forms["passkey"])
    page = ask_for_factor(app)
    form = page.forms["key"]
    form["answer"] = key.use(of_passkey)

    form.submit(status=400)

    assert not is_in(app)


def test_the_key_of_another_person_is_none(app: TestApp, db: Session, key: SoftKey):
    add_person(db, "mallory")
    other = _add(app, "mallory")
    page = ask_for_factor(app)

    answer = show_key(page, other, status=400)

    assert "none of yours" in answer
    assert not is_in(app)


def test_a_key_that_nobody_has_is_none(app: TestApp, key: SoftKey):
    show_key(ask_for_factor(app), SoftKey(), status=400)
    show_key(ask_for_factor(app), SoftKey(id=key.id), status=400)

    assert not is_in(app)


@pytest.mark.parametrize(
    "answer", ["", "x", "null", "[]", "{}", '{"id": "eA"}', '{"id": 1, "rawId": [], "type": "x"}']
)
def test_an_answer_that_is_none_is_the_senders_mistake(app: TestApp, key: SoftKey, answer: str):
    form = ask_for_factor(app).forms["key"]
    form["answer"] = answer
    form.submit(status=400)
    app.reset()

    log_in_form = app.get("/account/passkey").forms["passkey"]
    log_in_form["answer"] = answer
    log_in_form.submit(status=400)


def test_keys_are_tried_as_often_as_codes(app: TestApp, key: SoftKey):
    page = ask_for_factor(app)
    for _ in range(6):
        page = show_key(page, SoftKey(), status=400)

    assert show_key(page, key, status=429).headers["Retry-After"]


def test_who_has_a_key_alone_types_recovery_codes(app: TestApp, alice: Person):
    log_in(app)
    codes = [each.text for each in add_key(app, SoftKey()).html.select("#codes code")]
    app.reset()
    page = ask_for_factor(app)

    assert "application" not in page.forms["code-form"].text
    show_code(page, codes[0], status=303)
    assert is_in(app)


def test_a_key_is_proof_where_a_password_would_be(app: TestApp, key: SoftKey, time: Clock):
    show_key(ask_for_factor(app), key, status=303)
    time.wait(minutes=31)
    page = app.get("/account/delete", status=303).follow()

    failed = show_key(page, SoftKey(), status=303)
    assert "none of yours" in failed.follow()
    app.get("/account/delete", status=303)
    page = app.get("/account/confirm?next=/account/delete")
    answer = show_key(page, key, status=303)

    assert answer.follow(status=200).request.path == "/account/delete"


def test_a_key_is_added_once(app: TestApp, db: Session, key: SoftKey):
    show_key(ask_for_factor(app), key, status=303)
    form = app.get("/account/factors/key").forms["new-key"]
    excluded = json.loads(options_of(form))["excludeCredentials"]

    assert len(excluded) == 1
    assert "added already" in add_key(app, key, status=400)
    app.reset()
    add_person(db, "mallory")
    log_in(app, "mallory")
    add_key(app, key, status=400)


def test_a_key_is_added_for_this_origin_and_challenge_alone(
    app: TestApp, db: Session, alice: Person
):
    log_in(app)
    add_key(app, SoftKey(origin="https://evil.example"), status=400)
    form = app.get("/account/factors/key").forms["new-key"]
    form["name"], form["answer"] = "key", SoftKey().make(options_of(form))
    app.get("/account/factors/key")  # asks anew
    form.submit(status=400)

    assert db.scalars(select(SecondFactor)).all() == []


def test_a_challenge_to_add_a_key_is_answered_once(app: TestApp, db: Session, alice: Person):
    log_in(app)
    form = app.get("/account/factors/key").forms["new-key"]
    form["name"], form["answer"] = "key", SoftKey(count=0).make(options_of(form))
    kept = keep_cookies(app)
    form.submit(status=200)
    take_back(app, kept)

    assert "was used already" in form.submit(status=400)
    assert len(db.scalars(select(SecondFactor)).all()) == 1


def test_a_passkey_logs_in_without_a_password(
    app: TestApp, db: Session, alice: Person, key: SoftKey
):
    page = app.get("/account/login?next=/search/").click("Log in with a passkey")

    answer = show_key(page, key, form="passkey", status=303)

    assert answer.headers["Location"] == "http://localhost:6543/search/"
    assert is_in(app)
    noted = db.scalars(
        select(AuditEvent).where(AuditEvent.act == "log in").order_by(AuditEvent.id)
    ).all()[-1]
    assert (noted.user_id, noted.subject) == (alice.id, "key")


def test_a_passkey_must_recognise_its_owner(app: TestApp, key: SoftKey):
    key.verifies = False

    show_key(app.get("/account/passkey"), key, form="passkey", status=400)

    assert not is_in(app)


def test_a_passkey_page_names_nobodys_keys(app: TestApp, key: SoftKey):
    asked = json.loads(options_of(app.get("/account/passkey").forms["passkey"]))

    assert asked.get("allowCredentials", []) == []
    assert asked["userVerification"] == "required"


def test_a_copy_of_a_passkey_is_seen(app: TestApp, key: SoftKey):
    copy = SoftKey(id=key.id, secret=key.secret, count=0)

    show_key(app.get("/account/passkey"), copy, form="passkey", status=400)

    assert not is_in(app)


def test_a_passkey_that_was_removed_opens_nothing(app: TestApp, db: Session, key: SoftKey):
    db.delete(db.scalars(select(SecondFactor)).one())
    db.commit()

    show_key(app.get("/account/passkey"), key, form="passkey", status=400)

    assert not is_in(app)


def test_passkeys_leave_codes_as_they_are(app: TestApp, alice: Person, time: Clock):
    log_in(app)
    add_app(app)
    key = SoftKey()
    add_key(app, key, status=303)
    app.reset()

    page = ask_for_factor(app)

    assert {"key", "code-form"} <= set(page.forms)
    show_key(page, key, status=303)


@pytest.mark.parametrize("path", ["/account/passkey", "/account/factors/confirm"])
def test_a_key_needs_the_mark_of_its_form(app: TestApp, key: SoftKey, path: str):
    app.get("/account/passkey")

    app.post(path, {"answer": "{}", "csrf_token": "0" * 40}, status=403)


@settings(max_examples=300, deadline=timedelta(seconds=5))
@given(
    st.binary(max_size=200),
    st.sampled_from(["clientDataJSON", "attestationObject", "authenticatorData", "signature"]),
    st.integers(0, 400),
)
def test_no_answer_of_a_key_breaks_its_reader(noise: bytes, field: str, where: int):
    key = SoftKey()
    new = webauthn_keys.ask_for_new(SITE, user_id=1, user_name="alice", known=[])
    use = webauthn_keys.ask_for_use(SITE, known=[key.id])
    made = webauthn_keys.read_new(key.make(new.options), challenge=new.challenge, site=SITE)

    for answer in (key.make(new.options), key.use(use.options)):
        spoiled = json.loads(answer)
        text = spoiled["response"].get(field, "")
        spoiled["response"][field] = text[:where] + noise.hex() + text[where + len(noise) :]
        with pytest.raises(KeyRefused):
            _read_both(json.dumps(spoiled), made.public_key, new.challenge, use.challenge)


def _read_both(answer: str, public_key: bytes, *challenges: bytes) -> None:
    """Reads an answer as what it is not, and then as what it is."""
    webauthn_keys.read_id(answer)
    if "attestationObject" in answer and "signature" not in answer:
        webauthn_keys.read_new(answer, challenge=challenges[0], site=SITE)
    else:
        webauthn_keys.read_use(answer, public_key=public_key, challenge=challenges[1], site=SITE)
    raise KeyRefused("It was not spoiled.")


def test_a_site_served_by_tls_is_its_name_alone():
    request = Request.blank("/", environ={"HTTP_HOST": "Example.org", "wsgi.url_scheme": "https"})
    request.settings = SimpleNamespace(url=None)

    assert webauthn_keys.site_of(request) == KeySite("example.org", "https://example.org")
