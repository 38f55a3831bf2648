"""Secrets at rest."""

import pytest

from pypi_web.security.encryption import seal, unseal

KEY, OTHER = "k" * 32, "o" * 32


def test_what_was_sealed_is_read_again():
    assert unseal(KEY, seal(KEY, "JBSWY3DP", whose="codes of 1"), whose="codes of 1") == "JBSWY3DP"


def test_it_is_sealed_differently_each_time_and_not_to_be_read():
    sealed = {seal(KEY, "JBSWY3DP", whose="codes of 1") for _ in range(5)}

    assert len(sealed) == 5
    assert not any(b"JBSWY3DP" in each for each in sealed)


def test_it_is_nobody_elses_and_under_no_other_secret():
    sealed = seal(KEY, "JBSWY3DP", whose="codes of 1")

    assert unseal(KEY, sealed, whose="codes of 11") is None
    assert unseal(OTHER, sealed, whose="codes of 1") is None


@pytest.mark.parametrize("where", [0, 5, 12, 20, -1])
def test_what_was_tampered_with_is_not_read(where: int):
    sealed = bytearray(seal(KEY, "JBSWY3DP", whose="codes of 1"))
    sealed[where] ^= 1

    assert unseal(KEY, bytes(sealed), whose="codes of 1") is None


@pytest.mark.parametrize("length", [0, 1, 12, 27, 28])
def test_what_is_too_short_is_not_read(length: int):
    assert unseal(KEY, b"\0" * length, whose="codes of 1") is None
