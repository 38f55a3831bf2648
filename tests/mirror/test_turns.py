"""One fetches for all who want the same, and some at a time."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from pypi_web.mirror import turns
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from pypi_web.mirror.turns import Turns
from pypi_web.upstream import UpstreamUnavailable
from tests.mirror.waiting import wait_until


@pytest.fixture
def taking_turns(engine: Engine) -> Turns:
    return Turns(Leases(engine, QuickWrites(engine)))


def fetch_with(taking_turns: Turns, name: str, fetch, seconds: float = 20) -> None:
    taking_turns.have_fetched(name, seconds, is_here=lambda: False, fetch=fetch)


def test_a_line_before_upstream_does_not_make_it_slow(
    taking_turns: Turns, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "SLOW", 0.5)
    pause = threading.Event()

    def fetch() -> None:
        pause.wait(0.2)

    with ThreadPoolExecutor(50) as people:
        answers = [
            people.submit(fetch_with, taking_turns, f"page {number}", fetch) for number in range(50)
        ]

    assert [answer.exception() for answer in answers] == [None] * 50


def test_upstream_is_slow_while_it_lets_somebody_wait(
    taking_turns: Turns, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "SLOW", 0.05)
    answer = threading.Event()
    with ThreadPoolExecutor(1) as people:
        waiting = people.submit(fetch_with, taking_turns, "page a", lambda: answer.wait(20))
        wait_until(lambda: taking_turns.is_slow)
        answer.set()
        waiting.result()

    assert not taking_turns.is_slow


def test_where_no_thread_can_be_started_the_next_try_starts_one(
    taking_turns: Turns, monkeypatch: pytest.MonkeyPatch
):
    class Refused(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with monkeypatch.context() as poor:
        poor.setattr(turns.threading, "Thread", Refused)
        with pytest.raises(UpstreamUnavailable, match="Too many"):
            fetch_with(taking_turns, "page a", lambda: None)

    fetch_with(taking_turns, "page a", lambda: None)


def test_a_failure_holds_on_to_nobody(taking_turns: Turns):
    class Held:
        pass

    left: list[weakref.ref[Held]] = []

    def fail() -> None:
        held = Held()
        left.append(weakref.ref(held))
        raise UpstreamUnavailable("It does not answer.")

    gc.disable()
    try:
        for _ in range(2):
            with pytest.raises(UpstreamUnavailable, match="does not answer"):
                fetch_with(taking_turns, "page a", fail)
        wait_until(lambda: left[0]() is None)
    finally:
        gc.enable()

    assert len(left) == 1  # for some seconds it is not asked for again
