"""The headers of core metadata, looked at before a parser of mail makes of them what it can.

Mail is forgiving: a line that is no header ends the headers without a word, and a field that
follows is lost. And its parser takes time with the square of some things that metadata has none of.
"""

import re

MAX_LINES = 20_000
MAX_NAMES = 100
"""Names of fields as they are spelled; the specification has less than forty."""

_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"([A-Za-z][A-Za-z0-9-]{0,63}):")
_OF_MAIL = frozenset({b"content-type", b"content-transfer-encoding", b"mime-version"})


class InvalidHeaders(ValueError):
    """The headers are none that metadata has; the message is the end of a sentence."""


def check(content: bytes) -> None:
    """Raises InvalidHeaders unless each line up to the first empty one is a field, or goes on with
    the one before it ("Core metadata specifications")."""
    headers = _END.split(content, maxsplit=1)[0]
    lines = headers.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        raise InvalidHeaders(f"it has more than {MAX_LINES:,} lines before the description")
    names: set[bytes] = set()
    for number, line in enumerate(lines, start=1):
        if b"\r" in line:
            raise InvalidHeaders(f"line {number} has a carriage return")
        if line[:1] in (b" ", b"\t") and names:
            continue
        field = _FIELD.match(line)
        if field is None:
            raise InvalidHeaders(
                f"line {number} is neither a field nor the next line of one:"
                f" {line[:80].decode('ascii', 'backslashreplace')!r}"
            )
        names.add(field[1])
        if len(names) > MAX_NAMES or field[1].lower() in _OF_MAIL:
            raise InvalidHeaders(f"line {number} is of an unknown field, {field[1].decode()}")
