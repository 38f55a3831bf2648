"""Names of files are read, and there is one way to spell each."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.standards import filenames, wheel_tags
from pypi_web.standards.filenames import InvalidFilename, PackageType

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._]{0,12}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: "__" not in name
)
VERSIONS = st.from_regex(
    r"([0-9]!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9]{1,2})?(\.post[0-9]{1,2})?"
    r"(\.dev[0-9]{1,2})?(\+[a-z0-9]{1,5}(\.[a-z0-9]{1,5})?)?",
    fullmatch=True,
)
TAGS = st.lists(st.from_regex(r"[a-z]{2}[0-9]{1,3}(_[a-z0-9]+)?", fullmatch=True), min_size=1)


@given(NAMES, VERSIONS)
def test_a_source_distribution_says_its_name_and_version(name: str, version: str):
    parsed = filenames.parse(f"{name}-{version}.tar.gz")

    again = filenames.parse(filenames.exact_spelling(parsed))

    assert (again.project, again.version) == (parsed.project, parsed.version)
    assert filenames.exact_spelling(again) == again.text


@given(NAMES, VERSIONS, st.sampled_from(["", "1-", "20b-"]), TAGS, TAGS, TAGS)
def test_a_wheel_says_its_name_version_and_tags(name, version, build, pythons, abis, platforms):
    sets = "-".join(".".join(each) for each in (pythons, abis, platforms))
    parsed = filenames.parse(f"{name}-{version}-{build}{sets}.whl")

    again = filenames.parse(filenames.exact_spelling(parsed))

    assert (again.project, again.version) == (parsed.project, parsed.version)
    assert set(again.platforms) == set(parsed.platforms)
    assert filenames.exact_spelling(again) == again.text
    assert again.package_type is PackageType.WHEEL


@given(st.text(max_size=60))
def test_any_text_is_a_filename_or_is_refused(text: str):
    for name in (text, f"{text}.whl", f"{text}.tar.gz"):
        with suppress(InvalidFilename):
            exact = filenames.exact_spelling(filenames.parse(name))
            assert filenames.exact_spelling(filenames.parse(exact)) == exact


@pytest.mark.parametrize("tag", ["any", "win_amd64", "manylinux_2_17_x86_64", "linux_armv7l"])
def test_platforms_that_say_what_they_run_on(tag: str):
    assert wheel_tags.promises(tag)


@pytest.mark.parametrize("tag", ["linux_x86_64", "freebsd_13_amd64", "windows"])
def test_platforms_that_do_not(tag: str):
    assert not wheel_tags.promises(tag)
    assert not wheel_tags.is_malformed(tag)


@pytest.mark.parametrize("tag", ["win", "win64", "manylinux", "macosx_10_x86_64", "ios_arm64"])
def test_platforms_that_are_none(tag: str):
    assert wheel_tags.is_malformed(tag)
