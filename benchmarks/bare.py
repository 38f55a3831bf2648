"""granian with next to no application: what the production server costs by itself.

`python -m benchmarks.bare PORT FOLDER` answers with the files of a folder, the page from memory and
the large file from the disk, by the server that production.ini has.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers import Target, wait_until_it_listens
from benchmarks.readers import PROJECT
from benchmarks.sites import ROOT
from pypi_web.server.production import make_server
from tests.servers import free_port

ETAG = '"bare"'
WORKERS, THREADS = 2, 64
"""As in production.ini."""

CHUNK = 1 << 18

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@contextmanager
def running_bare(folder: Path) -> Iterator[Target]:
    """Serves what is in `folder`/www."""
    port = free_port()
    log = folder / "bare.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bare", str(port), folder / "www"],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_it_listens(process, port, log)
        yield Target("granian alone", port, "", "/{project}.json", "", "", pid=process.pid)
    finally:
        process.terminate()
        process.wait()


def make_application(www: Path) -> Application:
    page = www / f"{PROJECT}.json"
    plain, packed = page.read_bytes(), page.with_suffix(".json.gz").read_bytes()
    large = www / "large"
    size = str(large.stat().st_size)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/large":
            start_response("200 OK", [("Content-Length", size)])
            return _read(large)
        headers = [("ETag", ETAG), ("Content-Type", "application/vnd.pypi.simple.v1+json")]
        if environ.get("HTTP_IF_NONE_MATCH") == ETAG:
            start_response("304 Not Modified", headers)
            return []
        is_packed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        body = packed if is_packed else plain
        if is_packed:
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return application


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def main() -> None:
    server = make_server("127.0.0.1", int(sys.argv[1]), workers=WORKERS, threads=THREADS)
    server.serve(target_loader=partial(make_application, Path(sys.argv[2])), wrap_loader=False)


if __name__ == "__main__":
    main()
