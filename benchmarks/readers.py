"""A server that is read from: what it understands, and how fast it answers."""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from benchmarks import processes
from benchmarks.connections import Connection, closes, expect_ok
from benchmarks.downloads import download
from benchmarks.load import ACCEPT, Load, Request, send_load
from benchmarks.peers import Target

ROUNDS = 3
SECONDS = 1
CONNECTIONS = 8
FILES = 200
LARGE = 50_000_000
DOWNLOADS = 4
"""How many at once."""

PROJECT = "many-files"
LARGE_PROJECT = "large-file"

PLAIN, GZIP, UNCHANGED = "plain", "gzip", "unchanged"


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


def warm_up(port: int, request: bytes) -> None:
    """Asks until each process, and each thread that will be needed, has answered."""

    def ask(_: int) -> None:
        with Connection(port) as connection:
            for _ in range(4):
                connection.ask(request)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(4 * CONNECTIONS)))
