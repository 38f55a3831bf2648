"""What is asked for the first time: the pages of large projects of a server that has just started,
and very many small pages."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from benchmarks import processes, tables
from benchmarks.connections import Connection, expect_ok
from benchmarks.growth import copy_project, fill_project
from benchmarks.load import ACCEPT, Request
from benchmarks.sites import ProductionSite
from benchmarks.wheels import Upload, make_upload
from tests.servers import Server, running_server

ROUNDS = 3
SIZES = {"large": 2_000, "very-large": 20_000}

KEPT = "kept-00000"
KEPT_PROJECTS = 10_000
KEPT_FILES = 10


def make_uploads() -> list[Upload]:
    """What must have been published to a site that is measured here."""
    first = [make_upload(name, "1.0") for name in SIZES]
    return first + [make_upload(KEPT, f"1.{number}") for number in range(KEPT_FILES)]


def compare(folder: Path, sites: dict[str, ProductionSite]) -> None:
    """Asks each server for one page, as pip does, and ends it."""
    print("\nFirst pages …", flush=True)
    for site in sites.values():
        for project, count in SIZES.items():
            fill_project(site.database, project, count, own_digests=True)
    durations: dict[tuple[str, str, bool], list[float]] = {}
    lengths: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, site in sites.items():
            for project in SIZES:
                with _running(folder, site) as server, Connection(server.port) as connection:
                    request = _request(project)
                    for again in (False, True):
                        begun = time.perf_counter()
                        status, body = connection.ask(request)
                        duration = time.perf_counter() - begun
                        expect_ok(status, body)
                        durations.setdefault((name, project, again), []).append(duration)
                    lengths[project] = len(body)
    rows = []
    for name in sites:
        for project, count in SIZES.items():
            first, again = (
                statistics.median(durations[name, project, each]) for each in (False, True)
            )
            rows.append(
                (
                    f"{name}: {count:,} files",
                    f"{lengths[project] / 1000:.0f} kB",
                    tables.milliseconds(first),
                    tables.milliseconds(again),
                    tables.ratio(first, again),
                )
            )
    tables.show(
        f"The first page of a server that has just started (medians of {ROUNDS})",
        ("", "size", "first", "again", "against again"),
        rows,
    )


def measure_memory(folder: Path, site: ProductionSite) -> None:
    """Asks each process of a server for each of very many pages."""
    print(f"\nThe pages of {KEPT_PROJECTS:,} projects …", flush=True)
    names = [f"kept-{number:05}" for number in range(KEPT_PROJECTS)]
    copy_project(site.database, KEPT, names[1:])
    rows = []
    with _running(folder, site) as server, ExitStack() as stack:
        connections = _connect_to_each(server, stack)
        pids = list(connections)
        for connection in connections.values():
            expect_ok(*connection.ask(_request(KEPT)))
        before = {pid: processes.memory(pid) for pid in pids}
        begun = time.perf_counter()
        with ThreadPoolExecutor(len(pids)) as pool:
            sizes = list(pool.map(lambda it: _ask_for_all(it, names), connections.values()))
        first = time.perf_counter() - begun
        after = {pid: processes.memory(pid) for pid in pids}
        for number, (pid, size) in enumerate(zip(pids, sizes, strict=True), start=1):
            was, now = before[pid], after[pid]
            if was is None or now is None:
                continue
            rows.append(
                (
                    f"worker {number}",
                    tables.mebibytes(size),
                    tables.mebibytes(was.now),
                    tables.mebibytes(now.now),
                    tables.mebibytes(now.peak),
                    f"{(now.now - was.now) / KEPT_PROJECTS / 1000:.1f} kB",
                )
            )
    asked = KEPT_PROJECTS * len(pids)
    tables.show(
        f"Memory with {KEPT_PROJECTS:,} pages of {KEPT_FILES} files, each asked of each worker",
        ("", "sent", "before", "after", "at most", "a page"),
        rows,
    )
    print(f"  {asked / first:.0f} pages a second were made, each for the first time.")


def _running(folder: Path, site: ProductionSite) -> AbstractContextManager[Server]:
    return running_server(
        site.ini, log=folder / "log", **site.environment, PYPI_WEB_ANONYMOUS_READ="true"
    )


def _request(project: str) -> bytes:
    return bytes(
        Request(f"/simple/{project}/", {"Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"})
    )


def _connect_to_each(server: Server, stack: ExitStack) -> dict[int, Connection]:
    """A connection to each process that answers, by the process; a server's connections are of the
    one that was free first, so that several may be needed."""
    found: dict[int, Connection] = {}
    family = processes.family(server.process.pid)
    others = []
    for _ in range(64):
        connection = stack.enter_context(Connection(server.port))
        expect_ok(*connection.ask(_request(KEPT)))
        pid = processes.answering(family[1:] or family, connection.open())
        others.append(connection)
        if pid is not None:
            found.setdefault(pid, connection)
        if len(found) >= max(1, len(family) - 1):
            break
    return found or {server.process.pid: others[0]}


def _ask_for_all(connection: Connection, names: list[str]) -> int:
    size = 0
    for name in names:
        status, body = connection.ask(_request(name))
        expect_ok(status, body)
        size += len(body)
    return size
