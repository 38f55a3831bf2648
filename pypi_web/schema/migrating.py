"""How migrations connect and how their operations are written."""

from typing import Any, Literal

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from pypi_web.data.base import UtcDateTime


def make_migration_engine(url: URL) -> Engine:
    """An engine for one migration: on SQLite alone from the beginning, with transactions that
    hold DDL too, and without the foreign keys whose cascades a rebuilt table would set off."""
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda it: it.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Types of the application are written as SQLAlchemy's own: a migration imports no model."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout = 600000")
    connection.execute("PRAGMA foreign_keys = OFF")
