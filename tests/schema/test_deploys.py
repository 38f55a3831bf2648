"""Deploys: many at once, whole or not at all, and with short locks."""

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from tests.conftest import EmptyDatabase
from tests.schema.environments import Environment, make_environment

MAKE_PARENTS = """
op.create_table(
    "parents", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer)
)
op.execute("INSERT INTO parents (id, x) VALUES (1, 1), (2, 1)")
"""
MAKE_CHILDREN = """
op.create_table(
    "children",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "parent_id",
        sa.Integer,
        sa.ForeignKey("parents.id", ondelete="CASCADE", name="fk_children_parent"),
    ),
)
op.execute("INSERT INTO children VALUES (1, 1), (2, 2)")
"""


@pytest.fixture
def environment(tmp_path: Path, empty_database: EmptyDatabase) -> Environment:
    return make_environment(tmp_path / "site", empty_database.url)


@pytest.fixture
def engine(empty_database: EmptyDatabase) -> Iterator[Engine]:
    engine = create_engine(make_url(empty_database.url))
    yield engine
    engine.dispose()


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def test_eight_at_once_all_succeed_and_each_revision_is_applied_once(
    environment: Environment, engine: Engine
):
    environment.add_revision(1, MAKE_PARENTS)
    environment.add_revision(2, "import time; time.sleep(3)")
    environment.add_revision(
        3, 'indexes.create_index_concurrently(op, "ix_parents_x", "parents", ["x"])'
    )

    processes = [environment.start("upgrade", "head") for _ in range(8)]
    outputs = [process.communicate(timeout=90)[0] for process in processes]

    assert [process.returncode for process in processes] == [0] * 8, outputs
    for number in (1, 2, 3):
        assert sum(f"-> r{number}" in output for output in outputs) == 1
    assert any("waiting for it" in output for output in outputs)
    assert revision(engine) == "r3"
    assert count(engine, "parents") == 2
    assert [each["name"] for each in inspect(engine).get_indexes("parents")] == ["ix_parents_x"]
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT bool_and(indisvalid) FROM pg_index"))
            locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            assert connection.scalar(text(locks)) == 0


def test_a_migration_that_fails_is_rolled_back_whole(environment: Environment, engine: Engine):
    environment.add_revision(1, MAKE_PARENTS)
    environment.alembic("upgrade", "head")
    environment.add_revision(
        2,
        """
        op.add_column("parents", sa.Column("y", sa.Integer))
        op.execute("UPDATE parents SET y = 1")
        op.execute("INSERT INTO nowhere VALUES (1)")
        """,
    )

    output = environment.alembic("upgrade", "head", fails=True)

    assert "rolled back whole" in output
    assert "nowhere" in output
    assert revision(engine) == "r1"
    assert [each["name"] for each in inspect(engine).get_columns("parents")] == ["id", "x"]
    environment.add_revision(2, 'op.add_column("parents", sa.Column("y", sa.Integer))')
    environment.alembic("upgrade", "head")
    assert revision(engine) == "r2"


def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(
    environment: Environment, engine: Engine
):
    environment.add_revision(1, MAKE_PARENTS)
    environment.add_revision(2, MAKE_CHILDREN)
    environment.add_revision(
        3,
        """
        with op.batch_alter_table("parents", recreate="auto") as batch:
            batch.alter_column("x", type_=sa.BigInteger, nullable=False)
        """,
    )

    environment.alembic("upgrade", "head")

    assert count(engine, "parents") == 2
    assert count(engine, "children") == 2


def test_a_migration_that_leaves_orphans_is_refused_and_changes_nothing(
    environment: Environment, engine: Engine
):
    if engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL keeps foreign keys on")
    environment.add_revision(1, MAKE_PARENTS)
    environment.add_revision(2, MAKE_CHILDREN)
    environment.alembic("upgrade", "head")
    environment.add_revision(3, 'op.execute("DELETE FROM parents WHERE id = 1")')

    output = environment.alembic("upgrade", "head", fails=True)

    assert "without the rows they refer to: 1 in children (of parents)" in output
    assert count(engine, "parents") == 2
    assert revision(engine) == "r2"


def test_an_index_that_was_left_invalid_is_repaired(environment: Environment, engine: Engine):
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no invalid indexes")
    unique = 'indexes.create_index_concurrently(op, "ix_parents_x", "parents", ["x"], unique=True)'
    environment.add_revision(1, MAKE_PARENTS)
    environment.add_revision(2, unique)
    environment.alembic("upgrade", "head", fails=True)
    validity = text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_parents_x'::regclass")
    with engine.begin() as connection:
        assert connection.scalar(validity) is False
        connection.execute(text("UPDATE parents SET x = id"))

    environment.alembic("upgrade", "head")

    with engine.connect() as connection:
        assert connection.scalar(validity) is True


def test_a_reader_in_the_way_of_a_migration_holds_up_nobody_else_for_long(
    environment: Environment, engine: Engine
):
    if engine.dialect.name == "sqlite":
        pytest.skip("on SQLite readers and the writer do not wait for each other")
    environment.add_revision(1, MAKE_PARENTS)
    environment.alembic("upgrade", "head")
    environment.add_revision(2, 'op.add_column("parents", sa.Column("y", sa.Integer))')
    longest, output = 0.0, ""
    with engine.connect() as reader:
        reader.execute(text("SELECT * FROM parents"))

        process = environment.start("upgrade", "head")
        begun = time.monotonic()
        thread = threading.Thread(target=_read_until, args=[process, "trying again"])
        thread.start()
        while thread.is_alive() or time.monotonic() - begun < 3:
            asked = time.monotonic()
            count(engine, "parents")
            longest = max(longest, time.monotonic() - asked)
            time.sleep(0.02)
        held = time.monotonic() - begun
        reader.rollback()
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 0, output
    assert 1 < longest < held
    assert revision(engine) == "r2"


def _read_until(process: subprocess.Popen[str], words: str) -> None:
    """Reads what a process prints up to a line with these words; fails where it ends before."""
    while line := process.stdout.readline():
        if words in line:
            return
    raise AssertionError(f"it ended without {words!r}")


def test_who_waits_goes_on_when_the_other_dies(environment: Environment, engine: Engine):
    environment.add_revision(1, "import time; time.sleep(120)")
    first = environment.start("upgrade", "head")
    _read_until(first, "Running upgrade")
    environment.add_revision(1, MAKE_PARENTS)
    second = environment.start("upgrade", "head")
    _read_until(second, "waiting for it")

    first.kill()
    first.communicate()
    output, _ = second.communicate(timeout=60)

    assert second.returncode == 0, output
    assert count(engine, "parents") == 2


def test_an_index_made_beside_others_waits_for_old_readers_without_starting_anew(
    environment: Environment, engine: Engine
):
    environment.add_revision(1, MAKE_PARENTS)
    environment.alembic("upgrade", "head")
    environment.add_revision(
        2, 'indexes.create_index_concurrently(op, "ix_parents_x", "parents", ["x"])'
    )
    with engine.connect() as reader:
        if engine.dialect.name == "postgresql":
            reader.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(text("SELECT * FROM parents")).all()

        process = environment.start("upgrade", "head")
        time.sleep(5)
        reader.rollback()
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 0, output
    assert "trying again" not in output
    assert [each["name"] for each in inspect(engine).get_indexes("parents")] == ["ix_parents_x"]


def test_an_index_made_beside_others_after_a_change_is_refused_before_anything_stays(
    environment: Environment, engine: Engine
):
    if engine.dialect.name == "sqlite":
        pytest.skip("on SQLite it is an ordinary index")
    environment.add_revision(1, MAKE_PARENTS)
    environment.alembic("upgrade", "head")
    environment.add_revision(
        2,
        """
        op.add_column("parents", sa.Column("y", sa.Integer))
        indexes.create_index_concurrently(op, "ix_parents_x", "parents", ["x"])
        """,
    )

    output = environment.alembic("upgrade", "head", fails=True)

    assert "put the index into a revision of its own" in output
    assert [each["name"] for each in inspect(engine).get_columns("parents")] == ["id", "x"]


def test_who_is_killed_within_a_long_statement_holds_up_nobody(
    environment: Environment, engine: Engine
):
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite's statements end with their process")
    environment.add_revision(1, 'op.execute("SELECT pg_sleep(60)")')
    first = environment.start("upgrade", "head")
    _read_until(first, "Running upgrade")
    time.sleep(1)
    environment.add_revision(1, MAKE_PARENTS)

    first.kill()
    first.communicate()
    begun = time.monotonic()
    environment.alembic("upgrade", "head")

    assert time.monotonic() - begun < 30
    assert count(engine, "parents") == 2
