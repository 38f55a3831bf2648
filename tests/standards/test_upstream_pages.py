"""A page of another index is kept in few bytes, and comes back as it was."""

import zlib
from contextlib import suppress
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards import upstream_pages
from pypi_web.standards.upstream_pages import (
    UnreadablePage,
    UpstreamFile,
    UpstreamMetadata,
    UpstreamPage,
)

SAYS_NOTHING = UpstreamPage(name=None, versions=None, files=())

TEXTS = st.text(max_size=20)
NUMBERS = st.none() | st.integers(0, 2**63 - 1)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
FILES = st.builds(
    UpstreamFile,
    filename=TEXTS,
    url=TEXTS,
    hashes=st.dictionaries(st.sampled_from(["md5", "sha256", "sha512"]), DIGESTS),
    size=NUMBERS,
    uploaded_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    requires_python=st.none() | TEXTS,
    yanked=st.none() | TEXTS,
    metadata=st.none() | st.builds(UpstreamMetadata, sha256=st.none() | DIGESTS),
    provenance=st.none() | TEXTS,
)
PAGES = st.builds(
    UpstreamPage,
    name=st.none() | TEXTS,
    versions=st.none() | st.lists(TEXTS).map(tuple),
    files=st.lists(FILES, max_size=4).map(tuple),
    status=TEXTS,
    status_reason=st.none() | TEXTS,
    last_serial=NUMBERS,
)


@given(PAGES)
def test_a_page_comes_back_as_it_was(page: UpstreamPage):
    assert upstream_pages.load(upstream_pages.write(page)) == page


def test_a_page_is_kept_in_less_than_it_came_in():
    file = UpstreamFile(filename="sample-1.0.zip", url="https://h.example.org/", hashes={})
    page = UpstreamPage(name="sample", versions=("1.0",), files=(file,) * 1000)

    assert len(upstream_pages.write(page)) < 2000


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x02" + upstream_pages.write(SAYS_NOTHING)[1:],
        upstream_pages.write(SAYS_NOTHING)[:-1],
        b"\x01" + zlib.compress(b"["),
        b"\x01" + zlib.compress(b"[]"),
        b"\x01" + zlib.compress(b"7"),
        b"\x01"
        + zlib.compress(b'["a", [], "active", null, 1, ["b"], [], [], [], [], [], [], [], []]'),
        b"\x01" + zlib.compress(b"[" * 100_000),
        b'\x01{"name": "sample"}',
    ],
)
def test_what_was_kept_in_another_way_has_to_be_asked_for_again(kept: bytes):
    with pytest.raises(UnreadablePage):
        upstream_pages.load(kept)


@given(PAGES, st.data())
def test_damage_is_noticed_or_does_no_harm(page: UpstreamPage, data: st.DataObject):
    kept = bytearray(upstream_pages.write(page))
    kept[data.draw(st.integers(0, len(kept) - 1))] ^= data.draw(st.integers(1, 255))

    with suppress(UnreadablePage):
        assert upstream_pages.load(bytes(kept)) == page


@given(st.binary())
def test_any_bytes_are_a_page_or_are_refused(kept: bytes):
    for each in (kept, b"\x01" + kept, b"\x01" + zlib.compress(kept)):
        with suppress(UnreadablePage):
            upstream_pages.load(each)
