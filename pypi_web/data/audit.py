"""The audit: one row for each act that changes something, each log-in, each refusal that matters.

Nothing here changes a row or removes one.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, Index, Row, String, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key
from pypi_web.data.session import Database

PAGE = 50
"""Rows on a page."""

_VALUES = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class AuditEvent(SQLAlchemyBase):
    """Names and numbers rather than keys, so that a row outlives whom it tells of.

    `act` is a text such as `log in` or `yank release`; `subject` is whom or what it was done to,
    beside the `project` (by its normalised name); `reason` is the rule by which a refused act was
    refused. `user_id` is whose account it was or was tried on: its owner sees the row.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_user_id_id", "user_id", "id"),
        Index("ix_audit_project_id", "project", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    act: Mapped[str] = mapped_column(String(64))
    is_refused: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(String(500))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    user_name: Mapped[str | None] = mapped_column(String(64))
    token_id: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str | None] = mapped_column(String(64))
    project: Mapped[str | None] = mapped_column(key(128))
    subject: Mapped[str | None] = mapped_column(String(255))
    before: Mapped[Any | None] = mapped_column(_VALUES)
    after: Mapped[Any | None] = mapped_column(_VALUES)


_EVENTS: Any = AuditEvent.__table__


def note(db: Database, act: str, **columns: Any) -> None:
    """Adds a row, in the transaction of the act itself."""
    db.execute(insert(_EVENTS), {"act": act, **columns})


def list_events(
    db: Database, *which: ColumnElement[bool], before: int | None
) -> tuple[list[Row[Any]], int | None]:
    """A page of rows, the newest first, from the first `before` an id; and where the next page
    begins, if any."""
    query = select(_EVENTS).where(*which).order_by(AuditEvent.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    found = list(db.execute(query))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
