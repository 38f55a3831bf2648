"""What keeps a command from its site is told in one sentence."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pypi_web.commands import main

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
        (APP + SECRET + "sqlalchemy.url = sqlite:///%(here)s/new.sqlite\n", "alembic upgrade head"),
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


def test_names_its_commands() -> None:
    result = CliRunner().invoke(main, ["--help"])

    for command in ("import", "token", "user"):
        assert f"  {command} " in result.stdout
