"""Names of projects have one normalised spelling, in ASCII."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards import names


@pytest.mark.parametrize("name", ["Foo.Bar", "foo_bar", "FOO--bar", "foo-_.bar", "foo-bar"])
def test_spellings_of_one_name(name: str):
    assert names.normalize(name) == "foo-bar"


@pytest.mark.parametrize(
    "name", ["", "-x", "x-", "a b", "a/b", "\u212aat", "naïve", "x\n", ".", "a\x00"]
)
def test_what_is_no_name(name: str):
    assert not names.is_valid(name)


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", fullmatch=True))
def test_normalising_twice_is_normalising_once(name: str):
    assert names.is_valid(name)
    assert names.normalize(names.normalize(name)) == names.normalize(name)
