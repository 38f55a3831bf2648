"""The bytes of files come as they are, to the last one or with a failure."""

import hashlib
import random
import time

import pytest

from pypi_web.upstream import FileMissing, Limits, Upstream, UpstreamUnavailable
from tests.upstream.behaviours import (
    Behaviour,
    answering,
    dripping,
    endless,
    gzipped,
    in_chunks,
    redirecting,
    stalling,
    truncated,
)
from tests.upstream.conftest import MakeUpstream
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

CONTENT = random.Random(1).randbytes(1_000_000)
SAMPLE = OfferedFile("sample-1.0.tar.gz", CONTENT, metadata=b"Name: sample\n")
LIMIT = len(CONTENT)


@pytest.fixture
def url(fake: FakeUpstream) -> str:
    fake.offer("sample", SAMPLE)
    return f"{fake.url}{SAMPLE.path}"


def test_a_file_comes_in_chunks_with_its_length(fake: FakeUpstream, upstream: Upstream, url: str):
    with upstream.open_file(url, limit=LIMIT) as file:
        length, chunks = file.length, list(file)

    assert length == LIMIT
    assert len(chunks) > 10
    assert b"".join(chunks) == CONTENT
    assert fake.last(SAMPLE.path).headers["accept-encoding"] == "identity"


def test_the_first_bytes_do_not_wait_for_the_last(fake: FakeUpstream, upstream: Upstream, url: str):
    fake.behave(SAMPLE.path, stalling(CONTENT, after=200_000))

    with upstream.open_file(url, limit=LIMIT) as file:
        first = next(iter(file))

    assert CONTENT.startswith(first)


@pytest.mark.parametrize("understands_ranges", [True, False])
def test_a_file_goes_on_where_it_was_left(
    fake: FakeUpstream, upstream: Upstream, url: str, understands_ranges: bool
):
    fake.understands_ranges = understands_ranges

    with upstream.open_file(url, start=700_001, limit=LIMIT) as file:
        length, content = file.length, b"".join(file)

    assert fake.last(SAMPLE.path).headers["range"] == "bytes=700001-"
    assert length == LIMIT - 700_001
    assert content == CONTENT[700_001:]


WRONG_PARTS = {
    "another part": answering(206, b"x", content_range="bytes 5-5/10"),
    "a part without a place": answering(206, b"x"),
    "no such part": answering(416, content_range="bytes */3"),
    "a whole file that is shorter": answering(200, b"abc"),
}


@pytest.mark.parametrize("what", WRONG_PARTS)
def test_another_part_than_was_asked_for_is_refused(
    fake: FakeUpstream, upstream: Upstream, url: str, what: str
):
    fake.behave(SAMPLE.path, WRONG_PARTS[what])

    with pytest.raises(UpstreamUnavailable), upstream.open_file(url, start=7, limit=10) as file:
        list(file)


BROKEN: dict[str, tuple[Behaviour, str]] = {
    "truncated": (truncated(CONTENT, after=500_000), "broke off"),
    "chunks without an end": (in_chunks([CONTENT[:9000]], ended=False), "broke off"),
    "stalled": (stalling(CONTENT, after=300_000), "did not answer in time"),
    "dripping": (dripping(CONTENT, size=10, every=0.1), "did not answer in time"),
    "packed": (gzipped(CONTENT), "a coding that was not asked for"),
    "longer than it may be": (answering(200, CONTENT + b"x"), "larger than the 1,000,000 bytes"),
    "longer than it may be, in chunks": (in_chunks([CONTENT, b"x"]), "larger than the 1,000,000"),
    "endless": (endless(), "larger than the 1,000,000 bytes"),
    "failing": (answering(500), "answers 500 Internal Server Error"),
    "partial without being asked": (
        answering(206, CONTENT, content_range="bytes 0-999999/1000000"),
        "answers 206",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_not_whole_ends_with_a_failure(
    fake: FakeUpstream, upstream: Upstream, url: str, what: str
):
    behaviour, reason = BROKEN[what]
    fake.behave(SAMPLE.path, behaviour)

    with (
        pytest.raises(UpstreamUnavailable, match=reason),
        upstream.open_file(url, limit=LIMIT) as file,
    ):
        for _ in file:
            pass


def test_a_file_that_moves_on_may_take_its_time(
    fake: FakeUpstream, make_upstream: MakeUpstream, url: str
):
    content = CONTENT[:10_000]
    fake.behave(SAMPLE.path, dripping(content, size=500, every=0.05))
    patient = Limits(read_seconds=0.3, whole_seconds=0.2, file_pace=1000)

    with make_upstream(limits=patient).open_file(url, limit=LIMIT) as file:
        came = b"".join(file)

    assert came == content


def test_a_slow_reader_is_not_upstreams_fault(
    fake: FakeUpstream, make_upstream: MakeUpstream, url: str
):
    hasty = Limits(read_seconds=0.2, whole_seconds=0.2, file_pace=10**9)

    with make_upstream(limits=hasty).open_file(url, limit=LIMIT) as file:
        chunks = iter(file)
        first = next(chunks)
        time.sleep(0.3)
        came = first + b"".join(chunks)

    assert came == CONTENT


def test_a_missing_file_is_told_apart(fake: FakeUpstream, upstream: Upstream):
    with pytest.raises(FileMissing, match=r"/files/gone is not there: upstream answers 404"):
        upstream.open_file(f"{fake.url}/files/gone", limit=LIMIT)
    with pytest.raises(FileMissing):
        upstream.fetch_small(f"{fake.url}/files/gone.metadata", limit=LIMIT)


def test_metadata_is_fetched_as_a_whole(fake: FakeUpstream, upstream: Upstream, url: str):
    assert upstream.fetch_small(f"{url}.metadata", limit=100) == b"Name: sample\n"

    fake.behave(f"{SAMPLE.path}.metadata", gzipped(b"Name: other\n"))
    assert upstream.fetch_small(f"{url}.metadata", limit=100) == b"Name: other\n"
    with pytest.raises(UpstreamUnavailable, match="larger than the 5 bytes"):
        upstream.fetch_small(f"{url}.metadata", limit=5)


def test_files_wait_for_their_turn_and_pages_do_not(
    fake: FakeUpstream, make_upstream: MakeUpstream, url: str
):
    upstream = make_upstream(limits=Limits(files_at_once=2, turn_seconds=0.1))

    with upstream.open_file(url, limit=LIMIT), upstream.open_file(url, limit=LIMIT) as second:
        with pytest.raises(UpstreamUnavailable, match="too many other questions"):
            upstream.open_file(url, limit=LIMIT)
        upstream.fetch_page("sample")
        list(second)
        second.close()
        second.close()
        with upstream.open_file(url, limit=LIMIT) as third:
            assert third.length == LIMIT
            with pytest.raises(UpstreamUnavailable, match="too many other questions"):
                upstream.open_file(url, limit=LIMIT)


def test_a_turn_is_given_back_by_failures_too(
    fake: FakeUpstream, make_upstream: MakeUpstream, url: str
):
    upstream = make_upstream(limits=Limits(files_at_once=1, turn_seconds=0.1))
    fake.behave("/packed", gzipped(b"x"))

    for path in ("/gone", "/packed"):
        with pytest.raises(UpstreamUnavailable, match=r"not there|coding"):
            upstream.open_file(f"{fake.url}{path}", limit=LIMIT)
    with pytest.raises(UpstreamUnavailable, match="http:// or https://"):
        upstream.open_file("file:///etc/passwd", limit=LIMIT)
    with upstream.open_file(url, limit=LIMIT) as file:
        content = b"".join(file)

    assert content == CONTENT


def test_a_file_that_was_read_leaves_its_connection(
    fake: FakeUpstream, upstream: Upstream, url: str
):
    for _ in range(3):
        with upstream.open_file(url, limit=LIMIT) as file:
            list(file)

    assert len({each.peer for each in fake.requests}) == 1


def test_a_file_that_was_not_read_to_its_end_does_not(
    fake: FakeUpstream, upstream: Upstream, url: str
):
    with upstream.open_file(url, limit=LIMIT) as file:
        next(iter(file))
    with upstream.open_file(url, limit=LIMIT) as file:
        content = b"".join(file)

    assert content == CONTENT
    assert len({each.peer for each in fake.requests}) == 2


def test_a_file_may_lie_elsewhere_and_have_other_bytes_than_were_promised(
    fake: FakeUpstream, other: FakeUpstream, upstream: Upstream, url: str
):
    other.offer("sample", SAMPLE)
    other.change(SAMPLE, b"other bytes")
    fake.behave(SAMPLE.path, redirecting(f"{other.url}{SAMPLE.path}"))

    with upstream.open_file(f"{url}#sha256=abc", limit=LIMIT) as file:
        content = b"".join(file)

    # Whether they are the right ones is judged by who has the digest.
    assert hashlib.sha256(content).hexdigest() != SAMPLE.digest
