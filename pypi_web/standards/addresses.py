"""Addresses of this site that others hang on."""

import re
from urllib.parse import quote

OF_FILES = ("/files/", "/packages/")

METADATA = ".metadata"
"""Behind the address of a file it names the file's metadata (PEP 658)."""

FOR_TOOLS = (
    "/simple",
    *OF_FILES,
    "/legacy",
    "/pypi/",
    "/_health/",
    "/_/",
    "/.well-known/",
)
"""What the paths begin with that tools ask for: short answers as text, no session, no pages."""

_IS_PLAIN = re.compile(r"[A-Za-z0-9._~-]*").fullmatch


def of_file(sha256: str, filename: str) -> str:
    """The path of a file from the root of the site, without a slash before it.

    It holds the digest, so that it never gets other bytes.
    """
    return f"files/{_below_files(sha256, filename)}"


def of_file_for_mirrors(sha256: str, filename: str) -> str:
    """The other path of a file, for the JSON API: bandersnatch refuses a file whose path does not
    begin so (`_file_url_to_local_path`), and keeps it in a folder of this name."""
    return f"packages/{_below_files(sha256, filename)}"


def of_project(normalized_name: str) -> str:
    """The path of a project's page from the root of the site."""
    return f"project/{normalized_name}/"


def of_release(normalized_name: str, version: str) -> str:
    """The path of a release's page from the root of the site."""
    return f"project/{normalized_name}/{quote(version, safe='')}/"


def _below_files(sha256: str, filename: str) -> str:
    # A page has thousands of names, and few of them anything to quote.
    name = filename if _IS_PLAIN(filename) else quote(filename, safe="")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256[4:]}/{name}"
