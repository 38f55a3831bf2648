"""Whether what is asked costs more on a large index: the same project on one that has nothing else,
and on one with a synthetic catalogue, on both databases."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import tables
from benchmarks.connections import Connection, expect_ok
from benchmarks.filling import fill_site
from benchmarks.load import ACCEPT, Request
from benchmarks.sites import ProductionSite, make_production_site, make_token
from benchmarks.uploads import postgres_as_in_production
from benchmarks.wheels import Upload, make_upload
from tests import postgres
from tests.servers import running_server

PROJECTS, FILES = 100_000, 1_000_000

PROJECT = "measured"
RELEASES = 20
"""What the project has before it is measured."""

OTHERS = 25
"""Projects on both, so that pages which list some are as long on both."""

ROUNDS = 60
ASKED_AGAIN = 5
STARTS = 3

LIMIT = 1.3
"""How many times as much anything that is not a list of all may take."""

EMPTY, FULL = "empty", "full"

_JSON = {"Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
PAGE = Request(f"/simple/{PROJECT}/", _JSON)
LIST = Request("/simple/", _JSON)
HOME = Request("/")
FOUND = {
    "JSON document": Request(f"/pypi/{PROJECT}/json"),
    "project's page": Request(f"/project/{PROJECT}/"),
    "home, after an upload": HOME,
    "home, again": HOME,
    "all projects, first page": Request("/search/"),
}
WHOLE = {
    "list of projects, after an upload": LIST,
    "list of projects, again": LIST,
    f"search for {PROJECT}": Request(f"/search/?q={PROJECT}"),
}
"""What looks at all projects, or names them."""

UPLOAD, FIRST_PAGE, PAGE_AGAIN = "upload", "simple page, after an upload", "simple page, again"
OF_A_START = {"list of projects, of a server just started": LIST, "home, of such a server": HOME}


@dataclass
class Asked:
    """A server of ours, over one connection, and how long it took for what."""

    site: ProductionSite
    token: str
    folder: Path
    durations: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator[Connection]:
        with (
            running_server(
                self.site.ini,
                log=self.folder / "log",
                **self.site.environment,
                PYPI_WEB_ANONYMOUS_READ="true",
            ) as server,
            Connection(server.port) as connection,
        ):
            yield connection

    def publish(self, connection: Connection, upload: Upload) -> None:
        self._time(UPLOAD, connection, upload.request("/legacy/", "__token__", self.token))

    def ask(self, connection: Connection, what: str, request: Request) -> None:
        self._time(what, connection, bytes(request))

    def forget(self) -> None:
        self.durations.clear()

    def median(self, what: str) -> float:
        return statistics.median(self.durations[what])

    def _time(self, what: str, connection: Connection, request: bytes) -> None:
        begun = time.perf_counter()
        status, body = connection.ask(request)
        duration = time.perf_counter() - begun
        expect_ok(status, body)
        self.durations.setdefault(what, []).append(duration)


def measure(folder: Path, *, projects: int, files: int) -> None:
    folder.mkdir()
    print(f"\nGrowth: {projects:,} projects with {files:,} files …", flush=True)
    with postgres_as_in_production() as server:
        for name in ("SQLite", "PostgreSQL"):
            sites = {size: _make_site(folder, name, size, server) for size in (EMPTY, FULL)}
            for site in sites.values():
                with site.running() as connection:
                    for upload in _make_first_uploads():
                        site.publish(connection, upload)
            begun = time.perf_counter()
            fill_site(sites[FULL].site.database, projects=projects, files=files, label=name)
            print(f"  {name} was filled in {time.perf_counter() - begun:.0f} s.", flush=True)
            _go_rounds(sites)
            _start_again(sites)
            _show(name, sites)


def _make_site(folder: Path, name: str, size: str, server: postgres.URL) -> Asked:
    home = folder / f"{name}-{size}"
    database = None
    if name == "PostgreSQL":
        url = postgres.create_database(server, f"growth_{size}")
        database = url.render_as_string(hide_password=False)
    site = make_production_site(home, database)
    return Asked(site, make_token(site.ini, "publisher", **site.environment), home)


def _make_first_uploads() -> Iterator[Upload]:
    for number in range(OTHERS):
        yield make_upload(f"other-{number}", "1.0")
    for number in range(RELEASES):
        yield make_upload(PROJECT, f"1.{number}")


def _go_rounds(sites: dict[str, Asked]) -> None:
    """Asks each of both in turn, round by round, so that what the machine does otherwise meets
    both alike. A round begins with an upload, after which nothing that was kept is true."""
    with ExitStack() as stack:
        asked = [(site, stack.enter_context(site.running())) for site in sites.values()]

        def go(rounds: int, series: int, ask: Callable[[Asked, Connection], None]) -> None:
            for number in range(rounds):
                upload = make_upload(PROJECT, f"{series}.{number}")
                for site, connection in asked:
                    site.publish(connection, upload)
                    ask(site, connection)
                asked.reverse()

        go(5, 2, _ask_for_found)  # what is loaded once, is loaded
        for site, _ in asked:
            site.forget()
        go(ROUNDS, 3, _ask_for_found)
        go(ROUNDS // 4, 4, _ask_for_whole)


def _ask_for_found(site: Asked, connection: Connection) -> None:
    site.ask(connection, FIRST_PAGE, PAGE)
    for _ in range(ASKED_AGAIN):
        site.ask(connection, PAGE_AGAIN, PAGE)
    for what, request in FOUND.items():
        site.ask(connection, what, request)


def _ask_for_whole(site: Asked, connection: Connection) -> None:
    for what, request in WHOLE.items():
        site.ask(connection, what, request)


def _start_again(sites: dict[str, Asked]) -> None:
    for _ in range(STARTS):
        for site in sites.values():
            with site.running() as connection:
                for what, request in OF_A_START.items():
                    site.ask(connection, what, request)


def _show(name: str, sites: dict[str, Asked]) -> None:
    empty, full = sites[EMPTY], sites[FULL]
    rows = []
    for what in full.durations:
        small, large = empty.median(what), full.median(what)
        is_limited = what not in WHOLE and what not in OF_A_START
        rows.append(
            (
                what,
                tables.milliseconds(small),
                tables.milliseconds(large),
                tables.ratio(large, small),
                f"over {LIMIT}" if is_limited and large > LIMIT * small else "",
            )
        )
    tables.show(
        f"{name}: one project's, on an index without others and on a full one (medians)",
        ("", EMPTY, FULL, "against empty", ""),
        rows,
    )
