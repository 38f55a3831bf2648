"""E-mail addresses, as far as an index needs to know them (RFC 5321)."""

import re

MAX_LENGTH = 254
"""RFC 5321, 4.5.3.1.3 allows 256 octets, of which two are the brackets round it."""

_FORBIDDEN = r"@\s\x00-\x20\x7f-\x9f<>()\[\]\"',;:\\"
_ADDRESS = re.compile(rf"[^{_FORBIDDEN}]+@[^{_FORBIDDEN}]+\Z")


def read(written: str) -> str | None:
    """An address in the one spelling by which it is found, lower case; None where it is none.

    Narrower than RFC 5321: what has a meaning of its own in a letter's header, such as a comma
    between two addresses, is in none, not even in quotes.
    """
    address = written.strip().lower()
    if len(address) > MAX_LENGTH or not _ADDRESS.match(address):
        return None
    return address
