"""How much is here: true at once where it is counted quickly, soon where it is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, make_url
from webtest import TestApp

from pypi_web.data.session import make_engine
from pypi_web.site import counting
from pypi_web.site.counting import KeptCounts, Newest
from tests.distributions import build_wheel
from tests.people import Person
from tests.publishing import publish


def shown(app: TestApp) -> list[str]:
    """The numbers of projects, releases, files and users."""
    page = app.get("/", status=200)
    return [dd.text.strip() for dd in page.html.find_all(attrs={"data-count": True})]


@contextmanager
def slow_counting(app: TestApp) -> Iterator[list[str]]:
    """Lets no count come to its end before the block does; gives those that have begun."""
    engine, goes_on = app.app.registry["engine"], threading.Event()
    begun: list[str] = []

    def wait(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "count(*)" in statement:
            begun.append(statement)
            goes_on.wait(10)

    event.listen(engine, "before_cursor_execute", wait)
    try:
        yield begun
    finally:
        thread = app.app.registry["counts"]._counting
        goes_on.set()
        if thread is not None:
            thread.join()
        event.remove(engine, "before_cursor_execute", wait)


def count_twice(app: TestApp, who: Person) -> list[str]:
    """As it takes to know how long it takes."""
    publish(app, who, build_wheel("one"))
    shown(app)
    publish(app, who, build_wheel("one", "2.0"))
    return shown(app)


def test_what_is_added_is_counted_at_once(app: TestApp, alice: Person, monkeypatch: Any):
    monkeypatch.setattr(counting, "QUICK", 10)
    publish(app, alice, build_wheel("one"))
    before = shown(app)

    publish(app, alice, build_wheel("one", "2.0"))

    assert (before, shown(app)) == (["1", "1", "1", "1"], ["1", "2", "2", "1"])


def test_nothing_is_counted_until_something_is_added(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("one"))
    before = shown(app)

    with slow_counting(app) as begun:
        after = shown(app)

    assert (before, begun) == (after, [])


def test_a_page_does_not_wait_where_counting_takes_long(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counting, "QUICK", -1)  # no count is as quick as that
    monkeypatch.setattr(counting, "PAUSE", 0)
    before = count_twice(app, alice)
    publish(app, alice, build_wheel("two"))

    with slow_counting(app) as begun:
        meanwhile = shown(app)

    assert (before, meanwhile) == (["1", "2", "2", "1"],) * 2
    assert len(begun) == 1
    assert shown(app) == ["2", "3", "3", "1"]


def test_what_takes_long_to_count_is_not_counted_all_the_time(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counting, "QUICK", -1)
    count_twice(app, alice)
    publish(app, alice, build_wheel("two"))

    with slow_counting(app) as begun:
        meanwhile = shown(app)

    assert (meanwhile, begun) == (["1", "2", "2", "1"], [])


def test_a_page_waits_where_its_counts_are_old(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    for name, value in (("QUICK", -1), ("PAUSE", 0), ("MAX_AGE", 0), ("PATIENCE", 10)):
        monkeypatch.setattr(counting, name, value)
    count_twice(app, alice)
    publish(app, alice, build_wheel("two"))

    assert shown(app) == ["2", "3", "3", "1"]


def test_a_page_is_shown_without_counts_where_the_first_takes_long(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counting, "PATIENCE", 0.01)
    publish(app, alice, build_wheel("one"))

    with slow_counting(app):
        page = app.get("/", status=200)

    assert not page.html.find_all(attrs={"data-count": True})
    assert "/project/one/" in page


def test_what_cannot_be_counted_is_told_of(caplog: pytest.LogCaptureFixture):
    engine = make_engine(make_url("sqlite:////nowhere/index.sqlite"))

    found = KeptCounts(engine).find(Newest(journal=1, project=1, user=1))

    assert found is None
    assert "could not be counted: unable to open database file" in caplog.text
