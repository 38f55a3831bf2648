"""Files of upstream's whose bytes are here."""

import os
from collections import Counter
from typing import BinaryIO

from sqlalchemy import Engine, bindparam, select, update
from sqlalchemy.orm import Session

from pypi_web import archives, clock
from pypi_web.archives import ArchiveRefused
from pypi_web.data import MirroredFile
from pypi_web.data.batches import Batch
from pypi_web.data.session import Database, insert_for_conflicts, reading
from pypi_web.mirror.fetches import Wanted
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.metadata import save
from pypi_web.mirror.quick_writes import QuickWrites
from pypi_web.standards import filenames
from pypi_web.storage import Storage

_KEPT = select(MirroredFile.id).where(
    MirroredFile.filename == bindparam("filename"),
    MirroredFile.sha256 == bindparam("sha256"),
    MirroredFile.is_kept,
)


class KeptFiles:
    def __init__(
        self, engine: Engine, storage: Storage, leases: Leases, writes: QuickWrites
    ) -> None:
        self._engine = engine
        self._storage = storage
        self._leases = leases
        self._writes = writes
        self._uses = Batch[tuple[str, str]](engine, _write_uses)

    def find_size(self, wanted: Wanted) -> int | None:
        """Of a file that is here; None of one that is not."""
        named = {"filename": wanted.file.filename, "sha256": wanted.sha256}
        with reading(self._engine) as db:
            if db.execute(_KEPT, named).scalar() is None:
                return None
        try:
            return self._storage.size(wanted.sha256)
        except FileNotFoundError:
            return None  # trimmed or lost: it is fetched again

    def note_use(self, wanted: Wanted) -> None:
        """That somebody had a file which is here, for those who trim what nobody uses."""
        self._uses.add((wanted.file.filename, wanted.sha256))

    def write_uses(self) -> None:
        """Writes what was noted, which is otherwise done every few seconds."""
        self._uses.write()

    def keep(self, wanted: Wanted, part: BinaryIO, size: int, lease: str) -> None:
        """Keeps what has come, all of it and right; the lease under which it came goes with that.

        Raises StorageUnavailable.
        """
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

        self._writes.write(write)
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


def _write_uses(db: Session, uses: Counter[tuple[str, str]]) -> None:
    for filename, sha256 in sorted(uses):  # in one order, or two processes wait for each other
        one = (MirroredFile.filename == filename) & (MirroredFile.sha256 == sha256)
        db.execute(update(MirroredFile).where(one).values(used_at=clock.now()))
