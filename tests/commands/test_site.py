"""What keeps a command from its site is told in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from pypi_web.commands import main
from pypi_web.data import session
from pypi_web.data.session import for_writing
from pypi_web.schema.state import State
from tests.commands.conftest import Run
from tests.people import Person

APP = "[app:main]\nuse = egg:pypi_web\n"
SECRET = "pypi_web.secret = a secret that only these tests know of\n"


@pytest.mark.parametrize(
    ("ini", "sentence"),
    [
        (None, "There is no ini file"),
        ("", "cannot be used"),
        ("no ini at all", "cannot be used"),
        ("[app:main]\nuse = egg:no_such_package\n", "cannot be used"),
        (APP, "Setting pypi_web.secret is missing"),
        (APP + SECRET + "pypi_web.colour = red\n", "Unknown setting pypi_web.colour"),
        (APP + SECRET, "No database is named"),
        (APP + SECRET + "sqlalchemy.url = nonsense\n", "The database's URL"),
        (
            APP + SECRET + "sqlalchemy.url = sqlite:///%(here)s/new.sqlite\n",
            "The database is empty: run `alembic upgrade head`",
        ),
        (
            APP + SECRET + "sqlalchemy.url = sqlite:///%(here)s/site.ini\n",
            "The database failed: file is not a database.",
        ),
        (
            APP + SECRET + "sqlalchemy.url = postgresql://127.0.0.1:1/x\n",
            "The database failed: connection failed",
        ),
    ],
)
def test_says_what_is_wrong_without_a_traceback(
    tmp_path: Path, ini: str | None, sentence: str
) -> None:
    path = tmp_path / "site.ini"
    if ini is not None:
        path.write_text(ini)

    result = CliRunner().invoke(main, ["--config", str(path), "token", "create", "ann"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_without_tables_is_found_before_a_password_is_asked_for(tmp_path: Path) -> None:
    ini = tmp_path / "site.ini"
    ini.write_text(APP + SECRET + "sqlalchemy.url = sqlite:///%(here)s/new.sqlite\n")

    result = CliRunner().invoke(
        main, ["--config", str(ini), "user", "create", "ann", "--email", "ann@example.org"]
    )

    assert result.exit_code == 1
    assert result.stderr == f"Error: {State.EMPTY.sentence}\n"


def test_a_database_that_refuses_to_write_says_why(run: Run, engine: Engine, alice: Person) -> None:
    with refusing_to_write(engine) as cause:
        result = run("token", "create", "alice")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: The database failed: {cause}. Nothing of this command was kept.\n"
    )


@contextmanager
def refusing_to_write(engine: Engine) -> Iterator[str]:
    """Makes each writer fail during the block; gives the cause that the database tells."""
    if engine.dialect.name == "sqlite":
        with for_writing(engine).connect() as other, pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "SQLITE_PATIENCE", 10)
            other.execute(text("SELECT 1"))
            yield "database is locked"
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("ALTER DATABASE index SET default_transaction_read_only = on"))
        yield "cannot execute INSERT in a read-only transaction"
        owner.execute(text("SET default_transaction_read_only = off"))
        owner.execute(text("ALTER DATABASE index RESET default_transaction_read_only"))


def test_names_its_commands() -> None:
    result = CliRunner().invoke(main, ["--help"])

    for command in ("import", "token", "user"):
        assert f"  {command} " in result.stdout


def test_an_ini_that_cannot_be_read_gives_away_no_password(tmp_path: Path):
    ini = tmp_path / "site.ini"
    ini.write_text(
        "[app:main]\nuse = egg:pypi_web\nsqlalchemy.url = postgresql://me:hush%40@localhost/x\n"
    )

    result = CliRunner().invoke(main, ["--config", str(ini), "schema", "status"])

    assert result.exit_code == 1
    assert "each % in a value is written twice" in result.output
    assert "hush" not in result.output
