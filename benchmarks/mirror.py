"""`python -m benchmarks.mirror [REQUIREMENT]`: how long resolving takes without the mirror, and
through it, at first and again, as ratios.

The upstream is the one that pip's own configuration names. Where that is a folder, it is served
from here over HTTP, each answer after `--delay` seconds, for a network would take some.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.sites import BIN, forget_outside_settings, make_production_site
from tests.clients.programs import environment
from tests.servers import running_server

REQUIREMENT = "apache-airflow==2.9.3"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mirror")
    parser.add_argument("requirement", nargs="?", default=REQUIREMENT)
    parser.add_argument("--delay", type=float, default=0.02)
    options = parser.parse_args()
    forget_outside_settings()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mirror-")))
        upstream = _find_upstream()
        if upstream.startswith("file:"):
            served = Path(unquote(urlsplit(upstream).path))
            print(f"pip is configured to read a folder: it is served after {options.delay} s each")
            upstream = stack.enter_context(_serving(served, options.delay))
        site = make_production_site(folder / "site")
        mirror = stack.enter_context(
            running_server(
                site.ini,
                log=folder / "server.log",
                **site.environment,
                PYPI_WEB_ANONYMOUS_READ="true",
                PYPI_WEB_MIRROR_UPSTREAM=upstream,
            )
        )
        (folder / "wanted.in").write_text(f"{options.requirement}\n")
        direct = _resolve(folder, upstream)
        print(f"{options.requirement}: direct {direct:.2f} s")
        for which in ("first", "again", "again"):
            seconds = _resolve(folder, mirror.index_url)
            print(
                f"{which:>6} through the mirror: {seconds:.2f} s, {seconds / direct:.2f} × direct"
            )


def _find_upstream() -> str:
    """The index that pip would ask; a further one that is a folder, where no other is named."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    values = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    named = {name.rpartition(".")[2]: value.strip("'") for name, value in values.items()}
    further = named.get("extra-index-url", "").split()
    for address in (named.get("index-url"), *further):
        if address:
            return address
    sys.exit("pip's configuration names no index: set PIP_INDEX_URL.")


def _resolve(folder: Path, index_url: str) -> float:
    began = time.monotonic()
    done = subprocess.run(
        [
            *(BIN / "uv", "pip", "compile", "--no-cache", "--quiet", "--no-build"),
            *("--index-url", index_url, folder / "wanted.in", "-o", folder / "locked.txt"),
        ],
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return time.monotonic() - began


class _Late(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    delay = 0.0

    def do_GET(self) -> None:
        time.sleep(self.delay)
        super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def _serving(index: Path, delay: float) -> Iterator[str]:
    """The address of a folder with an index, whose links may lead beside it."""
    handler = type("_Handler", (_Late,), {"delay": delay})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(index.parent)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{index.name}/"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
