"""Another index, on loopback: a real HTTP server that does what a test tells it to.

with running_upstream() as upstream:
    upstream.offer("sample", OfferedFile.of(build_wheel()))
    upstream.behave("/simple/slow/", late(1, answering(404)))
    ...
    assert upstream.asked("/simple/sample/") == 1
"""

import hashlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from tests.upstream.behaviours import HTML, JSON, Behaviour, Exchange
from tests.upstream.offered import OfferedFile

CERTIFICATE = Path(__file__).with_name("certificate.pem")
"""For SSL_CERT_FILE: what a fake with `tls` shows, as localhost, 127.0.0.1, and everything below
example.org and example.net."""


@dataclass(frozen=True)
class Recorded:
    """A question that the fake was asked."""

    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    at: float
    """By `time.monotonic`."""
    peer: tuple[str, int]
    """Who asked: the same connection, the same port."""


class FakeUpstream:
    """Pages at `/simple/NAME/`, files at `/files/`, and whatever `behave` puts anywhere."""

    def __init__(self, *, tls: bool = False) -> None:
        self.requests: list[Recorded] = []
        self.speaks_json = True
        """False for an index that only knows HTML."""
        self.understands_ranges = True
        self._scheme = "https" if tls else "http"
        self._behaviours: dict[str, Behaviour] = {}
        self._pages: dict[str, dict[str, Any]] = {}
        self._html: dict[str, str] = {}
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._reserved = _bind(0)
        self.port: int = self._reserved.getsockname()[1]
        self.plug_in()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def index_url(self) -> str:
        return f"{self.url}/simple/"

    # What it offers

    def offer(self, name: str, *files: OfferedFile, **keys: Any) -> None:
        """A project's page with these files, in place of the one that was there; further keys are
        the JSON's own, as `**{"project-status": {"status": "archived"}}`."""
        self._pages[f"/simple/{name}/"] = {
            "meta": {"api-version": "1.4"},
            "name": name,
            "files": [each.in_json() for each in files],
            "versions": [],
            **keys,
        }
        links = "\n".join(each.in_html() for each in files)
        self._html[f"/simple/{name}/"] = f"<!DOCTYPE html>\n<h1>{name}</h1>\n{links}\n"
        for file in files:
            self._send_file(file)

    def withdraw(self, path: str) -> None:
        """Nothing stands at `path` from now on."""
        for known in (self._behaviours, self._pages, self._html):
            known.pop(path, None)

    def change(self, file: OfferedFile, content: bytes) -> None:
        """Sends other bytes for a file than the page was made of."""
        self._send_file(replace(file, content=content))

    def behave(self, path: str, behaviour: Behaviour) -> None:
        """Answers a path so, whatever else it offers there."""
        self._behaviours[path] = behaviour

    def page(self, name: str) -> bytes:
        """The JSON that is sent for a project."""
        return json.dumps(self._pages[f"/simple/{name}/"]).encode()

    # What it was asked

    def asked(self, path: str) -> int:
        """How often it was asked for a path."""
        return sum(each.path == path for each in self.requests)

    def last(self, path: str) -> Recorded:
        return next(each for each in reversed(self.requests) if each.path == path)

    # Whether it is there

    def unplug(self) -> None:
        """Ends all connections and refuses new ones; the port stays its own."""
        server, self._server = self._server, None
        if server is None:
            return
        server.closing.set()
        server.shutdown()
        server.server_close()
        self.hang_up()
        self._reserved = _bind(self.port)

    def plug_in(self) -> None:
        """Listens again, where it did before."""
        if self._server is None:
            self._server = _Server(self, self._reserved, is_secure=self._scheme == "https")
            threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def hang_up(self) -> None:
        """Ends all connections, and goes on listening."""
        with self._lock:
            for each in self._connections:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._connections.clear()

    def close(self) -> None:
        self.unplug()
        self._reserved.close()

    # What its server calls

    def connected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def answer(self, exchange: Exchange) -> None:
        headers = {name.lower(): value for name, value in exchange.headers.items()}
        self.requests.append(Recorded(exchange.path, headers, monotonic(), exchange.client_address))
        path = urlsplit(exchange.path).path
        behaviour = self._behaviours.get(exchange.path) or self._behaviours.get(path)
        if behaviour is not None:
            behaviour(exchange)
        elif path in self._pages:
            self._answer_page(exchange, path)
        else:
            exchange.answer(404, b"nothing here")

    def _answer_page(self, exchange: Exchange, path: str) -> None:
        in_json = self.speaks_json and JSON in exchange.headers.get("Accept", "")
        page = json.dumps(self._pages[path]) if in_json else self._html[path]
        body = page.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if exchange.headers["If-None-Match"] == etag:
            exchange.answer(304, etag=etag, content_length="")
        else:
            exchange.answer(200, body, etag=etag, content_type=JSON if in_json else HTML)

    def _send_file(self, file: OfferedFile) -> None:
        self.behave(file.path, lambda exchange: self._answer_file(exchange, file.content))
        if file.metadata is not None:
            metadata = file.metadata
            self.behave(
                f"{file.path}.metadata", lambda exchange: self._answer_file(exchange, metadata)
            )

    def _answer_file(self, exchange: Exchange, content: bytes) -> None:
        wanted = re.fullmatch("bytes=([0-9]+)-", exchange.headers.get("Range", ""))
        if wanted is None or not self.understands_ranges:
            exchange.answer(200, content, content_type="application/octet-stream")
            return
        start, total = int(wanted[1]), len(content)
        if start >= total:
            exchange.answer(416, content_range=f"bytes */{total}")
        else:
            part = f"bytes {start}-{total - 1}/{total}"
            exchange.answer(206, content[start:], content_range=part)


@contextmanager
def running_upstream(*, tls: bool = False) -> Iterator[FakeUpstream]:
    """A fake that listens on a port of its own until the block ends."""
    upstream = FakeUpstream(tls=tls)
    try:
        yield upstream
    finally:
        upstream.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: FakeUpstream, bound: socket.socket, *, is_secure: bool) -> None:
        self.owner = owner
        self.closing = threading.Event()
        handler = type("_Handler", (_Handler,), {"closing": self.closing})
        super().__init__(bound.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_activate()
        if is_secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            # The handshake is for the thread of the connection, not for the one that accepts.
            self.socket = context.wrap_socket(
                bound, server_side=True, do_handshake_on_connect=False
            )

    def process_request(self, request: Any, client_address: Any) -> None:
        self.owner.connected(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.owner.disconnected(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave early, and handshakes that fail, are what the tests are about."""


class _Handler(Exchange):
    server: _Server

    def do_GET(self) -> None:  # noqa: N802
        self.server.owner.answer(self)


def _bind(port: int) -> socket.socket:
    """A socket that has a port without listening: who connects is refused."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound
