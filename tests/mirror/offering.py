"""A project that the fake upstream has, with metadata that a page can show."""

from tests.distributions import build_wheel, metadata_text
from tests.upstream.offered import OfferedFile

FIELDS = (
    "Summary: It serves",
    "Author: Ann Author",
    "License-Expression: MIT",
    "Classifier: Topic :: Utilities",
    "Project-URL: Source, https://example.org/source",
    "Requires-Dist: click>=8",
    "Requires-Dist: acme-secret",
    "Requires-Python: >=3.9",
    "Description-Content-Type: text/markdown",
)
README = "# The heading\n\nSome *text* and <script>alert(1)</script>."


def offered(version: str = "3.0", **options) -> OfferedFile:
    """A wheel of Flask with its metadata beside it."""
    wheel = build_wheel("Flask", version)
    metadata = metadata_text(
        "Flask", version, *FIELDS, description=README, metadata_version="2.4"
    ).encode()
    return OfferedFile.of(wheel, **{"metadata": metadata, **options})
