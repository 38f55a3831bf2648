"""An index that is not for everyone."""

from datetime import timedelta
from urllib.parse import urljoin

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import ApiToken
from tests.conftest import MakeApp
from tests.distributions import build_wheel
from tests.people import Person, basic
from tests.publishing import publish
from tests.statements import recorded


@pytest.fixture
def private(make_app: MakeApp) -> TestApp:
    return make_app(anonymous_read="false")


def test_strangers_learn_no_names(private: TestApp, alice: Person):
    publish(private, alice, build_wheel())

    for path in ("/files/nope", "/packages/nope", "/simple/x%00/", "/pypi/nope/json", "/pypi/x"):
        answer = private.get(path, status=401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert "Authorization" in answer.headers["Vary"]


def test_a_wrong_token_does_not(private: TestApp, alice: Person):
    private.get("/simple/", headers=basic("__token__", alice.token[:-1] + "x"), status=401)


def test_a_token_that_has_expired_does_not(private: TestApp, db: Session, alice: Person):
    db.execute(update(ApiToken).values(expires_at=clock.now() - timedelta(seconds=1)))
    db.commit()

    private.get("/simple/", headers=alice.basic, status=401)


def test_files_are_as_private_as_their_index(private: TestApp, alice: Person):
    publish(private, alice, build_wheel())
    header = {**alice.basic, "Accept": "application/vnd.pypi.simple.v1+json"}
    (file,) = private.get("/simple/sample/", headers=header).json["files"]
    path = urljoin("/simple/sample/", file["url"])

    private.get(path, status=401)
    private.get(f"{path}.metadata", status=401)
    private.get(path, headers=alice.basic, status=200)


def test_people_are_led_to_the_log_in_page(private: TestApp, alice: Person):
    publish(private, alice, build_wheel())

    for path in ("/", "/project/sample/", "/project/nope/", "/search/?q=sample", "/nothing"):
        answer = private.get(path, status=303)
        assert "/account/login?next=" in answer.headers["Location"]


def test_a_read_by_token_is_noted(private: TestApp, db: Session, alice: Person):
    private.get("/simple/", headers=alice.basic)
    private.app.registry["token_uses"].write()

    assert db.scalars(select(ApiToken.last_used_at)).one() is not None


def test_strangers_cannot_tell_by_the_work_done_what_is_here(private: TestApp, alice: Person):
    publish(private, alice, build_wheel())
    with recorded(private.app.registry["engine"]) as statements:
        for path in ("/project/sample/", "/project/sample/1.0/", "/simple/sample/", "/project/no/"):
            private.get(path, expect_errors=True)

    assert [each for each in statements if "SELECT" in each] == []
