"""A registry that is made up: as many projects as a large application needs, with pages as long as
real ones, answered as late as over a network.

`python -m benchmarks.world PORT DELAY` serves it on loopback: each answer comes DELAY seconds after
its question, and a connection carries 125 MB a second, as a gigabit does.
"""

import asyncio
import gzip
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import wait_until_it_listens
from benchmarks.sites import ROOT
from tests.servers import free_port

PROJECTS = 200
FILES = 100
"""Of half of the projects there are more: some have thousands, as real ones do."""

ROOT_PROJECT = "made-up-app"
LARGE_PROJECT = "made-up-large"
LARGE = "made_up_large-1.0-py3-none-any.whl"
LARGE_SIZE = 200_000_000
RATE = 125_000_000

_JSON = "application/vnd.pypi.simple.v1+json"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Answer:
    content_type: str
    body: bytes
    is_compressed: bool = False


@contextmanager
def running_world(log: Path, delay: float) -> Iterator[str]:
    """The address of its Simple API."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.world", str(port), str(delay)],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_it_listens(process, port, log)
        yield f"http://127.0.0.1:{port}/simple/"
    finally:
        process.terminate()
        process.wait()


def large_file() -> Iterator[bytes]:
    """Its bytes, which no disk is asked for."""
    piece = random.Random(7).randbytes(_PIECE)
    whole, rest = divmod(LARGE_SIZE, _PIECE)
    for number in range(whole):
        yield number.to_bytes(8) + piece[8:]
    yield piece[:rest]


def make_world() -> dict[str, Answer]:
    """What is answered, by path; the same in each run."""
    chance = random.Random(6)
    names = [f"made-up-{number:03}" for number in range(PROJECTS)]
    world: dict[str, Answer] = {}
    for number, name in enumerate(names):
        later = names[number + 1 :]
        needed = chance.sample(later, min(len(later), chance.choice((0, 1, 2, 4))))
        _add_project(world, chance, name, needed, int(chance.lognormvariate(0, 1.2) * FILES) + 1)
    _add_project(world, chance, ROOT_PROJECT, names[:: PROJECTS // 100], 30)
    _add_large_file(world)
    return world


def _add_project(
    world: dict[str, Answer], chance: random.Random, name: str, needed: list[str], files: int
) -> None:
    stem = name.replace("-", "_")
    requires = "".join(f"Requires-Dist: {each}>=0.1\n" for each in needed)
    prose = " ".join(f"{chance.getrandbits(32):x}" for _ in range(chance.randrange(100, 2_000)))
    listed = []
    for minor in range(files):
        filename = f"{stem}-0.{minor}-py3-none-any.whl"
        told = f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.{minor}\n{requires}\n{prose}\n"
        path = f"/files/{filename}"
        digest = hashlib.sha256(told.encode()).hexdigest()
        metadata = {"sha256": digest}
        listed.append(
            {
                "core-metadata": metadata,
                "data-dist-info-metadata": metadata,
                "filename": filename,
                "hashes": {"sha256": hashlib.sha256(filename.encode()).hexdigest()},
                "provenance": None,
                "requires-python": ">=3.8",
                "size": chance.randrange(10_000, 10_000_000),
                "upload-time": f"2025-01-01T00:{minor // 60 % 60:02}:{minor % 60:02}.123456Z",
                "url": f"../..{path}",
                "yanked": False,
            }
        )
        world[f"{path}.metadata"] = Answer("application/octet-stream", told.encode())
    _add_page(world, name, listed)


def _add_large_file(world: dict[str, Answer]) -> None:
    digest = hashlib.sha256()
    for piece in large_file():
        digest.update(piece)
    listed = {
        "filename": LARGE,
        "url": f"../../files/{LARGE}",
        "hashes": {"sha256": digest.hexdigest()},
        "size": LARGE_SIZE,
        "upload-time": "2025-01-01T00:00:00Z",
    }
    _add_page(world, LARGE_PROJECT, [listed])


def _add_page(world: dict[str, Answer], name: str, listed: list[dict[str, object]]) -> None:
    page = {"meta": {"api-version": "1.4"}, "name": name, "files": listed}
    page["versions"] = [f"0.{minor}" for minor in range(len(listed))]
    body = gzip.compress(json.dumps(page).encode(), 6, mtime=0)
    world[f"/simple/{name}/"] = Answer(_JSON, body, is_compressed=True)


async def _serve(port: int, delay: float) -> None:
    world = make_world()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                await asyncio.sleep(delay)
                if path == f"/files/{LARGE}":
                    await _send_large_file(writer)
                    continue
                found = world.get(path)
                _send(writer, found)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1_000)
    await server.serve_forever()


def _send(writer: asyncio.StreamWriter, found: Answer | None) -> None:
    if found is None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return
    encoding = "Content-Encoding: gzip\r\n" if found.is_compressed else ""
    tag = hashlib.md5(found.body, usedforsecurity=False).hexdigest()
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Type: {found.content_type}\r\n{encoding}"
        f'ETag: "{tag}"\r\nCache-Control: max-age=600\r\n'
        f"Content-Length: {len(found.body)}\r\n\r\n".encode()
        + found.body
    )


async def _send_large_file(writer: asyncio.StreamWriter) -> None:
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {LARGE_SIZE}\r\n\r\n".encode()
    )
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    for piece in large_file():
        writer.write(piece)
        await writer.drain()
        sent += len(piece)
        await asyncio.sleep(max(0.0, began + sent / RATE - loop.time()))


def main() -> None:
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))


if __name__ == "__main__":
    main()
