"""Fills a site's database with a synthetic catalogue, as fast as the database takes it."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import click
from sqlalchemy import Connection, Engine, Table, func, insert, make_url, select, text

from benchmarks.synthetic import (
    PROJECTS_OF_A_USER,
    Numbers,
    Row,
    make_projects,
    make_users,
)
from pypi_web.data import ApiToken, Classifier, File, JournalEntry, Project, Release, Role, User
from pypi_web.data.session import for_writing, make_engine

_AT_ONCE = 250
"""Projects whose rows are in memory together."""

_NUMBERED: tuple[Any, ...] = (User, ApiToken, Project, Release, File, JournalEntry, Role)


def fill_site(database: str, *, projects: int, files: int, label: str) -> None:
    """Adds so many projects with so many files, with all that hangs on them; tells on standard
    error how far it is."""
    engine = make_engine(make_url(database))
    with engine.connect() as db:
        numbers = _find_last_numbers(db)
        classifier_ids = list(db.scalars(select(Classifier.id).order_by(Classifier.id)))
    users = make_users(1 + projects // PROJECTS_OF_A_USER, numbers)
    _write(engine, users)
    rows = make_projects(
        projects, files, users=users[User], classifier_ids=classifier_ids, numbers=numbers
    )
    with click.progressbar(
        length=projects, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        while some := list(islice(rows, _AT_ONCE)):
            _write(engine, {model: _of_all(some, model) for model in some[0]})
            bar.update(len(some))
    _finish(engine)


def _find_last_numbers(db: Connection) -> Numbers:
    return Numbers(
        **{
            model.__tablename__: db.execute(select(func.coalesce(func.max(model.id), 0))).scalar()
            for model in _NUMBERED
        }
    )


def _of_all(some: list[dict[Any, list[Row]]], model: Any) -> list[Row]:
    return [row for rows in some for row in rows[model]]


def _write(engine: Engine, rows: dict[Any, list[Row]]) -> None:
    """In one transaction, which does not wait for the disk and looks for no row's parent: these
    rows have theirs."""
    is_sqlite = engine.dialect.name == "sqlite"
    with for_writing(engine).connect() as db:
        if is_sqlite:
            _set_up_sqlite(db)
        with db.begin():
            if not is_sqlite:
                db.exec_driver_sql("SET LOCAL synchronous_commit = off")
                db.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for model, some in rows.items():
                if some and is_sqlite:
                    db.execute(insert(model), some)
                elif some:
                    _copy(db, model.__table__, some)


def _set_up_sqlite(db: Connection) -> None:
    cursor: Any = db.connection.cursor()
    for pragma in ("synchronous = OFF", "cache_size = -262144", "foreign_keys = OFF"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    db.rollback()


def _copy(db: Connection, table: Table, rows: list[Row]) -> None:
    columns = list(rows[0])
    cursor: Any = db.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
        for values in _as_postgres_takes(rows):
            copy.write_row(values)
    cursor.close()


def _as_postgres_takes(rows: list[Row]) -> Iterator[list[Any]]:
    for row in rows:
        yield [json.dumps(value) if type(value) is list else value for value in row.values()]


def _finish(engine: Engine) -> None:
    """What PostgreSQL does by itself within minutes; on SQLite nobody does it."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            for model in _NUMBERED:
                name = model.__tablename__
                db.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                )
            db.execute(text("VACUUM ANALYZE"))
    engine.dispose()
