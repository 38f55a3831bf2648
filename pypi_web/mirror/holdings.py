"""What the mirror has: the projects that came from upstream, and how much of the disk they use."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from pypi_web.data import File, MirroredFile, MirroredProject, Project, Release
from pypi_web.data.session import Database, reading
from pypi_web.mirror.hosting import HAS_RELEASE

log = logging.getLogger(__name__)

PAGE = 50

MAX_NAMES = 100
"""Names of each kind that are told."""

MAX_RANKED = 1_000
"""Projects that are ranked by size."""

MAX_AGE = 10.0
"""Seconds after which totals are made anew."""

PATIENCE = 1.0
"""Seconds that a page waits for totals: then it shows older ones, or none."""


@dataclass(frozen=True)
class Holding:
    """A project that came from upstream; its size is that of the files that are kept, in bytes.
    One that `is_hosted` has been claimed since, and upstream is asked for it no more; of a private
    project nobody is told that."""

    name: str
    asked_at: datetime
    is_hosted: bool
    files: int
    size: int
    used_at: datetime | None


class Ranked(NamedTuple):
    """A project's place among all by what is kept of it; the key by which they are paged."""

    size: int
    name: str


@dataclass(frozen=True)
class Totals:
    """How much came from upstream, `size` being the bytes of kept files; and the first hundred
    names that are `claimed`, of projects without a release, or `shared`, of hosted projects of
    which upstream is known to have one too and is not asked for it.

    `largest` are the first thousand projects by the bytes that are kept of them, with these."""

    projects: int
    files: int
    size: int
    claimed: tuple[str, ...]
    shared: tuple[str, ...]
    largest: tuple[Ranked, ...]


def list_holdings(db: Database, *, after: str) -> tuple[list[Holding], bool]:
    """One page of projects by normalised name, from the first behind `after`; and whether there are
    more. Three look-ups, whatever there is."""
    known = (
        select(MirroredProject.normalized_name, MirroredProject.asked_at)
        .where(MirroredProject.normalized_name > after, MirroredProject.page.is_not(None))
        .order_by(MirroredProject.normalized_name)
        .limit(PAGE + 1)
    )
    rows = db.execute(known).all()
    return _complete(db, [(name, asked_at) for name, asked_at in rows[:PAGE]]), len(rows) > PAGE


def list_largest(
    db: Database, ranked: Sequence[Ranked], *, after: Ranked | None
) -> tuple[list[Holding], Ranked | None]:
    """One page of `Totals.largest`, from the first behind `after`; and the last one's place, where
    there are more."""
    behind = [each for each in ranked if after is None or _by_rank(each) > _by_rank(after)]
    names = [each.name for each in behind[:PAGE]]
    known = select(MirroredProject.normalized_name, MirroredProject.asked_at).where(
        MirroredProject.normalized_name.in_(names)
    )
    asked = {row.normalized_name: row.asked_at for row in db.execute(known)}
    holdings = _complete(db, [(each, asked[each]) for each in names if each in asked])
    return holdings, behind[PAGE - 1] if len(behind) > PAGE else None


def _by_rank(ranked: Ranked) -> tuple[int, str]:
    return -ranked.size, ranked.name


def _complete(db: Database, known: list[tuple[str, datetime]]) -> list[Holding]:
    """What is kept of some projects, in their order."""
    found = [name for name, _ in known]
    # Apart: joined, a database may think of beginning with all projects.
    among = select(Project.normalized_name).where(
        Project.normalized_name.in_(found), Project.is_private.is_(False)
    )
    hosted = set(db.execute(among).scalars())
    kept = _measure(db, found)
    return [
        Holding(name, asked_at, name in hosted, *kept.get(name, (0, 0, None)))
        for name, asked_at in known
    ]


def _measure(db: Database, names: list[str]) -> dict[str, tuple[int, int, datetime | None]]:
    """The number of kept files, their bytes, and when one was last used, by project."""
    rows = db.execute(
        select(
            MirroredFile.normalized_name,
            func.count(),
            func.sum(MirroredFile.size),
            func.max(MirroredFile.used_at),
        )
        .where(MirroredFile.normalized_name.in_(names), MirroredFile.is_kept)
        .group_by(MirroredFile.normalized_name)
    )
    return {name: (files, int(size), used_at) for name, files, size, used_at in rows}


class KeptTotals:
    """Totals that a thread of its own makes: it reads tables in full, which no request does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()  # of what is below: held for a moment
        self._totals: Totals | None = None
        self._counting: threading.Thread | None = None
        self._ended = float("-inf")

    def find(self) -> Totals | None:
        """Those of a moment ago; None as long as nobody has counted."""
        with self._lock:
            if self._counting is None and time.monotonic() >= self._ended + MAX_AGE:
                self._counting = threading.Thread(target=self._count, daemon=True)
                self._counting.start()
            counting = self._counting
        if counting is not None:
            counting.join(PATIENCE)
        with self._lock:
            return self._totals

    def _count(self) -> None:
        try:
            with reading(self._engine) as db:
                totals = _count(db)
            with self._lock:
                self._totals = totals
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", error)).strip()
            log.warning("What is mirrored could not be counted: %s", cause)
        finally:
            with self._lock:
                self._ended = time.monotonic()
                self._counting = None


def _count(db: Database) -> Totals:
    has_page = MirroredProject.page.is_not(None)
    projects = select(func.count()).select_from(MirroredProject).where(has_page)
    files = select(func.count(), func.coalesce(func.sum(MirroredFile.size), 0)).where(
        MirroredFile.is_kept
    )
    is_upstreams = (
        select(MirroredProject.id)
        .where(MirroredProject.normalized_name == Project.normalized_name, has_page)
        .exists()
    )
    was_imported = (
        select(File.id)
        .join(Release, File.release_id == Release.id)
        .where(Release.project_id == Project.id, ~File.is_stored)
        .exists()
    )
    count, size = db.execute(files).one()
    return Totals(
        projects=db.execute(projects).scalar_one(),
        files=count,
        size=int(size),
        claimed=_list_names(db, ~HAS_RELEASE),
        shared=_list_names(db, HAS_RELEASE & is_upstreams & ~was_imported),
        largest=_rank(db),
    )


def _rank(db: Database) -> tuple[Ranked, ...]:
    size = func.sum(MirroredFile.size)
    name = MirroredFile.normalized_name
    ranked = select(size, name).where(MirroredFile.is_kept).group_by(name)
    rows = db.execute(ranked.order_by(size.desc(), name).limit(MAX_RANKED))
    return tuple(Ranked(int(size), name) for size, name in rows)


def _list_names(db: Database, condition: ColumnElement[bool]) -> tuple[str, ...]:
    name = Project.normalized_name
    # All who are signed in are told the same: nothing that is private.
    listed = select(name).where(condition, Project.is_private.is_(False))
    return tuple(db.execute(listed.order_by(name).limit(MAX_NAMES)).scalars())
