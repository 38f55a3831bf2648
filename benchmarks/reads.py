"""What installers ask, one kind of question after the other: how fast this index answers, beside
nginx with the same bytes and beside other indexes."""

import re
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from benchmarks import first_reads, processes, tables
from benchmarks.connections import Connection, closes, expect_ok, send_all
from benchmarks.downloads import download
from benchmarks.load import ACCEPT, NAME, Load, Request, send_load
from benchmarks.nginx import running_nginx
from benchmarks.peers import PEERS, PeerMissing, Target, running
from benchmarks.sites import ProductionSite, make_production_site, make_token
from benchmarks.uploads import postgres_as_in_production
from benchmarks.wheels import Upload, make_upload
from tests import postgres
from tests.servers import running_server

ROUNDS = 3
SECONDS = 1
CONNECTIONS = 8
FILES = 200
LARGE = 50_000_000
DOWNLOADS = 4
"""How many at once."""

PROJECT = "many-files"
LARGE_PROJECT = "large-file"
BASE = "nginx"
OURS = "pypi_web, SQLite, for anyone"
"""What the peers are compared with, which are for anyone too."""

AGAINST = (f"against {BASE}", "against ours")

PLAIN, GZIP, UNCHANGED = "plain", "gzip", "unchanged"
TITLES = {
    PLAIN: "The page",
    GZIP: "The page, with Accept-Encoding: gzip",
    UNCHANGED: "The page, with Accept-Encoding: gzip and If-None-Match (304)",
}


@dataclass
class Reader:
    """A server that is asked, with the questions that it understands and how it took them."""

    target: Target
    credentials: dict[str, str] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    loads: dict[str, list[Load]] = field(default_factory=dict)
    busy: dict[str, list[float | None]] = field(default_factory=dict)
    times: dict[int, list[float]] = field(default_factory=dict)
    file: str = ""
    closes: bool = False
    """Whether it ends the connection with a 304."""

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def downloads(self) -> bool:
        """Whether it is asked for files too: who signs in is looked up once for each, which is
        nothing beside the bytes."""
        return not self.credentials

    def prepare(self) -> bytes:
        """Finds out what the server understands, and gives its page, plain."""
        path = self.target.page.format(project=PROJECT)
        plain = Request(path, {"Accept": ACCEPT, **self.credentials})
        packed = Request(path, {**plain.headers, "Accept-Encoding": "gzip"})
        with Connection(self.target.port) as connection:
            status, _, body = connection.ask_for_all(bytes(plain))
            expect_ok(status, body)
            self.requests[PLAIN], self.sizes[PLAIN] = plain, len(body)
            status, head, less = connection.ask_for_all(bytes(packed))
            expect_ok(status, less)
            if re.search(rb"\r\ncontent-encoding: *gzip", head, re.I):
                self.requests[GZIP], self.sizes[GZIP] = packed, len(less)
            if etag := re.search(rb"\r\netag: *([^\r]+)", head, re.I):
                again = Request(path, {**packed.headers, "If-None-Match": etag[1].decode()})
                status, head, _ = connection.ask_for_all(bytes(again))
                if status == 304:
                    self.requests[UNCHANGED], self.sizes[UNCHANGED] = again, 0
                    self.closes = closes(head)
        return body

    def prepare_file(self, filename: str) -> None:
        """Finds the address of the large file on its project's page."""
        page = self.target.page.format(project=LARGE_PROJECT)
        request = Request(page, {"Accept": "text/html", **self.credentials})
        with Connection(self.target.port) as connection:
            status, body = connection.ask(bytes(request))
        expect_ok(status, body)
        found = re.search(rf'href="([^"]*/?{re.escape(filename)}[^"]*)"', body.decode())
        if found is None:
            raise RuntimeError(f"{self.name} does not list {filename}: {body[:500]!r}")
        self.file = urlsplit(urljoin(page, unescape(found[1]))).path

    def take_load(self, kind: str) -> None:
        before = processes.busy_seconds(self.target.pid)
        load = send_load(
            self.target.port, self.requests[kind], connections=CONNECTIONS, seconds=SECONDS
        )
        after = processes.busy_seconds(self.target.pid)
        self.loads.setdefault(kind, []).append(load)
        used = None if before is None or after is None else (after - before) / load.count
        self.busy.setdefault(kind, []).append(used)

    def take_downloads(self, at_once: int) -> None:
        """Downloads `DOWNLOADS` times, so many at once."""
        request = bytes(Request(self.file, {"Accept-Encoding": "identity", **self.credentials}))
        begun = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            parts = [pool.submit(download, self.target.port, request) for _ in range(DOWNLOADS)]
            sizes = [each.result() for each in parts]
        duration = time.perf_counter() - begun
        self.times.setdefault(at_once, []).append(sum(sizes) / duration)

    def speed(self, kind: str) -> float:
        return statistics.median(each.speed for each in self.loads[kind])

    def download_speed(self, at_once: int) -> float:
        return statistics.median(self.times[at_once])


def measure(folder: Path) -> None:
    folder.mkdir()
    print(f"\nReading, asked by {NAME} …", flush=True)
    with postgres_as_in_production() as server:
        sites = {
            name: make_production_site(
                folder / name,
                None
                if name == "SQLite"
                else postgres.create_database(server, "reads").render_as_string(False),
            )
            for name in ("SQLite", "PostgreSQL")
        }
        compare(folder, sites)
        first_reads.compare(folder, sites)
        first_reads.measure_memory(folder, sites["SQLite"])


def compare(folder: Path, sites: dict[str, ProductionSite]) -> None:
    """Starts all servers and asks each in turn, round by round, so that what the machine does
    otherwise meets all alike."""
    small = [make_upload(PROJECT, f"1.{number}") for number in range(FILES)]
    large = make_upload(LARGE_PROJECT, "1.0", size=LARGE)
    with ExitStack() as stack:
        readers: list[Reader] = []
        for name, site in sites.items():
            signed_in, anyone = stack.enter_context(running_ourselves(folder, name, site))
            _publish(signed_in.target, [*small, large, *first_reads.make_uploads()])
            readers += [signed_in, anyone]
        for peer in PEERS:
            try:
                target = stack.enter_context(running(peer, folder / peer.name))
            except PeerMissing as missing:
                print(f"  Without {peer.name}. {missing}", flush=True)
            else:
                print(f"  {peer.name} {peer.version}: {peer.configuration}", flush=True)
                _publish(target, [*small, large])
                readers.append(Reader(target))
        ours = next(each for each in readers if each.name == OURS)
        for reader in readers:
            reader.prepare()
            reader.prepare_file(large.filename)
        try:
            nginx = stack.enter_context(_running_nginx(folder / "nginx", ours))
        except PeerMissing as missing:
            print(f"  Without nginx. {missing}", flush=True)
        else:
            readers.insert(0, nginx)
        _go_rounds(readers)
        _show(readers)


@contextmanager
def running_ourselves(
    folder: Path, name: str, site: ProductionSite
) -> Iterator[tuple[Reader, Reader]]:
    """This index as production.ini runs it, twice on the same data: as it is, where one signs in
    with a token, and for anyone."""
    token = make_token(site.ini, "publisher", **site.environment)
    paths = ("/legacy/", "/simple/{project}/", "__token__", token)
    with (
        running_server(site.ini, log=folder / name / "log", **site.environment) as closed,
        running_server(
            site.ini,
            log=folder / name / "log-for-anyone",
            **site.environment,
            PYPI_WEB_ANONYMOUS_READ="true",
        ) as opened,
    ):
        signed_in = Target(
            f"pypi_web, {name}, by token", closed.port, *paths, pid=closed.process.pid
        )
        anyone = Target(f"pypi_web, {name}, for anyone", opened.port, *paths, opened.process.pid)
        yield Reader(signed_in, {"Authorization": signed_in.authorization}), Reader(anyone)


@contextmanager
def _running_nginx(folder: Path, ours: Reader) -> Iterator[Reader]:
    """nginx with what we answer in files: the page, the page as we compress it, the large file."""
    www = folder / "www"
    www.mkdir(parents=True)
    page = www / f"{PROJECT}.json"
    with Connection(ours.target.port) as connection:
        page.write_bytes(connection.ask(bytes(ours.requests[PLAIN]))[1])
        if GZIP in ours.requests:
            packed = connection.ask(bytes(ours.requests[GZIP]))[1]
            page.with_suffix(".json.gz").write_bytes(packed)
        file = Request(ours.file, {"Accept-Encoding": "identity"})
        (www / "large").write_bytes(connection.ask(bytes(file))[1])
    with running_nginx(folder) as target:
        reader = Reader(target, file="/large")
        same = reader.prepare()
        assert same == page.read_bytes(), "nginx serves the same bytes"
        yield reader


def _publish(target: Target, uploads: Sequence[Upload]) -> None:
    requests = [each.request(target.path, target.user, target.password) for each in uploads]
    send_all(target.port, requests, connections=4, seconds=600)


def _go_rounds(readers: Sequence[Reader]) -> None:
    for reader in readers:  # what is loaded once, is loaded, in each thread
        for request in reader.requests.values():
            _warm_up(reader.target.port, bytes(request))
    downloaders = [each for each in readers if each.downloads]
    for reader in downloaders:
        reader.take_downloads(1)
        reader.times.clear()
    for _ in range(ROUNDS):
        for kind in TITLES:
            for reader in readers:
                if kind in reader.requests:
                    reader.take_load(kind)
        for at_once in (1, DOWNLOADS):
            for reader in downloaders:
                reader.take_downloads(at_once)


def _warm_up(port: int, request: bytes) -> None:
    def ask(_: int) -> None:
        with Connection(port) as connection:
            for _ in range(4):
                connection.ask(request)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(4 * CONNECTIONS)))


def _show(readers: Sequence[Reader]) -> None:
    for kind, title in TITLES.items():
        some = [each for each in readers if kind in each.requests]
        speeds = {each.name: each.speed(kind) for each in some}
        rows = []
        for reader in some:
            range_of = [each.speed for each in reader.loads[kind]]
            size = reader.sizes[kind]
            rows.append(
                (
                    reader.name,
                    f"{size / 1000:.0f} kB" if size else "",
                    f"{speeds[reader.name]:.0f}/s ({min(range_of):.0f}-{max(range_of):.0f})",
                    _microseconds(reader.busy[kind]),
                    *_ratios(speeds, reader.name),
                )
            )
        tables.show(
            f"{title}: {FILES} files, over {CONNECTIONS} connections kept alive (medians of"
            f" {ROUNDS})",
            ("", "size", "speed", "processor each", *AGAINST),
            rows,
        )
        others = [each.name for each in readers if kind not in each.requests]
        if others:
            print(f"  Not with {', '.join(others)}.")
        if kind == UNCHANGED:
            for reader in some:
                if reader.closes:
                    print(f"  {reader.name}: the connection ends with each 304.")
    _show_downloads([each for each in readers if each.downloads])
    _show_memory(readers)


def _show_downloads(readers: Sequence[Reader]) -> None:
    alone, together = (
        {each.name: each.download_speed(at_once) for each in readers} for at_once in (1, DOWNLOADS)
    )
    tables.show(
        f"A file of {LARGE / 1e6:.0f} MB (medians of {ROUNDS} rounds of {DOWNLOADS} downloads)",
        ("", "one by one", *AGAINST, f"{DOWNLOADS} at once", *AGAINST),
        [
            (
                each.name,
                f"{alone[each.name] / 1e6:.0f} MB/s",
                *_ratios(alone, each.name),
                f"{together[each.name] / 1e6:.0f} MB/s",
                *_ratios(together, each.name),
            )
            for each in readers
        ],
    )


def _ratios(speeds: dict[str, float], name: str) -> list[str]:
    """How many times as fast as nginx and as we are; nothing where one of these is missing."""
    return [
        tables.ratio(speeds[name], speeds[base]) if base in speeds else "" for base in (BASE, OURS)
    ]


def _microseconds(durations: Sequence[float | None]) -> str:
    known = [each for each in durations if each is not None]
    return f"{statistics.median(known) * 1e6:.0f} us" if known else ""


def _show_memory(readers: Sequence[Reader]) -> None:
    rows = []
    for reader in readers:
        found = [processes.memory(pid) for pid in processes.family(reader.target.pid)]
        known = [each for each in found if each is not None]
        if known:
            now = " + ".join(tables.mebibytes(each.now).removesuffix(" MiB") for each in known)
            peak = " + ".join(tables.mebibytes(each.peak).removesuffix(" MiB") for each in known)
            rows.append((reader.name, now, peak))
    tables.show("Memory of each process afterwards, in MiB", ("", "now", "at most"), rows)
