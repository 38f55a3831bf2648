"""A real nginx, in front of a site or with files of its own, where one is installed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port

PROGRAM = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")

_CONFIGURATION = """\
daemon off;
{user}
worker_processes auto;
pid {folder}/pid;
events {{ worker_connections 256; }}
http {{
  access_log off;
  default_type text/plain;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {server}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    port: int
    pid: int


@contextmanager
def running_nginx(folder: Path, server: str) -> Iterator[Nginx]:
    """An nginx with `server` in its server block, ended after the block of the caller; all that it
    writes is in `folder`."""
    assert PROGRAM is not None
    port = free_port()
    configuration, log = folder / "nginx.conf", folder / "log"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder, port=port, server=server, user="user root;" if os.geteuid() == 0 else ""
        )
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "-p", folder, "-e", log, "-c", configuration], stdout=output, stderr=output
        )
    try:
        _wait_until_it_listens(process, port, log)
        yield Nginx(port, process.pid)
    finally:
        process.terminate()
        process.wait(15)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nginx does not start:\n{log.read_text()}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
