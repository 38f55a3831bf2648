"""From a database's URL to sessions: engines as both databases want them, reading and writing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import zope.sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolResetState
from zope.sqlalchemy.datamanager import STATUS_CHANGED

Database = Session | Connection
"""What a function that only reads may be given."""

SQLITE_PATIENCE = 30_000
"""Milliseconds that one writer waits for another on SQLite, which has one at a time."""


def make_engine(url: URL) -> Engine:
    """An engine for `url`; on SQLite with real transactions, foreign keys, and readers that
    never wait for the writer (WAL)."""
    engine = create_engine(
        url,
        pool_pre_ping=url.get_backend_name() != "sqlite",
        # As many as there are threads that ask, each of which holds two at the most.
        pool_size=20,
        max_overflow=-1,
        connect_args=connect_args(url),
        # What somebody sent does not belong into a log.
        hide_parameters=True,
    )
    event.listen(engine, "reset", _end_transaction)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_args(url: URL) -> dict[str, Any]:
    """PostgreSQL's own patience with a server that does not answer is over two minutes."""
    is_told = url.get_backend_name() != "postgresql" or "connect_timeout" in url.query
    return {} if is_told else {"connect_timeout": 5}


def for_writing(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions on SQLite begin as write transactions.

    A transaction that reads first and writes later is refused by SQLite at once when another
    has written in between, whatever its patience.
    """
    return engine.execution_options(pypi_web_writes=True)


def make_session(engine: Engine, transaction_manager: Any) -> Session:
    """A session that commits and aborts with `transaction_manager`, whatever was done with it."""
    session = Session(engine)
    zope.sqlalchemy.register(
        session, initial_state=STATUS_CHANGED, transaction_manager=transaction_manager
    )
    return session


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for a short look outside of the request's transaction."""
    with engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session of its own, committed at the end of the block: for commands and background work."""
    with Session(for_writing(engine)) as session, session.begin():
        yield session


def is_duplicate(error: IntegrityError) -> bool:
    """Whether a row was refused because another has its key."""
    cause: Any = error.orig
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        )
    return bool(cause.sqlstate == "23505")


def dialect_of(db: Database) -> str:
    """`sqlite` or `postgresql`."""
    return (db.get_bind() if isinstance(db, Session) else db).dialect.name


def insert_for_conflicts(db: Database, model: type) -> Any:
    """An INSERT that can say what to do about rows that are there already: both databases have
    `on_conflict_do_nothing` and `on_conflict_do_update`, each in a dialect of its own."""
    return _INSERTS[dialect_of(db)](model)


_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def lock_table(db: Database, model: Any, *, shared: bool = False) -> None:
    """Lets nobody else write a table until the transaction ends, or nobody hold it alone while this
    one writes to it, as others do too (`shared`); on SQLite one that writes is alone from its
    beginning."""
    if dialect_of(db) == "postgresql":
        mode = "ROW EXCLUSIVE" if shared else "SHARE ROW EXCLUSIVE"
        db.execute(text(f"LOCK TABLE {model.__tablename__} IN {mode} MODE"))


def _end_transaction(connection: Any, _record: Any, state: PoolResetState) -> None:
    """SQLAlchemy takes a transaction for over when its COMMIT has failed; the database does not."""
    if state.transaction_was_reset:
        connection.rollback()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction: _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_PATIENCE}")
    with suppress(sqlite3.OperationalError):  # a file that is read-only is read as it is
        cursor.execute("PRAGMA journal_mode = WAL")
    # Commits are on the disk when they return: what a publisher was told of stays.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("pypi_web_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
