"""Private projects and those who publish: refusals tell nobody more than they may know."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import tokens
from pypi_web.data import RoleName, User
from pypi_web.data.session import writing
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, add_person, basic
from tests.publishing import publish
from tests.visibility.hiding import make_private
from tests.visibility.test_private_projects import give_role

PRIVATE, NONE = "acme-secret", "acme-nothing"


@pytest.fixture
def bob(app: TestApp, db: Session, engine: Engine, alice: Person) -> Person:
    """Of no private project, and with one that is his own."""
    publish(app, alice, build_wheel(PRIVATE))
    make_private(engine, PRIVATE)
    bob = add_person(db, "bob")
    publish(app, bob, build_wheel("bobs"))
    return bob


def refusal(app: TestApp, name: str, header: dict[str, str]) -> str:
    """What is said of a file of a project, with a word in place of its name."""
    wheel = build_wheel(name, "2.0")
    files = [("content", wheel.filename, wheel.content)]
    answer = app.post("/legacy/", wheel.form(), upload_files=files, headers=header, status=403)
    return f"{answer.status} {answer.text}".replace(name, "NAME")


def token_for(db: Session, who: Person, project: str) -> dict[str, str]:
    with writing(db.get_bind()) as own:
        user = own.get_one(User, who.id)
        made = tokens.create_token(own, user, name="of one project", projects=[project])
        return basic("__token__", made.text)


def test_a_token_for_another_project_is_refused_as_for_a_new_one(
    app: TestApp, db: Session, bob: Person
):
    header = token_for(db, bob, "bobs")

    assert refusal(app, PRIVATE, header) == refusal(app, NONE, header)


def test_an_owners_token_for_another_project_is_refused_as_for_a_new_one(
    app: TestApp, db: Session, bob: Person, alice: Person
):
    """As it reads: who found the token learns nothing of what else its owner has."""
    publish(app, alice, build_wheel("alices"))
    header = token_for(db, alice, "alices")

    assert refusal(app, PRIVATE, header) == refusal(app, NONE, header)


def test_where_administrators_alone_begin_projects_there_is_no_difference(
    app: TestApp, make_app: MakeApp, bob: Person
):
    careful = make_app(new_projects="administrators")

    assert refusal(careful, PRIVATE, bob.basic) == refusal(careful, NONE, bob.basic)


def test_who_could_begin_a_project_hears_only_that_the_name_cannot_be_had(
    app: TestApp, bob: Person
):
    words = "NAME is a name that cannot be had"

    assert words in refusal(app, PRIVATE, bob.basic)
    assert words in refusal(app, "acmesecret", bob.basic)


def test_a_member_is_told_the_rule(app: TestApp, db: Session, bob: Person):
    give_role(db, bob, RoleName.MEMBER)

    assert "no role there that publishes" in refusal(app, PRIVATE, bob.basic)
