"""Metadata that upstream has beside its files (PEP 658)."""

import hashlib
import io

from sqlalchemy import Engine, bindparam, select

from pypi_web import clock
from pypi_web.data import MirroredFile
from pypi_web.data.session import Database, insert_for_conflicts, reading
from pypi_web.mirror.fetches import Wanted
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from pypi_web.mirror.turns import Turns
from pypi_web.storage import Storage
from pypi_web.upstream import Upstream, UpstreamUnavailable

MAX_METADATA = 16 << 20

WAIT = 25.0
"""Seconds that a reader waits for it, as for a page."""

_KEPT = select(MirroredFile.metadata_sha256).where(
    MirroredFile.filename == bindparam("filename"), MirroredFile.sha256 == bindparam("sha256")
)


class MirrorMetadata:
    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        upstream: Upstream,
        turns: Turns,
        leases: Leases,
        writes: QuickWrites,
    ) -> None:
        self._engine = engine
        self._writes = writes
        self._storage = storage
        self._upstream = upstream
        self._turns = turns
        self._leases = leases

    def find(self, wanted: Wanted) -> str | None:
        """The SHA-256 of a file's metadata, kept by now; None where upstream has none, and the
        file is not here to take it out of.

        Raises UpstreamUnavailable.
        """
        known = self._find_kept(wanted)
        if known is not None or wanted.file.metadata is None:
            return known
        try:
            self._turns.have_fetched(
                _lease_of(wanted),
                WAIT,
                is_here=lambda: self._find_kept(wanted) is not None,
                fetch=lambda: self._fetch(wanted),
            )
        except TimeoutError:
            raise UpstreamUnavailable("Upstream takes too long to send metadata.") from None
        return self._find_kept(wanted)

    def _find_kept(self, wanted: Wanted) -> str | None:
        named = {"filename": wanted.file.filename, "sha256": wanted.sha256}
        with reading(self._engine) as db:
            sha256: str | None = db.execute(_KEPT, named).scalar()
        promised = wanted.file.metadata and wanted.file.metadata.sha256
        if sha256 is not None:
            if promised and sha256 != promised:
                return None  # upstream has changed it
            try:
                self._storage.size(sha256)
            except FileNotFoundError:
                return None  # lost: it is fetched again
        return sha256

    def _fetch(self, wanted: Wanted) -> None:
        if self._find_kept(wanted) is not None:
            return
        file = wanted.file
        body = self._upstream.fetch_small(f"{file.url}.metadata", limit=MAX_METADATA)
        sha256 = hashlib.sha256(body).hexdigest()
        if file.metadata is not None and file.metadata.sha256 not in (None, sha256):
            raise UpstreamUnavailable(
                f"The metadata of {file.filename} is not what upstream promised."
            )
        save(self._storage, body)
        now = clock.now()

        def write(db: Database) -> None:
            insert = insert_for_conflicts(db, MirroredFile).values(
                normalized_name=wanted.project,
                filename=file.filename,
                sha256=wanted.sha256,
                size=file.size or 0,
                is_kept=False,
                metadata_sha256=sha256,
                used_at=now,
            )
            db.execute(
                insert.on_conflict_do_update(
                    index_elements=["filename", "sha256"],
                    set_={"metadata_sha256": sha256, "used_at": now},
                )
            )
            self._leases.give_back_within(db, _lease_of(wanted))

        self._writes.write(write)
        self._leases.forget(_lease_of(wanted))


def _lease_of(wanted: Wanted) -> str:
    return f"metadata {wanted.sha256}"


def save(storage: Storage, body: bytes) -> str:
    """Keeps bytes; their SHA-256."""
    sha256 = hashlib.sha256(body).hexdigest()
    storage.save(sha256, io.BytesIO(body))
    return sha256
