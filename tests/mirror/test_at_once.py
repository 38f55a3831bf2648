"""Many who ask at once, processes that share a mirror, and an upstream that keeps them waiting."""

import http.client
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from urllib.request import urlopen

import pytest
import requests
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web import clock
from pypi_web.data import MirrorLease
from pypi_web.data.session import reading
from pypi_web.mirror import leases, turns
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from tests.distributions import Distribution, build_wheel
from tests.mirror.conftest import MakeMirror
from tests.mirror.files import address_of, big_wheel, list_kept
from tests.mirror.waiting import wait_until
from tests.people import Person
from tests.publishing import publish
from tests.servers import Server, running_server
from tests.upstream.behaviours import (
    Behaviour,
    Exchange,
    answering,
    dripping,
    late,
    pausing,
    stalling,
    truncated,
)
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

SMALL, LARGE = build_wheel("flask", "3.0"), big_wheel()
METADATA = b"Metadata-Version: 2.1\nName: large\nVersion: 1.0\n"
OFFERED = OfferedFile.of(LARGE, metadata=METADATA)
PAGE = "/simple/large/"
URL = address_of(LARGE)


@contextmanager
def serving(ini: Path, upstream: FakeUpstream, tmp_path: Path, **more: str) -> Iterator[Server]:
    settings = {"PYPI_WEB_MIRROR_UPSTREAM": upstream.index_url, **more}
    with running_server(ini, log=tmp_path / "mirror.log", **settings) as server:
        yield server


def at_once(count: int, ask: Callable[[int], object]) -> list:
    """What `ask` returns, of as many threads that begin together."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> object:
        barrier.wait()
        return ask(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def get(server: Server, path: str) -> bytes:
    with urlopen(f"{server.url}{path}", timeout=30) as answer:
        return answer.read()


def _dripping(content: bytes, seconds: float) -> Behaviour:
    return dripping(content, size=len(content) // 20, every=seconds / 20)


def test_ten_threads_ask_upstream_once(mirror: TestApp, upstream: FakeUpstream, engine: Engine):
    upstream.offer("large", OFFERED)
    upstream.behave(OFFERED.path, _dripping(LARGE.content, 1))

    pages = at_once(10, lambda _: mirror.get(PAGE).status_int)
    metadata = at_once(10, lambda _: mirror.get(f"{URL}.metadata").body)
    files = at_once(10, lambda _: mirror.get(URL).body)

    assert pages == [200] * 10
    assert metadata == [METADATA] * 10
    assert files == [LARGE.content] * 10
    assert list_kept(engine) == {LARGE.filename}
    for path in (PAGE, OFFERED.path, f"{OFFERED.path}.metadata"):
        assert upstream.asked(path) == 1


def test_ten_clients_of_two_workers_ask_upstream_once(
    production_ini: Path, upstream: FakeUpstream, tmp_path: Path, engine: Engine
):
    upstream.offer("large", OFFERED)
    all_have_begun = threading.Event()
    begun = threading.Barrier(10, action=all_have_begun.set)  # whichever process fetches
    upstream.behave(OFFERED.path, pausing(LARGE.content, after=1 << 20, until=all_have_begun))

    with serving(production_ini, upstream, tmp_path) as server:
        pages = at_once(10, lambda _: len(get(server, PAGE)))
        metadata = at_once(10, lambda _: get(server, f"{URL}.metadata"))

        def download(_: int) -> bytes:
            with urlopen(f"{server.url}{URL}", timeout=30) as answer:
                start = answer.read(1)
                begun.wait(20)
                return start + answer.read()

        files = at_once(10, download)

    assert len(set(pages)) == 1
    assert metadata == [METADATA] * 10
    assert files == [LARGE.content] * 10
    assert list_kept(engine) == {LARGE.filename}
    for path in (PAGE, OFFERED.path, f"{OFFERED.path}.metadata"):
        assert upstream.asked(path) == 1


def test_a_client_sees_that_a_transfer_is_broken(
    production_ini: Path, upstream: FakeUpstream, tmp_path: Path, engine: Engine
):
    upstream.offer("large", OFFERED)
    wrong = LARGE.content[:-1] + b"!"
    faults = {
        "wrong": _dripping(wrong, 1),
        "truncated": truncated(LARGE.content, after=len(LARGE.content) // 2),
    }

    with serving(production_ini, upstream, tmp_path) as server:
        for fault in faults.values():
            upstream.behave(OFFERED.path, fault)
            for outcome in at_once(4, lambda _: _fetch(server, URL)):
                assert outcome in ("broken", 503)
            wait_until(lambda: _count_leases(engine) == 0)
        assert list_kept(engine) == set()
        upstream.change(OFFERED, LARGE.content)
        assert _fetch(server, URL) == len(LARGE.content)


def _fetch(server: Server, path: str) -> object:
    """The bytes of an answer as its head promised, its status where that is none, or `broken`."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path)
    try:
        response = connection.getresponse()
        body = response.read()
    except (http.client.HTTPException, ConnectionError):
        return "broken"
    finally:
        connection.close()
    if response.status != 200:
        return response.status
    assert response.headers["Content-Length"] == str(len(body))
    return len(body)


def test_what_a_killed_process_was_fetching_is_fetched_by_another(
    production_ini: Path, upstream: FakeUpstream, tmp_path: Path, engine: Engine
):
    upstream.offer("large", OFFERED)
    upstream.behave(OFFERED.path, stalling(LARGE.content, after=1 << 20))
    with (
        serving(production_ini, upstream, tmp_path) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        broken = pool.submit(_fetch, server, URL)
        wait_until(lambda: upstream.asked(OFFERED.path) == 1)
        sleep(0.5)
        for worker in _workers_of(server):
            os.kill(worker, signal.SIGKILL)
        assert broken.result(30) == "broken"
    assert _count_leases(engine) == 1
    with Session(engine) as db, db.begin():
        db.execute(update(MirrorLease).values(until=datetime.now(UTC) + timedelta(seconds=2)))
    upstream.change(OFFERED, LARGE.content)

    with serving(production_ini, upstream, tmp_path) as server:
        outcomes = {_fetch(server, URL) for _ in range(2)}

    assert len(LARGE.content) in outcomes
    assert list_kept(engine) == {LARGE.filename}


def _count_leases(engine: Engine) -> int:
    with reading(engine) as db:
        return db.scalar(select(func.count()).select_from(MirrorLease))


def _workers_of(server: Server) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().partition(") ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(rest.split()[1]) == server.process.pid:
            found.append(int(name.partition(" ")[0]))
    return found


def test_a_process_that_ends_gives_back_what_it_holds(
    production_ini: Path, upstream: FakeUpstream, tmp_path: Path, engine: Engine
):
    upstream.offer("large", OFFERED)
    upstream.behave(OFFERED.path, stalling(LARGE.content, after=1 << 20, seconds=14))
    with serving(production_ini, upstream, tmp_path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", URL)
        assert connection.getresponse().status == 200
        connection.close()
        began = monotonic()

    assert monotonic() - began < 25
    assert _count_leases(engine) == 0


def test_a_lease_runs_out(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    one, other = Leases(engine, QuickWrites(engine)), Leases(engine, QuickWrites(engine))

    assert one.take("page flask")
    assert one.take("page flask")
    assert not other.take("page flask")
    assert other.is_taken("page flask")
    later = datetime.now(UTC) + leases.DURATION + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert other.take("page flask")
    one.give_back("page flask")  # is not its own any more
    assert other.is_taken("page flask")
    other.give_back("page flask")
    assert one.take("page flask")
    one.give_back("page flask")


def test_a_stalled_upstream_keeps_nobody_from_what_is_hosted(
    production_ini: Path, upstream: FakeUpstream, tmp_path: Path, make_app, alice: Person
):
    hosted = build_wheel("sample", "1.0")
    publish(make_app(), alice, hosted)
    upstream.offer("large", OFFERED)
    release = threading.Event()
    upstream.behave(OFFERED.path, stalling(LARGE.content, after=1 << 20, seconds=14, until=release))
    for number in range(60):
        upstream.behave(f"/simple/stalled{number}/", late(14, Exchange.hang_up, until=release))
    ini = production_ini.with_name("one.ini")
    ini.write_text(production_ini.read_text().replace("workers = 2", "workers = 1"))

    with serving(ini, upstream, tmp_path) as server, ThreadPoolExecutor(100) as pool:
        get(server, PAGE)
        asked = [pool.submit(_fetch, server, f"/simple/stalled{each}/") for each in range(60)]
        asked += [pool.submit(_fetch, server, URL) for _ in range(30)]
        wait_until(lambda: sum(each.done() for each in asked) >= len(asked) - turns.GUESTS)
        waiting = [each for each in asked if not each.done()]
        seconds = [_time(lambda: get(server, "/simple/sample/")) for _ in range(10)]
        seconds += [_time(lambda: get(server, address_of(hosted))) for _ in range(10)]
        seconds_to_publish = _time(
            lambda: publish_to(server, alice, build_wheel("sample", "2.0")),
        )
        assert len(waiting) > 1
        assert not any(each.done() for each in waiting)
        release.set()
        outcomes = [each.result(60) for each in asked]

    assert median(seconds) < 1
    assert max(*seconds, seconds_to_publish) < 5
    assert set(outcomes) <= {503, "broken"}


def publish_to(server: Server, who: Person, distribution: Distribution) -> None:
    requests.post(
        f"{server.url}/legacy/",
        data=distribution.form(),
        files={"content": (distribution.filename, distribution.content)},
        headers=who.basic,
        timeout=30,
    ).raise_for_status()


def _time(act: Callable[[], object]) -> float:
    began = monotonic()
    act()
    return monotonic() - began


def test_nothing_in_the_database_waits_for_upstream(
    make_mirror: MakeMirror, upstream: FakeUpstream, alice: Person, engine: Engine
):
    mirror = make_mirror()
    upstream.offer("large", OFFERED)
    upstream.offer("flask", OfferedFile.of(SMALL))
    mirror.get(PAGE)
    release = threading.Event()
    upstream.behave(OFFERED.path, pausing(LARGE.content, after=1 << 20, until=release))
    upstream.behave("/simple/flask/", late(14, answering(404), until=release))

    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(mirror.get, URL),
            pool.submit(mirror.get, "/simple/flask/", status=404),
        ]
        wait_until(lambda: upstream.asked(OFFERED.path) == upstream.asked("/simple/flask/") == 1)
        publish(mirror, alice, build_wheel("sample", "1.0"))
        wait_until(lambda: engine_of(mirror).pool.checkedout() == 0)
        assert not any(each.done() for each in waiting)
        release.set()
        assert [each.result().status_int for each in waiting] == [200, 404]


def engine_of(app: TestApp) -> Engine:
    return app.app.registry["engine"]


def test_who_would_wait_too_long_is_told_to_come_again(
    mirror: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "WAITING_LONG", 2)
    release = threading.Event()
    for number in range(4):
        upstream.behave(f"/simple/slow{number}/", late(14, answering(404), until=release))
    own_turns = mirror.app.registry["mirror"].pages.turns

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(mirror.get, f"/simple/slow{each}/", status=404) for each in range(3)]
        wait_until(lambda: own_turns._waiting == 3)
        monkeypatch.setattr(turns, "SLOW", 0.0)
        refused = mirror.get("/simple/slow3/", status=503)
        assert not any(each.done() for each in waiting)
        release.set()
        for each in waiting:
            each.result()

    assert refused.headers["Retry-After"]
