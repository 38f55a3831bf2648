"""How easily a password is guessed."""

import time

import pytest

from pypi_web.security.passwords import find_weakness
from tests.people import PASSWORD

ABOUT = ("alice", "alice.smith@example.org")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("password123456", "many people use"),
        ("qwertzuiop123", "easily guessed"),
        ("aaaaaaaaaaaaaaaa", "repeats itself"),
        ("abcdefghijklmnop", "sequence"),
        ("straightforward1", "common word"),
        ("alice.smith@example.org", "your name"),
    ],
)
def test_what_is_easily_guessed_is_said_with_the_remedy(password: str, said: str):
    weakness = find_weakness(password, ABOUT)

    assert weakness is not None
    assert said in weakness
    assert "word" in weakness
    assert password not in weakness


@pytest.mark.parametrize(
    "password", [PASSWORD, "x9$Kq2!vLm4z", "mit Kuchen zum Mond", "パスワードはとても長い文です"]
)
def test_what_is_hard_to_guess_is_taken(password: str):
    assert find_weakness(password, ABOUT) is None


def test_what_is_known_of_a_person_counts():
    assert find_weakness("wolfeschlegelstein", ()) is None

    assert find_weakness("wolfeschlegelstein", ("wolfeschlegelstein",)) is not None


@pytest.mark.parametrize(
    "password", ["4@8({[<369|!10$57%2+x/" * 11, "1" * 256, "a1" * 128, "@" * 256, "qwerty" * 42]
)
def test_an_estimate_never_takes_long(password: str):
    find_weakness("first", ())
    begun = time.process_time()

    find_weakness(password, ("@" * 254,))

    assert time.process_time() - begun < 1
