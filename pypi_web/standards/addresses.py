"""Where a file's bytes are found on this index: an address that never gets other bytes."""

from urllib.parse import quote


def of_file(sha256: str, filename: str) -> str:
    """The path of a file, from the root of the site, without a slash before it."""
    return f"files/{sha256[:2]}/{sha256[2:4]}/{sha256[4:]}/{quote(filename, safe='')}"
