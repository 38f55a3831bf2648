"""How a fake upstream may answer: each is what `FakeUpstream.behave` takes for a path."""

import base64
import gzip
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler
from threading import Event
from time import monotonic


class Exchange(BaseHTTPRequestHandler):
    """One question, and the means to answer it rightly or wrongly."""

    protocol_version = "HTTP/1.1"
    closing: Event
    """Set when the server ends, so that nobody sleeps longer than it lives."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer; underscores in the names of headers are hyphens, and a
        `content_length` of "" is left out."""
        self.begin(status, **{"content_length": str(len(body)), **headers})
        if status != 304:
            self.wfile.write(body)

    def begin(self, status: int, **headers: str) -> None:
        """The head alone."""
        self.send_response(status)
        for name, value in headers.items():
            if value or name != "content_length":
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self) -> None:
        self.close_connection = True

    def wait(self, seconds: float, until: Event | None = None) -> None:
        """Some seconds, or until a test says so."""
        if until is None:
            self.closing.wait(seconds)
            return
        deadline = monotonic() + seconds
        while not until.is_set() and not self.closing.is_set() and monotonic() < deadline:
            until.wait(0.05)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


Behaviour = Callable[[Exchange], None]

HTML = "text/html; charset=utf-8"
JSON = "application/vnd.pypi.simple.v1+json"


def answering(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Any whole answer, such as `answering(503)`."""
    return lambda exchange: exchange.answer(status, body, **headers)


def redirecting(location: str, status: int = 302) -> Behaviour:
    return answering(status, b"elsewhere", location=location)


def late(seconds: float, then: Behaviour, *, until: Event | None = None) -> Behaviour:
    """Nothing at all for a while, or until a test says so."""

    def behave(exchange: Exchange) -> None:
        exchange.wait(seconds, until)
        then(exchange)

    return behave


def dripping(body: bytes, *, size: int = 1, every: float = 0.05, **headers: str) -> Behaviour:
    """The body a few bytes at a time."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, content_length=str(len(body)), **headers)
        for position in range(0, len(body), size):
            exchange.wfile.write(body[position : position + size])
            exchange.wait(every)

    return behave


def dripping_head(*, every: float = 0.05) -> Behaviour:
    """Headers that never end, a byte at a time."""

    def behave(exchange: Exchange) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            exchange.wfile.write(b"x" if number % 50 else b"\r\nX-Drip: ")
            exchange.wait(every)

    return behave


def stalling(
    body: bytes, *, after: int, seconds: float = 60, until: Event | None = None, **headers: str
) -> Behaviour:
    """The first `after` bytes, and then nothing for a while, or until a test says so."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, content_length=str(len(body)), **headers)
        exchange.wfile.write(body[:after])
        exchange.wait(seconds, until)
        exchange.hang_up()

    return behave


def pausing(body: bytes, *, after: int, until: Event, seconds: float = 14) -> Behaviour:
    """The first `after` bytes, and the others once a test says so; never, where that takes it
    longer than `seconds`."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, content_length=str(len(body)))
        exchange.wfile.write(body[:after])
        exchange.wait(seconds, until)
        if until.is_set():
            exchange.wfile.write(body[after:])
        else:
            exchange.hang_up()

    return behave


def closing(pieces: Iterable[bytes], **headers: str) -> Behaviour:
    """A body without a length, whose end is that of the connection."""
    kept = list(pieces)

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, connection="close", **headers)
        for piece in kept:
            exchange.wfile.write(piece)

    return behave


def truncated(body: bytes, *, after: int, **headers: str) -> Behaviour:
    """A length that is promised and not kept."""
    return stalling(body, after=after, seconds=0, **headers)


def endless(block: bytes = b" " * 65536, **headers: str) -> Behaviour:
    """A body without a length that goes on for ever."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, connection="close", **headers)
        while not exchange.closing.is_set():
            exchange.wfile.write(block)

    return behave


def in_chunks(pieces: Iterable[bytes], *, ended: bool = True, **headers: str) -> Behaviour:
    """Chunked (RFC 9112 section 7.1); `ended` says whether the last chunk is sent."""
    kept = list(pieces)

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, transfer_encoding="chunked", **headers)
        for piece in kept:
            exchange.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if ended:
            exchange.wfile.write(b"0\r\n\r\n")
        else:
            exchange.hang_up()

    return behave


def saying(raw: bytes) -> Behaviour:
    """These very bytes, status line and all; then the connection ends."""

    def behave(exchange: Exchange) -> None:
        exchange.wfile.write(raw)
        exchange.hang_up()

    return behave


def gzipped(body: bytes, *, content_type: str = JSON) -> Behaviour:
    return answering(200, gzip.compress(body), content_encoding="gzip", content_type=content_type)


def broken_gzip(body: bytes) -> Behaviour:
    """Gzip of which a byte in the middle is another."""
    packed = bytearray(gzip.compress(body + random.Random(1).randbytes(1000)))
    packed[len(packed) // 2] ^= 0xFF
    return answering(200, bytes(packed), content_encoding="gzip", content_type=JSON)


def truncated_gzip(body: bytes) -> Behaviour:
    """A whole answer whose gzip ends before its check sum."""
    return answering(200, gzip.compress(body)[:-4], content_encoding="gzip", content_type=JSON)


def gzip_bomb(size: int) -> Behaviour:
    """Few bytes that become `size` many."""
    return answering(200, b"".join(_bomb(size)), content_encoding="gzip", content_type=JSON)


def needing(user: str, password: str, then: Behaviour) -> Behaviour:
    """Basic authentication (RFC 7617)."""
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def behave(exchange: Exchange) -> None:
        if exchange.headers["Authorization"] == expected:
            then(exchange)
        else:
            exchange.answer(401, b"who?", www_authenticate='Basic realm="upstream"')

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other; the last one stays."""
    left = list(behaviours)

    def behave(exchange: Exchange) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(exchange)

    return behave


def _bomb(size: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    block = bytes(1 << 20)
    for _ in range(size // len(block)):
        yield packer.compress(block)
    yield packer.flush()
