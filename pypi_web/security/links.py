"""Signed links for letters: no row is kept of them, and nobody but the site can write one."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import timedelta

from pypi_web import clock

MAX_LENGTH = 1000
"""Characters of a link's key, before anything of it is looked at."""


@dataclass(frozen=True)
class Claim:
    """Whom a link is for (0: nobody yet) and the address that it went to. It is good as long as
    `state`, which `fingerprint` makes, is what it was."""

    user_id: int
    address: str
    state: str = ""


def sign(secret: str, purpose: str, claim: Claim, *, lifetime: timedelta) -> str:
    """The key of a link that is good for one purpose, for a while."""
    until = int((clock.now() + lifetime).timestamp())
    written = json.dumps([claim.user_id, claim.address, claim.state, until]).encode()
    return f"{_encode(written)}.{_encode(_seal(secret, purpose, written))}"


def read(secret: str, purpose: str, key: str) -> Claim | None:
    """What a key claims; None where it is not whole, of another purpose, or too old."""
    if len(key) > MAX_LENGTH:
        return None
    body, _, seal = key.partition(".")
    try:
        written, shown = _decode(body), _decode(seal)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(shown, _seal(secret, purpose, written)):
        return None
    user_id, address, state, until = json.loads(written)
    if until <= clock.now().timestamp():
        return None
    return Claim(user_id, address, state)


def fingerprint(*values: str) -> str:
    """Stands for what must not change while a link is good, and gives none of it away."""
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:32]


def _seal(secret: str, purpose: str, written: bytes) -> bytes:
    # A key of its own for each purpose, so that no link is good for another.
    key = hmac.new(secret.encode(), f"pypi_web link: {purpose}".encode(), hashlib.sha256).digest()
    return hmac.new(key, written, hashlib.sha256).digest()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
