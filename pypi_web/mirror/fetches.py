"""A file on its way here, and those who read it meanwhile."""

import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pypi_web.standards.upstream_pages import UpstreamFile
from pypi_web.storage import Storage
from pypi_web.upstream import UpstreamUnavailable, without_frames

PIECE = 1 << 18

SMALL = 1 << 18
"""Bytes of a file that is not begun to be given out before it is known to be right, so that who
asks is told plainly where it is not."""

PATIENCE = 60.0
"""Seconds that a reader waits for the first bytes, and for each next ones; upstream has fewer."""


@dataclass(frozen=True)
class Wanted:
    """A file that upstream offers and that may be had here."""

    project: str
    file: UpstreamFile

    @property
    def sha256(self) -> str:
        return self.file.sha256


class Fetch:
    """Of what has come all may be read, but for the last byte of whatever somebody asked for: that
    is given out once the whole file is known to be right."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._size = wanted.file.size
        self._part: int | None = None
        self._written = 0
        self._stirs = 0
        self._is_kept = False
        self._failure: Exception | None = None
        self._moved = threading.Condition()
        self.over = threading.Event()
        """Set when nothing is done for it any more."""

    # What the one who fetches tells

    def begin(self, part: BinaryIO, size: int | None) -> None:
        """`part` is read by a descriptor of its own, as long as anybody reads, whatever becomes of
        the one who writes and of the name."""
        descriptor = os.dup(part.fileno())
        weakref.finalize(self, os.close, descriptor)
        with self._moved:
            self._part = descriptor
            self._size = size

    def note(self, written: int) -> None:
        with self._moved:
            self._written = written
            self._moved.notify_all()

    def end(self, size: int) -> None:
        """It is in the storage."""
        with self._moved:
            self._size = size
            self._is_kept = True
            self._moved.notify_all()

    def fail(self, failure: Exception) -> None:
        with self._moved:
            self._failure = without_frames(failure)
            self._moved.notify_all()

    def stir(self) -> None:
        """It is not forgotten: what takes long is to keep it."""
        with self._moved:
            self._stirs += 1
            self._moved.notify_all()

    # What those who read ask

    @property
    def has_failed(self) -> bool:
        return self._failure is not None

    def find_size(self) -> int:
        """Waits until there is something to give out, or all where that is little; raises what the
        fetch failed with."""
        with self._moved:
            came = self._moved.wait_for(self._has_begun, PATIENCE)
            self._raise_failure()
            if not came or self._size is None:
                raise UpstreamUnavailable("The file takes too long to come.")
            return self._size

    def read(self, storage: Storage, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, as they come; raises what the fetch failed with."""
        at = start
        while at < end:
            ready = self._wait_beyond(at, end)
            if self._part is None:  # it came on another machine
                yield from storage.read(self.wanted.sha256, at, end)
                return
            chunk = os.pread(self._part, min(ready - at, PIECE), at)
            if not chunk:
                raise UpstreamUnavailable("The file is shorter than upstream says.")
            at += len(chunk)
            yield chunk

    def _has_begun(self) -> bool:
        if self._is_kept or self._failure is not None:
            return True
        return self._size is not None and self._size > SMALL and self._written > 1

    def _wait_beyond(self, at: int, end: int) -> int:
        """How many bytes may be given out to who wants those up to `end`, once it is more than
        `at`."""
        with self._moved:
            while True:
                before = self._written, self._stirs
                self._moved.wait_for(
                    lambda: self._ready(end) > at or self._is_kept or self._failure is not None,
                    PATIENCE,
                )
                if self._ready(end) > at:
                    return self._ready(end)
                self._raise_failure()
                if self._is_kept or (self._written, self._stirs) == before:
                    raise UpstreamUnavailable("The rest of the file does not come.")

    def _ready(self, end: int) -> int:
        return min(end, self._size or 0) if self._is_kept else min(end, self._written) - 1

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise without_frames(self._failure)
