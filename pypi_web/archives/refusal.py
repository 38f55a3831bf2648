"""Why an archive is not taken, and how much of one is read."""

import os
from typing import BinaryIO

MAX_METADATA_SIZE = 8 << 20
"""The largest METADATA or PKG-INFO that is read, in bytes."""

MAX_MEMBERS = 100_000

MAX_RATIO = 100
"""How many bytes one byte of an archive may expand to; sources of a language do not reach it."""

CHUNK = 1 << 18
"""Bytes of a member that are in memory at a time."""

_ALWAYS_ALLOWED = 64 << 20
_NEVER_ALLOWED = 16 << 30
_MAX_QUOTED = 200


class ArchiveRefused(Exception):
    """The file is not the archive that its name promises; the message says what is wrong.

    Inside this folder the message is the reason alone, which names the member; `archives.read`
    makes a sentence of it.
    """


def max_expanded_size(content: BinaryIO) -> int:
    """How many bytes an archive may expand to."""
    size = content.seek(0, os.SEEK_END)
    return min(_NEVER_ALLOWED, max(_ALWAYS_ALLOWED, MAX_RATIO * size))


def quoted(name: str | bytes) -> str:
    """A name from an archive as it may stand in a message: ASCII, in quotes, and not too long."""
    if isinstance(name, bytes):
        name = name[:_MAX_QUOTED].decode(errors="backslashreplace")
    return ascii(name[:_MAX_QUOTED])[: _MAX_QUOTED + 2]
