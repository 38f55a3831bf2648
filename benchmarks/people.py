"""What it costs to know who asks, and whether they may: pages for those who have signed in, beside
the same pages for anyone."""

import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from benchmarks import processes, tables
from benchmarks.connections import Connection, send_all
from benchmarks.growth import fill_project
from benchmarks.load import ACCEPT, NAME, Request, send_load
from benchmarks.peers import Target
from benchmarks.readers import CONNECTIONS, FILES, SECONDS, warm_up
from benchmarks.sites import BIN, PASSWORD, ProductionSite, make_production_site, make_token, run
from benchmarks.uploads import postgres_as_in_production
from benchmarks.wheels import make_upload
from tests import postgres
from tests.servers import running_server

ROUNDS = 5

PUBLIC, PRIVATE = "for-anyone", "for-people"
"""Two projects alike, whose names are of one length."""

WANTED = 0.5
"""How fast a private page by token is to be at least, against the public one for anyone."""

SIMPLE, UNCHANGED, JSON, PAGE = "simple", "unchanged", "json", "page"
TITLES = {
    SIMPLE: "The page for installers, with Accept-Encoding: gzip",
    UNCHANGED: "The page for installers, with If-None-Match too (304)",
    JSON: "The project as JSON",
    PAGE: "The project's page at a browser",
}
PATHS = {
    SIMPLE: "/simple/{}/",
    UNCHANGED: "/simple/{}/",
    JSON: "/pypi/{}/json",
    PAGE: "/project/{}/",
}


@dataclass
class Way:
    """Somebody who asks one of a database's two servers for a project: the open one, which anyone
    reads, or the closed one."""

    name: str
    server: Target
    project: str
    is_signed_in: bool = True
    speeds: dict[str, list[float]] = field(default_factory=dict)
    busy: dict[str, list[float | None]] = field(default_factory=dict)

    def take_load(self, kind: str, request: Request) -> None:
        before = processes.busy_seconds(self.server.pid)
        load = send_load(self.server.port, request, connections=CONNECTIONS, seconds=SECONDS)
        after = processes.busy_seconds(self.server.pid)
        self.speeds.setdefault(kind, []).append(load.speed)
        used = None if before is None or after is None else (after - before) / load.count
        self.busy.setdefault(kind, []).append(used)


@dataclass(frozen=True)
class Database:
    """The ways to ask of one database, that of anyone first; `cookie` is of somebody's session."""

    name: str
    ways: tuple[Way, ...]
    cookie: str

    def request(self, kind: str, way: Way) -> Request:
        """A question; raises RuntimeError where the answer is not what it should be."""
        headers = self._credentials(kind) if way.is_signed_in else {}
        if kind in (SIMPLE, UNCHANGED):
            headers |= {"Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        path = PATHS[kind].format(way.project)
        if kind == UNCHANGED:
            etag = _ask(way, Request(path, headers), 200)
            headers["If-None-Match"] = re.search(rb"\r\netag: *([^\r]+)", etag, re.I)[1].decode()
        request = Request(path, headers)
        _ask(way, request, 304 if kind == UNCHANGED else 200)
        return request

    def _credentials(self, kind: str) -> dict[str, str]:
        if kind == PAGE:
            return {"Cookie": self.cookie}
        return {"Authorization": self.ways[0].server.authorization}

    def ratio(self, kind: str, way: Way) -> float:
        """The median of the rounds, each against anyone in the same round: what else the machine
        does meets both."""
        anyone = self.ways[0].speeds[kind]
        rounds = zip(way.speeds[kind], anyone, strict=True)
        return statistics.median(speed / base for speed, base in rounds)


def measure(folder: Path) -> None:
    folder.mkdir()
    print(f"\nPeople and anyone, asked by {NAME} …", flush=True)
    with postgres_as_in_production() as server, ExitStack() as stack:
        urls = {
            "SQLite": None,
            "PostgreSQL": postgres.create_database(server, "people").render_as_string(False),
        }
        databases = [
            stack.enter_context(_running(folder / name, name, url)) for name, url in urls.items()
        ]
        _go_rounds(databases)
    for kind in TITLES:
        _show(kind, databases)
    _judge(databases)


@contextmanager
def _running(folder: Path, name: str, url: str | None) -> Iterator[Database]:
    """Both servers, on the data of a site with the two projects."""
    site = make_production_site(folder, url)
    token = make_token(site.ini, "publisher", **site.environment)
    where = ("/legacy/", "/simple/{project}/", "__token__", token)
    with (
        running_server(site.ini, log=folder / "log-closed", **site.environment) as closed_server,
        running_server(
            site.ini,
            log=folder / "log-open",
            **site.environment,
            PYPI_WEB_ANONYMOUS_READ="true",
        ) as open_server,
    ):
        closed = Target(
            "anonymous_read = false", closed_server.port, *where, closed_server.process.pid
        )
        opened = Target("anonymous_read = true", open_server.port, *where, open_server.process.pid)
        _fill(site, opened)
        ways = (
            Way("public, anyone", opened, PUBLIC, is_signed_in=False),
            Way("public, signed in", opened, PUBLIC),
            Way("public, signed in, anonymous_read = false", closed, PUBLIC),
            Way("private, signed in", opened, PRIVATE),
            Way("private, signed in, anonymous_read = false", closed, PRIVATE),
        )
        yield Database(name, ways, _log_in(open_server.url))


def _fill(site: ProductionSite, target: Target) -> None:
    uploads = [make_upload(name, "1.0") for name in (PUBLIC, PRIVATE)]
    sent = [each.request(target.path, target.user, target.password) for each in uploads]
    send_all(target.port, sent, connections=1, seconds=60)
    for each in uploads:
        fill_project(site.database, each.project, FILES, own_digests=True)
    command = [BIN / "pypi-web", "--config", site.ini, "project", "private", PRIVATE]
    run(command, **site.environment)


def _log_in(url: str) -> str:
    """The cookie of the publisher's session."""
    with requests.Session() as browser:
        form = browser.get(f"{url}/account/login", timeout=60).text
        csrf_token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
        answers = {"csrf_token": csrf_token, "name": "publisher", "password": PASSWORD}
        browser.post(f"{url}/account/login", answers, timeout=60).raise_for_status()
        return "; ".join(f"{each.name}={each.value}" for each in browser.cookies)


def _ask(way: Way, request: Request, expected: int) -> bytes:
    """The head of an answer."""
    with Connection(way.server.port) as connection:
        status, head, body = connection.ask_for_all(bytes(request))
    if status != expected:
        raise RuntimeError(f"{way.name} was answered {status}: {head!r} {body[:500]!r}")
    return head


def _go_rounds(databases: Sequence[Database]) -> None:
    questions = {
        kind: [(way, each.request(kind, way)) for each in databases for way in each.ways]
        for kind in TITLES
    }
    for asked in questions.values():
        for way, request in asked:
            warm_up(way.server.port, bytes(request))
    for _ in range(ROUNDS):
        for kind, asked in questions.items():
            for way, request in asked:
                way.take_load(kind, request)


def _show(kind: str, databases: Sequence[Database]) -> None:
    rows = []
    for database in databases:
        for way in database.ways:
            speeds = way.speeds[kind]
            rows.append(
                (
                    f"{database.name}: {way.name}",
                    f"{statistics.median(speeds):.0f}/s ({min(speeds):.0f}-{max(speeds):.0f})",
                    tables.microseconds(way.busy[kind]),
                    tables.ratio(database.ratio(kind, way), 1),
                )
            )
    tables.show(
        f"{TITLES[kind]}: {FILES} files, over {CONNECTIONS} connections kept alive (medians of"
        f" {ROUNDS})",
        ("", "speed", "processor each", "against anyone"),
        rows,
    )


def _judge(databases: Sequence[Database]) -> None:
    print(f"\nA private page for installers, by token, should be {WANTED} x at the least:")
    for database in databases:
        for kind in (SIMPLE, UNCHANGED):
            ratio = min(
                database.ratio(kind, way) for way in database.ways if way.project == PRIVATE
            )
            verdict = "as it should be" if ratio >= WANTED else "TOO SLOW"
            print(f"  {database.name}, {kind}: {tables.ratio(ratio, 1)}, {verdict}")
