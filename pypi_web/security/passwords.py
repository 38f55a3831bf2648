"""Passwords, kept as argon2id hashes."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 256

_hasher = PasswordHasher()


_at_once = BoundedSemaphore(4)
"""Each takes 64 MiB: a crowd at the door may not take all memory."""


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one of the hash.

    For someone unknown (`None`) it is False after the same work, so that the time of an answer
    does not tell who has an account here.
    """
    try:
        with _at_once:
            _hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with parameters that are no longer current."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    """Made when first needed: a hash takes 64 MiB, which commands that verify none can spare."""
    return _hasher.hash("the password of nobody")
