"""Core metadata is read as its specification has it, and as tools have written it."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards.core_metadata import (
    InvalidCoreMetadata,
    parse,
    parse_what_can_be,
    required_project,
)
from tests.distributions import metadata_text

RAW_TO_EMAIL = {
    "summary": "Summary",
    "author": "Author",
    "license": "License",
    "home_page": "Home-page",
    "platforms": "Platform",
    "requires_dist": "Requires-Dist",
    "project_urls": "Project-URL",
    "description": "Description",
}


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


_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "summary": _LINE,
        "author": _LINE,
        "license": _LINE,
        "home_page": _LINE,
        "platforms": st.lists(_LINE, min_size=1, max_size=3).map(tuple),
        "requires_dist": st.lists(
            st.from_regex(r"[a-z]{1,9}(>=[1-9])?", fullmatch=True), min_size=1, max_size=3
        ).map(tuple),
        "project_urls": st.dictionaries(
            st.from_regex(r"[A-Za-z]{1,9}", fullmatch=True),
            st.from_regex(r"https://[a-z]{1,9}/", fullmatch=True),
            min_size=1,
            max_size=3,
        ).map(lambda urls: tuple(urls.items())),
        "description": st.text(
            st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1
        ),
    },
)


@given(_FIELDS)
def test_what_was_written_is_what_is_read(fields: dict[str, Any]):
    wanted = {name: value for name, value in fields.items() if value != "UNKNOWN"}
    headers = []
    for name, value in fields.items():
        header = RAW_TO_EMAIL[name]
        if name == "project_urls":
            headers += [f"{header}: {label}, {url}" for label, url in value]
        elif name != "description":
            values = value if isinstance(value, tuple) else (value,)
            headers += [f"{header}: {each}" for each in values]
    text = metadata_text("x", "1", *headers, description=fields.get("description", ""))

    found = parse(text.encode())

    assert {name: getattr(found, name) for name in wanted} == wanted


HEAD = "Metadata-Version: 2.1\nName: x\nVersion: 1\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{HEAD}Summary: x\nthis is no field\nRequires-Dist: lost\n", "line 5 is neither"),
        (f"{HEAD}Requires-Dist : lost\n", "line 4 is neither"),
        (f"{HEAD}Summary: x\r\r\nRequires-Dist: lost\n", "line 4 has a carriage return"),
        (f"{HEAD}Summary: x\rRequires-Dist: lost\n", "line 4 has a carriage return"),
        (f"From me\n{HEAD}", "line 1 is neither"),
        (f" x\n{HEAD}", "line 1 is neither"),
        (f"{HEAD}Content-Type: multipart/mixed; boundary=x\n\n--x\n", "line 4 is of an unknown"),
        (HEAD + "".join(f"H{n}: \n" for n in range(8000)), "line 101 is of an unknown field, H97"),
        (HEAD + "Classifier: x\n" * 20_000, "more than 20,000 lines"),
    ],
)
def test_what_a_parser_of_mail_would_pass_over_or_take_long_for_is_refused(text: str, reason: str):
    with pytest.raises(InvalidCoreMetadata) as caught:
        parse(text.encode())

    assert reason in str(caught.value)


def test_fields_may_go_on_in_the_next_lines_and_lines_may_end_as_on_windows():
    text = f"{HEAD}License: one\n        two\n\tthree\nKeywords: a,b\n\nA text\nwith: colons\n"

    for each in (text, text.replace("\n", "\r\n")):
        metadata = parse(each.encode())
        assert "two" in metadata.license
        assert metadata.keywords == "a, b"
        assert "with: colons" in metadata.description


def test_what_others_let_in_is_read_but_for_its_faults():
    content = (
        b"Metadata-Version: 9.9\nName: a/b\nVersion: one\nSummary: It serves\nKeywords: a,b\n"
        b"Requires-Python: whichever\nRequires-Dist: no requirement at all\nUnheard-Of: yes\n\nText"
    )

    read = parse_what_can_be(content)

    assert (read.summary, read.keywords, read.description) == ("It serves", "a, b", "Text")
    assert (read.metadata_version, read.name, read.version) == ("", "", "")
    assert read.requires_python is None
    assert read.requires_dist == ()


def test_what_has_no_faults_is_read_alike():
    content = metadata_text("sample", "1.0", "Summary: It serves", "Requires-Dist: x>1").encode()

    assert parse_what_can_be(content) == parse(content)


@given(st.binary(max_size=200))
def test_what_is_no_metadata_is_read_or_refused(content: bytes):
    for start in (b"", b"Name: x\n", b"Metadata-Version: 2.1\nRequires-Dist: "):
        with suppress(InvalidCoreMetadata):
            assert parse_what_can_be(start + content).name in ("", "x")
