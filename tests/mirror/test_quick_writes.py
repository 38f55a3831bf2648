"""What several threads write is written together, and each is told of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from pypi_web.data import MirrorLease
from pypi_web.data.session import reading
from pypi_web.mirror import quick_writes
from pypi_web.mirror.quick_writes import QuickWrites


def add(name: str) -> Callable[[Session], str]:
    def work(db: Session) -> str:
        row = {"name": name, "holder": "me", "until": datetime(2026, 1, 1, tzinfo=UTC)}
        db.execute(insert(MirrorLease), row)
        return name

    return work


def count(engine: Engine) -> int:
    with reading(engine) as db:
        return db.execute(select(func.count()).select_from(MirrorLease)).scalar_one()


def all_at_once(writes: QuickWrites, works: list[Callable[[Session], str]]) -> list[object]:
    """What each got, or what it was told, where all wait for the first."""
    together = threading.Barrier(len(works))

    def write(work: Callable[[Session], str]) -> object:
        together.wait()
        try:
            return writes.write(work)
        except (Exception, CancelledError) as error:
            return type(error)

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(write, works))


def test_each_gets_what_their_own_work_gives(engine: Engine):
    names = [f"page {number}" for number in range(40)]

    assert all_at_once(QuickWrites(engine), [add(name) for name in names]) == names
    assert count(engine) == 40


def test_one_that_fails_fails_alone(engine: Engine):
    writes = QuickWrites(engine)
    writes.write(add("taken"))
    works = [add(name) for name in ("a", "taken", "b", "c")]

    assert all_at_once(writes, works) == ["a", IntegrityError, "b", "c"]
    assert count(engine) == 4


def test_where_the_database_cannot_be_written_all_are_told_at_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    begun = []

    class Locked:
        def __init__(self, _engine: Engine) -> None:
            begun.append(1)

        def __enter__(self) -> Session:
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(quick_writes, "_writing_quickly", Locked)

    told = all_at_once(QuickWrites(engine), [add(f"page {number}") for number in range(8)])

    assert told == [OperationalError] * 8
    assert len(begun) <= 8


def test_nobody_waits_for_ever_for_one_whose_thread_is_being_ended(engine: Engine):
    writes = QuickWrites(engine)
    entered, go = threading.Event(), threading.Event()

    def end(db: Session) -> str:
        entered.set()
        go.wait(10)
        raise SystemExit

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(writes.write, end)
        assert entered.wait(10)
        second = threads.submit(writes.write, add("second"))
        go.set()
        assert isinstance(first.exception(10), SystemExit | CancelledError)
        assert second.result(10) == "second"
