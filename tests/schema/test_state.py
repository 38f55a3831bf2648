"""Where a database stands, and who is told so."""

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from webtest import TestApp

from pypi_web import commands
from pypi_web.schema.state import Schema, State, read_schema
from tests.conftest import EmptyDatabase
from tests.servers import BIN, running_server

SCHEMA = Schema(known=frozenset("abc"), heads=frozenset("c"))


@pytest.mark.parametrize(
    ("revisions", "state"),
    [("", State.EMPTY), ("a", State.BEHIND), ("c", State.CURRENT), ("d", State.AHEAD)],
)
def test_how_a_database_stands_to_the_code(revisions: str, state: State):
    assert SCHEMA.state_of(frozenset(revisions)) is state


def test_the_process_lives_whatever_the_database_does(app: TestApp):
    assert app.get("/_health/live", status=200).text == "alive\n"


def test_it_is_ready_where_the_database_is_at_the_code(app: TestApp):
    assert app.get("/_health/ready", status=200).text == "ready\n"


def test_it_is_not_ready_while_the_database_is_behind(
    app: TestApp, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    newer = Schema(known=read_schema().known | {"newer"}, heads=frozenset({"newer"}))
    monkeypatch.setattr("pypi_web.schema.state.read_schema", lambda: newer)

    assert "run `alembic upgrade head`" in app.get("/_health/ready", status=503)


def test_it_stays_ready_when_a_newer_release_has_migrated(app: TestApp, engine: Engine):
    known = next(iter(read_schema().heads))
    move(engine, "of-a-newer-release")
    try:
        assert "newer release" in app.get("/_health/ready", status=200)
    finally:
        move(engine, known)


def test_a_database_that_refuses_to_tell_is_not_taken_for_an_empty_one(
    app: TestApp, engine: Engine, caplog: pytest.LogCaptureFixture
):
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no permissions")
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE stranger"))
    site_engine = app.app.registry["engine"]

    def become_a_stranger(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL ROLE stranger")

    event.listen(site_engine, "begin", become_a_stranger)
    try:
        assert "does not answer" in app.get("/_health/ready", status=503)
    finally:
        event.remove(site_engine, "begin", become_a_stranger)

    assert "permission denied" in caplog.text
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE stranger"))


def test_a_private_site_tells_its_health_without_credentials(make_app):
    make_app(anonymous_read="false").get("/_health/ready", status=200)


def move(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


@pytest.fixture
def empty_ini(tmp_path: Path, empty_database: EmptyDatabase) -> Path:
    path = tmp_path / "empty.ini"
    url = empty_database.url.replace("%", "%%")
    path.write_text(
        f"[app:main]\nuse = egg:pypi_web\nsqlalchemy.url = {url}\n"
        f"pypi_web.storage = file://{tmp_path}/files\npypi_web.secret = {'x' * 32}\n"
        "[server:main]\nuse = egg:pypi_web\n"
    )
    return path


def pypi_web(ini: Path, *arguments: str):
    return CliRunner().invoke(commands.main, ["--config", str(ini), "schema", *arguments])


def test_the_command_line_says_how_it_stands_in_words_and_by_status(empty_ini: Path):
    before = pypi_web(empty_ini, "status")
    upgraded = pypi_web(empty_ini, "upgrade")
    after = pypi_web(empty_ini, "status")

    assert (before.exit_code, upgraded.exit_code, after.exit_code) == (1, 0, 0)
    assert "The database is empty: run `alembic upgrade head`" in before.output
    assert "The database is where this code is." in after.output


def test_an_unknown_revision_is_a_sentence_of_the_command(empty_ini: Path):
    result = pypi_web(empty_ini, "upgrade", "nonsense")

    assert result.exit_code == 1
    assert "This code knows no revision nonsense" in result.output
    assert "Traceback" not in result.output


def test_a_start_on_an_empty_database_says_what_to_run_and_makes_no_tables(
    empty_ini: Path, empty_database: EmptyDatabase
):
    start = subprocess.run(
        [BIN / "pserve", empty_ini],
        env={**os.environ, "PORT": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert start.returncode == 1
    assert "run `alembic -c " in start.stderr
    engine = create_engine(empty_database.url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_server_starts_ahead_of_its_code(site_ini: Path, tmp_path: Path, engine: Engine):
    known = next(iter(read_schema().heads))
    move(engine, "of-a-newer-release")
    try:
        with running_server(site_ini, log=tmp_path / "log") as server:
            assert server.process.poll() is None
    finally:
        move(engine, known)
