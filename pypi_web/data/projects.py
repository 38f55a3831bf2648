"""Projects, and who may do what with them."""

import zlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key, one_of
from pypi_web.data.session import Database, dialect_of
from pypi_web.standards import names

_LOCK = 0x6E616D65
"""PostgreSQL's advisory lock of those who give new projects their names."""

_LOCK_ONE = 0x70726F6A
"""The first half of its advisory lock of those who change one project."""


class RoleName(StrEnum):
    OWNER = "owner"
    MAINTAINER = "maintainer"
    MEMBER = "member"
    """Reads a project that is private, and no more."""


class ProjectStatus(StrEnum):
    """What may be done with a project (PEP 792)."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    """As active; one should no longer depend on it."""
    ARCHIVED = "archived"
    """Nothing is added."""
    QUARANTINED = "quarantined"
    """Nothing is added, nothing is offered."""


def _lookalike_key(context: Any) -> str:
    return names.lookalike_key(context.get_current_parameters()["normalized_name"])


class Project(SQLAlchemyBase):
    """Found by its normalised name, shown by the name of its first upload.

    Names that are easily taken for one another share a `lookalike_key`.
    """

    __tablename__ = "projects"
    __table_args__ = (
        Index(
            "ix_projects_private",
            "id",
            sqlite_where=text("is_private"),
            postgresql_where=text("is_private"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    normalized_name: Mapped[str] = mapped_column(key(128), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_serial: Mapped[int] = mapped_column(BigId, default=0)
    lookalike_key: Mapped[str | None] = mapped_column(key(128), default=_lookalike_key, index=True)
    status: Mapped[ProjectStatus] = mapped_column(
        one_of(ProjectStatus, name="status"),
        default=ProjectStatus.ACTIVE,
        server_default=ProjectStatus.ACTIVE,
    )
    status_reason: Mapped[str | None] = mapped_column(Text)
    is_private: Mapped[bool] = mapped_column(default=False, server_default=false())


class Role(SQLAlchemyBase):
    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[RoleName] = mapped_column(one_of(RoleName, name="name"))


def lock_names(db: Database) -> None:
    """Lets nobody else publish or claim a new name until the transaction ends, so that one can look
    whether it is too much like another; on SQLite one that writes is alone from its beginning."""
    if dialect_of(db) == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def lock_project(db: Database, normalized_name: str, *, shared: bool = False) -> None:
    """Has those who run a project, who hold it alone, wait for each other and for those who publish
    to it, who hold it together (`shared`): so that what one looks at stays so. (On SQLite one that
    writes is alone from its beginning.)

    Not its row, which all who record an act move at the end, one after the other.
    """
    if dialect_of(db) == "postgresql":
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        db.execute(select(lock(_LOCK_ONE, zlib.crc32(normalized_name.encode()) - 2**31)))
