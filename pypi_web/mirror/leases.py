"""Who fetches what just now, among all processes: a row with an end, and no lock that anybody would
wait at while the network is awaited."""

import atexit
import os
import secrets
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, delete, select
from sqlalchemy.exc import SQLAlchemyError

from pypi_web import clock
from pypi_web.data import MirrorLease
from pypi_web.data.session import Database, insert_for_conflicts, reading
from pypi_web.mirror.quick_writes import QuickWrites

DURATION = timedelta(seconds=60)
"""A lease runs out so long after it was taken or renewed, for its holder may have been killed."""

_LEASES: Any = MirrorLease.__table__
_UNTIL = select(MirrorLease.until).where(MirrorLease.name == bindparam("name"))
_GIVE_BACK = delete(_LEASES).where(
    _LEASES.c.name == bindparam("told_name"), _LEASES.c.holder == bindparam("told_holder")
)


class Leases:
    """Those of a process; what it still has at an orderly end is given back."""

    def __init__(self, engine: Engine, writes: QuickWrites) -> None:
        self._engine = engine
        self._writes = writes
        self._holder = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._held: set[str] = set()
        self._lock = threading.Lock()
        atexit.register(self._give_back_all)

    def take(self, name: str) -> bool:
        """Whether this process has it now; within it, whoever asks sees to it that he is alone."""
        is_ours = self._writes.write(lambda db: self._take_within(db, name))
        if is_ours:
            with self._lock:
                self._held.add(name)
        return is_ours

    def _take_within(self, db: Database, name: str) -> bool:
        now = clock.now()
        insert = insert_for_conflicts(db, MirrorLease).values(
            name=name, holder=self._holder, until=now + DURATION
        )
        taken = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
            where=(MirrorLease.until < now) | (MirrorLease.holder == self._holder),
        ).returning(MirrorLease.holder)
        return db.execute(taken).scalar() is not None

    def is_taken(self, name: str) -> bool:
        """Whether anybody has it: a look, which no writer waits for."""
        with reading(self._engine) as db:
            until: datetime | None = db.execute(_UNTIL, {"name": name}).scalar()
        return until is not None and until >= clock.now()

    def give_back(self, name: str) -> None:
        """Does nothing where `forget` was told that somebody else's transaction did so."""
        with self._lock:
            if name not in self._held:
                return
        self._writes.write(lambda db: self.give_back_within(db, name))
        self.forget(name)

    def give_back_within(self, db: Database, name: str) -> None:
        """Gives it back with what was fetched, in one transaction; once that is committed, `forget`
        is to be called."""
        db.execute(_GIVE_BACK, {"told_name": name, "told_holder": self._holder})

    def forget(self, name: str) -> None:
        with self._lock:
            self._held.discard(name)

    def _give_back_all(self) -> None:
        if self._held:
            ours = delete(MirrorLease).where(MirrorLease.holder == self._holder)
            with suppress(SQLAlchemyError):
                self._writes.write(lambda db: db.execute(ours).close())
