"""A client that costs little: whole requests made beforehand, over connections that stay open."""

import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

TIMEOUT = 60.0

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.I)
_WITHOUT_BODY = (204, 304)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.I)


class Connection:
    """A connection on loopback, made anew where the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self.opened = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of what is answered to a whole request."""
        status, _head, body = self.ask_for_all(request)
        return status, body

    def ask_for_all(self, request: bytes) -> tuple[int, bytes, bytes]:
        """As `ask`, with the head between; a chunked body comes with what is around its chunks."""
        self.open().sendall(request)
        head, body = self._receive_head()
        status = int(head.split(b" ", 2)[1])
        if status in _WITHOUT_BODY:
            pass
        elif _CHUNKED.search(head):
            while not body.endswith(b"0\r\n\r\n"):
                body += self._receive()
        elif length := _LENGTH.search(head):
            while len(body) < int(length[1]):
                body += self._receive()
        else:
            while chunk := self._socket.recv(1 << 16):
                body += chunk
            self.close()
        if closes(head):
            self.close()
        return status, head, body

    def open(self) -> socket.socket:
        """The connection itself, made where there is none."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.opened += 1
        return self._socket

    def _receive_head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        return head, body

    def _receive(self) -> bytes:
        assert self._socket is not None, "it is open while an answer is awaited"
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionError("The server has closed the connection before it answered.")
        return data


def closes(head: bytes) -> bool:
    """Whether an answer is the connection's last."""
    return bool(_CLOSE.search(head)) or head.startswith(b"HTTP/1.0")


def is_whole(answer: bytes) -> bool:
    """Whether all of an answer is here; not told of one that lasts until the connection ends."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if int(head.split(b" ", 2)[1]) in _WITHOUT_BODY:
        return True
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    length = _LENGTH.search(head)
    return length is not None and len(body) >= int(length[1])


@dataclass(frozen=True)
class Sent:
    """How many requests each connection had answered, and in how many seconds all were."""

    counts: tuple[int, ...]
    duration: float
    opened: int

    @property
    def speed(self) -> float:
        return sum(self.counts) / self.duration


def send_all(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Sent:
    """Sends requests over so many connections at once, each of which takes every n-th, until all
    are answered with 200 or the time is over. Raises RuntimeError where one is refused."""
    senders = [_Sender(port, requests[start::connections], seconds) for start in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        begun = time.perf_counter()
        for each in [pool.submit(sender.run, begun) for sender in senders]:
            each.result()
        duration = time.perf_counter() - begun
    counts = tuple(sender.answered for sender in senders)
    return Sent(counts, duration, sum(sender.opened for sender in senders))


class _Sender:
    def __init__(self, port: int, requests: Sequence[bytes], seconds: float) -> None:
        self._port = port
        self._requests = requests
        self._seconds = seconds
        self.answered = self.opened = 0

    def run(self, begun: float) -> None:
        with Connection(self._port) as connection:
            for request in self._requests:
                if time.perf_counter() - begun > self._seconds:
                    break
                expect_ok(*connection.ask(request))
                self.answered += 1
            self.opened = connection.opened


def expect_ok(status: int, body: bytes) -> None:
    if status != 200:
        raise RuntimeError(f"An upload was answered {status}: {body[:500]!r}")
