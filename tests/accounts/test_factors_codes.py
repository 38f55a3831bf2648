"""Logging in with the codes of an application, and with recovery codes."""

import hashlib
import threading

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import factors, people
from pypi_web.data import AuditEvent, RecoveryCode, SecondFactor, User, WebSession
from pypi_web.data.session import writing
from pypi_web.security import limits, passwords
from tests.accounts.authenticator import SoftKey
from tests.accounts.factors import (
    Clock,
    add_app,
    add_key,
    ask_for_factor,
    code_of,
    is_in,
    keep_cookies,
    show_code,
    show_key,
    take_back,
)
from tests.conftest import MakeApp
from tests.mail import Mailbox
from tests.people import PASSWORD, Person, add_person, log_in


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def secret(app: TestApp, alice: Person, time: Clock) -> str:
    """Of the application that alice has; she is logged out, and its code has changed since."""
    return _add_app(app, time)[0]


def _add_app(app: TestApp, time: Clock, name: str = "alice") -> tuple[str, list[str]]:
    log_in(app, name)
    added = add_app(app)
    app.reset()
    time.wait(seconds=60)
    return added


def test_a_code_finishes_logging_in_and_leads_to_where_one_was_going(app: TestApp, secret: str):
    page = ask_for_factor(app, after="/search/?q=x")

    answer = show_code(page, code_of(secret), status=303)

    assert answer.headers["Location"] == "http://localhost:6543/search/?q=x"
    assert is_in(app)


@pytest.mark.parametrize(
    "address", ["https://evil.example.org/", "//evil.example.org/", "/\\e.org"]
)
def test_a_code_never_leads_to_another_site(app: TestApp, secret: str, address: str):
    page = ask_for_factor(app, after=address)

    answer = show_code(page, code_of(secret), status=303)

    assert answer.headers["Location"] == "http://localhost:6543/account/"


def test_a_code_may_be_typed_as_it_is_shown(app: TestApp, secret: str):
    code = code_of(secret)

    show_code(ask_for_factor(app), f" {code[:3]} {code[3:]} ", status=303)

    assert is_in(app)


def test_a_code_works_once(app: TestApp, secret: str):
    code = code_of(secret)
    show_code(ask_for_factor(app), code, status=303)
    app.reset()

    answer = show_code(ask_for_factor(app), code, status=400)

    assert "That code is wrong, or was used before." in answer
    assert not is_in(app)


def test_the_code_that_an_application_was_added_with_is_used(
    app: TestApp, alice: Person, time: Clock
):
    log_in(app)
    secret, _ = add_app(app)
    app.reset()

    show_code(ask_for_factor(app), code_of(secret), status=400)


def test_no_code_is_good_that_came_before_the_last_one_used(app: TestApp, secret: str, time: Clock):
    show_code(ask_for_factor(app), code_of(secret, steps=1), status=303)
    app.reset()

    show_code(ask_for_factor(app), code_of(secret), status=400)


def test_two_at_once_do_not_both_use_a_code(
    app: TestApp, engine: Engine, db: Session, alice: Person, secret: str
):
    factor = db.scalars(select(SecondFactor)).one()
    db.rollback()
    step = factor.counter + 2
    start, won = threading.Barrier(4), []

    def use() -> None:
        start.wait()
        with writing(engine) as session:
            if factors.use_up(session, factor.id, step, SecondFactor.counter < step):
                won.append(1)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert won == [1]


@pytest.mark.parametrize(("steps", "status"), [(-2, 400), (-1, 303), (0, 303), (1, 303), (2, 400)])
def test_a_telephones_clock_may_be_wrong_by_one_step(
    app: TestApp, secret: str, time: Clock, steps: int, status: int
):
    time.wait(minutes=5)

    show_code(ask_for_factor(app), code_of(secret, steps=steps), status=status)

    assert is_in(app) is (status == 303)


def test_the_code_of_another_person_is_wrong(app: TestApp, db: Session, secret: str, time: Clock):
    add_person(db, "mallory")
    of_mallory, recovery = _add_app(app, time, "mallory")
    page = ask_for_factor(app)

    show_code(page, code_of(of_mallory), status=400)
    show_code(page, recovery[0], status=400)

    assert not is_in(app)
    show_code(ask_for_factor(app, "mallory"), recovery[0], status=303)


@pytest.mark.parametrize(
    "code", ["", " ", "000000", "12345", "1234567", "x" * 6, "١٢٣٤٥٦", "abcd-efgh-jkmn-pqrs", "'--"]
)
def test_a_wrong_code_lets_nobody_in(app: TestApp, secret: str, code: str):
    page = show_code(ask_for_factor(app), code, status=400)

    assert not is_in(app)
    show_code(page, code_of(secret), status=303)


def test_guessing_ends_after_six_attempts_and_goes_on_later(app: TestApp, secret: str, time: Clock):
    page = ask_for_factor(app)
    for _ in range(6):
        show_code(page, "000000", status=400)

    answer = show_code(page, code_of(secret), status=429)

    assert int(answer.headers["Retry-After"]) > 0
    assert not is_in(app)
    time.wait(seconds=int(answer.headers["Retry-After"]))
    show_code(page, code_of(secret), status=303)


def test_guessing_is_counted_whoever_logs_in_anew(app: TestApp, secret: str):
    for _ in range(6):
        show_code(ask_for_factor(app), "000000", status=400)
        app.reset()

    show_code(ask_for_factor(app), code_of(secret), status=429)


def test_guessing_is_counted_by_address_too(
    app: TestApp, secret: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(limits.BY_ADDRESS, "second factor", limits.BY_ACCOUNT["second factor"])
    monkeypatch.delitem(limits.BY_ACCOUNT, "second factor")
    app.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    page = ask_for_factor(app)
    for _ in range(6):
        show_code(page, "000000", status=400)

    show_code(page, code_of(secret), status=429)


def test_a_right_code_gives_back_what_was_used_up(app: TestApp, secret: str, time: Clock):
    for _ in range(3):
        page = ask_for_factor(app)
        for _ in range(5):
            show_code(page, "000000", status=400)
        show_code(page, code_of(secret), status=303)
        app.reset()
        time.wait(seconds=60)


def test_attempts_right_and_wrong_are_noted(app: TestApp, db: Session, alice: Person, secret: str):
    app.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    page = ask_for_factor(app)
    show_code(page, "000000", status=400)
    show_code(page, code_of(secret), status=303)

    of_factors = select(AuditEvent).where(AuditEvent.act == "second factor")
    noted = db.scalars(of_factors.order_by(AuditEvent.id)).all()

    assert [(each.user_id, each.is_refused, each.subject) for each in noted] == [
        (alice.id, True, None),
        (alice.id, False, "telephone"),
    ]
    assert {each.address for each in noted} == {"192.0.2.7"}
    assert "telephone" in app.get("/account/")


def test_the_session_is_another_at_each_step(app: TestApp, db: Session, secret: str):
    page = ask_for_factor(app)
    waiting = keep_cookies(app)
    csrf = page.forms["code-form"]["csrf_token"].value
    keys = set(db.scalars(select(WebSession.sha256)))
    db.rollback()
    show_code(page, code_of(secret), status=303)

    assert len(set(db.scalars(select(WebSession.sha256))) - keys) == 1
    assert app.get("/account/").forms["logout"]["csrf_token"].value != csrf
    take_back(app, waiting)
    assert not is_in(app), "the key from before is good for nothing"
    app.get("/account/second-factor", status=303)


def test_who_has_shown_the_password_alone_is_a_stranger_everywhere(
    make_app: MakeApp, alice: Person, time: Clock
):
    app = make_app(anonymous_read="false")
    _add_app(app, time)
    stranger = make_app(anonymous_read="false")
    ask_for_factor(app)
    routes = [each for each in app.app.routes_mapper.get_routes() if _is_simple(each.pattern)]
    assert len(routes) > 30

    for route in routes:
        path = route.pattern.replace(r"{id:\d{1,9}}", "1").replace("{name}", "x")
        got = [each.get(path, expect_errors=True) for each in (app, stranger)]
        if route.name in ("accounts.second_factor",):
            continue
        assert got[0].status == got[1].status, path
        assert got[0].headers.get("Location") == got[1].headers.get("Location"), path
        assert "Log out" not in got[0].text, path


def _is_simple(pattern: str) -> bool:
    rest = pattern.replace(r"{id:\d{1,9}}", "").replace("{name}", "")
    return "{" not in rest and "*" not in rest


def test_waiting_for_a_code_ends_after_a_quarter_of_an_hour(app: TestApp, secret: str, time: Clock):
    page = ask_for_factor(app)
    time.wait(minutes=16)

    answer = show_code(page, code_of(secret), status=303)

    assert "/account/login" in answer.headers["Location"]
    assert not is_in(app)


def test_a_new_password_ends_the_waiting_too(app: TestApp, db: Session, alice: Person, secret: str):
    page = ask_for_factor(app)
    another = passwords.hash_password("another fine password")
    people.change_password(db, db.get_one(User, alice.id), another)
    db.commit()

    show_code(page, code_of(secret), status=303)

    assert not is_in(app)


def test_nobody_is_asked_for_a_factor_without_the_password(app: TestApp, secret: str):
    answer = app.get("/account/second-factor?next=/search/", status=303)

    assert answer.headers["Location"] == "http://localhost:6543/account/login?next=%2Fsearch%2F"


@pytest.mark.parametrize("path", ["/account/second-factor", "/account/second-factor/key"])
def test_a_code_needs_the_mark_of_its_form(app: TestApp, secret: str, path: str):
    ask_for_factor(app)

    app.post(path, {"code": code_of(secret), "csrf_token": "0" * 40}, status=403)
    app.post(path, {"code": code_of(secret)}, status=403)

    assert not is_in(app)


def test_a_wrong_password_never_asks_for_a_code(app: TestApp, secret: str):
    assert log_in(app, password="wrong").status_int == 400
    app.get("/account/second-factor", status=303)


def test_a_recovery_code_stands_in_once(
    app: TestApp, box: Mailbox, db: Session, alice: Person, time: Clock
):
    _, codes = _add_app(app, time)
    assert len(set(codes)) == 10

    show_code(ask_for_factor(app), codes[3].upper().replace("-", " "), status=303)
    assert is_in(app)
    app.reset()
    show_code(ask_for_factor(app), codes[3], status=400)

    assert "A recovery code was used" in box.to("alice@example.org")
    assert "You have 9 left" in box.read()[-1].get_content()
    noted = db.scalars(select(AuditEvent).where(AuditEvent.act == "use recovery code")).one()
    assert noted.after == {"left": 9}
    show_code(ask_for_factor(app), codes[4], status=303)


def test_of_recovery_codes_only_digests_are_kept(
    app: TestApp, db: Session, alice: Person, time: Clock
):
    _, codes = _add_app(app, time)

    kept = set(db.scalars(select(RecoveryCode.sha256)))

    assert kept == {hashlib.sha256(each.replace("-", "").encode()).hexdigest() for each in codes}


def test_a_new_set_of_recovery_codes_replaces_the_old(
    app: TestApp, box: Mailbox, alice: Person, time: Clock
):
    log_in(app)
    _, old = add_app(app)
    page = app.get("/account/factors/recovery-codes").forms["new-codes"].submit(status=200)
    new = [each.text for each in page.html.select("#codes code")]
    app.reset()

    assert page.headers["Cache-Control"] == "no-store"
    assert len(new) == 10
    assert "You have new recovery codes" in box.to("alice@example.org")
    show_code(ask_for_factor(app), old[0], status=400)
    show_code(ask_for_factor(app), new[0], status=303)


LOST = "This index has another secret now"


@pytest.fixture
def moved(make_app: MakeApp) -> TestApp:
    """The same site, whose secret was changed."""
    return make_app(secret="another secret that only these tests know of")


def test_another_secret_of_the_site_leaves_recovery_codes_good(
    app: TestApp, moved: TestApp, alice: Person, time: Clock
):
    secret, codes = _add_app(app, time)

    page = ask_for_factor(moved)
    refused = show_code(page, code_of(secret), status=400)
    show_code(refused, codes[0], status=303)

    assert is_in(moved)
    assert LOST in page
    assert "Six digits" not in page
    assert refused.text.count(LOST) == 1
    assert "telephone's clock" not in refused


def test_a_key_is_good_beside_an_application_that_is_lost(
    app: TestApp, moved: TestApp, alice: Person, time: Clock
):
    key = SoftKey()
    log_in(app)
    add_key(app, key)
    add_app(app)
    app.reset()

    show_key(ask_for_factor(moved), key, status=303)

    assert is_in(moved)


def test_an_application_that_is_lost_is_marked_until_it_is_added_again(
    app: TestApp, moved: TestApp, alice: Person, time: Clock
):
    _, codes = _add_app(app, time)
    show_code(ask_for_factor(moved), codes[0], status=303)

    assert "An application is good for nothing any more" in moved.get("/account/")
    page = moved.get("/account/factors")
    assert page.html.select_one(".badge-warning").text == "Good for nothing"
    _remove(page)
    secret, _ = add_app(moved)

    assert "good for nothing" not in moved.get("/account/")
    assert "ood for nothing" not in moved.get("/account/factors")
    moved.reset()
    time.wait(seconds=60)
    page = ask_for_factor(moved)
    assert LOST not in page
    show_code(page, code_of(secret), status=303)


def _remove(page) -> None:
    page.click("Remove").forms["remove"].submit(status=303)


def test_whoever_is_asked_again_is_told_that_an_application_is_lost(
    app: TestApp, moved: TestApp, alice: Person, time: Clock
):
    secret, codes = _add_app(app, time)
    show_code(ask_for_factor(moved), codes[0], status=303)
    time.wait(minutes=31)
    page = moved.get("/account/confirm")
    form = page.forms["confirm"]
    form["code"] = code_of(secret)

    refused = form.submit(status=400)
    form["code"] = codes[1]

    assert LOST in page
    assert LOST in refused
    form.submit(status=303)


def test_a_code_is_proof_where_a_password_would_be(app: TestApp, secret: str, time: Clock):
    show_code(ask_for_factor(app), code_of(secret), status=303)
    time.wait(minutes=31)
    page = app.get("/account/delete", status=303).follow()

    assert "password" not in page.forms["confirm"].fields
    form = page.forms["confirm"]
    form["code"] = "000000"
    again = form.submit(status=400)
    app.get("/account/delete", status=303)
    form = again.forms["confirm"]
    form["code"] = code_of(secret)

    assert form.submit(status=303).follow(status=200).request.path == "/account/delete"


def test_the_password_is_no_proof_of_whoever_has_a_factor(app: TestApp, secret: str, time: Clock):
    show_code(ask_for_factor(app), code_of(secret), status=303)
    time.wait(minutes=31)
    csrf = app.get("/account/confirm").forms["confirm"]["csrf_token"].value

    app.post("/account/confirm", {"password": PASSWORD, "csrf_token": csrf}, status=400)

    app.get("/account/delete", status=303)


def test_whoever_has_taken_a_session_guesses_no_code(app: TestApp, secret: str, time: Clock):
    show_code(ask_for_factor(app), code_of(secret), status=303)
    time.wait(minutes=31)
    form = app.get("/account/confirm").forms["confirm"]
    for _ in range(6):
        form["code"] = "000000"
        form.submit(status=400)

    form["code"] = code_of(secret)
    assert form.submit(status=429).headers["Retry-After"]


def test_a_secret_is_added_once(app: TestApp, db: Session, alice: Person, time: Clock):
    """Or each code of it would be good for two log-ins."""
    log_in(app)
    page = app.get("/account/factors/app")
    form = page.forms["app"]
    form["name"] = "telephone"
    form["code"] = code_of(page.html.select_one(".factor-secret").text.replace(" ", ""))
    form.submit(status=200)

    again = form.submit(status=400)

    assert "added already" in again
    assert len(db.scalars(select(SecondFactor)).all()) == 1
