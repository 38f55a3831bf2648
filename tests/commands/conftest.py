"""The command line, on the site of a test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pypi_web.commands import main

Run = Callable[..., Result]


@pytest.fixture
def run(site_ini: Path) -> Run:
    """Runs `pypi-web` with the given words, and with text on its standard input."""

    def run(*words: str | Path, input: str | bytes | None = None) -> Result:
        arguments = ["--config", str(site_ini), *(str(word) for word in words)]
        return CliRunner().invoke(main, arguments, input=input)

    return run
