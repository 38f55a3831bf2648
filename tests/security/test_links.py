"""Signed links: nobody but the site writes one, and none is good for what it was not made for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web import clock
from pypi_web.security.links import Claim, fingerprint, read, sign

SECRET = "a secret that only these tests know of"
CLAIM = Claim(7, "ann@example.org", "state")
HOUR = timedelta(hours=1)


def test_what_was_signed_is_read():
    assert read(SECRET, "x", sign(SECRET, "x", CLAIM, lifetime=HOUR)) == CLAIM


def test_a_link_is_for_its_purpose_and_by_its_secret_alone():
    key = sign(SECRET, "x", CLAIM, lifetime=HOUR)

    assert read(SECRET, "y", key) is None
    assert read(SECRET + "!", "x", key) is None


def test_a_link_runs_out(monkeypatch: pytest.MonkeyPatch):
    key, now = sign(SECRET, "x", CLAIM, lifetime=HOUR), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + HOUR - timedelta(seconds=2))
    assert read(SECRET, "x", key) == CLAIM

    monkeypatch.setattr(clock, "now", lambda: now + HOUR)
    assert read(SECRET, "x", key) is None


def test_each_character_of_a_link_counts():
    key = sign(SECRET, "x", CLAIM, lifetime=HOUR)
    body = len(key.partition(".")[0])

    for at in range(body):
        other = "A" if key[at] != "A" else "B"
        assert read(SECRET, "x", key[:at] + other + key[at + 1 :]) is None
    assert read(SECRET, "x", key[:-4]) is None
    assert read(SECRET, "x", key[:body]) is None


@given(st.text())
def test_what_nobody_signed_is_read_by_nobody(key: str):
    assert read(SECRET, "x", key) is None


def test_a_fingerprint_keeps_its_values_apart():
    assert fingerprint("a", "bc") != fingerprint("ab", "c")
    assert "hash" not in fingerprint("hash")
