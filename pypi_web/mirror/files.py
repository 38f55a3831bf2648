"""Files of upstream's: sent on while they come in, kept when they are whole and right."""

import logging
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Engine

from pypi_web import clock
from pypi_web.data.session import reading
from pypi_web.mirror import hosting, imported, rules
from pypi_web.mirror.bringing import Bringing, told
from pypi_web.mirror.fetches import Fetch, Wanted
from pypi_web.mirror.kept import KeptFiles
from pypi_web.mirror.metadata import MirrorMetadata
from pypi_web.mirror.pages import KnownPage, MirrorPages
from pypi_web.settings import Settings
from pypi_web.standards import distribution_names
from pypi_web.storage import Storage
from pypi_web.upstream import Upstream, UpstreamUnavailable

__all__ = ["MirrorFiles", "Reader", "Wanted"]

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Files that a process fetches at a time; upstream itself (upstream.limits) refuses more."""

READERS = 24
"""Those of a process who read files that are still coming, at a pace that is upstream's. Others are
told to come again, so that there are threads left which send what is hosted here."""


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
        self._pages = pages
        self._settings = settings
        self.kept = KeptFiles(engine, storage, pages.leases, pages.writes)
        most = settings.mirror_max_file_size
        self._bringing = Bringing(engine.url, upstream, self.kept, pages.leases, most)
        self._metadata = MirrorMetadata(
            engine, storage, upstream, pages.turns, pages.leases, pages.writes
        )
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._fetches: dict[str, Fetch] = {}
        self._readers: weakref.WeakSet[Reader] = weakref.WeakSet()

    def find(self, filename: str, sha256: str) -> Wanted | None:
        """What stands at a file's address, by the same rules as on its project's page. Of a project
        that is hosted here, that is a file which was imported."""
        if not distribution_names.is_distribution(filename):
            return None
        project, _ = distribution_names.split(filename)
        with reading(self._engine) as db:
            is_hosted = hosting.is_hosted(db, project)
            if is_hosted and not imported.is_imported(db, project, filename, sha256):
                return None
        known = self._pages.find_kept(project, of_hosted=is_hosted)
        wanted = self._choose(known, filename, sha256)
        if is_hosted and wanted is None:
            # Nobody reads upstream's page of it, which may be old.
            known = self._pages.find(project, of_hosted=True)
            wanted = self._choose(known, filename, sha256)
        return wanted

    def _choose(self, known: KnownPage | None, filename: str, sha256: str) -> Wanted | None:
        if known is None:
            return None
        named = tuple(each for each in known.page.files if each.filename == filename)
        page = replace(known.page, files=named)
        offer = rules.judge(self._settings, known.name, page, clock.now())
        for file in offer.files:
            if file.sha256 == sha256:
                return Wanted(known.name, file)
        return None

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

    def _run(self, fetch: Fetch, before: Fetch | None) -> None:
        """`before` has failed, and may still have the lease."""
        if before is not None:
            before.over.wait()
        try:
            with self._slots:
                self._bringing.bring(fetch)
        except Exception as error:
            log.warning("%s was not fetched: %s", fetch.wanted.file.filename, str(error))
            fetch.fail(told(error))
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
