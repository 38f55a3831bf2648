"""Alembic as developers and operators use it: from any folder, from Python, and when it fails."""

import logging
import os
import socket
import subprocess
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from pyramid.paster import get_appsettings
from sqlalchemy import create_engine, inspect, make_url

from pypi_web.schema.database import find_url, find_url_of_ini
from pypi_web.schema.migrating import make_migration_engine
from tests.conftest import ROOT, EmptyDatabase
from tests.schema.environments import Environment, make_environment
from tests.servers import BIN, free_port


@pytest.fixture
def environment(tmp_path: Path, empty_database: EmptyDatabase) -> Environment:
    return make_environment(tmp_path / "site", empty_database.url)


def alembic(*arguments: str, cwd: Path = ROOT, **environment: str):
    return subprocess.run(
        [BIN / "alembic", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def sentence_of(result: subprocess.CompletedProcess[str]) -> str:
    """What a failed command says last; it must be no stack."""
    assert result.returncode != 0
    assert "Traceback" not in result.stdout + result.stderr
    return (result.stdout + result.stderr).strip().splitlines()[-1]


# What a developer does


def test_a_changed_model_becomes_a_formatted_revision_to_be_reviewed(environment: Environment):
    environment.add_revision(1, "pass")
    environment.alembic("upgrade", "head")

    output = environment.alembic("revision", "--autogenerate", "-m", "All of it")

    (path,) = (environment.folder / "alembic" / "versions").glob("*all_of_it*.py")
    written = path.read_text()
    assert "please adjust!" in written
    assert 'op.f("pk_users")' in written
    assert 'op.f("ck_users_name_is_lower_case")' in written
    assert "pypi_web.data" not in written
    assert "now()" not in written
    formatted = subprocess.run(
        [BIN / "ruff", "format", "--check", path], cwd=environment.folder, timeout=60
    )
    assert formatted.returncode == 0, output
    environment.alembic("upgrade", "head")
    environment.alembic("check")


def test_by_hand_up_down_and_about(environment: Environment):
    environment.alembic("revision", "-m", "Make notes", "--rev-id", "n1")
    environment.alembic("revision", "-m", "Index notes", "--rev-id", "n2")

    environment.alembic("upgrade", "n1")
    environment.alembic("upgrade", "+1")
    assert "n2 (head)" in environment.alembic("current")
    environment.alembic("current", "--check-heads")
    environment.alembic("downgrade", "-1")
    assert "n1" in environment.alembic("current")
    assert "not on all head" in environment.alembic("current", "--check-heads", fails=True)
    environment.alembic("downgrade", "base")
    history = environment.alembic("history")

    assert "n1 -> n2 (head), Index notes" in history
    assert "<base> -> n1, Make notes" in history
    (unused,) = (environment.folder / "alembic" / "versions").glob("*n2.py")
    unused.unlink()
    assert "n1 (head)" in environment.alembic("heads")


def test_a_preview_for_postgresql_needs_no_server():
    result = alembic("upgrade", "head", "--sql", DATABASE_URL="postgresql://")

    assert result.returncode == 0, result.stderr
    assert "CREATE TABLE releases" in result.stdout
    assert "INSERT INTO classifiers" in result.stdout
    assert result.stdout.count("BEGIN;") == result.stdout.count("COMMIT;") >= 2


# From Python


def test_from_python_the_applications_logging_stays(empty_database: EmptyDatabase):
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False
    config.attributes["connection"] = make_migration_engine(make_url(empty_database.url))
    root, mine = logging.getLogger(), logging.getLogger("mine")
    mine.setLevel(logging.DEBUG)
    handlers, level = list(root.handlers), root.level

    command.upgrade(config, "head")

    assert (root.handlers, root.level, mine.disabled) == (handlers, level, False)


@pytest.mark.parametrize("kind", ["engine", "connection"])
def test_from_python_with_an_engine_or_a_connection(empty_database: EmptyDatabase, kind: str):
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False
    engine = make_migration_engine(make_url(empty_database.url))

    if kind == "engine":
        config.attributes["connection"] = engine
        command.upgrade(config, "head")
    else:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    assert "alembic_version" in inspect(engine).get_table_names()
    engine.dispose()


def test_from_python_within_a_transaction_of_the_callers(empty_database: EmptyDatabase):
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False
    engine = make_migration_engine(make_url(empty_database.url))

    with engine.connect() as connection, connection.begin() as transaction:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        transaction.rollback()
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    assert "releases" in inspect(engine).get_table_names()
    engine.dispose()


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
def test_a_connection_that_would_lose_rows_or_keep_halves_is_refused(
    tmp_path: Path, foreign_keys: str
):
    engine = create_engine(f"sqlite:///{tmp_path}/x.sqlite")
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False

    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {foreign_keys}")
        connection.rollback()
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match="make_migration_engine"):
            command.upgrade(config, "head")
    engine.dispose()


def test_an_engine_on_a_database_in_memory_is_refused():
    config = Config(ROOT / "alembic.ini")
    config.attributes["configure_logger"] = False
    config.attributes["connection"] = create_engine("sqlite://")

    with pytest.raises(CommandError, match="name a file"):
        command.upgrade(config, "head")


# What an operator does


def test_from_any_folder_and_by_any_ini(tmp_path: Path):
    for ini in ("alembic.ini", "development.ini", "production.ini"):
        path = tmp_path / f"{ini}.sqlite"
        result = alembic(
            "-c", str(ROOT / ini), "upgrade", "head", cwd=tmp_path, DATABASE_URL=f"sqlite:///{path}"
        )

        assert result.returncode == 0, result.stderr
        assert path.exists()


def test_the_ini_says_where_the_database_is_unless_the_environment_does(tmp_path: Path):
    ini = tmp_path / "site.ini"
    ini.write_text(
        f"[app:main]\nuse = egg:pypi_web\nsqlalchemy.url = sqlite:///{tmp_path}/app.sqlite\n"
        f"[alembic]\nscript_location = {ROOT}/alembic\npath_separator = os\n"
    )

    alembic("-c", str(ini), "upgrade", "head", cwd=tmp_path)
    assert (tmp_path / "app.sqlite").stat().st_size > 0
    ini.write_text(ini.read_text() + f"sqlalchemy.url = sqlite:///{tmp_path}/alembic.sqlite\n")
    alembic("-c", str(ini), "upgrade", "head", cwd=tmp_path)
    assert (tmp_path / "alembic.sqlite").stat().st_size > 0


@pytest.mark.parametrize("ini", ["development.ini", "production.ini"])
def test_the_application_and_alembic_agree_on_the_database(ini: str):
    app = get_appsettings(str(ROOT / ini))

    assert find_url({}, ROOT / ini, app) == find_url_of_ini({}, ROOT / ini)


def test_a_percent_sign_in_the_password_is_one(postgres):
    """The server trusts anyone; what matters is that the URL reaches it whole."""
    url = f"postgresql://postgres:50%25%@/postgres?host={postgres.query['host']}"

    result = alembic("current", DATABASE_URL=url)

    assert result.returncode == 0, result.stderr


def test_a_bare_url_obeys_the_variables_of_postgresql(postgres):
    variables = {"PGHOST": postgres.query["host"], "PGUSER": "postgres", "PGDATABASE": "postgres"}

    result = alembic("current", DATABASE_URL="postgresql://", **variables)

    assert result.returncode == 0, result.stderr


# When it fails


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://localhost/x", "postgres://localhost/x", "://"]
)
def test_a_wrong_url(url: str):
    assert "cannot be used: write" in sentence_of(alembic("upgrade", "head", DATABASE_URL=url))


def test_a_password_in_a_wrong_url_is_not_shown():
    result = alembic("upgrade", "head", DATABASE_URL="mysql://me:hush@localhost/x")

    assert "hush" not in result.stdout + result.stderr


def test_a_folder_that_cannot_be_made():
    result = alembic("upgrade", "head", DATABASE_URL="sqlite:////proc/nowhere/x.sqlite")

    assert "/proc/nowhere cannot be made" in sentence_of(result)


def test_a_percent_sign_that_stands_once_in_an_ini(tmp_path: Path):
    ini = tmp_path / "site.ini"
    ini.write_text(
        "[app:main]\nuse = egg:pypi_web\nsqlalchemy.url = postgresql://me:hush%40@localhost/x\n"
        f"[alembic]\nscript_location = {ROOT}/alembic\npath_separator = os\n"
    )

    result = alembic("-c", str(ini), "upgrade", "head")

    assert "each % in a value is written twice" in sentence_of(result)
    assert "hush" not in result.stdout + result.stderr


def test_a_server_that_does_not_answer():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/x"

        assert "cannot be reached" in sentence_of(alembic("upgrade", "head", DATABASE_URL=url))


def test_an_option_that_postgresql_does_not_know(postgres):
    url = f"postgresql://postgres@/postgres?host={postgres.query['host']}&foo=bar"

    assert "foo" in sentence_of(alembic("upgrade", "head", DATABASE_URL=url))


def test_a_server_that_is_not_there():
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/x"

    assert "cannot be reached" in sentence_of(alembic("upgrade", "head", DATABASE_URL=url))


def test_a_database_that_is_not_there(postgres):
    url = f"postgresql://postgres@/nowhere?host={postgres.query['host']}"

    assert "createdb" in sentence_of(alembic("upgrade", "head", DATABASE_URL=url))


def test_an_unknown_revision(environment: Environment):
    environment.add_revision(1, "pass")

    assert "knows no revision nonsense" in environment.alembic("upgrade", "nonsense", fails=True)


def test_two_heads(environment: Environment):
    environment.add_revision(1, "pass")
    environment.add_revision(2, "pass")
    other = environment.folder / "alembic" / "versions" / "other.py"
    text = (environment.folder / "alembic" / "versions" / "r2.py").read_text()
    other.write_text(text.replace("revision = 'r2'", "revision = 'other'", 1))

    assert "alembic merge heads" in environment.alembic("upgrade", "head", fails=True)


def test_a_database_that_a_newer_release_has_migrated(environment: Environment):
    environment.add_revision(1, "pass")
    environment.add_revision(2, "pass")
    environment.alembic("upgrade", "head")
    (environment.folder / "alembic" / "versions" / "r2.py").unlink()

    output = environment.alembic("upgrade", "head", fails=True)

    assert "a newer release has migrated it: deploy that release" in output


def test_a_file_that_cannot_be_written(environment: Environment, empty_database: EmptyDatabase):
    if empty_database.kind == "postgresql":
        pytest.skip("a matter of files")
    environment.add_revision(1, "pass")
    environment.alembic("upgrade", "head")
    path = empty_database.url.removeprefix("sqlite:///")
    read_only = Environment(environment.folder, f"sqlite:///file:{path}?mode=ro&uri=true")

    assert "read-only" in read_only.alembic("downgrade", "base", fails=True)


def test_a_file_that_is_no_database(tmp_path: Path):
    path = tmp_path / "x.sqlite"
    path.write_text("no database at all, but long enough to look like one" * 100)

    result = alembic("upgrade", "head", DATABASE_URL=f"sqlite:///{path}")

    assert "no SQLite database" in sentence_of(result)


def test_an_ini_that_names_no_database(tmp_path: Path):
    ini = tmp_path / "site.ini"
    ini.write_text(f"[alembic]\nscript_location = {ROOT}/alembic\npath_separator = os\n")

    assert "No database is named" in sentence_of(alembic("-c", str(ini), "upgrade", "head"))
