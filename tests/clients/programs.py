"""The programs that people publish with, run as people run them.

Each is given files in the `dist` of a project. Some take no files but publish the project that they
are started in: poetry and pdm all that is in its `dist`, flit what it then builds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.people import Person
from tests.servers import BIN, Server

CLIENTS = Path(__file__).parents[2] / ".venv-clients" / "bin"
OTHERS = (
    "PIP_",
    "UV_",
    "TWINE_",
    "FLIT_",
    "HATCH_",
    "POETRY_",
    "PDM_",
    "XDG_",
    "VIRTUAL_ENV",
    "CONDA",
)

Result = subprocess.CompletedProcess[str]


def client(name: str) -> Path:
    """A program of the clients' environment, which is apart from the project's own."""
    path = CLIENTS / name
    if not path.exists():
        pytest.fail(f"There is no {path}: `make test` makes the clients' environment.")
    return path


def environment(**more: str | None) -> dict[str, str]:
    """The environment without what it says of other indexes, and of an active virtual environment,
    which poetry and pdm would install into; None leaves a variable out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    variables = {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INPUT": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON": sys.executable,
        "PDM_CHECK_UPDATE": "false",
        "PDM_PYTHON": sys.executable,
        "POETRY_KEYRING_ENABLED": "false",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **more,
    }
    return {name: value for name, value in variables.items() if value is not None}


def run(
    *command: str | Path, cwd: Path | None = None, fails: bool = False, **more: str | None
) -> Result:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done


def said(result: Result) -> str:
    """All that a program printed, without the line breaks by which it fits a terminal."""
    return " ".join((result.stdout + result.stderr).split())


def twine(server: Server, who: Person, *paths: Path, fails: bool = False) -> Result:
    return run(
        BIN / "twine",
        "upload",
        "--non-interactive",
        "--disable-progress-bar",
        "--repository-url",
        server.upload_url,
        *paths,
        fails=fails,
        TWINE_USERNAME="__token__",
        TWINE_PASSWORD=who.token,
    )


def uv(server: Server, who: Person, *paths: Path, options=(), fails: bool = False) -> Result:
    return run(
        BIN / "uv",
        "publish",
        "--no-cache",
        "--publish-url",
        server.upload_url,
        *options,
        *paths,
        fails=fails,
        UV_PUBLISH_TOKEN=who.token,
    )


def flit(server: Server, who: Person, *paths: Path, fails: bool = False) -> Result:
    return run(
        client("flit"),
        "publish",
        cwd=_project(paths),
        fails=fails,
        FLIT_INDEX_URL=server.upload_url,
        FLIT_USERNAME="__token__",
        FLIT_PASSWORD=who.token,
    )


def hatch(server: Server, who: Person, *paths: Path, fails: bool = False) -> Result:
    return run(
        client("hatch"),
        "publish",
        "--no-prompt",
        *paths,
        cwd=_project(paths),
        fails=fails,
        HATCH_INDEX_REPO=server.upload_url,
        HATCH_INDEX_USER="__token__",
        HATCH_INDEX_AUTH=who.token,
    )


def poetry(server: Server, who: Person, *paths: Path, options=(), fails: bool = False) -> Result:
    return run(
        client("poetry"),
        "publish",
        "--no-interaction",
        "--repository=ours",
        *options,
        cwd=_project(paths),
        fails=fails,
        POETRY_REPOSITORIES_OURS_URL=server.upload_url,
        POETRY_PYPI_TOKEN_OURS=who.token,
    )


def pdm(server: Server, who: Person, *paths: Path, options=(), fails: bool = False) -> Result:
    """Without its cache, through which an answer comes without the reason of its status line."""
    return run(
        client("pdm"),
        "publish",
        "--no-build",
        *options,
        cwd=_project(paths),
        fails=fails,
        PDM_NO_CACHE="1",
        PDM_PUBLISH_REPO=server.upload_url,
        PDM_PUBLISH_USERNAME="__token__",
        PDM_PUBLISH_PASSWORD=who.token,
    )


def _project(paths: tuple[Path, ...]) -> Path:
    (folder,) = {path.parents[1] for path in paths}
    return folder
