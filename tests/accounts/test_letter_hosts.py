"""Links in letters lead to the site, whatever Host the request that caused them has named."""

from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts.setup import find_setup_link
from pypi_web.data import User
from pypi_web.data.session import writing
from tests.accounts.conftest import MakeBox
from tests.accounts.factors import add_app
from tests.accounts.test_recovery import ask as ask_for_password
from tests.accounts.test_registration import ask as ask_for_account
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, add_person, log_in
from tests.publishing import publish

SITE = "https://packages.example.org"
HOSTILE = "evil.example.net"


@pytest.fixture
def attacked(make_app: MakeApp) -> TestApp:
    """A site whose owner has said where it is, as asked by who names another host each time."""
    app = make_app(registration="open", url=SITE).app
    return TestApp(app, extra_environ={"HTTP_HOST": HOSTILE, "HTTP_X_FORWARDED_HOST": HOSTILE})


def _register(app: TestApp, db: Session, alice: Person) -> None:
    ask_for_account(app, "ann@example.org", status=200)
    ask_for_account(app, "alice@example.org", status=200)


def _reset_password(app: TestApp, db: Session, alice: Person) -> None:
    ask_for_password(app, status=200)


def _change_password(app: TestApp, db: Session, alice: Person) -> None:
    log_in(app)
    form = app.get("/account/password").forms["password-form"]
    form["old"], form["password"] = "correct horse battery", "a staple of new batteries"
    form.submit(status=303)


def _change_address(app: TestApp, db: Session, alice: Person) -> None:
    log_in(app)
    form = app.get("/account/address").forms["address"]
    form["email"], form["old"] = "alice@example.net", "correct horse battery"
    form.submit(status=200)


def _confirm_address(app: TestApp, db: Session, alice: Person) -> None:
    with writing(db.get_bind()) as own:
        own.execute(update(User).values(email_confirmed_at=None))
    log_in(app)
    app.get("/account/").forms["send-confirmation"].submit(status=303)


def _add_factor(app: TestApp, db: Session, alice: Person) -> None:
    log_in(app)
    add_app(app)


def _invite_to_have_an_account(app: TestApp, db: Session, alice: Person) -> None:
    add_person(db, "root", is_admin=True)
    log_in(app, "root")
    form = app.get("/account/invitations").forms["invite"]
    form["email"] = "ann@example.org"
    form.submit(status=200)


def _invite_to_a_project(app: TestApp, db: Session, alice: Person) -> None:
    publish(app, alice, build_wheel("sample", "1.0"))
    add_person(db, "bob")
    log_in(app)
    for who in ("ann@example.org", "bob"):
        form = app.get("/project/sample/manage/people").forms["invite"]
        form["who"] = who
        form.submit(status=303)


def _make_a_token(app: TestApp, db: Session, alice: Person) -> None:
    log_in(app)
    form = app.get("/account/tokens/").forms["new-token"]
    form["name"] = "laptop"
    form.submit(status=200)


def _report_a_token(app: TestApp, db: Session, alice: Person) -> None:
    app.post("/account/tokens/report", {"token": alice.token}, status=200)


def _delete_the_account(app: TestApp, db: Session, alice: Person) -> None:
    log_in(app)
    form = app.get("/account/delete").forms["delete"]
    form["name"] = "alice"
    form.submit(status=303)


@pytest.mark.parametrize(
    ("act", "letters", "links"),
    [
        (_register, 2, 2),
        (_reset_password, 1, 1),
        (_change_password, 1, 0),
        (_change_address, 2, 1),
        (_confirm_address, 1, 1),
        (_add_factor, 1, 1),
        (_invite_to_have_an_account, 1, 1),
        (_invite_to_a_project, 4, 5),
        (_make_a_token, 1, 0),
        (_report_a_token, 1, 0),
        (_delete_the_account, 1, 0),
    ],
)
def test_no_letter_has_the_host_that_a_request_names(
    attacked: TestApp,
    make_box: MakeBox,
    db: Session,
    alice: Person,
    act: Callable[[TestApp, Session, Person], None],
    letters: int,
    links: int,
):
    box = make_box(attacked)

    act(attacked, db, alice)

    messages = box.read()
    lines = [line for each in messages for line in each.get_content().splitlines()]
    assert len(messages) == letters
    assert len([line for line in lines if line.startswith(f"{SITE}/")]) == links
    assert not [line for line in lines if HOSTILE in line]
    assert not [each for each in messages if HOSTILE in str(each)]


def test_the_first_administrators_letter_has_not_the_host_either(
    attacked: TestApp, make_box: MakeBox
):
    box = make_box(attacked)
    registry = attacked.app.registry
    link = find_setup_link(registry["engine"], registry["settings"], SITE)
    assert link is not None

    form = attacked.get(link.removeprefix(SITE)).forms["setup"]
    form["name"], form["email"], form["password"] = "ada", "ada@example.org", "analytical engine"
    form.submit(status=303)

    (message,) = box.read()
    assert f"{SITE}/account/address/confirm?key=" in message.get_content()
    assert HOSTILE not in str(message)


def test_where_nobody_has_said_where_the_site_is_no_letter_leaves_it(
    make_app: MakeApp, alice: Person
):
    """A mail server without `url` is refused at the start (tests/test_settings.py); a site without
    either has no letters to write a host into."""
    app = TestApp(make_app(registration="open").app, extra_environ={"HTTP_HOST": HOSTILE})

    assert not app.app.registry["post"].is_open
    for page in ("/account/forgotten", "/account/register"):
        assert "sends no letters" in app.get(page, status=403)
