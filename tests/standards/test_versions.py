"""Versions sort in a database as PEP 440 orders them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pypi_web.standards import versions

numbers = st.integers(0, 3) | st.integers(0, 10**6) | st.integers(250, 260)


@st.composite
def pep440(draw: st.DrawFn) -> str:
    epoch = draw(st.sampled_from(["", "0!", "1!"]))
    release = ".".join(str(n) for n in draw(st.lists(numbers, min_size=1, max_size=4)))
    pre = draw(st.sampled_from(["", "a", "b", "rc"]))
    pre = f"{pre}{draw(numbers)}" if pre else ""
    post = draw(st.just("") | st.builds(".post{}".format, numbers))
    dev = draw(st.just("") | st.builds(".dev{}".format, numbers))
    segment = st.builds(str, numbers) | st.sampled_from(["a", "ab", "b", "ubuntu", "1a"])
    local = draw(st.just([]) | st.lists(segment, min_size=1, max_size=3))
    return f"{epoch}{release}{pre}{post}{dev}" + (f"+{'.'.join(local)}" if local else "")


@given(st.lists(pep440(), min_size=2, max_size=8))
def test_sort_keys_order_as_versions_do(texts: list[str]):
    for one, other in itertools.combinations(texts, 2):
        keys = versions.sort_key(one), versions.sort_key(other)
        parsed = Version(one), Version(other)
        assert (keys[0] < keys[1]) == (parsed[0] < parsed[1]), (one, other)
        assert (keys[0] == keys[1]) == (parsed[0] == parsed[1]), (one, other)


@given(pep440(), pep440())
def test_equal_versions_share_a_canonical_spelling(one: str, other: str):
    equal = Version(one) == Version(other)

    assert (versions.canonical(one) == versions.canonical(other)) == equal


@given(st.text(max_size=versions.MAX_LENGTH))
def test_any_text_has_a_key(text: str):
    assert versions.sort_key(text)


def test_what_pep_440_cannot_read_sorts_first():
    assert versions.sort_key("2004d") < versions.sort_key("2004e") < versions.sort_key("0.dev0")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.0", False), ("1.0rc1", True), ("1.0.dev1", True), ("1.0+cu118", False), ("2004d", False)],
)
def test_a_prerelease_is_what_pep_440_says(version: str, expected: bool):
    assert versions.is_prerelease(version) is expected
