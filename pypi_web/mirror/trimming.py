"""Removes the bytes of mirrored files that nobody has used for long, or that are too many; who asks
for one again has it fetched again. Pages and metadata stay: they are small, and tell what there
is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select, update

from pypi_web import clock
from pypi_web.data import MirroredFile, journal
from pypi_web.data.blobs import find_named
from pypi_web.data.session import Database, reading, writing
from pypi_web.storage import Storage, Stored
from pypi_web.storage.stores import path_of

HOLD = 100
"""How many are removed at once: publishers wait that long."""


@dataclass(frozen=True)
class KeptFile:
    """A mirrored file whose bytes are here; `used_at` is when somebody last had it."""

    id: int
    project: str
    filename: str
    sha256: str
    size: int
    used_at: datetime


_BY_USE = (
    select(
        MirroredFile.id,
        MirroredFile.normalized_name,
        MirroredFile.filename,
        MirroredFile.sha256,
        MirroredFile.size,
        MirroredFile.used_at,
    )
    .where(MirroredFile.is_kept)
    .order_by(MirroredFile.used_at, MirroredFile.id)
)


def find_superfluous(
    engine: Engine, *, unused_since: datetime | None = None, max_size: int | None = None
) -> list[KeptFile]:
    """The files that are to go, least recently used first: those that nobody has had since a
    moment, and then as many as it takes for the others to have `max_size` bytes together."""
    with reading(engine) as db:
        left = size_of_all(db)
        superfluous = []
        with db.execute(_BY_USE, execution_options={"yield_per": 1_000}) as rows:
            for file in (KeptFile(*row) for row in rows):
                is_unused = unused_since is not None and file.used_at < unused_since
                if not is_unused and (max_size is None or left <= max_size):
                    break
                superfluous.append(file)
                left -= file.size
        return superfluous


def size_of_all(db: Database) -> int:
    """The bytes of all mirrored files that are here."""
    size = select(func.coalesce(func.sum(MirroredFile.size), 0)).where(MirroredFile.is_kept)
    return int(db.execute(size).scalar_one())


def remove(
    engine: Engine,
    storage: Storage,
    files: Sequence[KeptFile],
    *,
    on_progress: Callable[[int], object] = lambda _size: None,
) -> list[KeptFile]:
    """Removes files but for those that somebody has had since they were found; gives those that are
    gone. `on_progress` is told of the bytes of all."""
    gone: list[KeptFile] = []
    for start in range(0, len(files), HOLD):
        some = files[start : start + HOLD]
        gone += _remove_some(engine, storage, some)
        on_progress(sum(each.size for each in some))
    return gone


def _remove_some(engine: Engine, storage: Storage, some: Sequence[KeptFile]) -> list[KeptFile]:
    """Rows before bytes: a reader in between finds that the file is not kept, and has it fetched.
    What a crash leaves are bytes that no row names, for `pypi-web prune`."""
    begun = clock.now()
    with writing(engine) as db:
        unused = update(MirroredFile).where(
            MirroredFile.id.in_([each.id for each in some]),
            MirroredFile.is_kept,
            MirroredFile.used_at <= max(each.used_at for each in some),
        )
        ids = set(db.execute(unused.values(is_kept=False).returning(MirroredFile.id)).scalars())
    gone = [each for each in some if each.id in ids]
    with writing(engine) as db:
        # The same bytes may be hosted here too, or be so in a moment: publishers look once more
        # whether theirs are here when they have this lock.
        journal.lock(db)
        named = find_named(db, {each.sha256 for each in gone})
        for each in gone:
            if each.sha256 not in named:
                bytes_of = Stored(path_of(each.sha256), each.size, begun)
                storage.discard(bytes_of, before=begun)  # but not what was fetched again since
    return gone
