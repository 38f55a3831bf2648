"""Recovery codes: 80 bits in letters that look unlike one another (Crockford's Base32)."""

import hashlib
import secrets

COUNT = 10
LENGTH = 16

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("oil", "011")


def make_codes() -> list[str]:
    """A new set, as it is shown: four groups of four."""
    return [_group("".join(secrets.choice(_LETTERS) for _ in range(LENGTH))) for _ in range(COUNT)]


def digest(typed: str) -> str | None:
    """The SHA-256 by which a code is kept; None for what can be none."""
    code = "".join(typed.split()).replace("-", "").lower().translate(_MISREAD)
    if len(code) != LENGTH or not set(code) <= set(_LETTERS):
        return None
    return hashlib.sha256(code.encode()).hexdigest()


def _group(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))
