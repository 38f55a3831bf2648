"""Bodies are read by the thread that answers: the slow ones may not have all threads."""

from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import Any

SENTENCE = b"Too many requests with bodies are being read: send this again in a moment.\n"


class BoundedBodies:
    """A WSGI application that answers at most so many requests with bodies at a time, and any
    number of those without, which is what installers send."""

    def __init__(self, app: Callable[..., Any], *, at_most: int) -> None:
        self._app: Any = app
        self._free = BoundedSemaphore(at_most)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self._app(environ, start_response)
        if not self._free.acquire(blocking=False):
            return _refuse(start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._free.release()


def _refuse(start_response: Callable[..., Any]) -> list[bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(SENTENCE))),
        ("Retry-After", "1"),
    ]
    start_response("503 Service Unavailable", headers)
    return [SENTENCE]
