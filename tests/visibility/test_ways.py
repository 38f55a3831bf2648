"""What is asked of the database for somebody who may not see a private project is what is asked
where there is none, so that the time of an answer tells nothing either."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import delete, event
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import ApiToken, Description, Project, Release
from pypi_web.data.serials import Serials
from pypi_web.security.identity import TokenRight
from pypi_web.standards.simple_api import Format
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, add_person, log_in
from tests.publishing import publish
from tests.statements import recorded
from tests.visibility.hiding import FILE, make_token

Headers = dict[str, str]

HTML, JSON = {"Accept": Format.HTML.value}, {"Accept": Format.JSON.value}
WAYS = {
    "a project's page": ("/project/acme-secret/", HTML),
    "a release's page": ("/project/acme-secret/1.0/", HTML),
    "for those who run it": ("/project/acme-secret/manage/", HTML),
    "its history": ("/project/acme-secret/manage/history", HTML),
    "for installers": ("/simple/acme-secret/", HTML),
    "for installers, as JSON": ("/simple/acme-secret/", JSON),
    "a document": ("/pypi/acme-secret/json", JSON),
    "a release's document": ("/pypi/acme-secret/1.0/json", JSON),
    "a file": (FILE, HTML),
    "a file's metadata": (f"{FILE}.metadata", HTML),
}

SHOWN = (Project, Release, Description)
"""What a project's page reads at first, as objects."""


def is_stranger(_app: TestApp, _db: Session, _alice: Person) -> Headers:
    return {}


def has_a_token(_app: TestApp, db: Session, _alice: Person) -> Headers:
    return add_person(db, "bob").basic


def has_a_token_for_another_project(_app: TestApp, db: Session, alice: Person) -> Headers:
    return make_token(db, alice, projects=["open"])


def has_a_token_that_may_not_read(_app: TestApp, db: Session, alice: Person) -> Headers:
    return make_token(db, alice, rights=[TokenRight.PUBLISH])


def is_signed_in(app: TestApp, db: Session, _alice: Person) -> Headers:
    add_person(db, "bob")
    log_in(app, "bob")
    return {}


@pytest.fixture
def asked(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Gives the statements of a request, those about kept pages as well."""
    of_kept_pages: list[str] = []
    ask = Serials._ask

    def tell(self: Serials, statement: str, parameters: Any) -> Any:
        of_kept_pages.append(statement)
        return ask(self, statement, parameters)

    monkeypatch.setattr(Serials, "_ask", tell)

    def follow(path: str, headers: Headers, *, by: TestApp = app, status: int = 404) -> list[str]:
        of_kept_pages.clear()
        with recorded(by.app.registry["engine"]) as statements:
            by.get(path, headers=headers, status=status)
        return [*of_kept_pages, *statements]

    return follow


@pytest.mark.parametrize("is_kept", [False, True], ids=["not kept", "kept"])
@pytest.mark.parametrize(
    "outsider",
    [
        is_stranger,
        has_a_token,
        has_a_token_for_another_project,
        has_a_token_that_may_not_read,
        is_signed_in,
    ],
)
def test_an_outsider_has_the_same_asked_of_the_database_as_where_there_is_none(
    app: TestApp,
    db: Session,
    alice: Person,
    secret: str,
    asked: Callable[..., list[str]],
    outsider: Callable[..., Headers],
    is_kept: bool,
):
    if is_kept:
        for accept in (HTML, JSON):
            app.get("/simple/acme-secret/", headers={**accept, **alice.basic}, status=200)
    theirs = outsider(app, db, alice)

    for way, (path, accept) in WAYS.items():
        headers = {**accept, **theirs}
        nowhere = asked(path.replace("secret", "nobody"), headers)
        assert asked(path, headers) == nowhere != [], way


def test_no_page_of_an_open_project_costs_more_for_it(
    app: TestApp, alice: Person, secret: str, asked: Callable[..., list[str]]
):
    for headers in ({}, alice.basic):
        assert len(asked("/simple/open/", {**HTML, **headers}, status=200)) <= 4
        (alone,) = asked("/simple/open/", {**HTML, **headers}, status=200)
        assert "api_tokens" not in alone


def test_a_kept_page_that_is_private_costs_its_people_one_look(
    app: TestApp, alice: Person, secret: str, asked: Callable[..., list[str]]
):
    app.get("/simple/acme-secret/", headers=alice.basic)

    assert len(asked("/simple/acme-secret/", alice.basic, status=200)) == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_a_private_index_asks_the_same_of_whoever_has_no_right_to_read(
    make_app: MakeApp,
    db: Session,
    alice: Person,
    asked: Callable[..., list[str]],
    is_known: bool,
):
    app = make_app(anonymous_read="false")
    publish(app, alice, build_wheel("open"))
    app.get("/simple/open/", headers=alice.basic, status=200)
    theirs = make_token(db, add_person(db, "bob"), rights=[TokenRight.PUBLISH])
    if not is_known:
        db.execute(delete(ApiToken).where(~ApiToken.may_read))
        db.commit()

    nowhere = asked("/simple/none/", theirs, by=app, status=401)
    assert asked("/simple/open/", theirs, by=app, status=401) == nowhere != []


@pytest.mark.parametrize("path", ["/project/acme-secret/", "/project/acme-secret/1.0/"])
def test_nothing_of_it_is_read_for_who_may_not_see_it(
    app: TestApp, db: Session, alice: Person, secret: str, path: str
):
    read: list[object] = []
    with _loaded(read):
        app.get(path, status=404)
        log_in(app, add_person(db, "bob").name)
        app.get(path, status=404)
        assert read == []
        log_in(app, "alice")
        app.get(path, status=200)
    assert {type(each) for each in read} == set(SHOWN)


@contextmanager
def _loaded(read: list[object]) -> Iterator[None]:
    """Has each row of what a project's page shows told that is read as an object."""

    def tell(target: object, _context: object) -> None:
        read.append(target)

    for model in SHOWN:
        event.listen(model, "load", tell)
    try:
        yield
    finally:
        for model in SHOWN:
            event.remove(model, "load", tell)
