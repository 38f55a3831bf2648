"""How often something may be tried."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import Attempt, AuditEvent
from pypi_web.security import limits
from tests.people import Person, log_in
from tests.statements import recorded

T = TypeVar("T")

ACT = "reset password"  # three an hour for an account, twenty for an address


def take(engine: Engine, account: str | None = "ann", address: str | None = "192.0.2.1"):
    """The seconds to wait, or None."""
    refused = limits.take(engine, ACT, account=account, address=address)
    return refused.wait if refused else None


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """Moves the clock so many minutes on from now."""
    start = clock.now()

    def move(minutes: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=minutes))

    move(0)
    return move


def test_so_many_and_no_more_until_one_has_come_back(engine: Engine, at):
    assert [take(engine) for _ in range(4)] == [None, None, None, 20 * 60]

    at(19.9)
    assert take(engine) == 6
    at(20)
    assert take(engine) is None
    assert take(engine) == 20 * 60


def test_another_account_and_another_act_have_their_own(engine: Engine, at):
    for _ in range(4):
        take(engine)

    assert take(engine, "bob") is None
    assert limits.take(engine, "log in", account="ann", address=None) is None


def test_an_account_is_the_same_however_it_is_written(engine: Engine, at):
    answers = [take(engine, name) for name in ("ann", "ANN", " Ann ", "aNN")]

    assert answers[-1] is not None


def test_an_address_has_a_limit_of_its_own(engine: Engine, at):
    answers = [take(engine, f"name-{number}") for number in range(21)]

    assert answers[:20] == [None] * 20
    assert answers[20]
    assert take(engine, "ann", "192.0.2.2") is None


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("no address", "no address", True),
    ],
)
def test_what_one_customer_has_is_one_address(
    engine: Engine, at, one: str, other: str, are_same: bool
):
    for number in range(20):
        take(engine, f"name-{number}", one)

    assert (take(engine, "ann", other) is not None) == are_same


def test_who_goes_on_and_on_writes_nothing(engine: Engine, at):
    for _ in range(3):
        take(engine)

    with recorded(engine) as statements:
        assert take(engine) is not None

    assert all(each.startswith("SELECT") for each in statements)


def at_once(act: Callable[[int], T]) -> list[T]:
    """What comes of eight who do something at the same moment."""
    together = threading.Barrier(8)

    def run(number: int) -> T:
        together.wait(10)
        return act(number)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, range(8)))


def test_many_at_once_get_no_more_than_one_after_the_other(engine: Engine, at):
    answers = at_once(lambda _: take(engine, address=None))

    assert answers.count(None) == 3


def test_those_who_come_back_after_long_do_not_wait_for_each_other_in_a_circle(engine: Engine, at):
    for turn in range(3):
        at(turn * 26 * 60)
        assert at_once(lambda number: take(engine, f"name-{number}", None)) == [None] * 8


def test_what_is_given_back_while_it_is_counted_is_no_trouble(engine: Engine, at):
    def try_and_forget(number: int) -> None:
        for _ in range(5):
            take(engine, address=None)
            limits.forget(engine, ACT, account="ann")

    at_once(try_and_forget)

    assert take(engine, address=None) is None


def test_what_was_typed_is_not_kept(engine: Engine, db: Session, at):
    take(engine, "a name", "192.0.2.1")

    assert not any("name" in key or "192" in key for key in db.scalars(select(Attempt.name)))


def test_what_is_long_over_is_removed(engine: Engine, db: Session, at):
    take(engine, "bob", None)

    at(26 * 60)
    take(engine, "ann", None)

    assert len(db.scalars(select(Attempt)).all()) == 1


def test_forgetting_gives_an_account_its_tries_back(engine: Engine, at):
    for _ in range(4):
        take(engine)

    limits.forget(engine, ACT, account="Ann")

    assert take(engine) is None


def refuse_log_in(app: TestApp, name: str) -> None:
    """Goes on until it is too often, and then on."""
    answers = [log_in(app, name, "wrong").status_int for _ in range(13)]
    assert answers == [400] * 5 + [429] * 8


def list_too_many(db: Session) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.reason == "There were too many attempts.")
    found = list(db.scalars(query.order_by(AuditEvent.id)))
    db.rollback()
    return found


@pytest.mark.parametrize("written", ["alice", " Alice", "alice@example.org"])
def test_the_first_refusal_is_noted_for_the_owner_of_the_account(
    app: TestApp, db: Session, alice: Person, at, written: str
):
    app.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    refuse_log_in(app, written)

    noted = list_too_many(db)

    assert [(each.act, each.is_refused, each.user_id) for each in noted] == [
        ("log in", True, alice.id)
    ]
    assert noted[0].address == "192.0.2.7"


def test_what_was_typed_for_nobodys_name_is_not_noted(app: TestApp, db: Session, at):
    refuse_log_in(app, "my secret password")

    noted = list_too_many(db)

    assert [(each.user_id, each.user_name, each.subject) for each in noted] == [(None, None, None)]


def test_a_flood_is_noted_once_in_the_time_of_its_limit(
    app: TestApp, db: Session, alice: Person, at
):
    refuse_log_in(app, "alice")
    at(14)
    assert log_in(app, "alice", "wrong").status_int == 400
    for minute in (14.2, 14.4):
        at(minute)
        while log_in(app, "alice", "wrong").status_int != 429:
            pass
    assert len(list_too_many(db)) == 1

    at(31)
    refuse_log_in(app, "alice")

    assert len(list_too_many(db)) == 2


def test_a_flood_from_one_address_is_noted_once_whatever_it_names(
    app: TestApp, db: Session, alice: Person, at, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(limits.BY_ADDRESS, "log in", limits.Limit(5, timedelta(minutes=15)))
    app.extra_environ["REMOTE_ADDR"] = "192.0.2.7"

    answers = [log_in(app, name, "wrong").status_int for name in ("alice", *"abcdefgh")]

    assert answers == [400] * 5 + [429] * 4
    assert [each.user_id for each in list_too_many(db)] == [None]


def test_a_refusal_that_is_noted_already_writes_nothing(app: TestApp, alice: Person, at):
    refuse_log_in(app, "alice")
    form = app.get("/account/login").forms["login"]
    form["name"], form["password"] = "alice", "wrong"

    with recorded(app.app.registry["engine"]) as statements:
        form.submit(status=429)

    assert statements
    assert all(each.startswith("SELECT") for each in statements)
