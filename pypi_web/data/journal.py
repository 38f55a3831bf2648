"""The journal: one row for each act that changes what an installer sees; its id is the serial."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, bindparam, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key
from pypi_web.data.projects import Project
from pypi_web.data.session import Database, dialect_of

_LOCK = 0x6A6F7572
"""PostgreSQL's advisory lock of those who write the journal."""


class Action(StrEnum):
    """What is done to a project."""

    ADD_FILE = "add file"
    IMPORT = "import"
    ACTIVATE = "activate"
    DEPRECATE = "deprecate"
    ARCHIVE = "archive"
    QUARANTINE = "quarantine"
    CLAIM = "claim"
    YANK = "yank"
    UNYANK = "unyank"
    DELETE_FILE = "delete file"
    DELETE_RELEASE = "delete release"
    DELETE_PROJECT = "delete project"
    MAKE_PRIVATE = "make private"
    MAKE_PUBLIC = "make public"
    ADD_ROLE = "add role"
    CHANGE_ROLE = "change role"
    REMOVE_ROLE = "remove role"
    UNCLAIM = "unclaim"


class JournalEntry(SQLAlchemyBase):
    """Names rather than keys, so that a row outlives what it tells of.

    `action` is an Action, or what a later release of this application has done: a text without a
    CHECK, which each new act would have to widen.
    """

    __tablename__ = "journal"
    # Without it SQLite would give the id of a deleted last row again, and the clock go back.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project: Mapped[str] = mapped_column(key(128))
    action: Mapped[str] = mapped_column(String(32))
    version: Mapped[str | None] = mapped_column(String(128))
    filename: Mapped[str | None] = mapped_column(String(255))
    actor: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


_ENTRIES: Any = JournalEntry.__table__
_PROJECTS: Any = Project.__table__
_INSERT = insert(_ENTRIES).returning(_ENTRIES.c.id)
_MOVE = (
    update(_PROJECTS)
    .where(_PROJECTS.c.id == bindparam("moved_id"))
    .values(last_serial=bindparam("serial"))
)


def record(
    db: Database,
    project_id: int,
    project_name: str,
    action: Action,
    *,
    actor: str | None,
    version: str | None = None,
    filename: str | None = None,
) -> int:
    """Adds a row for what was done to a project, by its id and normalised name, and moves its
    serial there; gives the serial.

    The last thing that a transaction does: until it ends, others who record wait on PostgreSQL, so
    that serials are seen in their order. Without that a page could change under a serial that
    somebody has seen, and be taken for unchanged. (On SQLite one writes at a time anyway.)
    """
    lock(db)
    serial: int = db.execute(
        _INSERT,
        {
            "project": project_name,
            "action": action,
            "version": version,
            "filename": filename,
            "actor": actor,
        },
    ).scalar_one()
    db.execute(_MOVE, {"moved_id": project_id, "serial": serial})
    return serial


def lock(db: Database) -> None:
    """Lets nobody else record anything until the transaction ends; on SQLite one that writes is
    alone from its beginning."""
    if dialect_of(db) == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def last_serial(db: Database) -> int:
    """The serial of the newest act, 0 before the first."""
    newest = select(JournalEntry.id).order_by(JournalEntry.id.desc()).limit(1)
    return db.execute(newest).scalar() or 0
