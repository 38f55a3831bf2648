"""A project's page comes whole and right, or not at all."""

import gzip
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from pypi_web.upstream import Found, Missing, Unchanged, Upstream, UpstreamUnavailable
from tests.distributions import build_wheel
from tests.upstream.behaviours import (
    HTML,
    JSON,
    Behaviour,
    answering,
    broken_gzip,
    endless,
    gzip_bomb,
    gzipped,
    in_chunks,
    in_turn,
    saying,
    truncated,
    truncated_gzip,
)
from tests.upstream.conftest import MakeUpstream
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

PAGE = "/simple/sample/"


def test_asks_for_json_first_and_takes_what_it_gets(fake: FakeUpstream, upstream: Upstream):
    fake.offer("sample", OfferedFile.of(build_wheel()))

    found = upstream.fetch_page("sample")
    fake.speaks_json = False
    in_html = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert isinstance(in_html, Found)
    assert (found.body, found.content_type) == (fake.page("sample"), JSON)
    assert found.url == f"{fake.index_url}sample/"
    assert in_html.content_type == HTML
    assert b"<h1>sample</h1>" in in_html.body
    assert fake.last(PAGE).headers["accept"].startswith(JSON)


def test_an_index_address_needs_no_last_slash(fake: FakeUpstream, make_upstream: MakeUpstream):
    fake.offer("sample")

    found = make_upstream(f"{fake.url}/simple").fetch_page("sample")

    assert isinstance(found, Found)


def test_a_page_that_is_still_the_same_is_not_sent_again(fake: FakeUpstream, upstream: Upstream):
    fake.offer("sample")
    found = upstream.fetch_page("sample")
    assert isinstance(found, Found)

    again = upstream.fetch_page("sample", found.etag)
    fake.offer("sample", OfferedFile.of(build_wheel()))
    changed = upstream.fetch_page("sample", found.etag)

    assert again == Unchanged()
    assert isinstance(changed, Found)
    assert changed.etag != found.etag


def test_an_etag_that_is_none_is_neither_kept_nor_sent(fake: FakeUpstream, upstream: Upstream):
    fake.behave(PAGE, answering(200, b"{}", etag="unquoted"))

    found = upstream.fetch_page("sample", 'evil"\r\nX-Header: 1')

    assert isinstance(found, Found)
    assert found.etag is None
    assert "if-none-match" not in fake.last(PAGE).headers


def test_unchanged_without_being_asked_for_it_is_no_answer(fake: FakeUpstream, upstream: Upstream):
    fake.behave(PAGE, answering(304))

    with pytest.raises(UpstreamUnavailable, match="answers 304 Not Modified"):
        upstream.fetch_page("sample")


@pytest.mark.parametrize("status", [404, 410])
def test_a_project_that_upstream_does_not_know_is_missing(
    fake: FakeUpstream, upstream: Upstream, status: int
):
    fake.behave(PAGE, answering(status, b"no"))

    assert upstream.fetch_page("sample") == Missing()


def test_what_is_no_name_is_never_asked_for(fake: FakeUpstream, upstream: Upstream):
    assert upstream.fetch_page("..") == Missing()
    assert upstream.fetch_page("a/b") == Missing()
    assert fake.requests == []


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 502, 503, 799, 206, 204])
def test_any_other_status_is_no_page(fake: FakeUpstream, upstream: Upstream, status: int):
    fake.behave(PAGE, answering(status, b"" if status == 204 else b"oops"))

    with pytest.raises(UpstreamUnavailable, match=f"/simple/sample/ answers {status}"):
        upstream.fetch_page("sample")


def test_gzip_is_unpacked(fake: FakeUpstream, upstream: Upstream):
    page = b"some words " * 20_000
    fake.behave(PAGE, gzipped(page))

    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert found.body == page


def test_gzip_of_several_members_is_one_page(fake: FakeUpstream, upstream: Upstream):
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    fake.behave(PAGE, in_chunks([packed[:5], packed[5:]], content_encoding="x-gzip"))

    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert found.body == b"one two"


BROKEN = {
    "broken gzip": (broken_gzip(b"{}"), "sent broken gzip"),
    "gzip without its end": (truncated_gzip(b"{}"), "sent gzip that ends too early"),
    "no gzip at all": (answering(200, b"{}", content_encoding="gzip"), "sent broken gzip"),
    "an empty gzip": (answering(200, content_encoding="gzip"), "sent gzip that ends too early"),
    "gzip with more behind it": (
        answering(200, gzip.compress(b"{}") + b"more", content_encoding="gzip"),
        "sent broken gzip",
    ),
    "another coding": (answering(200, b"{}", content_encoding="br"), "was not asked for"),
    "a part of what was promised": (truncated(b"x" * 1000, after=500), "broke off"),
    "chunks without an end": (in_chunks([b"abc"], ended=False), "broke off"),
    "a chunk of less than nothing": (
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n"),
        "is not HTTP|broke off",
    ),
    "another transfer coding": (
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        "transfer coding that is not known",
    ),
    "a length that is none": (
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc"),
        "a length that is no number",
    ),
    "two lengths": (
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc"),
        "is not HTTP|broke off|no number",
    ),
    "no HTTP": (saying(b"SSH-2.0-OpenSSH\r\n"), "broke off|is not HTTP"),
    "nothing": (saying(b""), "broke off"),
    "a huge page": (answering(200, b" " * (2 << 20)), "larger than the 1,048,576 bytes"),
    "a huge page in chunks": (in_chunks([b" " * (1 << 20)] * 3), "larger than|more than is taken"),
    "a page without an end": (endless(), "larger than"),
    "empty chunks of gzip": (
        endless(gzip.compress(b"") * 1000, content_encoding="gzip"),
        "sends more than is taken",
    ),
    "a head without an end": (
        saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000),
        "broke off|more",
    ),
    "long headers": (
        saying(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 60_000 + b"\r\nZ: " + b"z" * 60_000),
        "sends more than is taken",
    ),
    "endless provisional answers": (saying(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000), "more than"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_page_that_is_not_whole_is_no_page(fake: FakeUpstream, upstream: Upstream, what: str):
    behaviour, reason = BROKEN[what]
    fake.behave(PAGE, in_turn(behaviour, answering(200, b"right")))

    with pytest.raises(UpstreamUnavailable, match=reason):
        upstream.fetch_page("sample")
    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert found.body == b"right"


def test_a_bomb_does_not_expand_in_memory(fake: FakeUpstream, upstream: Upstream):
    fake.behave(PAGE, gzip_bomb(300 << 20))
    tracemalloc.start()

    with pytest.raises(UpstreamUnavailable, match="larger than the 1,048,576 bytes"):
        upstream.fetch_page("sample")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 6 << 20


def test_one_connection_serves_one_question_after_the_other(fake: FakeUpstream, upstream: Upstream):
    fake.offer("sample")
    fake.behave("/simple/redirected/", answering(301, b"over there", location="../sample/"))
    fake.behave("/simple/failing/", answering(503, b"not now"))
    found = upstream.fetch_page("sample")
    assert isinstance(found, Found)

    upstream.fetch_page("missing")
    upstream.fetch_page("redirected")
    upstream.fetch_page("sample", found.etag)
    with pytest.raises(UpstreamUnavailable):
        upstream.fetch_page("failing")
    upstream.fetch_page("sample")

    assert len({each.peer for each in fake.requests}) == 1


def closing_without_an_answer() -> Behaviour:
    return saying(b"")


def test_a_kept_connection_that_is_closed_meanwhile_is_no_failure(
    fake: FakeUpstream, upstream: Upstream
):
    fake.offer("sample")
    upstream.fetch_page("sample")

    fake.behave(PAGE, in_turn(closing_without_an_answer(), answering(200, b"{}")))
    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert fake.asked(PAGE) == 3


def test_nothing_else_is_tried_again(fake: FakeUpstream, upstream: Upstream):
    fake.behave(PAGE, closing_without_an_answer())

    with pytest.raises(UpstreamUnavailable, match="broke off"):
        upstream.fetch_page("sample")

    assert fake.asked(PAGE) == 1


def test_an_unplugged_upstream_is_unavailable_until_it_is_back(
    fake: FakeUpstream, upstream: Upstream
):
    fake.offer("sample")
    upstream.fetch_page("sample")

    fake.unplug()
    with pytest.raises(UpstreamUnavailable, match="refused the connection"):
        upstream.fetch_page("sample")
    fake.plug_in()
    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)


def test_many_threads_ask_at_once(fake: FakeUpstream, make_upstream: MakeUpstream):
    upstream = make_upstream(limits=None)
    names = [f"sample-{number}" for number in range(40)]
    for name in names:
        fake.offer(name)

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(upstream.fetch_page, names))

    assert [each.body for each in found if isinstance(each, Found)] == [
        fake.page(name) for name in names
    ]
    assert len({each.peer for each in fake.requests}) <= 16


@pytest.mark.parametrize("url", ["", "simple/", "ftp://example.org/simple/", "https:///simple/"])
def test_an_index_has_an_address(url: str):
    with pytest.raises(ValueError, match="The address of the index is no"):
        Upstream(url)
