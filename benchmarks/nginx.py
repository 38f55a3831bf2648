"""nginx, serving a folder as it is: what a server costs that does as little as can be done."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import PeerMissing, Target
from tests.nginx import PROGRAM, running_nginx

_FILES = """
    root {folder}/www;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    types {{ application/vnd.pypi.simple.v1+json json; }}
    {gzip}
"""


@contextmanager
def serving_files(folder: Path) -> Iterator[Target]:
    """Serves what is in `folder`/www. Raises PeerMissing."""
    if PROGRAM is None:
        raise PeerMissing("It is not installed: Debian's package is nginx-light.")
    built = subprocess.run([PROGRAM, "-V"], capture_output=True, text=True, check=True).stderr
    gzip = "gzip_static on;" if "http_gzip_static_module" in built else ""
    with running_nginx(folder, _FILES.format(folder=folder, gzip=gzip)) as nginx:
        yield Target("nginx", nginx.port, "", "/{project}.json", "", "", pid=nginx.pid)
