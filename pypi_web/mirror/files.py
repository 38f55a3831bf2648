"""Files of upstream's: sent on while they come in, kept when they are whole and right."""

import hashlib
import logging
import os
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from sqlalchemy import Engine, bindparam, select, update
from sqlalchemy.orm import Session

from pypi_web import archives, clock
from pypi_web.archives import ArchiveRefused
from pypi_web.data import MirroredFile, Project
from pypi_web.data.batches import Batch
from pypi_web.data.session import Database, insert_for_conflicts, reading
from pypi_web.mirror import imported, leases, rules
from pypi_web.mirror.fetches import Fetch, Wanted
from pypi_web.mirror.hosting import is_hosted_now
from pypi_web.mirror.metadata import MirrorMetadata, save
from pypi_web.mirror.pages import KnownPage, MirrorPages
from pypi_web.mirror.parts import Part, Parts
from pypi_web.settings import Settings
from pypi_web.standards import distribution_names, filenames
from pypi_web.storage import Storage, StorageUnavailable
from pypi_web.upstream import Upstream, UpstreamUnavailable

__all__ = ["MirrorFiles", "Reader", "Wanted"]

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Files that a process fetches at a time; upstream itself (upstream.limits) refuses more."""

READERS = 24
"""Those of a process who read files that are still coming, at a pace that is upstream's. Others are
told to come again, so that there are threads left which send what is hosted here."""

TICK = 0.05
"""Seconds between two looks at what another process has."""
_HOSTED = select(Project.id).where(Project.normalized_name == bindparam("name"))
_KEPT = select(MirroredFile.id).where(
    MirroredFile.filename == bindparam("filename"),
    MirroredFile.sha256 == bindparam("sha256"),
    MirroredFile.is_kept,
)


class Reader:
    """Somebody who reads a file that is coming; counted while it comes, for as long as there is
    this object."""

    def __init__(self, fetch: Fetch, storage: Storage) -> None:
        self.fetch = fetch
        self._storage = storage

    def find_size(self) -> int:
        return self.fetch.find_size()

    def read(self, start: int, end: int) -> Iterator[bytes]:
        yield from self.fetch.read(self._storage, start, end)


class MirrorFiles:
    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        upstream: Upstream,
        pages: MirrorPages,
        settings: Settings,
    ) -> None:
        self._engine = engine
        self._storage = storage
        self._upstream = upstream
        self._pages = pages
        self._settings = settings
        self._leases = pages.leases
        self._parts = Parts(engine.url)
        self._metadata = MirrorMetadata(
            engine, storage, upstream, pages.turns, pages.leases, pages.writes
        )
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._fetches: dict[str, Fetch] = {}
        self._readers: weakref.WeakSet[Reader] = weakref.WeakSet()
        self._uses = Batch[tuple[str, str]](engine, _write_uses)

    def find(self, filename: str, sha256: str) -> Wanted | None:
        """What stands at a file's address, by the same rules as on its project's page. Of a project
        that is hosted here, that is a file which was imported."""
        if not distribution_names.is_distribution(filename):
            return None
        project, _ = distribution_names.split(filename)
        with reading(self._engine) as db:
            is_hosted = db.execute(_HOSTED, {"name": project}).scalar() is not None
            if is_hosted and not imported.is_imported(db, project, filename, sha256):
                return None
        wanted = self._choose(self._pages.find_kept(project), filename, sha256)
        if is_hosted:
            # Nobody reads upstream's page of it, which may be old.
            return wanted or self._choose(self._pages.find(project), filename, sha256)
        return None if wanted is None or is_hosted_now(self._engine, project) else wanted

    def _choose(self, known: KnownPage | None, filename: str, sha256: str) -> Wanted | None:
        if known is None:
            return None
        named = tuple(each for each in known.page.files if each.filename == filename)
        page = replace(known.page, files=named)
        offer = rules.judge(self._settings, known.name, page, clock.now())
        for file in offer.files:
            if file.hashes["sha256"] == sha256:
                return Wanted(known.name, file)
        return None

    def find_kept_size(self, wanted: Wanted) -> int | None:
        """Of a file that is here; None of one that is not."""
        named = {"filename": wanted.file.filename, "sha256": wanted.sha256}
        with reading(self._engine) as db:
            if db.execute(_KEPT, named).scalar() is None:
                return None
        try:
            return self._storage.size(wanted.sha256)
        except FileNotFoundError:
            return None  # trimmed or lost: it is fetched again

    def fetch(self, wanted: Wanted) -> Reader:
        """Begins to fetch a file, or joins who does so already.

        Raises UpstreamUnavailable where too many do.
        """
        with self._lock:
            if len(self._readers) >= READERS:
                raise UpstreamUnavailable("Too many read files that are still coming.")
            before = self._fetches.get(wanted.sha256)
            is_new = before is None or before.has_failed
            fetch = Fetch(wanted) if before is None or before.has_failed else before
            reader = Reader(fetch, self._storage)
            self._pages.turns.admit(reader)
            self._readers.add(reader)
            self._fetches[wanted.sha256] = fetch
        if is_new:
            # A daemon, which the end of the process does not wait for.
            thread = threading.Thread(
                target=self._run, args=(fetch, before), daemon=True, name=wanted.file.filename
            )
            try:
                thread.start()
            except RuntimeError:  # the system gives no more of them
                self._forget(fetch)
                raise UpstreamUnavailable("Too many files are being fetched.") from None
        return reader

    def metadata_of(self, wanted: Wanted) -> str | None:
        """The SHA-256 of a file's metadata, kept by now; None where upstream has none, and the
        wheel is not here to take it out of."""
        return self._metadata.find(wanted)

    def note_use(self, wanted: Wanted) -> None:
        """That somebody had a file which is here, for those who trim what nobody uses."""
        self._uses.add((wanted.file.filename, wanted.sha256))

    def write_uses(self) -> None:
        """Writes what was noted, which is otherwise done every few seconds."""
        self._uses.write()

    def _run(self, fetch: Fetch, before: Fetch | None) -> None:
        """`before` has failed, and may still have the lease."""
        lease = f"file {fetch.wanted.sha256}"
        if before is not None:
            before.over.wait()
        try:
            with self._slots:
                self._bring(fetch, lease)
        except Exception as error:
            log.warning("%s was not fetched: %s", fetch.wanted.file.filename, str(error))
            fetch.fail(_told(error))
        finally:
            self._forget(fetch)
            fetch.over.set()

    def _forget(self, fetch: Fetch) -> None:
        """Who still reads it is no guest of upstream's any more."""
        with self._lock:
            if self._fetches[fetch.wanted.sha256] is fetch:
                del self._fetches[fetch.wanted.sha256]
            for reader in [each for each in self._readers if each.fetch is fetch]:
                self._readers.discard(reader)
                self._pages.turns.dismiss(reader)

    def _bring(self, fetch: Fetch, lease: str) -> None:
        while not self._leases.take(lease):
            part = self._wait_for_others(fetch.wanted, lease)
            if part is not None:
                with part.file:
                    self._follow(fetch, part, lease)
                return
        try:
            size = self.find_kept_size(fetch.wanted)
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
        wanted, most = fetch.wanted, int(self._settings.mirror_max_file_size)
        size = wanted.file.size
        if size is not None and size > most:
            raise UpstreamUnavailable(
                f"{wanted.file.filename} is larger than pypi_web.mirror.max_file_size allows."
            )
        limit = most if size is None else size
        digest, written, renewed_at = hashlib.sha256(), 0, time.monotonic()
        with self._upstream.open_file(wanted.file.url, limit=limit) as incoming:
            if size is not None and incoming.length not in (None, size):
                raise UpstreamUnavailable(f"{wanted.file.filename} has not the size of its page.")
            size = incoming.length if size is None else size
            with self._parts.making(wanted.sha256, size) as part:
                try:
                    fetch.begin(part, size)
                    for chunk in incoming:
                        _write(part, chunk)
                        digest.update(chunk)
                        written += len(chunk)
                        fetch.note(written)
                        if time.monotonic() > renewed_at + leases.DURATION.total_seconds() / 3:
                            self._leases.take(lease)
                            renewed_at = time.monotonic()
                    if digest.hexdigest() != wanted.sha256 or size not in (None, written):
                        raise UpstreamUnavailable(
                            f"The bytes of {wanted.file.filename} are not what upstream promised."
                        )
                    with self._keeping_the_lease(fetch, lease):
                        self._keep(wanted, part, written, lease)
                except Exception as error:
                    fetch.fail(_told(error))  # before anybody finds the part empty
                    raise
        return written

    @contextmanager
    def _keeping_the_lease(self, fetch: Fetch, lease: str) -> Iterator[None]:
        """For what takes long on a slow disk, when upstream has sent all."""
        is_over = threading.Event()

        def renew() -> None:
            while not is_over.wait(leases.DURATION.total_seconds() / 4):
                self._leases.take(lease)
                fetch.stir()

        threading.Thread(target=renew, daemon=True, name=f"keeping {lease}").start()
        try:
            yield
        finally:
            is_over.set()

    def _keep(self, wanted: Wanted, part: BinaryIO, size: int, lease: str) -> None:
        with os.fdopen(os.dup(part.fileno()), "rb") as content:
            self._storage.save(wanted.sha256, content)
            metadata_sha256 = self._read_metadata(wanted, content)
        known = {"size": size, "is_kept": True, "used_at": clock.now()}
        if metadata_sha256 is not None:
            known["metadata_sha256"] = metadata_sha256

        def write(db: Database) -> None:
            insert = insert_for_conflicts(db, MirroredFile).values(
                normalized_name=wanted.project,
                filename=wanted.file.filename,
                sha256=wanted.sha256,
                **known,
            )
            db.execute(
                insert.on_conflict_do_update(index_elements=["filename", "sha256"], set_=known)
            )
            self._leases.give_back_within(db, lease)

        self._pages.writes.write(write)
        self._leases.forget(lease)

    def _read_metadata(self, wanted: Wanted, content: BinaryIO) -> str | None:
        """That of a wheel of which upstream has none beside it."""
        if wanted.file.metadata is not None or not wanted.file.filename.endswith(".whl"):
            return None
        content.seek(0)
        try:
            raw = archives.read(content, filenames.parse(wanted.file.filename)).raw_metadata
        except ArchiveRefused:
            return None
        return save(self._storage, raw)


def _told(error: Exception) -> Exception:
    """What somebody who reads is told of a failure: a disk that is full is one of the storage."""
    if isinstance(error, OSError):
        return StorageUnavailable(error.strerror or str(error))
    return error


def _write(part: BinaryIO, chunk: bytes) -> None:
    """All of it: a file without a buffer may take less."""
    left = memoryview(chunk)
    while left:
        left = left[part.write(left) :]


def _write_uses(db: Session, uses: Counter[tuple[str, str]]) -> None:
    for filename, sha256 in sorted(uses):  # in one order, or two processes wait for each other
        one = (MirroredFile.filename == filename) & (MirroredFile.sha256 == sha256)
        db.execute(update(MirroredFile).where(one).values(used_at=clock.now()))
