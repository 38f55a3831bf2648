"""Strangers keep nobody from their own account: what they use up is not its owner's."""

import pytest
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import User
from pypi_web.security import passwords
from tests.conftest import MakeApp
from tests.people import PASSWORD, Person, add_person, log_in

NEW = "a staple of new batteries"


def log_out(app: TestApp) -> None:
    app.get("/account/").forms["logout"].submit(status=303)


def use_up(app: TestApp, name: str) -> int:
    """Wrong passwords until it is too often; gives how many were tried."""
    tried = 0
    while log_in(app, name, "wrong").status_int == 400:
        tried += 1
    return tried


def change_password(app: TestApp, **kw):
    form = app.get("/account/password").forms["password-form"]
    form["old"], form["password"] = PASSWORD, NEW
    return form.submit(**kw)


@pytest.fixture
def stranger(make_app: MakeApp) -> TestApp:
    app = make_app()
    app.extra_environ["REMOTE_ADDR"] = "203.0.113.8"
    return app


def test_strangers_keep_nobody_who_is_signed_in_from_a_new_password(
    app: TestApp, stranger: TestApp, alice: Person
):
    log_in(app)
    use_up(stranger, "alice")
    use_up(stranger, "alice@example.org")

    change_password(app, status=303)


@pytest.mark.parametrize("name", ["alice", "alice@example.org"])
def test_strangers_keep_nobody_out_of_a_browser_where_they_were(
    app: TestApp, stranger: TestApp, alice: Person, name: str
):
    log_in(app)
    log_out(app)

    use_up(stranger, name)

    assert log_in(stranger, name).status_int == 429
    assert log_in(app, name).status_int == 303


def test_at_a_known_browser_one_guesses_no_more_either(app: TestApp, alice: Person):
    log_in(app)
    log_out(app)

    assert use_up(app, "alice") == 10
    assert use_up(app, "alice@example.org") == 0, "they are one account there"


def test_a_browser_is_known_to_the_account_alone_that_was_there(
    app: TestApp, stranger: TestApp, db: Session, alice: Person
):
    add_person(db, "bob")
    log_in(stranger, "bob")
    log_out(stranger)

    assert use_up(stranger, "alice") == 5


def test_a_browser_is_forgotten_with_the_password(
    app: TestApp, stranger: TestApp, db: Session, alice: Person
):
    log_in(app)
    log_out(app)
    db.get_one(User, alice.id).password_hash = passwords.hash_password(NEW)
    db.commit()

    use_up(stranger, "alice")

    assert log_in(app, password=NEW).status_int == 429


def test_a_browser_where_the_password_is_changed_stays_known(
    app: TestApp, stranger: TestApp, alice: Person
):
    log_in(app)
    change_password(app, status=303)
    log_out(app)

    use_up(stranger, "alice")

    assert log_in(app, password=NEW).status_int == 303


@pytest.mark.parametrize("value", ["", "x", "AAAA.BBBB", "e30.e30", "a" * 3000])
def test_a_cookie_that_nobody_signed_is_that_of_a_stranger(app: TestApp, alice: Person, value: str):
    app.set_cookie("pypi_web_known", value)

    assert use_up(app, "alice") == 5


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_for_logging_in_alone(app: TestApp, alice: Person, scheme: str):
    app.extra_environ["wsgi.url_scheme"] = scheme
    cookies = log_in(app).headers.getall("Set-Cookie")
    (cookie,) = [each for each in cookies if each.startswith("pypi_web_known=")]

    assert {"HttpOnly", "SameSite=Lax", "Path=/account/login"} <= set(cookie.split("; "))
    assert ("secure" in cookie.lower().split("; ")) == (scheme == "https")


def test_a_wrong_password_makes_no_browser_known(app: TestApp, alice: Person):
    log_in(app, "alice", "wrong")

    assert "pypi_web_known" not in app.cookies


def test_a_name_and_an_address_are_tried_ten_times_together(app: TestApp, alice: Person):
    assert use_up(app, "alice") + use_up(app, "alice@example.org") == 10


def test_what_is_used_up_does_not_tell_whose_an_address_is(app: TestApp, alice: Person):
    use_up(app, "alice")

    assert use_up(app, "alice@example.org") == use_up(app, "nobody@example.org")
