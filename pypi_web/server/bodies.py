"""A body is read, and a file is sent, by the thread that answers: slow clients may not have all.

Pages and whatever else is short goes out without its thread, however slowly it is taken.
"""

from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore
from typing import Any

from pypi_web.standards import addresses

SENTENCE = b"Too many are being answered slowly: ask again in a moment.\n"


class BoundedBodies:
    """A WSGI application that reads at most `readers` bodies and sends at most `senders` files at a
    time, and answers any number of other requests, which is what installers send first."""

    def __init__(self, app: Callable[..., Any], *, readers: int, senders: int) -> None:
        self._app: Any = app
        self._readers = BoundedSemaphore(readers)
        self._senders = BoundedSemaphore(senders)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._read(environ, start_response)
        if environ["PATH_INFO"].startswith(addresses.OF_FILES):
            return self._send(environ, start_response)
        return self._app(environ, start_response)

    def _read(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self._readers.acquire(blocking=False):
            return _refuse(start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._readers.release()

    def _send(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self._senders.acquire(blocking=False):
            return _refuse(start_response)
        try:
            answer = self._app(environ, start_response)
        except BaseException:
            self._senders.release()
            raise
        if isinstance(answer, list):  # nothing is left to do
            self._senders.release()
            return answer
        return _Sent(answer, self._senders.release)


class _Sent:
    """An answer that says once that it is over: sent to its end, or given up."""

    def __init__(self, answer: Iterable[bytes], when_over: Callable[[], None]) -> None:
        self._answer = answer
        self._when_over = [when_over]

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer
        finally:
            self.close()

    def close(self) -> None:
        if self._when_over:
            self._when_over.pop()()
        if hasattr(self._answer, "close"):
            self._answer.close()

    __del__ = close


def _refuse(start_response: Callable[..., Any]) -> list[bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(SENTENCE))),
        ("Retry-After", "1"),
    ]
    start_response("503 Service Unavailable", headers)
    return [SENTENCE]
