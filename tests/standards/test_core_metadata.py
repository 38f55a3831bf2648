"""Core metadata is read as its specification has it, and as tools have written it."""

import pytest

from pypi_web.standards.core_metadata import InvalidCoreMetadata, parse, required_project
from tests.distributions import metadata_text


def test_license_files_before_their_time_are_passed_over():
    metadata = parse(
        metadata_text("x", "1", "License-File: LICENSE", metadata_version="2.1").encode()
    )

    assert metadata.license_files == ()


def test_license_files_in_their_time_are_kept():
    text = metadata_text("x", "1", "License-File: LICENSE", metadata_version="2.4")

    assert parse(text.encode()).license_files == ("LICENSE",)


@pytest.mark.parametrize(
    "field", ["License-Expression: MIT", "Import-Name: x", "Unheard-Of: x", "Name: twice"]
)
def test_what_the_version_has_not_is_refused_by_name(field: str):
    with pytest.raises(InvalidCoreMetadata) as caught:
        parse(metadata_text("x", "1", field).encode())

    assert field.partition(":")[0].lower() in str(caught.value)


def test_every_fault_is_named():
    text = metadata_text("x", "1", "Requires-Dist: ((", "Requires-Python: three")

    with pytest.raises(InvalidCoreMetadata, match="requires-dist") as caught:
        parse(text.encode())

    assert "requires-python" in str(caught.value)


def test_unknown_is_nothing():
    metadata = parse(metadata_text("x", "1", "Author: UNKNOWN", "Platform: UNKNOWN").encode())

    assert (metadata.author, metadata.platforms) == (None, ())


@pytest.mark.parametrize(
    ("requirement", "project"),
    [("Foo.Bar[x]>=1; python_version < '3'", "foo-bar"), ("foo @ https://example.org/x", "foo")],
)
def test_a_requirement_names_a_project(requirement: str, project: str):
    assert required_project(requirement) == project


def test_what_is_no_requirement_names_none():
    assert required_project("((") is None
