"""Why an archive is not taken, and how much of one is read."""

MAX_METADATA_SIZE = 8 << 20
"""The largest METADATA or PKG-INFO that is read, in bytes."""


class ArchiveRefused(Exception):
    """The file is not the archive that its name promises; the message says what is wrong."""
