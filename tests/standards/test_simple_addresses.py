"""Addresses on a page become absolute ones, as the standard library joins them."""

import re
from urllib.parse import urldefrag, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards.simple_addresses import Addresses

PAGE = "https://index.example.org/root/simple/sample/"

SEGMENTS = st.text("ab%2._~+!@=,-:", min_size=1, max_size=4)
RELATIVE = st.builds(
    lambda dots, segments: dots + "/".join(segments),
    st.sampled_from(["", "/", "../", "../../", "../" * 9, "./"]),
    st.lists(SEGMENTS, min_size=1, max_size=4),
)


@pytest.mark.parametrize(
    ("address", "absolute"),
    [
        ("https://files.example.org/a/b-1.0.zip", "https://files.example.org/a/b-1.0.zip"),
        ("HTTP://files.example.org/b-1.0.zip", "http://files.example.org/b-1.0.zip"),
        ("//files.example.org/b-1.0.zip", "https://files.example.org/b-1.0.zip"),
        ("b-1.0.zip", "https://index.example.org/root/simple/sample/b-1.0.zip"),
        ("./b-1.0.zip", "https://index.example.org/root/simple/sample/b-1.0.zip"),
        ("../../+f/1a/b-1.0.zip", "https://index.example.org/root/+f/1a/b-1.0.zip"),
        ("../../../../../b-1.0.zip", "https://index.example.org/b-1.0.zip"),
        ("/b-1.0.zip", "https://index.example.org/b-1.0.zip"),
        ("\n b-1.0.zip ", "https://index.example.org/root/simple/sample/b-1.0.zip"),
        ("b-1.0.zip#sha256=1", "https://index.example.org/root/simple/sample/b-1.0.zip"),
        ("/b-1.0.zip?key=1&c=2#x", "https://index.example.org/b-1.0.zip?key=1&c=2"),
        ("/my files/ä\\b-1.0.zip", "https://index.example.org/my%20files/%C3%A4%5Cb-1.0.zip"),
        ("/1.0%2Bcu1.zip", "https://index.example.org/1.0%2Bcu1.zip"),
        ("http://[::1]:8080/b-1.0.zip", "http://[::1]:8080/b-1.0.zip"),
        ("http://10.0.0.1:65535/b-1.0.zip", "http://10.0.0.1:65535/b-1.0.zip"),
        ("https://me:secret@h.example.org/b-1.0.zip", "https://h.example.org/b-1.0.zip"),
        ("http://me\\@h.example.org/b-1.0.zip", "http://h.example.org/b-1.0.zip"),
        ("https://h.example.org", "https://h.example.org/"),
    ],
)
def test_an_address_is_made_absolute(address: str, absolute: str):
    assert Addresses(PAGE).resolve(address) == absolute


@pytest.mark.parametrize(
    "address",
    [
        None,
        1,
        ["/b-1.0.zip"],
        "",
        " ",
        "#sha256=1",
        "javascript:alert(1)",
        "data:text/plain,b-1.0.zip",
        "file:///etc/b-1.0.zip",
        "ftp://files.example.org/b-1.0.zip",
        "http:///b-1.0.zip",
        "http://[::1/b-1.0.zip",
        "http://[b]/b-1.0.zip",
        "http://files.example.org:99999/b-1.0.zip",
        "http://files.example.org:port/b-1.0.zip",
        "http://files example.org/b-1.0.zip",
        "/\ud800/b-1.0.zip",
    ],
)
def test_what_leads_nowhere_is_no_address(address: object):
    assert Addresses(PAGE).resolve(address) is None


@given(RELATIVE)
def test_the_quick_way_joins_as_the_long_way(address: str):
    joined = Addresses(PAGE).resolve(address)

    if joined is not None and ":" not in address:
        assert joined == urljoin(PAGE, address)


@pytest.mark.parametrize(
    ("base", "absolute"),
    [
        ("https://files.example.org/all/", "https://files.example.org/all/b-1.0.zip"),
        ("../files/", "https://index.example.org/root/simple/files/b-1.0.zip"),
        ("javascript:alert(1)", f"{PAGE}b-1.0.zip"),
        ("http://[", f"{PAGE}b-1.0.zip"),
        ("", f"{PAGE}b-1.0.zip"),
        (None, f"{PAGE}b-1.0.zip"),
    ],
)
def test_a_base_that_leads_somewhere_stands_for_the_page(base: str | None, absolute: str):
    assert Addresses(PAGE, base).resolve("b-1.0.zip") == absolute


def test_nothing_is_joined_to_a_page_that_stands_nowhere():
    assert Addresses("not an address").resolve("b-1.0.zip") is None


@given(st.text(), st.text() | st.none(), st.text(st.characters(), max_size=20))
def test_any_text_is_an_absolute_address_or_none(page: str, base: str | None, text: str):
    for url in (page, PAGE):
        for address in (text, f"https://{text}", f"//{text}/", f"/{text}", f"../{text}"):
            found = Addresses(url, base).resolve(address)

            assert found is None or re.fullmatch(r"https?://[^/@\s]+/[!-~]*", found)
            assert found is None or found == urldefrag(found)[0]
