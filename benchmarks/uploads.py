"""Small wheels, one after the other: how many this index takes in a second, beside other indexes,
and whether that hangs on how many a project has already."""

import re
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from benchmarks import tables
from benchmarks.connections import Connection, expect_ok, send_all
from benchmarks.growth import fill_project
from benchmarks.peers import Target, running_all
from benchmarks.sites import make_production_site, make_token
from benchmarks.wheels import PROJECTS, Upload, make_upload, make_uploads, project_name
from tests import postgres
from tests.servers import running_server

ROUNDS = 5
BATCH = 200
SECONDS = 4.0
"""What a server is given at once: so many wheels, or what it takes of them in that time."""

CONNECTIONS = (1, 4)

LARGE = 20_000
FILLED = "filled"
PAIRS = 200

BASE = "peryx"
"""The peer that the others are compared with."""


@dataclass
class Runner:
    """A server that is measured, with what it has been sent and how fast it took it."""

    target: Target
    sent: list[Upload] = field(default_factory=list)
    speeds: dict[int, list[float]] = field(default_factory=dict)
    reconnects: int = 0

    def requests(self, uploads: Sequence[Upload]) -> list[bytes]:
        target = self.target
        return [each.request(target.path, target.user, target.password) for each in uploads]

    def warm_up(self, uploads: Sequence[Upload]) -> None:
        send_all(self.target.port, self.requests(uploads), connections=4, seconds=600)
        self.sent += uploads

    def take(self, uploads: Sequence[Upload], connections: int) -> None:
        sent = send_all(
            self.target.port, self.requests(uploads), connections=connections, seconds=SECONDS
        )
        self.speeds.setdefault(connections, []).append(sent.speed)
        self.reconnects += sent.opened - connections
        for start, count in enumerate(sent.counts):
            self.sent += uploads[start::connections][:count]

    def speed(self, connections: int) -> float:
        return statistics.median(self.speeds[connections])

    def check(self) -> None:
        """Whether all that was taken is listed."""
        expected: dict[str, set[str]] = {}
        for each in self.sent:
            expected.setdefault(each.project, set()).add(each.filename)
        with Connection(self.target.port) as connection:
            for project, filenames in expected.items():
                status, page = connection.ask(self.target.page_request(project))
                listed = set(re.findall(rb">\s*([^<>]+\.whl)\s*</a>", page))
                missing = {name.encode() for name in filenames} - listed
                if status != 200 or missing:
                    raise RuntimeError(
                        f"{self.target.name} lists {project} without {len(missing)} of its files"
                        f" ({status})."
                    )


def measure(folder: Path) -> None:
    folder.mkdir()
    with postgres_as_in_production() as server:
        compare(folder, server)
        compare_sizes(folder, server)


def compare(folder: Path, server: postgres.URL) -> None:
    """Starts all servers and sends to each in turn, round by round, so that what the machine does
    otherwise meets all alike."""
    print("\nPublishing small wheels …", flush=True)
    with ExitStack() as stack:
        ours = {"SQLite": None, "PostgreSQL": postgres.create_database(server, "small_wheels")}
        runners = [
            Runner(stack.enter_context(running_ourselves(folder, name, url)))
            for name, url in ours.items()
        ]
        runners += [Runner(target) for target in running_all(stack, folder)]
        warm_up = make_uploads(2 * PROJECTS, series=0)
        for runner in runners:
            runner.warm_up(warm_up)
        for number in range(ROUNDS):
            for connections in CONNECTIONS:
                series = 1 + CONNECTIONS.index(connections) + number * len(CONNECTIONS)
                uploads = make_uploads(BATCH, series=series)
                for runner in runners:
                    runner.take(uploads, connections)
        for runner in runners:
            runner.check()
    _show(runners)


def _show(runners: Sequence[Runner]) -> None:
    base = next((each for each in runners if each.target.name == BASE), None)
    heads = [""]
    for connections in CONNECTIONS:
        heads += [f"over {connections}", f"against {BASE}"]
    rows = []
    for runner in runners:
        row = [runner.target.name]
        for connections in CONNECTIONS:
            speed = runner.speed(connections)
            speeds = runner.speeds[connections]
            row += [
                f"{speed:.0f}/s ({min(speeds):.0f}-{max(speeds):.0f})",
                "" if base is None else tables.ratio(speed, base.speed(connections)),
            ]
        rows.append(row)
    tables.show(
        f"Small wheels a second, over connections kept alive (medians of {ROUNDS} rounds of at"
        f" most {BATCH})",
        heads,
        rows,
    )
    for runner in runners:
        if runner.reconnects:
            print(f"  {runner.target.name} has closed {runner.reconnects} connections.")


def compare_sizes(folder: Path, server: postgres.URL) -> None:
    """Publishes in turn to an index that has nothing else, and to one project of `LARGE` files."""
    print(f"\nPublishing to a project of {LARGE:,} files …", flush=True)
    rows = []
    for name in ("SQLite", "PostgreSQL"):
        urls = [
            postgres.create_database(server, f"{size}_site") if name == "PostgreSQL" else None
            for size in ("empty", "large")
        ]
        with (
            running_ourselves(folder, f"{name} empty", urls[0]) as empty,
            running_ourselves(folder, f"{name} large", urls[1], fill=LARGE) as large,
        ):
            small, grown = _time_in_turn(empty, large)
        rows += [
            (f"{name}: into an empty project", tables.milliseconds(small), tables.ratio(1, 1)),
            (
                f"{name}: into one of {LARGE:,} files",
                tables.milliseconds(grown),
                tables.ratio(grown, small),
            ),
        ]
    tables.show(f"One upload (medians of {PAIRS})", ("", "time", "against empty"), rows)


def _time_in_turn(empty: Target, large: Target) -> tuple[float, float]:
    """The medians of one upload to each: to projects in turn that have next to nothing, and to the
    one that has very much."""
    durations: dict[str, list[float]] = {empty.name: [], large.name: []}
    with Connection(empty.port) as first, Connection(large.port) as second:
        cases = [(empty, first, project_name), (large, second, lambda _: FILLED)]
        for number in range(-PROJECTS, PAIRS):  # each project is made before the clock starts
            for target, connection, project in cases:
                upload = make_upload(project(number), f"900.{number + PROJECTS}")
                request = upload.request(target.path, target.user, target.password)
                begun = time.perf_counter()
                status, body = connection.ask(request)
                duration = time.perf_counter() - begun
                expect_ok(status, body)
                if number >= 0:
                    durations[target.name].append(duration)
            cases.reverse()
    return statistics.median(durations[empty.name]), statistics.median(durations[large.name])


@contextmanager
def running_ourselves(
    folder: Path, name: str, url: postgres.URL | None, *, fill: int = 0
) -> Iterator[Target]:
    """This index as production.ini runs it, with a project of so many files."""
    home = folder / name.replace(" ", "-")
    database = None if url is None else url.render_as_string(hide_password=False)
    site = make_production_site(home, database)
    token = make_token(site.ini, "publisher", **site.environment)
    with running_server(site.ini, log=home / "log", **site.environment) as server:
        where = ("/legacy/", "/simple/{project}/", "__token__", token)
        target = Target(f"pypi_web, {name}", server.upload_port, *where)
        if fill:
            first = make_upload(FILLED, "1.0")
            with Connection(server.port) as connection:
                request = first.request(target.path, target.user, target.password)
                expect_ok(*connection.ask(request))
            fill_project(site.database, FILLED, fill)
        yield target


@contextmanager
def postgres_as_in_production() -> Iterator[postgres.URL]:
    """A server that keeps what it has confirmed, unlike that of the tests."""
    with (
        mock.patch.object(postgres, "OPTIONS", "-c listen_addresses='' -c max_connections=200"),
        postgres.running_postgres() as url,
    ):
        yield url
