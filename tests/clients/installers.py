"""The clients that people install with.

pip and uv install into a folder; the others, and uv too, lock and install what a project needs,
into an environment in the project's folder.
"""

import sys
from pathlib import Path

from tests.clients.programs import Result, client, run
from tests.servers import BIN, Server

PROJECT = """\
[project]
name = "application"
version = "1.0"
requires-python = ">=3.11,<4"
dependencies = {needs}
"""


def pip_install(server: Server, target: Path, *what: str | Path, fails: bool = False) -> Result:
    return run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--index-url",
        server.index_url,
        "--target",
        target,
        *what,
        fails=fails,
    )


def uv_install(server: Server, target: Path, *what: str | Path, fails: bool = False) -> Result:
    return run(
        BIN / "uv",
        "pip",
        "install",
        "--no-cache",
        "--index-url",
        server.index_url,
        "--target",
        target,
        *what,
        fails=fails,
    )


def uv_project(server: Server, folder: Path, *needs: str, before: str = "") -> None:
    before = f'exclude-newer = "{before}"' if before else ""
    source = f'[[tool.uv.index]]\nname = "ours"\nurl = "{server.index_url}"\ndefault = true\n'
    _write_project(folder, needs, f"[tool.uv]\n{before}\n{source}")
    run(BIN / "uv", "sync", "--no-cache", cwd=folder, UV_NO_CONFIG=None)


def poetry_project(server: Server, folder: Path, *needs: str, days_old: int = 0) -> None:
    source = f'[[tool.poetry.source]]\nname = "ours"\nurl = "{server.index_url}"\n'
    _write_project(
        folder, needs, f'[tool.poetry]\npackage-mode = false\n{source}priority = "primary"'
    )
    options = {
        "POETRY_VIRTUALENVS_CREATE": "true",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_SOLVER_MIN_RELEASE_AGE": str(days_old),
    }
    run(client("poetry"), "lock", "--no-interaction", cwd=folder, **options)
    run(client("poetry"), "install", "--no-interaction", "--no-root", cwd=folder, **options)


def pdm_project(server: Server, folder: Path, *needs: str, before: str = "") -> None:
    """The source is called `pypi`, as that which it takes the place of; pdm makes the environment
    itself, unless it is told of a Python."""
    source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{server.index_url}"'
    _write_project(folder, needs, f"[tool.pdm]\ndistribution = false\n{source}")
    options = ["--exclude-newer", before] if before else []
    run(client("pdm"), "lock", *options, cwd=folder, PDM_PYTHON=None)
    run(client("pdm"), "sync", cwd=folder, PDM_PYTHON=None)


def hatch_with_pip(server: Server, folder: Path, *needs: str) -> None:
    _hatch(server, folder, needs, "PIP_INDEX_URL")


def hatch_with_uv(server: Server, folder: Path, *needs: str) -> None:
    _hatch(server, folder, needs, "UV_DEFAULT_INDEX", 'installer = "uv"')


def _hatch(server: Server, folder: Path, needs: tuple[str, ...], index: str, option="") -> None:
    """Into an environment without the project itself, which a backend would have to build."""
    _write_project(
        folder,
        (),
        f"[tool.hatch.envs.default]\nskip-install = true\ndependencies = {list(needs)}\n{option}\n"
        f'[tool.hatch.envs.default.env-vars]\n{index} = "{server.index_url}"\n',
    )
    run(
        client("hatch"),
        "env",
        "create",
        cwd=folder,
        HATCH_DATA_DIR=str(folder / ".hatch"),
        PIP_NO_CACHE_DIR="1",
        UV_NO_CACHE="1",
        UV_PYTHON=None,
    )


def _write_project(folder: Path, needs: tuple[str, ...], tool: str) -> None:
    folder.mkdir()
    text = PROJECT.format(needs=list(needs)) + tool
    (folder / "pyproject.toml").write_text(f"{text}\n")
