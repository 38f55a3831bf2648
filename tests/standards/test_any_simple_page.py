"""Whatever another index sends, it is a page that can be kept, or it is refused."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards import simple_pages, upstream_pages
from pypi_web.standards.distribution_names import is_distribution
from pypi_web.standards.upstream_pages import UnreadablePage, UpstreamPage

URL = "https://index.example.org/simple/sample/"
TYPES = ("application/json", "text/html", "text/html; charset=latin1")

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
TELLING_TEXT = st.one_of(
    st.sampled_from(["sample-1.0.tar.gz", "https://h.example.org/sample-1.0.zip", "1.0"]),
    st.sampled_from(["a" * 64, "2025-01-01T00:00:00Z", "archived", "\0", "\ud800"]),
)
KEYS = st.one_of(
    st.sampled_from(["meta", "api-version", "_last-serial", "name", "versions", "files"]),
    st.sampled_from(["project-status", "status", "reason", "sha256", "md5"]),
    st.sampled_from(["filename", "url", "hashes", "size", "upload-time", "requires-python"]),
    st.sampled_from(["core-metadata", "dist-info-metadata", "provenance", "yanked"]),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | TELLING_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
FILES = st.builds(
    lambda said, wrong: {**said, **wrong},
    st.just({"filename": "sample-1.0.tar.gz", "url": "../sample-1.0.tar.gz"}),
    st.dictionaries(KEYS, VALUES, max_size=5),
)
PAGES = st.builds(
    lambda files, said: {"files": files, **said},
    st.lists(FILES | VALUES, max_size=3),
    st.dictionaries(KEYS, VALUES, max_size=2),
)

PIECES = st.one_of(
    st.sampled_from(
        ["<a ", "<A href=", "'sample-1.0.tar.gz'", '"sample-1.0.zip#sha256=', "a" * 64]
    ),
    st.sampled_from([" data-yanked", " data-core-metadata=", "true", " data-provenance=", ">"]),
    st.sampled_from(["</a>", "<base href=", "<meta name=pypi:repository-version content=", "1.4"]),
    st.sampled_from(["<!--", "-->", "<![", "<!", "<?", "</", "<script>", "&#", "&lt", "<br/>"]),
    st.sampled_from(["<!--SERIAL 9999999999999999999-->", "<!--SERIAL 7-->", "&#x110000;", "%00"]),
    st.sampled_from(["\0", "\ud800", "=", "//[", "/", '"', "'"]),
    ANY_TEXT,
)
HTML = st.lists(PIECES, max_size=20).map("".join)


def read(body: bytes, content_type: str, url: str = URL) -> UpstreamPage | None:
    """The page, which keeps what is promised of every page; or None where it is refused."""
    try:
        page = simple_pages.read(body, content_type, url)
    except UnreadablePage:
        return None
    check(page)
    return page


def check(page: UpstreamPage) -> None:
    for file in page.files:
        assert is_distribution(file.filename)
        assert file.url.isascii()
        assert file.url.startswith(("http://", "https://"))
        assert "#" not in file.url
        assert file.uploaded_at is None or file.uploaded_at.tzinfo is UTC
    assert len({file.filename for file in page.files}) == len(page.files)
    assert upstream_pages.load(upstream_pages.write(page)) == page
    for text in texts(asdict(page)):
        assert "\0" not in text
        text.encode()  # no half of a character, which no database takes


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)


@given(PAGES | VALUES)
def test_any_json_is_a_page_or_is_refused(said: Any):
    read(json.dumps(said).encode(), "application/json")


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_no_mistake_in_a_file_hides_the_page(wrong: dict[str, Any]):
    page = read(json.dumps({"files": [wrong]}).encode(), "application/json")

    assert page is not None


@given(HTML, st.sampled_from(["", "<p>"]))
def test_any_html_is_a_page_or_is_refused(html: str, before: str):
    read((before + html).encode(errors="surrogatepass"), "text/html")


@given(st.binary(), ANY_TEXT | st.sampled_from(TYPES), ANY_TEXT | st.just(URL))
def test_any_bytes_are_a_page_or_are_refused(body: bytes, content_type: str, url: str):
    read(body, content_type, url)
    read(body, "application/json", url)
    read(b"<a href=" + body + b"><a href=sample-1.0.zip>", "text/html", url)


@given(PAGES, HTML, st.data())
def test_a_damaged_page_is_a_page_or_is_refused(said: Any, html: str, data: st.DataObject):
    for body, content_type in [
        (json.dumps(said).encode(), "application/json"),
        (b"<p>" + html.encode(errors="replace"), "text/html"),
    ]:
        at = data.draw(st.integers(0, len(body)))
        until = at + data.draw(st.integers(0, 4))
        read(body[:at] + data.draw(st.binary(max_size=4)) + body[until:], content_type)


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize(
    "piece",
    [b"[", b'{"files":', b"<a ", b"<a>", b"<!--", b"<", b"&#", b"<a href='", b"<b><a href=x "],
)
def test_what_never_ends_is_read_in_no_time(piece: bytes, content_type: str):
    with suppress(UnreadablePage):
        simple_pages.read(piece * 20_000, content_type, URL)
