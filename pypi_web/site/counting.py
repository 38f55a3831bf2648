"""How much is here. Each process keeps it until something is added: to count a million rows takes
longer than all else that a page does."""

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from pypi_web.data import File, JournalEntry, Project, Release, User
from pypi_web.data.session import Database, reading

log = logging.getLogger(__name__)

QUICK = 0.001
"""Seconds. Where counting took no longer, a page waits for it, and what it shows is true; where it
did, the page shows what was here a little earlier."""

MAX_AGE = 30.0
"""Seconds. Counts that are older than that and no longer true are waited for all the same."""

PATIENCE = 0.5
"""Seconds that a page waits at the most: then it shows older counts, or none."""

PAUSE = 5.0
"""Seconds between two counts that are not quick, however much is published."""


@dataclass(frozen=True)
class Counts:
    """Of what everybody who may read sees: what is private is not counted."""

    projects: int
    releases: int
    files: int
    users: int


@dataclass(frozen=True)
class Newest:
    """The last number of each that something was added to, None before the first."""

    journal: int | None
    project: int | None
    user: int | None


def _count(model: Any, *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> Any:
    return select(func.count()).select_from(model).where(*conditions).scalar_subquery()


_NEWEST = select(
    *(
        select(func.max(model.id)).scalar_subquery().label(name)
        for name, model in (("journal", JournalEntry), ("project", Project), ("user", User))
    )
)
_PRIVATE = select(Project.id).where(Project.is_private)
_RELEASES_OF_PRIVATE = select(Release.id).where(Release.project_id.in_(_PRIVATE))
_COUNTS = select(
    _count(Project) - _count(Project, Project.is_private),
    _count(Release) - _count(Release, Release.project_id.in_(_PRIVATE)),
    _count(File) - _count(File, File.release_id.in_(_RELEASES_OF_PRIVATE)),
    _count(User),
)


def find_newest(db: Database) -> Newest:
    """In one look, each by its index."""
    return Newest(**db.execute(_NEWEST).one()._mapping)


class KeptCounts:
    """Counts that a thread of its own makes anew once they are no longer true."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()  # of what is below: held for a moment
        self.clear()

    def clear(self) -> None:
        """Forgets all, once nobody counts."""
        self._counts: Counts | None = None
        self._true_for: Newest | None = None
        self._counting: threading.Thread | None = None
        self._is_quick = True
        self._ended = 0.0

    def find(self, newest: Newest) -> Counts | None:
        """How much there is where `newest` is what find_newest gives; None as long as nobody has
        counted."""
        with self._lock:
            if newest == self._true_for:
                return self._counts
            age = time.monotonic() - self._ended
            if self._counting is None and (self._is_quick or age >= PAUSE):
                thread = threading.Thread(target=self._count, daemon=True)
                thread.start()
                self._counting = thread
            counting = self._counting
            is_waited_for = self._counts is None or self._is_quick or age >= MAX_AGE
        if counting is not None and is_waited_for:
            counting.join(PATIENCE)
        with self._lock:
            return self._counts

    def _count(self) -> None:
        try:
            with reading(self._engine) as db:
                newest = find_newest(db)  # before: what is added meanwhile is looked at again
                begun = time.monotonic()  # to connect is no counting
                counts = Counts(*db.execute(_COUNTS).one())
            took = time.monotonic() - begun
            with self._lock:
                # Not the first, which has its statement compiled.
                self._is_quick = self._counts is None or took <= QUICK
                self._true_for, self._counts = newest, counts
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", error)).strip()
            log.warning("What is here could not be counted: %s", cause)
        finally:
            with self._lock:
                self._ended = time.monotonic()
                self._counting = None
