"""Passwords, kept as argon2id hashes, and how easily one is guessed."""

import re
from collections.abc import Sequence
from functools import cache
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 256

MIN_SCORE = 3
"""Of zxcvbn's 0 to 4: some hundred million guesses and more."""

_ESTIMATED = 40
"""Characters that are looked at: for 72 of the worst kind an estimate takes seconds."""

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


def find_weakness(password: str, about: Sequence[str] = ()) -> str | None:
    """What is wrong with a password that is guessed too easily, and how to mend it; None where it
    is good. `about` is what a stranger knows of the person."""
    from zxcvbn import zxcvbn  # lists of words, which only those need who set a password

    known = [part for text in about for part in {text, *re.split(r"[@._-]", text)} if len(part) > 2]
    found = zxcvbn(password[:_ESTIMATED], user_inputs=[*known, "pypi_web", "pypi", "python"])
    if found["score"] >= MIN_SCORE:
        return None
    return f"This password is easily guessed: {_explain(found['sequence'])}"


def _explain(sequence: Sequence[dict[str, Any]]) -> str:
    """By the part of the password that gives most of it away."""
    longest = max(sequence, key=lambda part: len(part["token"]))
    if longest["pattern"] == "dictionary":
        return _ADVICE.get(longest["dictionary_name"], _ADVICE["dictionary"])
    return _ADVICE.get(longest["pattern"], _ADVICE["bruteforce"])


_WORDS = "A few words that have nothing to do with one another make a good one."
_ADVICE = {
    "user_inputs": f"it has your name, your address or this site's in it. {_WORDS}",
    "passwords": f"it is one that many people use, or nearly. {_WORDS}",
    "dictionary": "it is a common word or name. Put a few more, unrelated words to it.",
    "spatial": f"it is a row of neighbouring keys. {_WORDS}",
    "repeat": f"it repeats itself. {_WORDS}",
    "sequence": f"it is a sequence such as abc or 6543. {_WORDS}",
    "regex": f"much of it is a year. {_WORDS}",
    "date": f"much of it is a date. {_WORDS}",
    "bruteforce": "put another word or two to it.",
}


@cache
def _nobodys_hash() -> str:
    """Made when first needed: a hash takes 64 MiB, which commands that verify none can spare."""
    return _hasher.hash("the password of nobody")
