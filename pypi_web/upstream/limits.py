"""How long upstream may take, how much it may send, and how often it is asked at once."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20

CHUNK = 1 << 16
"""Bytes that are read at once."""

MAX_REDIRECTS = 5


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of one process; seconds and bytes."""

    connect_seconds: float = 5
    """Until a connection stands: the name's look-up, TCP and TLS together."""
    read_seconds: float = 15
    """Until the whole head of an answer is there, and then until each next byte is."""
    whole_seconds: float = 30
    """For a page or a small file from the question to its last byte, redirects and the wait for a
    turn among them; for a file, to the end of the head."""
    turn_seconds: float = 5
    """How long a question waits for others to end, when too many are asked."""
    page_bytes: int = 32 * MEBIBYTE
    """A page's size when decoded."""
    pages_at_once: int = 16
    """Pages and small files that are being fetched; a page never waits for files."""
    files_at_once: int = 16
    """Files that are open."""
    file_pace: int = 16 * 1024
    """Bytes a second that a file has to bring after its first `whole_seconds`, on average. Only
    the time that is spent on waiting for upstream counts, not that of a slow reader."""
