"""Names of projects have one normalised spelling, in ASCII."""

import sqlite3
from contextlib import closing
from functools import cache
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards import names
from tests.conftest import ROOT


@cache
def load_revision(revision: str) -> Any:
    return ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_revision(revision).module


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


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True))
def test_names_that_differ_only_in_what_looks_alike_have_one_key(name: str):
    name = names.normalize(name)
    key = names.lookalike_key(name)

    assert names.lookalike_key(name.replace("o", "0").replace("l", "1")) == key
    assert names.lookalike_key(name.replace("-", "")) == key


@given(st.from_regex(r"[a-z0-9-]*", fullmatch=True))
def test_a_migration_computes_the_same_key_as_the_code(name: str):
    revision = load_revision("ef193b526452")
    with closing(sqlite3.connect(":memory:")) as database:
        select = f"SELECT {revision.LOOKALIKE_KEY} FROM (SELECT ? AS normalized_name)"
        (key,) = database.execute(select, [name]).fetchone()

    assert key == names.lookalike_key(name)
