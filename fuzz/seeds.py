"""Writes the archives of the tests where a fuzzer starts from: `python -m fuzz.seeds FOLDER`."""

import contextlib
import hashlib
import random
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.archives import hostile_sdists, hostile_wheels, test_good_sdists, test_good_wheels

MAX_SIZE = 20_000


def write(folder: Path) -> None:
    """Folders `wheel` and `sdist` of small files, each named by its digest."""
    hostile = {"wheel": hostile_wheels.ALL, "sdist": hostile_sdists.ALL}
    good = {"wheel": test_good_wheels.WHEELS, "sdist": test_good_sdists.SDISTS}
    for kind in hostile:
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        builds = [*good[kind].values(), *(build for build, _ in hostile[kind].values())]
        seeds = [content for build in builds for content in _with_expanded(build())]
        for content in (*seeds, *_recipes()):
            if len(content) <= MAX_SIZE:
                (place / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def _recipes() -> Iterator[bytes]:
    source = random.Random(1)  # noqa: S311 - the same each time
    return (source.randbytes(source.randrange(300)) for _ in range(100))


def _with_expanded(content: bytes) -> Iterator[bytes]:
    """An archive, and what is in its gzip: the tar archive that the fuzzer makes gzip of again."""
    yield content
    with contextlib.suppress(zlib.error):
        yield zlib.decompressobj(31).decompress(content, MAX_SIZE + 1)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
