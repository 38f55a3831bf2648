"""An application that is killed in the middle of an upload, for tests alone.

In an ini: `use = call:tests.crashing:main`, and `crash.at` names one of the points.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, BinaryIO

from sqlalchemy import Connection, Engine, event

from pypi_web import application
from pypi_web.storage import Storage

Act = Callable[[], object]


class Point(StrEnum):
    """The points of an upload, in their order."""

    BEFORE_BYTES = "before the bytes"
    HALFWAY = "half-way through the bytes"
    BEFORE_METADATA = "after the wheel's bytes and before its metadata's"
    AFTER_BYTES = "after the bytes and before the rows"
    BEFORE_COMMIT = "after the rows and before the commit"
    BEFORE_ANSWER = "after the commit and before the answer"


def main(global_config: dict[str, str], **ini: str) -> Any:
    point = Point(ini.pop("crash.at"))
    app = application.main(global_config, **ini)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    app.registry["storage"] = InterruptedStorage(app.registry["storage"], point, die)
    if point is Point.BEFORE_COMMIT:
        _listen(app.registry["engine"], die)
    return _SilentlyDone(app, die) if point is Point.BEFORE_ANSWER else app


class InterruptedStorage:
    """A storage that acts at a point of the first upload that it serves."""

    def __init__(self, storage: Storage, point: Point, act: Act) -> None:
        self._storage = storage
        self._point = point
        self._act = act
        self._saved = 0

    def save(self, sha256: str, content: BinaryIO) -> None:
        self._reach(Point.BEFORE_BYTES, saved=0)
        if self._point is Point.HALFWAY:
            content = _Halved(content, self._act)  # type: ignore[assignment]
        self._storage.save(sha256, content)
        self._saved += 1
        self._reach(Point.BEFORE_METADATA, saved=1)
        self._reach(Point.AFTER_BYTES, saved=2)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def _reach(self, point: Point, *, saved: int) -> None:
        if (self._point, self._saved) == (point, saved):
            self._act()


class _Halved:
    """Content that is read to its middle, where something happens."""

    def __init__(self, content: BinaryIO, act: Act) -> None:
        self._content = content
        self._act = act
        self._half = content.seek(0, os.SEEK_END) // 2

    def seek(self, offset: int) -> int:
        return self._content.seek(offset)

    def read(self, size: int = -1) -> bytes:
        if self._content.tell() >= self._half:
            self._act()
        return self._content.read(size)


@contextmanager
def before_commit(engine: Engine, act: Act) -> Iterator[None]:
    """Acts in the block whenever an upload's rows are about to be committed."""
    stop = _listen(engine, act)
    try:
        yield
    finally:
        stop()


def _listen(engine: Engine, act: Act) -> Act:
    """Gives what makes it stop."""

    def mark(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO journal"):
            connection.info["crashing.records"] = True

    def reach(connection: Connection) -> None:
        if connection.info.pop("crashing.records", False):
            act()

    event.listen(engine, "after_cursor_execute", mark)
    event.listen(engine, "commit", reach)

    def stop() -> None:
        event.remove(engine, "after_cursor_execute", mark)
        event.remove(engine, "commit", reach)

    return stop


class _SilentlyDone:
    """An application that acts when an upload is done and nobody has been told."""

    def __init__(self, app: Any, act: Act) -> None:
        self._app = app
        self._act = act
        self.registry = app.registry

    def __call__(self, environment: dict[str, Any], start_response: Any) -> Any:
        answer = self._app(environment, start_response)
        if environment["PATH_INFO"] == "/legacy/":
            self._act()
        return answer
