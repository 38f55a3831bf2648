"""How values are written on pages."""

from types import SimpleNamespace

import pytest

from pypi_web.site import filters


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_500_000_000, "1.5 GB"),
        (10**16, "10000 TB"),
    ],
)
def test_sizes(value: int, written: str):
    assert filters.size(value) == written


@pytest.mark.parametrize(
    ("author", "addresses", "expected"),
    [
        ("Ann", None, [("Ann", "")]),
        (None, "Ann <a@example.org>", [("Ann", "a@example.org")]),
        ("Ann", "a@example.org", [("Ann", "a@example.org")]),
        ("Ann", "Ann <a@example.org>", [("Ann", "a@example.org")]),
        (
            None,
            "Ann <a@example.org>, b@example.org",
            [("Ann", "a@example.org"), ("b@example.org", "b@example.org")],
        ),
        (None, "nonsense", []),
        (None, None, []),
    ],
)
def test_contacts(author: str | None, addresses: str | None, expected: list):
    found = [(each.name, each.address) for each in filters.contacts(author, addresses)]

    assert found == expected


def test_contacts_that_cannot_be_read_are_shown_as_they_are_written_or_left_out():
    """Older Pythons cannot read it, newer ones find no address in it."""
    found = filters.contacts(None, "(" * 5_000)

    assert [(each.name, each.address) for each in found] in ([("(" * 2_000, "")], [])


def test_contacts_and_keywords_end_somewhere():
    many = ", ".join(f"{number}@x.org" for number in range(150))

    assert len(filters.contacts("Ann", many)) == 20
    assert len(filters.keywords(many)) == 100


def test_dependencies_by_the_extra_that_asks_for_them():
    specifiers = ["attrs>=22,<30", 'rich; extra == "pretty"', "x; python_version < '3'", "(("]
    dependencies = [SimpleNamespace(specifier=each, normalized_name=None) for each in specifiers]

    groups = filters.by_extra(dependencies)

    assert [line.name for line in groups[""]] == ["attrs", "x", "(("]
    assert groups[""][0].versions == ">=22, <30"
    assert groups[""][1].condition == 'python_version < "3"'
    assert [line.name for line in groups["pretty"]] == ["rich"]


def test_the_condition_of_an_extra_that_is_one_of_two_is_shown_whole():
    marker = 'extra == "a" or python_version < "3"'
    dependency = SimpleNamespace(specifier=f"x; {marker}", normalized_name="x")

    assert filters.by_extra([dependency])["a"][0].condition == marker


def test_keywords_by_commas_or_spaces():
    assert filters.keywords("one two, three") == ["one two", "three"]
    assert filters.keywords("one two") == ["one", "two"]
    assert filters.keywords(None) == []


def test_a_licence_that_is_a_whole_text_is_named_by_its_first_line():
    assert filters.licence_name("\n  MIT License\n\nCopyright") == "MIT License"
    assert len(filters.licence_name("x" * 500)) == 80


def test_a_host_of_what_is_no_address_is_nothing():
    assert filters.host("https://docs.example.org/x") == "docs.example.org"
    assert filters.host("https://[broken/") == ""


def test_a_changed_static_file_has_another_address():
    assert filters.asset("base.css") != filters.asset("layout.css")
