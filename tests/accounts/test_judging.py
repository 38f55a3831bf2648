"""Judging and hashing a new password takes its time: nobody waits for the database meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import people, recovery, registration, setup
from pypi_web.data import User
from pypi_web.data.session import dialect_of, for_writing, writing
from pypi_web.security import limits, passwords
from tests.people import PASSWORD, add_person, log_in

NEW = "a staple of new batteries"

Form = Callable[[TestApp, Engine], Any]
Acts = list[Callable[[], None]]


def of_new_account(app: TestApp, engine: Engine) -> Any:
    key = registration.sign_address(app.app.registry["settings"].signing_key, "ann@example.org")
    form = app.get("/account/new", {"key": key}).forms["new-account"]
    form["name"] = "ann"
    return form


def of_setup(app: TestApp, engine: Engine) -> Any:
    link = setup.find_setup_link(engine, app.app.registry["settings"], "")
    form = app.get(link).forms["setup"]
    form["name"], form["email"] = "root", "root@example.org"
    return form


def of_new_password(app: TestApp, engine: Engine) -> Any:
    with Session(engine) as db:
        add_person(db, "bob")
        bob = db.scalars(select(User).where(User.name == "bob")).one()
        key = recovery.sign_reset(app.app.registry["settings"].signing_key, bob)
    return app.get("/account/new-password", {"key": key}).forms["new-password"]


def of_change(app: TestApp, engine: Engine) -> Any:
    with Session(engine) as db:
        add_person(db, "bob")
    log_in(app, "bob")
    form = app.get("/account/password").forms["password-form"]
    form["old"] = PASSWORD
    return form


FORMS = [of_new_account, of_setup, of_new_password, of_change]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Acts:
    """What is put here happens while a password is judged, and once more while it is hashed."""
    acts: Acts = []
    judge, hash_password = passwords.find_weakness, passwords.hash_password

    def during(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            for act in acts:
                act()
            return work(*args)

        return run

    monkeypatch.setattr(passwords, "find_weakness", during(judge))
    monkeypatch.setattr(passwords, "hash_password", during(hash_password))
    return acts


@pytest.mark.parametrize("find_form", FORMS)
def test_others_write_while_a_password_is_judged_and_hashed(
    open_app: TestApp, engine: Engine, meanwhile: Acts, find_form: Form
):
    form = find_form(open_app, engine)
    form["password"] = NEW
    written = []

    def write() -> None:
        written.append(None)
        with for_writing(engine).begin() as db:
            if dialect_of(db) == "postgresql":
                db.execute(text("LOCK TABLE users, sessions IN EXCLUSIVE MODE NOWAIT"))

    meanwhile.append(write)

    form.submit(status=303)

    assert len(written) == 2


def test_a_link_makes_no_account_that_was_used_while_the_password_was_judged(
    open_app: TestApp, engine: Engine, db: Session, meanwhile: Acts
):
    form = of_new_account(open_app, engine)
    form["password"] = NEW
    other = people.check_applicant(name="other", email="ann@example.org", password=PASSWORD)

    def use() -> None:
        meanwhile.clear()
        with writing(engine) as own:
            people.create_user(own, other)

    meanwhile.append(use)

    assert "no longer good" in form.submit(status=403)
    assert db.scalars(select(User.name)).all() == ["other"]


def test_an_index_is_set_up_once_however_long_a_password_is_judged(
    open_app: TestApp, engine: Engine, db: Session, meanwhile: Acts
):
    form = of_setup(open_app, engine)
    form["password"] = NEW
    other = people.check_applicant(name="other", email="other@example.org", password=PASSWORD)

    def use() -> None:
        meanwhile.clear()
        with writing(engine) as own:
            people.create_user(own, other, is_admin=True)

    meanwhile.append(use)

    form.submit(status=403)
    assert db.scalars(select(User.name)).all() == ["other"]


def test_a_link_sets_no_password_that_was_used_while_the_password_was_judged(
    open_app: TestApp, engine: Engine, db: Session, meanwhile: Acts
):
    form = of_new_password(open_app, engine)
    form["password"] = NEW
    others = passwords.hash_password("yet another set of words")

    def use() -> None:
        meanwhile.clear()
        with writing(engine) as own:
            own.execute(update(User).values(password_hash=others))

    meanwhile.append(use)

    assert "used up" in form.submit(status=403)
    assert db.scalars(select(User.password_hash)).all() == [others]


@pytest.mark.parametrize("find_form", FORMS)
def test_passwords_are_judged_so_often_for_an_address(
    open_app: TestApp, engine: Engine, monkeypatch: pytest.MonkeyPatch, find_form: Form
):
    few = limits.Limit(2, timedelta(hours=1))
    for act in ("make an account", "set a new password"):
        monkeypatch.setitem(limits.BY_ADDRESS, act, few)
    open_app.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    form = find_form(open_app, engine)
    form["password"] = "password123456"

    answers = [form.submit(expect_errors=True).status_int for _ in range(3)]

    assert answers == [400, 400, 429]
    open_app.extra_environ["REMOTE_ADDR"] = "192.0.2.8"
    form["password"] = NEW
    form.submit(status=303)


def test_a_link_that_is_no_good_uses_up_nothing(
    open_app: TestApp, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(limits.BY_ADDRESS, "make an account", limits.Limit(1, timedelta(hours=1)))
    open_app.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    form = of_new_account(open_app, engine)
    good = form["key"].value
    form["password"] = NEW

    form["key"] = "x"
    for _ in range(3):
        form.submit(status=403)

    form["key"] = good
    form.submit(status=303)
