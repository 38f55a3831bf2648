"""A project as the people of each client have it, built by the tools that they build with."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.clients import programs
from tests.clients.programs import CLIENTS, Result, client, run

FILES = ["tiny_sample-1.0-py3-none-any.whl", "tiny_sample-1.0.tar.gz"]

PYPROJECT = """\
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"

[project]
name = "tiny-sample"
version = "1.0"
description = "A module that says hello"
readme = "README.md"
requires-python = ">=3.8"
license = "MIT"
license-files = ["LICENSE"]
dependencies = ["other>=1.0; python_version<'4'"]

[project.urls]
Source = "https://example.org/tiny-sample"
"""


@dataclass(frozen=True)
class Client:
    """A program that publishes, and the build backend that goes with it."""

    publish: Callable[..., Result]
    requires: str
    backend: str

    @property
    def name(self) -> str:
        return self.publish.__name__

    def build(self, folder: Path, *, says: str = "hello", data: bytes = b"") -> list[Path]:
        """The wheel and the sdist of a project in `folder`, whose module says the given."""
        package = folder / "src" / "tiny_sample"
        package.mkdir(parents=True, exist_ok=True)
        pyproject = PYPROJECT.format(requires=self.requires, backend=self.backend)
        (folder / "pyproject.toml").write_text(pyproject)
        (folder / "README.md").write_text("# tiny-sample\n\nIt says hello.\n")
        (folder / "LICENSE").write_text("Do what you like.\n")
        (package / "__init__.py").write_text(f'"""Says {says}."""\n')
        (package / "data.bin").write_bytes(data)
        run(
            client("pyproject-build"),
            "--no-isolation",
            "--skip-dependency-check",
            folder,
            PATH=f"{CLIENTS}{os.pathsep}{os.environ['PATH']}",
        )
        return [folder / "dist" / name for name in FILES]


TWINE = Client(programs.twine, "setuptools", "setuptools.build_meta")
UV = Client(programs.uv, "uv_build", "uv_build")
FLIT = Client(programs.flit, "flit_core", "flit_core.buildapi")
HATCH = Client(programs.hatch, "hatchling", "hatchling.build")
POETRY = Client(programs.poetry, "poetry-core", "poetry.core.masonry.api")
PDM = Client(programs.pdm, "pdm-backend", "pdm.backend")
