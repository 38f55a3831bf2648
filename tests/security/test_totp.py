"""Codes of applications, by the test vectors of RFC 6238."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from pypi_web.security import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(moment: int, code: str):
    at = datetime.fromtimestamp(moment, UTC)

    assert totp.find_step(SECRET, code, at) == moment // 30


@pytest.mark.parametrize(("seconds", "is_right"), [(-60, 0), (-30, 1), (0, 1), (30, 1), (60, 0)])
def test_a_clock_may_be_wrong_by_one_step(seconds: int, is_right: int):
    at = datetime.fromtimestamp(1111111109, UTC) + timedelta(seconds=seconds)

    assert (totp.find_step(SECRET, "081804", at) is not None) == is_right


@pytest.mark.parametrize("code", ["", "81804", "0081804", "08180４", "08180x", "-81804", "+81804"])
def test_what_is_no_code_is_wrong(code: str):
    assert totp.find_step(SECRET, code, datetime.fromtimestamp(1111111109, UTC)) is None


def test_secrets_have_160_bits_and_differ():
    made = {totp.make_secret() for _ in range(20)}

    assert len(made) == 20
    assert {len(base64.b32decode(each)) for each in made} == {20}


def test_the_picture_is_dark_on_light_and_has_no_script():
    picture = totp.draw(totp.address(SECRET, user="alice", site="packages.example.org"))

    assert picture.startswith("data:image/svg+xml")
    svg = unquote(picture).lower()
    assert "#fff" in svg
    assert "script" not in svg
