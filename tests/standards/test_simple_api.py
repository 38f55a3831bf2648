"""What is written of a file that another index has told of."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from bs4 import BeautifulSoup

from pypi_web.standards.simple_api import (
    SERIALISERS,
    Format,
    ProjectFile,
    ProjectPage,
)

FILE = ProjectFile(
    filename="foo-1.0.tar.gz",
    url="../../files/foo-1.0.tar.gz",
    sha256="a" * 64,
    size=3,
    uploaded_at=datetime(2026, 1, 2, tzinfo=UTC),
)


def in_json(file: ProjectFile) -> dict[str, object]:
    page = ProjectPage(name="foo", serial=1, versions=("1.0",), files=(file,))
    return json.loads(SERIALISERS[Format.JSON].page(page))["files"][0]


def in_html(file: ProjectFile) -> dict[str, str]:
    page = ProjectPage(name="foo", serial=1, versions=("1.0",), files=(file,))
    return BeautifulSoup(SERIALISERS[Format.HTML].page(page), "html.parser").a.attrs


def test_what_is_not_known_is_left_out_for_a_null_ends_uv():
    told = in_json(replace(FILE, size=None, uploaded_at=None))

    assert not {"size", "upload-time", "provenance", "requires-python"} & set(told)
    assert None not in told.values()


def test_metadata_may_be_offered_without_its_digest():
    known = replace(FILE, metadata_sha256="b" * 64)
    unknown = replace(FILE, has_metadata=True)

    assert in_json(FILE)["core-metadata"] is False
    assert in_json(unknown)["core-metadata"] is True
    assert in_json(known)["core-metadata"] == {"sha256": "b" * 64}
    assert "data-core-metadata" not in in_html(FILE)
    assert in_html(unknown)["data-core-metadata"] == "true"
    assert in_html(known)["data-core-metadata"] == f"sha256={'b' * 64}"


def test_provenance_is_told_in_both_formats():
    attested = replace(FILE, provenance="https://example.org/foo.provenance?a&b")

    assert in_json(attested)["provenance"] == "https://example.org/foo.provenance?a&b"
    assert in_html(attested)["data-provenance"] == "https://example.org/foo.provenance?a&b"
    assert "data-provenance" not in in_html(FILE)
