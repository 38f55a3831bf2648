"""Every revision of this project: up, down, up; rows survive; and the models agree at the end."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.types import Enum, LargeBinary, String

from pypi_web.data import SQLAlchemyBase
from pypi_web.schema.migrating import make_migration_engine
from tests.conftest import ROOT, EmptyDatabase

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

REVISIONS = [
    script.revision
    for script in ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).walk_revisions()
][::-1]


@pytest.fixture
def engine(empty_database: EmptyDatabase) -> Iterator[Engine]:
    engine = make_migration_engine(make_url(empty_database.url))
    yield engine
    engine.dispose()


def migrate(engine: Engine, act: Any, revision: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False
    config.attributes["connection"] = engine
    act(config, revision)


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_heads()) == 1


def test_each_revision_goes_up_and_down_and_up_to_the_same_schema(engine: Engine):
    stood = {None: reflect(engine)}
    for before, revision in zip([None, *REVISIONS], REVISIONS, strict=False):
        migrate(engine, command.upgrade, revision)
        stood[revision] = reflect(engine)

        migrate(engine, command.downgrade, before or "base")
        assert reflect(engine) == stood[before]

        migrate(engine, command.upgrade, revision)
        assert reflect(engine) == stood[revision]


def test_rows_survive_each_revision_up_and_down(engine: Engine):
    migrate(engine, command.upgrade, REVISIONS[0])
    for before, revision in itertools.pairwise(REVISIONS):
        with engine.begin() as connection:
            fill(connection)
        rows = read_all(engine)

        migrate(engine, command.upgrade, revision)
        migrate(engine, command.downgrade, before)

        assert read_all(engine) == rows
        migrate(engine, command.upgrade, revision)
    with engine.begin() as connection:
        fill(connection)


def test_the_migrations_make_the_very_schema_that_the_models_would(
    engine: Engine, empty_database: EmptyDatabase, tmp_path: Path
):
    """Stricter than `alembic check`, which sees no CHECK's text, enum's value or widened key: both
    are read back from the database, so that it has written both in its own way."""
    with engine.begin() as connection:
        SQLAlchemyBase.metadata.create_all(connection)
    modelled = reflect(engine)
    with engine.begin() as connection:
        SQLAlchemyBase.metadata.drop_all(connection)

    migrate(engine, command.upgrade, "head")

    assert reflect(engine) == modelled


def test_alembic_finds_nothing_to_change(engine: Engine):
    migrate(engine, command.upgrade, "head")

    migrate(engine, lambda config, _: command.check(config), "head")


def test_each_revision_imports_no_model():
    for path in (ROOT / "alembic" / "versions").glob("*.py"):
        imports = [line for line in path.read_text().splitlines() if "import" in line]
        assert not any("pypi_web.data" in line for line in imports), path.name


def test_no_enum_is_the_databases_own_and_no_default_is_of_one_database_alone():
    for table in SQLAlchemyBase.metadata.tables.values():
        for column in table.columns:
            assert not (isinstance(column.type, Enum) and column.type.native_enum), column
            assert "now()" not in str(getattr(column.server_default, "arg", "")), column


def reflect(engine: Engine) -> dict[str, dict[str, Any]]:
    """Whatever the database says of each table, in an order of its own."""
    inspector = inspect(engine)
    return {
        name: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name),
            "foreign keys": by_name(inspector.get_foreign_keys(name)),
            "uniques": by_name(inspector.get_unique_constraints(name)),
            "checks": by_name(inspector.get_check_constraints(name)),
            "indexes": by_name(with_written_conditions(inspector.get_indexes(name))),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def with_written_conditions(indexes: list[Any]) -> list[Any]:
    """Which rows a partial index is of, as text: SQLAlchemy gives an expression of SQLite's, which
    equals no other."""
    for index in indexes:
        options = index.get("dialect_options", {})
        options.update({name: str(option) for name, option in options.items()})
    return indexes


def by_name(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda each: each["name"] or "")


def read_all(engine: Engine) -> dict[str, list[Any]]:
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted(
                repr(sorted(row.items())) for row in connection.execute(select(table)).mappings()
            )
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
        }


def fill(connection: Connection) -> None:
    """A row in each table that has none, with whatever its columns take."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if table.name == "alembic_version" or connection.scalar(select(table).limit(1)) is not None:
            continue
        checks = [
            str(check["sqltext"]) for check in inspect(connection).get_check_constraints(table.name)
        ]
        row = {
            column.name: value_for(connection, column, checks)
            for column in table.columns
            if not (column.name == "id" and column.primary_key)  # the database numbers rows
        }
        connection.execute(insert(table).values(row))


def value_for(connection: Connection, column: Any, checks: list[str]) -> Any:
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).limit(1))
    if isinstance(column.type, LargeBinary):
        return b"\x00\xff"
    if isinstance(column.type, String):
        # The CHECK of an enum's column quotes what it takes; the first will do.
        listed = (re.search(r"'([^']+)'", check) for check in checks if column.name in check)
        return next((found[1] for found in listed if found), "a")
    name = column.type.__class__.__name__.upper()
    if "JSON" in name:
        return []
    if "BOOL" in name:
        return True
    if name in ("DATETIME", "TIMESTAMP"):
        return MOMENT
    if name == "DATE":
        return MOMENT.date()
    return 1
