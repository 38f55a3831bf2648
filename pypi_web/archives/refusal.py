"""Why an archive is not taken, and how much of one is read."""

import os
from typing import BinaryIO

MAX_METADATA_SIZE = 8 << 20
"""The largest METADATA or PKG-INFO that is read, in bytes."""

MAX_MEMBERS = 100_000

MAX_RATIO = 100
"""How many bytes one byte of an archive may expand to; sources of a language do not reach it."""

_ALWAYS_ALLOWED = 64 << 20


class ArchiveRefused(Exception):
    """The file is not the archive that its name promises; the message says what is wrong."""


def max_expanded_size(content: BinaryIO) -> int:
    """How many bytes an archive may expand to."""
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    return max(_ALWAYS_ALLOWED, MAX_RATIO * size)
