"""A letter becomes one message to one address, or none."""

import pytest

from pypi_web.letters.writing import Letter, write

SENDER = "pypi_web <index@example.org>"


def test_a_letter_is_a_message():
    message = write(Letter("ann@example.org", "A word", "Hello\n"), SENDER)

    assert message["From"] == SENDER
    assert message["To"] == "ann@example.org"
    assert message["Subject"] == "A word"
    assert message["Message-ID"].endswith("@example.org>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content() == "Hello\n"


def test_a_link_stays_in_one_piece():
    link = "https://packages.example.org/account/new?key=" + "x" * 300

    assert (
        link in bytes(write(Letter("ann@example.org", "A", f"Here:\n\n{link}\n"), SENDER)).decode()
    )


def test_a_text_of_all_letters_arrives():
    text = "Grüße, " + "漢字" * 300 + "\n"

    assert write(Letter("ann@example.org", "Grüße", text), SENDER).get_content() == text


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("ann@example.org\r\nBcc: all@example.org", "A"),
        ("ann@example.org\nBcc: all@example.org", "A"),
        ("ann@example.org, all@example.org", "A"),
        ("Ann <ann@example.org>", "A"),
        ("<ann@example.org>", "A"),
        ("", "A"),
        ("ann@example.org", "A\r\nBcc: all@example.org"),
        ("ann@example.org", "A\nBcc: all@example.org"),
    ],
)
def test_a_header_never_becomes_two(to: str, subject: str):
    with pytest.raises(ValueError, match=r"."):
        write(Letter(to, subject, "Hello\n"), SENDER)
