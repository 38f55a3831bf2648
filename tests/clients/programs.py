"""The programs that people publish and install with, run as they run them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.people import Person
from tests.servers import BIN, Server

Result = subprocess.CompletedProcess[str]


def environment(**more: str) -> dict[str, str]:
    """The environment without what it says of other indexes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "TWINE_"))
    }
    return {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INPUT": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON": sys.executable,
        **more,
    }


def run(*command: str | Path, fails: bool = False, **more: str) -> Result:
    done = subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, timeout=120
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done


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


def uv_publish(server: Server, who: Person, *paths: Path, fails: bool = False) -> Result:
    return run(
        BIN / "uv",
        "publish",
        "--no-cache",
        "--publish-url",
        server.upload_url,
        *paths,
        fails=fails,
        UV_PUBLISH_TOKEN=who.token,
    )


def pip_install(server: Server, target: Path, *what: str, fails: bool = False) -> Result:
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


def uv_install(server: Server, target: Path, *what: str, fails: bool = False) -> Result:
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
