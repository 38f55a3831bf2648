"""Waitress asks the application before it takes in a large body.

By itself waitress reads the whole body before the application sees the request: a publisher
with a wrong token, or a file over the limit, would first be sent to the end. Here the application
is asked at the end of the headers, with a body that must not be read. Where it answers all the
same (it refuses), that is the answer; where it wants the body, waitress goes on as ever and the
application is asked again.
"""

import io
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import RequestEntityTooLarge

SMALL = 8192
"""A body up to this many bytes comes with its headers anyway; nobody is asked about it first."""

LINGER_SECONDS = 10.0
LINGER_BYTES = 64 << 20
"""How long, and for how much, a refused sender is listened to after the answer. Closing at once
would reset the connection, and many a client then shows the reset rather than the reason."""


class EarlyAnsweringChannel(HTTPChannel):
    """A connection whose requests may be answered at the end of their headers."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        self.parser_class = partial(AskingParser, channel=self)
        self.answered_early = False
        self._lingers_until: float | None = None
        self._lingered_bytes = 0
        super().__init__(*args, **kw)

    def handle_close(self) -> None:
        if self.answered_early and self._lingers_until is None and self.connected:
            self._linger()
        else:
            super().handle_close()

    def readable(self) -> bool:
        return self._lingers_until is not None or super().readable()

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
        if self._lingered_bytes > LINGER_BYTES or time.monotonic() > self._lingers_until:
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
    """Reads a request; with the headers of a large one it asks the application at once."""

    error: Any
    expect_continue: bool

    def __init__(self, adj: Any, channel: EarlyAnsweringChannel) -> None:
        super().__init__(adj)
        self._channel = channel
        self._asked = False

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.headers_finished and not self._asked:
            self._asked = True
            refused_by_size = isinstance(self.error, RequestEntityTooLarge)
            is_large = self.chunked or self.content_length > SMALL or self.expect_continue
            if is_large and (refused_by_size or not self.error):
                answer = ask(self._channel.server.application, self._environment())
                if answer is not None:
                    self._channel.answered_early = True
                    self.error = answer
                    self.completed = True
                    self.expect_continue = False
        return consumed

    def _environment(self) -> dict[str, Any]:
        return WSGITask(self._channel, self).get_environment()


@dataclass(frozen=True)
class Answer:
    """What the application answered; waitress sends it as it sends its own errors."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def to_response(self, _ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        return self.status, self.headers, self.body


def ask(application: Callable[..., Any], environment: dict[str, Any]) -> Answer | None:
    """The application's answer to a request whose body is not here; None where it wants one."""
    begun: list[Any] = []

    def start_response(status: str, headers: list[Any], _exc_info: Any = None) -> None:
        begun[:] = [status, headers]

    environment = {**environment, "wsgi.input": io.BufferedReader(_Unread())}
    try:
        chunks = application(environment, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
    except _BodyWanted:
        return None
    return Answer(begun[0], begun[1], body)


class _BodyWanted(BaseException):
    """The application reads the body. No `Exception`, so that nothing makes an error page of it."""


class _Unread(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise _BodyWanted
