"""Waitress refuses an upload before it takes in the body.

By itself waitress reads a whole body before the application sees the request: a publisher with a
wrong token, or a file over the limit, would first be sent to the end. Here the application is asked
at the end of an upload's headers, with a body that must not be read. Where it refuses all the same,
that is the answer; where it wants the body, waitress goes on as ever and the application is asked
again. Any other large body is refused here: no page takes one.
"""

import io
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from pypi_web.site.clean_requests import MAX_FORM

UPLOADS = ("/legacy/", "/legacy")
"""The paths that take files. There the application begins no transaction and decides by a short
look; it is asked on the thread that all connections share."""

SMALL = 8192
"""A body up to this many bytes comes with its headers anyway; nobody is asked about it first."""

PATIENCE = 30.0
"""Seconds that headers may take, together with a body that nobody is asked about."""

MAX_REFUSAL = 1 << 16
"""The longest answer that is taken for a refusal, in bytes."""

LINGER_SECONDS = 10.0
LINGER_BYTES = 64 << 20
"""How long, and for how much, a refused sender is listened to after the answer. Closing at once
would reset the connection, and many a client then shows the reset rather than the reason."""


class EarlyAnsweringChannel(HTTPChannel):
    """A connection whose uploads may be refused at the end of their headers.

    What comes after a refusal is the body that nobody wants, and never another request.
    """

    def __init__(self, *args: Any, **kw: Any) -> None:
        self.parser_class = partial(AskingParser, channel=self)
        self.has_refused = False
        self._lingers_until: float | None = None
        self._lingered_bytes = 0
        super().__init__(*args, **kw)

    def handle_close(self) -> None:
        if self.has_refused and self._lingers_until is None and self.connected:
            self._linger()
        else:
            super().handle_close()

    def readable(self) -> bool:
        if self._lingers_until is None:
            if self.request is not None and self.request.is_late:
                self.will_close = True
            return bool(super().readable())
        if time.monotonic() > self._lingers_until:
            self.will_close = True  # and so be writable, which closes
        return not self.will_close

    def handle_read(self) -> None:
        if self._lingers_until is None:
            super().handle_read()
            return
        try:
            data = self.recv(1 << 16)  # at the end of the stream this closes the connection
        except OSError:
            self.handle_close()
            return
        self._lingered_bytes += len(data)
        if self._lingered_bytes > LINGER_BYTES:
            self.handle_close()

    def _linger(self) -> None:
        """Says that the answer is over, and takes in what the client is still sending."""
        self._lingers_until = time.monotonic() + LINGER_SECONDS
        self.will_close = self.close_when_flushed = False
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            super().handle_close()


class AskingParser(HTTPRequestParser):
    """Reads a request; with the headers of a large one it asks whether it is wanted."""

    error: Any
    expect_continue: bool

    def __init__(self, adj: Any, channel: EarlyAnsweringChannel) -> None:
        super().__init__(adj)
        self._channel = channel
        self._judged = False
        self._begun = time.monotonic()

    def received(self, data: bytes) -> int:
        if self._channel.has_refused:
            self.completed = self.empty = True
            return len(data)
        consumed: int = super().received(data)
        if self.headers_finished and not self._judged:
            self._judged = True
            refusal = self._judge()
            if refusal is not None:
                self._channel.has_refused = True
                self.error = refusal
                self.completed = True
                self.expect_continue = False
        return consumed

    def _judge(self) -> "Refusal | None":
        is_large = self.chunked or self.content_length > SMALL or self.expect_continue
        if not is_large or self.is_malformed:
            return None
        if self.command == "POST" and self.path in UPLOADS:
            environment = WSGITask(self._channel, self).get_environment()
            return ask(self._channel.server.application, environment)
        if self.content_length > MAX_FORM:
            return _refuse("413 Content Too Large", f"No page takes more than {MAX_FORM:,} bytes.")
        if self.chunked:
            return _refuse("411 Length Required", "Send the body with a Content-Length.")
        return None

    @property
    def is_late(self) -> bool:
        """Whether it has not come in the time that any but a large body takes: nobody has asked yet
        who sends it, and it holds a connection that others want."""
        is_large = self.headers_finished and (self.chunked or self.content_length > SMALL)
        return not is_large and time.monotonic() - self._begun > PATIENCE

    @property
    def is_malformed(self) -> bool:
        """Whether waitress has found a fault other than the body's size."""
        return bool(self.error) and self.error.code != 413


@dataclass(frozen=True)
class Refusal:
    """What was answered instead of reading a body; waitress sends it as one of its own errors."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def to_response(self, _ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        return self.status, self.headers, self.body


def ask(application: Callable[..., Any], environment: dict[str, Any]) -> Refusal | None:
    """What the application answers to an upload whose body is not here; None where it would read
    the body, or answers at length."""
    begun: list[Any] = []

    def start_response(status: str, headers: list[Any], _exc_info: Any = None) -> None:
        begun[:] = [status, headers]

    environment = {**environment, "wsgi.input": io.BufferedReader(_Unread())}
    try:
        chunks = application(environment, start_response)
    except _BodyWanted:
        return None
    try:
        body = _join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return None if body is None else Refusal(begun[0], begun[1], body)


def _join(chunks: Iterable[bytes]) -> bytes | None:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_REFUSAL:
            return None
    return body


def _refuse(status: str, sentence: str) -> Refusal:
    return Refusal(
        status, [("Content-Type", "text/plain; charset=utf-8")], f"{sentence}\n".encode()
    )


class _BodyWanted(BaseException):
    """The application reads the body. No `Exception`, so that nothing makes an error page of it."""


class _Unread(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise _BodyWanted
