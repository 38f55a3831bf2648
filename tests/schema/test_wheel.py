"""The migrations travel with the package."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import ROOT, EmptyDatabase


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the built wheel, and no checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".*", "var", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, source, ignore=ignored)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    without_index = ["--no-deps", "--no-build-isolation", "--no-index"]
    run(*pip, "wheel", *without_index, "-w", folder, source)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    (wheel,) = folder.glob("*.whl")
    run(*pip, "--python", folder / "venv" / "bin" / "python", "install", *without_index, wheel)
    return folder / "venv" / "bin"


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_an_installed_wheel_upgrades_an_empty_database(
    installed: Path, tmp_path: Path, empty_database: EmptyDatabase
):
    # What it depends on comes from here; this package itself does not.
    others = {"PYTHONPATH": sysconfig.get_path("purelib"), "DATABASE_URL": empty_database.url}
    ini = tmp_path / "site.ini"
    ini.write_text(f"[app:main]\nuse = egg:pypi_web\npypi_web.secret = {'x' * 32}\n")
    where = run(installed / "python", "-c", "import pypi_web; print(pypi_web.__file__)", **others)
    assert str(installed.parent) in where

    output = run(installed / "pypi-web", "--config", ini, "schema", "upgrade", **others)

    assert "The database is where this code is." in output
    assert "where this code is" in run(
        installed / "pypi-web", "--config", ini, "schema", "status", **others
    )


def test_an_installed_wheel_has_an_ini_for_alembic_itself(
    installed: Path, empty_database: EmptyDatabase
):
    others = {"PYTHONPATH": sysconfig.get_path("purelib"), "DATABASE_URL": empty_database.url}
    ini = Path(where_is(installed, others)) / "alembic.ini"

    run(installed / "python", "-m", "alembic", "-c", ini, "upgrade", "head", **others)

    assert "(head)" in run(installed / "python", "-m", "alembic", "-c", ini, "current", **others)


def where_is(installed: Path, environment: dict[str, str]) -> str:
    code = "import pathlib, pypi_web; print(pathlib.Path(pypi_web.__file__).parent)"
    return run(installed / "python", "-c", code, **environment).strip()
