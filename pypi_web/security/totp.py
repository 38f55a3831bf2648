"""Codes of an application on a telephone (TOTP, RFC 6238): six digits, another each 30 seconds."""

from datetime import datetime

import pyotp
import segno

DIGITS = 6

DRIFT = 1
"""How many steps a telephone's clock may be ahead or behind (RFC 6238, 5.2)."""


def make_secret() -> str:
    """160 bits (RFC 4226, 4 R6), in Base32 as applications take them."""
    return pyotp.random_base32()


def find_step(secret: str, code: str, at: datetime) -> int | None:
    """The time step that the code is of, where it is near enough to the moment."""
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=at, valid_window=DRIFT)
    except pyotp.OTPVerificationError:
        return None


def address(secret: str, *, user: str, site: str) -> str:
    """What an application reads from the picture: an otpauth:// address."""
    return pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=site)


def draw(text: str) -> str:
    """The text as a QR code: a data: address of an SVG, dark on light whatever the page is."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
