"""READMEs that another version of the renderer has rendered: shown fresh at once, written after."""

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnElement, Engine, event, func, select, update
from sqlalchemy.orm import Session

from pypi_web.data import Description
from pypi_web.data.batches import Batch
from pypi_web.data.session import Database, reading, writing
from pypi_web.readmes import RENDERER, Rendered, as_text, renderer
from pypi_web.readmes.renderer import RendererBusy

MAX_PENDING = 20_000_000
"""Characters of HTML that wait to be written; while there are more, READMEs are shown as text."""

_AT_ONCE = 100
"""Ids that one look at the table brings."""


class Outcome(StrEnum):
    """What became of a README that was out of date."""

    RENDERED = "rendered"
    AS_TEXT = "shown as plain text"
    LEFT = "done or removed by others meanwhile"


@dataclass
class _Pending:
    """A README on its way into the table; `lock` is held while it is rendered."""

    source: str
    rendered: Rendered | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class StaleReadmes:
    """What pages ask for the HTML of a README, which may be of a renderer that let through what
    this one cleans.

    A process renders each that is out of date once, whoever asks for it and how often, and has it
    written by a batch. It is rendered before the batch's transaction, which on SQLite would keep
    all others from writing.
    """

    def __init__(self, engine: Engine) -> None:
        self._batch = Batch[int](engine, self._write_all)
        self._lock = threading.Lock()  # of the two below: held for a moment
        self._pending: dict[int, _Pending] = {}
        self._size = 0

    def find(self, description: Description) -> Rendered:
        """A README as the renderer that is installed has it."""
        if description.renderer == RENDERER:
            return Rendered(description.html, description.problem)
        pending = self._find_pending(description)
        if pending is None:
            return Rendered(as_text(description.source), None)
        with pending.lock:
            if pending.rendered is None:
                try:
                    rendered = renderer.render(description.source, description.content_type)
                except RendererBusy:
                    return Rendered(as_text(description.source), None)
                pending.rendered = rendered
                with self._lock:
                    self._size += len(rendered.html)
                self._batch.add(description.release_id)
            return pending.rendered

    def write(self) -> None:
        """Writes at once what waits to be written."""
        self._batch.write()

    def _find_pending(self, description: Description) -> _Pending | None:
        """None where there is no room for another. (SQLite may give an id a second time.)"""
        with self._lock:
            pending = self._pending.get(description.release_id)
            if pending is not None and pending.source == description.source:
                return pending
            if pending is not None or self._size > MAX_PENDING:
                return None
            pending = self._pending[description.release_id] = _Pending(description.source)
            return pending

    def _write_all(self, db: Session, release_ids: Counter[int]) -> None:
        # In one order everywhere, so that two who write the same never wait for each other.
        for release_id in sorted(release_ids):
            pending = self._pending.get(release_id)
            if pending is not None and pending.rendered is not None:
                _write(db, release_id, pending.source, pending.rendered)
        # What a failing COMMIT takes back is gathered again by the batch, and written once more.
        event.listen(db, "after_commit", lambda _: self._forget(release_ids), once=True)

    def _forget(self, release_ids: Counter[int]) -> None:
        with self._lock:
            for release_id in release_ids:
                pending = self._pending.pop(release_id, None)
                if pending is not None and pending.rendered is not None:
                    self._size -= len(pending.rendered.html)


def count_stale(db: Database) -> int:
    """How many READMEs another version of the renderer has rendered."""
    return db.execute(select(func.count()).select_from(Description).where(_is_stale())).scalar_one()


def render_stale(engine: Engine) -> Iterator[Outcome]:
    """Renders all that is out of date, each in a transaction of its own.

    It can be left at any point and begun again. Each run begins somewhere else, so that several
    at once share the work.
    """
    with reading(engine) as db:
        highest = db.scalar(select(func.max(Description.release_id))) or 0
    start = secrets.randbelow(highest + 1)
    for part in (Description.release_id > start, Description.release_id <= start):
        for release_id in _list_stale(engine, part):
            yield _render_one(engine, release_id)


def _list_stale(engine: Engine, part: ColumnElement[bool]) -> Iterator[int]:
    """The ids of releases whose READMEs are out of date, in their order."""
    last = 0
    while True:
        found = (
            select(Description.release_id)
            .where(_is_stale(), part, Description.release_id > last)
            .order_by(Description.release_id)
            .limit(_AT_ONCE)
        )
        with reading(engine) as db:
            release_ids = db.scalars(found).all()
        if not release_ids:
            return
        yield from release_ids
        last = release_ids[-1]


def _render_one(engine: Engine, release_id: int) -> Outcome:
    found = select(Description.source, Description.content_type).where(
        Description.release_id == release_id, _is_stale()
    )
    with reading(engine) as db:
        row = db.execute(found).one_or_none()
    if row is None:
        return Outcome.LEFT
    rendered = renderer.render(row.source, row.content_type)
    with writing(engine) as session:
        if not _write(session, release_id, row.source, rendered):
            return Outcome.LEFT
    return Outcome.RENDERED if rendered.problem is None else Outcome.AS_TEXT


def _is_stale() -> ColumnElement[bool]:
    return Description.renderer != RENDERER


def _write(db: Session, release_id: int, source: str, rendered: Rendered) -> bool:
    """Whether the README was still there, the same, and out of date."""
    statement = (
        update(Description)
        .where(Description.release_id == release_id, Description.source == source, _is_stale())
        .values(html=rendered.html, problem=rendered.problem, renderer=RENDERER)
    )
    return db.connection().execute(statement).rowcount == 1
