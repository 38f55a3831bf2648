"""Brings a file of upstream's here, for all processes that have somebody waiting for it."""

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from pypi_web.mirror import leases
from pypi_web.mirror.fetches import Fetch, Wanted
from pypi_web.mirror.kept import KeptFiles
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.parts import Part, Parts
from pypi_web.storage import StorageUnavailable
from pypi_web.upstream import Upstream, UpstreamUnavailable

TICK = 0.05
"""Seconds between two looks at what another process has."""

SLOW_TO_KEEP = 64 << 20
"""Bytes of a file which a slow disk may take as long to keep as a lease lasts."""


class Bringing:
    def __init__(
        self, url: URL, upstream: Upstream, kept: KeptFiles, leases: Leases, max_file_size: int
    ) -> None:
        self._upstream = upstream
        self._kept = kept
        self._leases = leases
        self._max_file_size = max_file_size
        self._parts = Parts(url)

    def bring(self, fetch: Fetch) -> None:
        """Has the file of a fetch here, be it that another process fetches it; raises what it
        failed with."""
        lease = f"file {fetch.wanted.sha256}"
        while not self._leases.take(lease):
            part = self._wait_for_others(fetch.wanted, lease)
            if part is not None:
                with part.file:
                    self._follow(fetch, part, lease)
                return
        try:
            size = self._kept.find_size(fetch.wanted)
            fetch.end(self._receive(fetch, lease) if size is None else size)
        finally:
            self._leases.give_back(lease)

    def _wait_for_others(self, wanted: Wanted, lease: str) -> Part | None:
        """What another process of this machine has of a file, None once nobody fetches it."""
        while self._leases.is_taken(lease):
            part = self._parts.find(wanted.sha256)
            if part is not None:
                return part
            time.sleep(TICK)
        return None

    def _follow(self, fetch: Fetch, part: Part, lease: str) -> None:
        """Gives out what another process fetches, as it comes there."""
        fetch.begin(part.file, part.size)
        seen, moved_at = 0, time.monotonic()
        while True:
            written, is_right = part.look()
            if is_right:
                if part.digest() != fetch.wanted.sha256:
                    raise UpstreamUnavailable("Another process has brought other bytes.")
                fetch.end(written)
                return
            if written > seen:
                fetch.note(written)
                seen, moved_at = written, time.monotonic()
            elif written < seen:
                raise UpstreamUnavailable("Another process has failed to fetch the file.")
            elif time.monotonic() > moved_at + 1:
                if not self._leases.is_taken(lease):
                    raise UpstreamUnavailable("Another process ended while it fetched the file.")
                fetch.stir()
            time.sleep(TICK)

    def _receive(self, fetch: Fetch, lease: str) -> int:
        """Fetches a file and keeps it; the bytes that it has."""
        wanted = fetch.wanted
        size = wanted.file.size
        limit = self._max_file_size if size is None else size
        with self._upstream.open_file(wanted.file.url, limit=limit) as incoming:
            if size is not None and incoming.length not in (None, size):
                raise UpstreamUnavailable(f"{wanted.file.filename} has not the size of its page.")
            size = incoming.length if size is None else size
            with self._parts.making(wanted.sha256, size) as part:
                try:
                    fetch.begin(part, size)
                    written = self._take_in(fetch, incoming, part, lease)
                    if size not in (None, written):
                        raise UpstreamUnavailable(f"{wanted.file.filename} came in part.")
                    with self._keeping_the_lease(fetch, lease, written):
                        self._kept.keep(wanted, part, written, lease)
                except Exception as error:
                    fetch.fail(told(error))  # before anybody finds the part empty
                    raise
        return written

    def _take_in(self, fetch: Fetch, incoming: Iterable[bytes], part: BinaryIO, lease: str) -> int:
        """Writes what comes, of which those who read are told; how many bytes, when they are the
        right ones."""
        digest, written, renewed_at = hashlib.sha256(), 0, time.monotonic()
        for chunk in incoming:
            _write(part, chunk)
            digest.update(chunk)
            written += len(chunk)
            fetch.note(written)
            if time.monotonic() > renewed_at + leases.DURATION.total_seconds() / 3:
                self._leases.take(lease)
                renewed_at = time.monotonic()
        if digest.hexdigest() != fetch.wanted.sha256:
            raise UpstreamUnavailable(
                f"The bytes of {fetch.wanted.file.filename} are not what upstream promised."
            )
        return written

    @contextmanager
    def _keeping_the_lease(self, fetch: Fetch, lease: str, size: int) -> Iterator[None]:
        """For what takes long on a slow disk, when upstream has sent all."""
        if size < SLOW_TO_KEEP:
            yield
            return
        is_over = threading.Event()

        def renew() -> None:
            while not is_over.wait(leases.DURATION.total_seconds() / 4):
                with suppress(SQLAlchemyError):
                    self._leases.take(lease)
                fetch.stir()

        keeper = threading.Thread(target=renew, daemon=True, name=f"keeping {lease}")
        keeper.start()
        try:
            yield
        finally:
            is_over.set()
            keeper.join()  # or it could take the lease again when that has been given back


def told(error: Exception) -> Exception:
    """What somebody who reads is told of a failure: a disk that is full is one of the storage."""
    if isinstance(error, OSError):
        return StorageUnavailable(error.strerror or str(error))
    return error


def _write(part: BinaryIO, chunk: bytes) -> None:
    """All of it: a file without a buffer may take less."""
    left = memoryview(chunk)
    while left:
        left = left[part.write(left) :]
