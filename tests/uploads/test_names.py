"""What new projects may be called."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import Project
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, add_person
from tests.publishing import publish


def refused(app: TestApp, who: Person, name: str) -> str:
    wheel = build_wheel(name)
    answer = app.post(
        "/legacy/",
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)],
        headers=who.basic,
        status=400,
    )
    return answer.text


@pytest.mark.parametrize("name", ["simple", "Namespaces", "namespace", "requirements.txt"])
def test_no_project_has_a_name_that_the_index_or_installers_mean_otherwise(
    app: TestApp, db: Session, name: str
):
    root = add_person(db, "root", is_admin=True)

    assert "no project may have" in refused(app, root, name)


@pytest.mark.parametrize("name", ["json", "AsyncIO", "concurrent", "http"])
def test_no_project_is_called_as_a_module_of_the_standard_library(
    app: TestApp, alice: Person, name: str
):
    assert "standard library" in refused(app, alice, name)


@pytest.mark.parametrize(
    ("here", "new"),
    [
        ("modern", "modem"),
        ("foo", "f0o"),
        ("foo-bar", "foobar"),
        ("foobar", "foo.bar"),
        ("lib1", "libl"),
        ("pill", "pi11"),
        ("window", "vvindow"),
    ],
)
def test_no_project_looks_like_another(app: TestApp, alice: Person, here: str, new: str):
    publish(app, alice, build_wheel(here))

    assert f"{new.replace('.', '-')} looks like {here}" in refused(app, alice, new)


def test_an_administrator_may_use_a_name_that_a_rule_forbids_wrongly(
    app: TestApp, db: Session, alice: Person
):
    root = add_person(db, "root", is_admin=True)
    publish(app, alice, build_wheel("modern"))

    publish(app, root, build_wheel("modem"), build_wheel("dataclasses"))

    assert set(db.scalars(select(Project.name))) == {"modern", "modem", "dataclasses"}


def test_both_rules_are_a_matter_of_settings(make_app: MakeApp, alice: Person):
    app = make_app(refuse_lookalike_names="false", refuse_stdlib_names="false")

    publish(app, alice, build_wheel("modern"), build_wheel("modem"), build_wheel("dataclasses"))


def test_the_rules_are_for_new_projects_alone(app: TestApp, db: Session, alice: Person):
    root = add_person(db, "root", is_admin=True)
    publish(app, root, build_wheel("modern"), build_wheel("modem", "1.0"))

    publish(app, root, build_wheel("modem", "1.1"))


def test_projects_that_an_older_release_of_the_application_added_are_looked_at_too(
    app: TestApp, db: Session, alice: Person
):
    publish(app, alice, build_wheel("modern"))
    db.execute(update(Project).values(lookalike_key=None))
    db.commit()

    assert "looks like modern" in refused(app, alice, "modem")
