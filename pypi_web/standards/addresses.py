"""Addresses of this site that others hang on."""

from urllib.parse import quote

FOR_TOOLS = ("/simple", "/files/", "/legacy", "/pypi/", "/_health/")
"""What the paths begin with that tools ask for: short answers as text, no session, no pages."""


def of_file(sha256: str, filename: str) -> str:
    """The path of a file from the root of the site, without a slash before it.

    It holds the digest, so that it never gets other bytes.
    """
    return f"files/{sha256[:2]}/{sha256[2:4]}/{sha256[4:]}/{quote(filename, safe='')}"
