"""A walk through the site as its first administrator."""

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import settings
from pypi_web.accounts.setup import find_setup_link
from pypi_web.data import User
from tests.conftest import SECRET
from tests.distributions import build_wheel
from tests.people import Person, add_person
from tests.publishing import publish

SITE = "http://localhost:6543"


def setup_link(engine: Engine) -> str | None:
    return find_setup_link(engine, settings.read({"pypi_web.secret": SECRET}, {}), SITE)


def test_from_the_setup_link_to_a_published_project_and_out_again(app: TestApp, engine: Engine):
    link = setup_link(engine)
    assert link is not None

    form = app.get(link.removeprefix(SITE)).forms["setup"]
    form["name"], form["email"], form["password"] = "Ada", "ada@example.org", "analytical engine"
    account = form.submit(status=303).follow()
    assert "ada" in account

    form = app.get("/account/tokens/").forms["new-token"]
    form["name"] = "laptop"
    page = form.submit(status=200)
    token = _token(page.text)
    assert token.startswith("pypiweb-")
    assert token not in app.get("/account/tokens/"), "it is shown once"

    publish(app, Person(1, "ada", token), build_wheel("Walk", "1.0", "Summary: On foot"))
    project = app.get("/project/walk/")
    assert "On foot" in project
    assert f"pip install --index-url {SITE}/simple/ Walk" in project

    home = project.forms["logout"].submit(status=303).follow()
    assert "Log in" in home
    app.get("/account/", status=303)
    assert setup_link(engine) is None


def _token(text: str) -> str:
    start = text.index("pypiweb-")
    return text[start : start + 59]


def test_the_setup_link_is_used_up_by_the_first_account(app: TestApp, db: Session, engine: Engine):
    link = setup_link(engine)
    assert link is not None
    form = app.get(link.removeprefix(SITE), status=200).forms["setup"]
    add_person(db, "alice")

    app.get(link.removeprefix(SITE), status=403)
    form["name"], form["email"], form["password"] = "eve", "eve@example.org", "analytical engine"
    form.submit(status=403)

    assert setup_link(engine) is None
    assert db.scalars(select(User.name)).all() == ["alice"]


def test_a_wrong_setup_key_opens_nothing(app: TestApp, db: Session):
    app.get("/account/setup?key=" + "0" * 40, status=403)
    app.get("/account/setup?key=%C3%A9", status=403)
    app.get("/account/setup", status=403)

    assert db.scalar(select(User)) is None


def test_setting_up_keeps_what_was_typed_and_says_what_to_mend(app: TestApp, engine: Engine):
    link = setup_link(engine)
    form = app.get(link.removeprefix(SITE)).forms["setup"]
    form["name"], form["email"], form["password"] = "ada", "ada@example.org", "short"

    page = form.submit(status=400)

    assert "12 characters" in page
    assert page.forms["setup"]["email"].value == "ada@example.org"
    assert page.forms["setup"]["password"].value == ""
