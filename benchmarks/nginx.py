"""nginx, serving a folder as it is: what a server costs that does as little as can be done."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import PeerMissing, Target, wait_until_it_listens
from tests.servers import free_port

_CONFIGURATION = """\
daemon off;
{user}
worker_processes auto;
pid {folder}/pid;
error_log {folder}/log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ application/vnd.pypi.simple.v1+json json; }}
  default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    {gzip}
  }}
}}
"""


@contextmanager
def running_nginx(folder: Path) -> Iterator[Target]:
    """Serves what is in `folder`/www. Raises PeerMissing."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        raise PeerMissing("It is not installed: Debian's package is nginx-light.")
    built = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            user="user root;" if _is_root() else "",
            gzip="gzip_static on;" if "http_gzip_static_module" in built else "",
        )
    )
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [nginx, "-p", folder, "-e", log, "-c", configuration], stdout=output, stderr=output
        )
    try:
        wait_until_it_listens(process, port, log)
        yield Target("nginx", port, "", "/{project}.json", "", "", pid=process.pid)
    finally:
        process.terminate()
        process.wait()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
