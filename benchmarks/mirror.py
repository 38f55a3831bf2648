"""`python -m benchmarks.mirror [REQUIREMENT]`: what goes through the mirror against what does not,
as ratios: resolving, at first and again, and a large file.

A requirement is resolved by the index that pip asks. Where that does not answer over HTTP, a
registry that is made up (benchmarks.world) stands in for it, each answer `--delay` seconds late;
the large file is always of that one.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from benchmarks.sites import (
    BIN,
    ProductionSite,
    forget_outside_settings,
    make_production_site,
    make_token,
)
from benchmarks.transfers import build_wheel, send
from benchmarks.world import LARGE_PROJECT, LARGE_SIZE, ROOT_PROJECT, running_world
from tests.clients.programs import environment
from tests.servers import Server, running_server

REQUIREMENT = "apache-airflow==2.9.3"


@dataclass(frozen=True)
class Download:
    """Seconds until the first byte and until the last."""

    first_byte: float
    all: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mirror")
    parser.add_argument("requirement", nargs="?", default=REQUIREMENT)
    parser.add_argument("--delay", type=float, default=0.03)
    options = parser.parse_args()
    forget_outside_settings()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mirror-")))
        world = stack.enter_context(running_world(folder / "world.log", options.delay))
        upstream = _find_registry()
        if not _answers(upstream):
            print(f"pip's registry does not answer: one is made up, {options.delay:g} s away")
            upstream, options.requirement = world, ROOT_PROJECT
        _measure_resolving(folder, upstream, options.requirement)
        _measure_large_file(folder, world)


def _measure_resolving(folder: Path, upstream: str, requirement: str) -> None:
    (folder / "wanted.in").write_text(f"{requirement}\n")
    with _running_mirror(folder / "resolving", upstream) as mirror:
        direct = min(_resolve(folder, upstream) for _ in range(2))
        count = (folder / "locked.txt").read_text().count("==")
        print(f"{requirement}, {count} projects: direct {direct:.2f} s")
        for which in ("first", "again", "again"):
            seconds = _resolve(folder, mirror.server.index_url)
            print(
                f"{which:>6} through the mirror: {seconds:.2f} s, {seconds / direct:.2f} × direct"
            )


def _measure_large_file(folder: Path, world: str) -> None:
    with _running_mirror(folder / "file", world) as mirror:
        direct = _download(world, LARGE_PROJECT)
        print(f"a file of {LARGE_SIZE / 1e6:.0f} MB: direct {_tell(direct)}")
        first = _download(mirror.server.index_url, LARGE_PROJECT)
        print(f" first through the mirror: {_tell(first)}, {direct.all / first.all:.2f} × as fast")
        wheel, sha256 = build_wheel(folder, "1.0", LARGE_SIZE)
        token = make_token(mirror.site.ini, "publisher", **mirror.site.environment)
        send(mirror.server, token, wheel, version="1.0", sha256=sha256)
        hosted, kept = (
            min((_download(mirror.server.index_url, name) for _ in range(5)), key=_all)
            for name in ("large", LARGE_PROJECT)
        )
        print(f"hosted here: {_tell(hosted)}")
        print(f"  kept of the mirror: {_tell(kept)}, {hosted.all / kept.all:.2f} × as fast")


@dataclass(frozen=True)
class _Mirror:
    site: ProductionSite
    server: Server


@contextmanager
def _running_mirror(folder: Path, upstream: str) -> Iterator[_Mirror]:
    """What production.ini runs."""
    site = make_production_site(folder)
    with running_server(
        site.ini,
        log=folder / "server.log",
        **site.environment,
        PYPI_WEB_ANONYMOUS_READ="true",
        PYPI_WEB_MIRROR_UPSTREAM=upstream,
    ) as server:
        yield _Mirror(site, server)


def _find_registry() -> str:
    """The index that pip asks by its own configuration, or of itself where that names none."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    values = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    named = {name.rpartition(".")[2]: value.strip("'") for name, value in values.items()}
    if "index-url" in named:
        return named["index-url"]
    of_itself = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    return subprocess.run(
        [sys.executable, "-c", of_itself], capture_output=True, text=True, check=True
    ).stdout.strip()


def _answers(index_url: str) -> bool:
    if not index_url.startswith("http"):
        return False
    try:
        with urlopen(f"{index_url.rstrip('/')}/pip/", timeout=10):
            return True
    except OSError:
        return False


def _resolve(folder: Path, index_url: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [
            *(BIN / "uv", "pip", "compile", "--no-cache", "--quiet"),
            *("--index-url", index_url, folder / "wanted.in", "-o", folder / "locked.txt"),
        ],
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - began


def _download(index_url: str, project: str) -> Download:
    """The one file of a project, whose bytes are looked at no further."""
    page_url = urljoin(index_url, f"{project}/")
    asked = Request(page_url, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urlopen(asked, timeout=60) as answer:
        content = answer.read()
        is_compressed = answer.headers["Content-Encoding"] == "gzip"
    (file,) = json.loads(gzip.decompress(content) if is_compressed else content)["files"]
    began, buffer, size = time.perf_counter(), memoryview(bytearray(1 << 20)), 0
    with urlopen(urljoin(page_url, file["url"]), timeout=600) as answer:
        size = len(answer.read(1))
        first_byte = time.perf_counter() - began
        while count := answer.readinto(buffer):
            size += count
    if size != file["size"]:
        sys.exit(f"{project}: {size:,} bytes came.")
    return Download(first_byte, time.perf_counter() - began)


def _all(download: Download) -> float:
    return download.all


def _tell(download: Download) -> str:
    return f"{download.all:.2f} s, its first byte after {download.first_byte * 1e3:.0f} ms"


if __name__ == "__main__":
    main()
