"""Recovery codes as people type them."""

import hashlib

import pytest

from pypi_web.security import recovery_codes


def test_there_are_ten_that_differ():
    codes = recovery_codes.make_codes()

    assert len(set(codes)) == 10
    assert all(len(each.replace("-", "")) == 16 for each in codes)


@pytest.mark.parametrize(
    "typed",
    ["0a1b-2c3d-4e5f-6g7h", "0A1B2C3D4E5F6G7H", " 0a1b 2c3d 4e5f 6g7h\n", "oalb-2c3d-4e5f-6g7h"],
)
def test_a_code_is_known_however_it_is_typed(typed: str):
    assert recovery_codes.digest(typed) == hashlib.sha256(b"0a1b2c3d4e5f6g7h").hexdigest()


@pytest.mark.parametrize("typed", ["", "0a1b", "0a1b-2c3d-4e5f-6g7", "u" * 16, "é" * 16, "-" * 16])
def test_what_can_be_no_code_is_none(typed: str):
    assert recovery_codes.digest(typed) is None
