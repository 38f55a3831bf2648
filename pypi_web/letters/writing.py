"""A letter, and the message that is made of it."""

from dataclasses import dataclass
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

LONGEST_LINE = 900
"""Characters of a line that need no encoding; RFC 5322, 2.1.1 allows 998."""


@dataclass(frozen=True)
class Letter:
    """Plain text to one address."""

    to: str
    subject: str
    text: str


def write(letter: Letter, sender: str) -> EmailMessage:
    """Raises ValueError where a header would become two, or the address is not one alone."""
    message = EmailMessage()
    message["From"] = sender
    try:
        message["To"] = letter.to
    except (HeaderParseError, IndexError) as error:  # of what the library cannot read
        raise ValueError("The address is none.") from error
    message["Subject"] = letter.subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or None)
    message["Auto-Submitted"] = "auto-generated"
    if [each.addr_spec for each in message["To"].addresses] != [letter.to]:
        raise ValueError("The address is not one alone.")
    # A link stays in one piece, also for those who read the message as it is.
    is_plain = letter.text.isascii() and max(map(len, letter.text.splitlines())) <= LONGEST_LINE
    message.set_content(letter.text, cte="7bit" if is_plain else None)
    return message
