"""E-mail addresses have one spelling, and nothing in them that means something in a header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.letters import Letter
from pypi_web.letters.writing import write
from pypi_web.standards import mail_addresses


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada@Example.ORG\n", "ada@example.org"),
        ("ada+index@mail.example.org", "ada+index@mail.example.org"),
        ("o-brien_x.y@example.org", "o-brien_x.y@example.org"),
        ("a" * 242 + "@example.org", "a" * 242 + "@example.org"),
    ],
)
def test_spellings_of_an_address(written: str, address: str):
    assert mail_addresses.read(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a@b@example.org",
        "a da@example.org",
        "ada@example.org, bob@example.org",
        "ada@example.org;bob@example.org",
        "ada@example.org\nBcc: bob@example.org",
        "ada@example.org\x85Bcc:bob",
        "Ada <ada@example.org>",
        '"ada"@example.org',
        "ada(comment)@example.org",
        "ada@[127.0.0.1]",
        "ada\\@example.org",
        "ada\x00@example.org",
        "a" * 243 + "@example.org",
    ],
)
def test_what_is_no_address(written: str):
    assert mail_addresses.read(written) is None


@given(st.from_regex(r"[A-Za-z0-9+_-]{1,20}@[a-z]{1,20}\.(org|net)", fullmatch=True))
def test_reading_twice_is_reading_once(written: str):
    address = mail_addresses.read(written)

    assert address is not None
    assert mail_addresses.read(address) == address


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_becomes_two_addresses_of_a_letter(local: str, domain: str):
    address = mail_addresses.read(f"{local}@{domain}")
    if address is None:
        return
    try:
        message = write(Letter(address, "Subject", "Text"), "index@example.org")
    except ValueError:
        return  # none that a letter can have: it is given up

    assert [each.addr_spec for each in message["To"].addresses] == [address]
    assert message["Bcc"] is None
