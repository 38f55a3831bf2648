"""Real servers, as subprocesses on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
PRODUCTION = "use = egg:pypi_web#production"
"""What an ini says for granian."""


@dataclass(frozen=True)
class Server:
    url: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    upload_port: int
    """Where publishers find waitress: in production a port of its own."""

    @property
    def upload_url(self) -> str:
        return f"http://127.0.0.1:{self.upload_port}/legacy/"

    @property
    def index_url(self) -> str:
        return f"{self.url}/simple/"


@contextmanager
def running_server(
    ini: Path, *, log: Path, own_group: bool = False, **environment: str
) -> Iterator[Server]:
    """`pserve` of an ini on a free port, ended after the block; its output goes to `log`. In a
    process group of its own it is as if a terminal had started it."""
    server = _start(ini, log, environment, own_group)
    try:
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(15)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


def _start(ini: Path, log: Path, environment: dict[str, str], own_group: bool) -> Server:
    """A server that listens; on another port where somebody was faster to take the first."""
    for _ in range(5):
        port, second_port = free_port(), free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [BIN / "pserve", ini],
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0 if own_group else None,
                env={
                    **os.environ,
                    "PORT": str(port),
                    "UPLOAD_PORT": str(second_port),
                    **environment,
                },
            )
        _wait_until_it_listens(process, log)
        if process.poll() is None:
            upload_port = second_port if PRODUCTION in ini.read_text() else port
            return Server(f"http://127.0.0.1:{port}", port, process, log, upload_port)
        if "Cannot listen" not in log.read_text():
            break
    raise RuntimeError(f"The server does not start:\n{log.read_text()}")


def _wait_until_it_listens(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while process.poll() is None and "is served at" not in log.read_text():
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
