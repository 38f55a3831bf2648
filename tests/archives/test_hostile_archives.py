"""What is not taken: each archive is refused for its own reason, in bounded time and memory."""

import time
import tracemalloc

import pytest

from pypi_web.archives import ArchiveRefused
from tests.archives import hostile_sdists, hostile_wheels
from tests.archives.builders import SDIST, WHEEL, read, sdist, wheel

MAX_MEMORY = 100_000_000
MAX_SECONDS = 20


def cases(*, wheels: dict[str, hostile_wheels.Case], sdists: dict[str, hostile_sdists.Case]):
    return [
        pytest.param(build, filename, words, id=f"{filename[-3:]}: {name}")
        for filename, table in ((WHEEL, wheels), (SDIST, sdists))
        for name, (build, words) in table.items()
    ]


def refused(content: bytes, filename: str) -> str:
    start = time.monotonic()
    with pytest.raises(ArchiveRefused) as refusal:
        read(content, filename)
    assert time.monotonic() - start < MAX_SECONDS
    return str(refusal.value)


@pytest.mark.parametrize(
    ("build", "filename", "words"), cases(wheels=hostile_wheels.ALL, sdists=hostile_sdists.ALL)
)
def test_a_hostile_archive_is_refused(build, filename: str, words: str):
    content = build()

    tracemalloc.start()
    reason = refused(content, filename)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert words in reason
    assert reason.startswith(f"{filename} is not a valid ")
    assert reason.endswith(".")
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) < 800
    assert peak < MAX_MEMORY


@pytest.mark.parametrize(
    ("build", "filename", "words"),
    cases(wheels=hostile_wheels.VERY_MANY, sdists=hostile_sdists.VERY_MANY),
)
def test_an_archive_of_very_many_members_is_refused(build, filename: str, words: str):
    assert words in refused(build(), filename)


@pytest.mark.parametrize(("content", "filename"), [(wheel(), WHEEL), (sdist(), SDIST)])
def test_an_archive_that_is_cut_off_anywhere(content: bytes, filename: str):
    for size in range(len(content)):
        with pytest.raises(ArchiveRefused):
            read(content[:size], filename)
