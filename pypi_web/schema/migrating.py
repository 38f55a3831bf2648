"""Runs migrations: one process at a time, with short locks, and whole or not at all."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic.util import CommandError
from sqlalchemy import JSON, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.elements import False_, True_

from pypi_web.data.base import UtcDateTime
from pypi_web.data.session import connect_args
from pypi_web.schema.database import is_in_memory

log = logging.getLogger("alembic.pypi_web")

PATIENCE = 600.0
"""Seconds that one process waits for another one's migrations."""

LOCK_KEY = 0x70797069
"""The advisory lock of those who migrate; PostgreSQL keeps one such set for each database."""

LOCK_TIMEOUT = "2s"
"""How long a statement waits for a table. While it waits, all who come later wait behind it."""

ATTEMPTS = 30
"""How often a migration that met a locked table is tried, with PAUSE seconds between."""

PAUSE = 1.0

_LOCK_NOT_AVAILABLE, _DEADLOCK = "55P03", "40P01"


def make_migration_engine(url: URL) -> Engine:
    """An engine for migrations. On SQLite each transaction is alone from its beginning, holds DDL
    too, and has no foreign keys, whose cascades a rebuilt table would set off."""
    engine = create_engine(url, poolclass=NullPool, connect_args=connect_args(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def connecting(url: URL | None, given: Engine | Connection | None) -> Iterator[Connection]:
    """The connection to migrate by: the one that a caller has handed in, or one of our own.

    An engine that is handed in is used as it is on PostgreSQL; on SQLite its file counts, since the
    application's own engine has the foreign keys on. A connection on SQLite must be as those of
    make_migration_engine; raises CommandError otherwise.
    """
    if isinstance(given, Connection):
        _refuse_unfit_sqlite(given)
        yield given
        return
    engine = given
    if engine is None or engine.dialect.name == "sqlite":
        engine_url = url if engine is None else engine.url
        assert engine_url is not None, "either an engine or a URL is given"
        if is_in_memory(engine_url):
            raise CommandError("A SQLite database in memory is gone at once: name a file.")
        engine = make_migration_engine(engine_url)
    with engine.connect() as connection:
        yield connection


@contextmanager
def exclusively(connection: Connection) -> Iterator[None]:
    """Lets nobody else migrate this PostgreSQL database during the block; others wait, and say so.

    It asks for the lock again and again rather than waiting for it: who waits inside of
    PostgreSQL holds a snapshot, for which CREATE INDEX CONCURRENTLY of the other waits in turn.
    Nothing is left in a transaction, which Alembic would take for its caller's and not commit; one
    that is open is the caller's indeed, and stays so. On SQLite the transaction itself is the lock.
    """
    if connection.dialect.name != "postgresql":
        yield
    elif connection.in_transaction():
        in_transaction = select(func.pg_try_advisory_xact_lock(LOCK_KEY))
        _poll(lambda: bool(connection.scalar(in_transaction)))
        yield
    else:
        with _settings_of_the_session(connection), _session_lock(connection):
            yield


@contextmanager
def _settings_of_the_session(connection: Connection) -> Iterator[None]:
    settings = {"lock_timeout": LOCK_TIMEOUT}
    if (connection.dialect.server_version_info or (0,)) >= (14,):
        # Else a statement whose process was killed runs to its end, and keeps the lock as long.
        settings["client_connection_check_interval"] = "1s"
    for name, value in settings.items():
        connection.exec_driver_sql(f"SET {name} = '{value}'")
    connection.commit()
    try:
        yield
    finally:
        if not connection.closed and not connection.invalidated:
            for name in settings:
                connection.exec_driver_sql(f"RESET {name}")
            connection.commit()


@contextmanager
def _session_lock(connection: Connection) -> Iterator[None]:
    _poll(lambda: _try_lock(connection))
    try:
        yield
    finally:
        if not connection.closed and not connection.invalidated:
            connection.rollback()
            connection.execute(select(func.pg_advisory_unlock(LOCK_KEY)))
            connection.commit()


def run(context: Any) -> None:
    """Runs the migrations of a configured `alembic.context`.

    On PostgreSQL it tries again where a table was locked; what was finished before is committed,
    migration by migration, and is not done twice. On SQLite all of them are one transaction, which
    is refused where it would leave rows without their parents.
    """
    connection = context.get_bind()
    is_callers = connection.in_transaction()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with context.begin_transaction():
                before = _heads(context)
                context.run_migrations()
                if connection.dialect.name == "sqlite" and _heads(context) != before:
                    _refuse_orphans(connection)
        except DBAPIError as error:
            if is_callers or attempt == ATTEMPTS or not _met_a_lock(error):
                raise
            log.warning("A table is in use; trying again in %s s (%s).", PAUSE, attempt)
            connection.rollback()
            time.sleep(PAUSE)
        else:
            return


def render_item(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:
    """Types of the application are written as SQLAlchemy's own: a migration imports no model."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        # Alembic would write `astext_type=Text()`, a name that its file does not have.
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if kind == "server_default" and isinstance(getattr(item, "arg", None), (False_, True_)):
        # Alembic would write SQLite's 0, which is no boolean to PostgreSQL.
        return "sa.false()" if isinstance(item.arg, False_) else "sa.true()"
    return False


def _poll(try_it: Any) -> None:
    """Tries until it succeeds; says so once when it must wait."""
    deadline = time.monotonic() + PATIENCE
    told = False
    while not try_it():
        if not told:
            log.info("Another process is migrating this database; waiting for it.")
            told = True
        if time.monotonic() > deadline:
            raise CommandError(
                f"Another process has been migrating this database for {PATIENCE:.0f} s."
                " Look whether it is still at work, end it if it is not, and start again."
            )
        time.sleep(0.1)


def _try_lock(connection: Connection) -> bool:
    got = bool(connection.scalar(select(func.pg_try_advisory_lock(LOCK_KEY))))
    connection.rollback()
    return got


def _met_a_lock(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in (_LOCK_NOT_AVAILABLE, _DEADLOCK)


def _heads(context: Any) -> tuple[str, ...]:
    heads: tuple[str, ...] = context.get_context().get_current_heads()
    return heads


def _refuse_orphans(connection: Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        tables = ", ".join(sorted({f"{row[0]} (of {row[2]})" for row in orphans}))
        raise CommandError(
            f"This migration would leave rows without the rows they refer to: {len(orphans)} in"
            f" {tables}. Nothing was changed; move or delete those rows in the migration first."
        )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction: _begin_sqlite does
    connection.execute("PRAGMA foreign_keys = OFF")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    _poll(lambda: _try_to_begin(connection))
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")


def _try_to_begin(connection: Connection) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if "locked" in str(error.orig):
            return False
        raise
    return True


def _refuse_unfit_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # Past SQLAlchemy, which would begin a transaction for it.
    driver: Any = connection.connection.driver_connection
    (foreign_keys,) = driver.execute("PRAGMA foreign_keys").fetchone()
    if foreign_keys or driver.isolation_level is not None:
        what = "has SQLite's foreign keys on: rebuilding a table would delete rows that refer to it"
        if not foreign_keys:
            what = "leaves transactions to Python's driver, which keeps no DDL in them"
        raise CommandError(
            f"The connection handed in {what}. Hand in one of"
            " pypi_web.schema.migrating.make_migration_engine()."
        )
