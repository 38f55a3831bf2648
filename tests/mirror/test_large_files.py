"""Files of which nobody knows the size before they are here, and files that fill no memory."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine
from webtest import TestApp

from pypi_web.mirror import fetches
from tests.distributions import Distribution
from tests.mirror.files import address_of, list_kept, tell_files
from tests.mirror.waiting import wait_for_fetches
from tests.servers import Server, running_server
from tests.upstream.behaviours import Behaviour, Exchange, closing, in_chunks, late
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

MEBIBYTE = 1 << 20
BLOCK = random.Random(1).randbytes(MEBIBYTE)
BLOCKS = 200
GROWTH = 64 * MEBIBYTE
UNTOLD = Distribution("large-1.0.tar.gz", BLOCK, "large", "1.0", "sdist")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_large_file_that_four_read_at_once_is_fetched_once_and_fills_no_memory(
    production_ini: Path, upstream: FakeUpstream, tmp_path: Path, engine: Engine
):
    digest, address = _offer_many_blocks(upstream)
    url = f"/files/{digest[:2]}/{digest[2:4]}/{digest[4:]}/huge-1.0.tar.gz"
    one = production_ini.with_name("one.ini")
    one.write_text(production_ini.read_text().replace("workers = 2", "workers = 1"))
    settings = {"PYPI_WEB_MIRROR_UPSTREAM": upstream.index_url}

    with (
        running_server(one, log=tmp_path / "mirror.log", **settings) as server,
        ThreadPoolExecutor(4) as pool,
    ):
        urlopen(f"{server.url}/simple/huge/", timeout=30).close()
        before = _peaks(server)
        read = [*pool.map(lambda _: _count_blocks(f"{server.url}{url}"), range(4))]
        after = _peaks(server)

    assert read == [BLOCKS] * 4
    assert upstream.asked(address) == 1
    assert list_kept(engine) == {"huge-1.0.tar.gz"}
    assert before.keys() == after.keys()
    assert max(after[each] - before[each] for each in after) < GROWTH


def _offer_many_blocks(upstream: FakeUpstream) -> tuple[str, str]:
    """Offers a file of many times the same block; gives its SHA-256 and where upstream has it."""
    digest = hashlib.sha256()
    for _ in range(BLOCKS):
        digest.update(BLOCK)
    size = BLOCKS * MEBIBYTE
    offered = OfferedFile(
        "huge-1.0.tar.gz", b"", sha256=digest.hexdigest(), says_size=False, extra={"size": size}
    )
    upstream.offer("huge", offered)

    def send(exchange: Exchange) -> None:
        exchange.begin(200, content_length=str(size))
        for _ in range(BLOCKS):
            exchange.wfile.write(BLOCK)

    upstream.behave(offered.path, send)
    return digest.hexdigest(), offered.path


def _count_blocks(url: str) -> int:
    """How many blocks a file has, and nothing else."""
    count = 0
    with urlopen(url, timeout=30) as answer:
        while block := answer.read(MEBIBYTE):
            assert block == BLOCK
            count += 1
    return count


def _peaks(server: Server) -> dict[int, int]:
    """The most memory that each process of a server has had, in bytes."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except (FileNotFoundError, ProcessLookupError):
            continue
        process = int(lines["Pid"])
        if server.process.pid in (process, int(lines["PPid"])):
            found[process] = int(lines["VmHWM"].split()[0]) * 1024
    if not found:
        pytest.skip("/proc tells no memory here")
    return found


@pytest.mark.parametrize("send", [closing, in_chunks], ids=["until the end", "in chunks"])
def test_a_file_of_which_no_size_is_told_is_given_out_once_all_of_it_is_here(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine, send
):
    _offer_untold(upstream, send([BLOCK[:70_000], BLOCK[70_000:]]))
    (file,) = tell_files(mirror, "large")

    answer = mirror.get(file["url"])

    assert "size" not in file
    assert answer.body == BLOCK
    assert answer.headers["Content-Length"] == str(len(BLOCK))
    assert list_kept(engine) == {UNTOLD.filename}


def test_a_file_of_which_no_size_is_told_is_not_kept_where_it_ends_early(
    mirror: TestApp, upstream: FakeUpstream, engine: Engine
):
    _offer_untold(upstream, closing([BLOCK[:-1]]))
    mirror.get("/simple/large/")

    mirror.get(address_of(UNTOLD), status=503)

    assert list_kept(engine) == set()


def test_who_waits_too_long_for_a_file_of_no_size_finds_it_when_he_comes_again(
    mirror: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetches, "PATIENCE", 0.2)
    offered = _offer_untold(upstream, late(1, closing([BLOCK])))
    mirror.get("/simple/large/")

    refused = mirror.get(address_of(UNTOLD), status=503)
    wait_for_fetches()

    assert refused.headers["Retry-After"]
    assert mirror.get(address_of(UNTOLD)).body == BLOCK
    assert upstream.asked(offered.path) == 1


def _offer_untold(upstream: FakeUpstream, behaviour: Behaviour) -> OfferedFile:
    offered = OfferedFile.of(UNTOLD, says_size=False)
    upstream.offer("large", offered)
    upstream.behave(offered.path, behaviour)
    return offered
