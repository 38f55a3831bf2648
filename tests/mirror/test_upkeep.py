"""The thread that trims what the mirror keeps, beside the requests."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import MirroredFile, MirroredProject
from pypi_web.data.session import reading, writing
from pypi_web.mirror import trimming, upkeep
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from tests.conftest import MakeApp
from tests.distributions import Distribution, build_wheel
from tests.mirror.conftest import MakeMirror
from tests.mirror.files import list_kept, url_of
from tests.mirror.waiting import wait_until
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

OLD, NEW = build_wheel("click", "8.0"), build_wheel("flask", "3.0")


class Pauses:
    """In place of the module `time`: counts how often the thread sleeps, and from the end of the
    test on lets it sleep for ever."""

    def __init__(self) -> None:
        self.begun = 0
        self.is_over = threading.Event()
        self.is_at_rest = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.begun += 1
        if self.is_over.wait(seconds):
            self._rest()

    def wait_for_looks(self, count: int) -> None:
        """Until the thread has looked so often what there is to trim."""
        until = self.begun + count + 1
        wait_until(lambda: self.begun >= until)

    def end(self) -> None:
        self.is_over.set()
        if self.begun:
            assert self.is_at_rest.wait(20)

    def _rest(self) -> NoReturn:
        self.is_at_rest.set()
        while True:
            threading.Event().wait()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch, make_app: MakeApp) -> Iterator[Pauses]:
    """Of applications that are made from now on; they end after it."""
    pauses = Pauses()
    monkeypatch.setattr(upkeep, "PAUSE", 0.05)
    monkeypatch.setattr(upkeep, "time", pauses)
    yield pauses
    pauses.end()


def fetch(mirror: TestApp, upstream: FakeUpstream, *wheels: Distribution) -> None:
    for wheel in wheels:
        upstream.offer(wheel.name, OfferedFile.of(wheel))
        assert mirror.get(url_of(mirror, wheel.name)).body == wheel.content


def let_age(engine: Engine, wheel: Distribution, days: int) -> None:
    """As if nobody had had a wheel for so long."""
    one = update(MirroredFile).where(MirroredFile.filename == wheel.filename)
    with writing(engine) as db:
        db.execute(one.values(used_at=clock.now() - timedelta(days=days)))


def test_it_trims_what_nobody_has_used_for_long(
    make_mirror: MakeMirror, upstream: FakeUpstream, engine: Engine, pauses: Pauses
):
    mirror = make_mirror(mirror_trim_unused_for="90d")
    fetch(mirror, upstream, OLD, NEW)
    pauses.wait_for_looks(2)
    assert list_kept(engine) == {OLD.filename, NEW.filename}

    let_age(engine, OLD, 91)
    let_age(engine, NEW, 89)
    wait_until(lambda: list_kept(engine) == {NEW.filename})
    pauses.wait_for_looks(2)

    assert list_kept(engine) == {NEW.filename}
    fetch(mirror, upstream, OLD)
    assert list_kept(engine) == {OLD.filename, NEW.filename}


def test_it_trims_what_is_too_much(make_mirror: MakeMirror, upstream: FakeUpstream, engine: Engine):
    size = max(len(each.content) for each in (OLD, NEW))
    mirror = make_mirror(mirror_max_size=str(size))

    fetch(mirror, upstream, OLD, NEW)

    wait_until(lambda: list_kept(engine) == {NEW.filename})


def test_it_leaves_to_another_process_what_that_does(
    make_mirror: MakeMirror, upstream: FakeUpstream, engine: Engine, pauses: Pauses
):
    other = Leases(engine, QuickWrites(engine))
    assert other.take("trim")
    mirror = make_mirror(mirror_max_size="1")
    fetch(mirror, upstream, OLD)

    pauses.wait_for_looks(3)
    assert list_kept(engine) == {OLD.filename}
    other.give_back("trim")

    wait_until(lambda: list_kept(engine) == set())
    wait_until(lambda: not other.is_taken("trim"))


def test_it_goes_on_after_an_error_of_the_database(
    make_mirror: MakeMirror,
    upstream: FakeUpstream,
    engine: Engine,
    pauses: Pauses,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.WARNING, "pypi_web.mirror.upkeep")

    def fail(*_: object, **__: object) -> Any:
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    with monkeypatch.context() as broken:
        broken.setattr(trimming, "find_superfluous", fail)
        mirror = make_mirror(mirror_max_size="1")
        fetch(mirror, upstream, OLD)
        pauses.wait_for_looks(2)
        assert list_kept(engine) == {OLD.filename}

    wait_until(lambda: list_kept(engine) == set())
    assert "The mirror was not cleaned up" in caplog.text
    assert "the server closed the connection" in caplog.text


def test_it_trims_nothing_where_nobody_asks_for_it(
    make_mirror: MakeMirror, upstream: FakeUpstream, engine: Engine, pauses: Pauses
):
    fetch(make_mirror(), upstream, OLD)

    pauses.wait_for_looks(2)
    assert list_kept(engine) == {OLD.filename}


def test_it_forgets_names_that_upstream_never_had_and_no_others(
    make_mirror: MakeMirror,
    upstream: FakeUpstream,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
):
    mirror = make_mirror()
    fetch(mirror, upstream, OLD)
    mirror.get("/simple/nobody/", status=404)
    upstream.withdraw("/simple/click/")
    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    mirror.get("/simple/click/", status=404)
    assert list_asked(engine) == {"click", "nobody"}

    later += timedelta(hours=2)

    wait_until(lambda: list_asked(engine) == {"click"})


def list_asked(engine: Engine) -> set[str]:
    with reading(engine) as db:
        return set(db.execute(select(MirroredProject.normalized_name)).scalars())
