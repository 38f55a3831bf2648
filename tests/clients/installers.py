"""The clients that people install with."""

import sys
from pathlib import Path

from tests.clients.programs import Result, run
from tests.servers import BIN, Server


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
