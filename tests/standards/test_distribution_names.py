"""Names of wheels and source distributions are told from all others, as `packaging` tells them."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from pypi_web.standards.distribution_names import MAX_LENGTH, is_distribution, split

ENDINGS = (".whl", ".tar.gz", ".zip", ".whl.tar.gz", ".tar.gz.zip", ".TAR.GZ", ".egg", "")
ODD = st.text("abvA01._+!", max_size=6)
PROJECTS = st.sampled_from(["a", "A", "some_project", "so__me", "zope.x", "_x", "x_", "1"]) | ODD
VERSIONS = ODD | st.sampled_from(
    ["1.0", "v1.0.post2", "1!2.0A1", "1.0RC1", "1.0+cu118", "1.0-1", "1.0.dev", "1_0", "1b", "x"]
)
BUILDS = st.sampled_from([[], [], ["1"], ["20b.c+!"], ["1__"], ["b2"], ["_"]]) | st.tuples(ODD)
TAGS = ODD | st.sampled_from(["py3", "py2.py3", "abi3", "any", "3", "a__b", "py3.", ".any", "a!+"])
NAMES_OF_WHEELS = st.builds(
    lambda project, version, build, *tags: "-".join([project, version, *build, *tags]) + ".whl",
    *(PROJECTS, VERSIONS, BUILDS, TAGS, TAGS, TAGS),
)
NAMES = st.builds(
    lambda parts, ending: "-".join(parts) + ending,
    st.lists(PROJECTS | VERSIONS | TAGS, max_size=7),
    st.sampled_from(ENDINGS),
)


def is_known_to_packaging(filename: str) -> bool:
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        parse(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return False
    return True


@given(NAMES | NAMES_OF_WHEELS)
@example("a-1.0-1.tar.gz")
@example("--1.zip")
@example("a-1.0.tar.gz.tar.gz")
def test_packaging_says_the_same_of_every_name_of_plain_characters(filename: str):
    assert is_distribution(filename) is is_known_to_packaging(filename)


def test_packaging_says_the_same_of_usual_names():
    versions = ["1.0", "1.0RC1", "2!1.0.post3.dev4", "1.0+local.7"]
    wheels = ["py3-none-any", "1-cp312-cp312-win_amd64", "py2.py3-none-any", "cp39-abi3-linux_a.b"]

    for version, tags in product(versions, wheels):
        for filename in (f"some.project-{version}-{tags}.whl", f"some_project-{version}.tar.gz"):
            assert is_known_to_packaging(filename)
            assert is_distribution(filename)


@pytest.mark.parametrize(
    "filename",
    [
        "",
        ".",
        "..",
        "sample",
        "so__me-1.0-py3-none-any.whl",
        "sample-1.0-3-none-any.whl",
        "sample-1.0-py3.8.egg",
        "sample-1.0.win32.exe",
        "sample-1.0.tar.bz2",
        "sample-1.0.tar.gz.asc",
        "sample-1.0-py3-none-any.whl.metadata",
        "../sample-1.0.tar.gz",
        "a/sample-1.0.tar.gz",
        "a\\sample-1.0.tar.gz",
        "sample-1.0.tar.gz\n",
        "sample-1.0\0.tar.gz",
        "sample-1.0 .tar.gz",
        "sämple-1.0.tar.gz",
        "sample-١.tar.gz",
        "ſample-1.0.zip",
        "sample\ud800-1.0.zip",
        f"{'a' * MAX_LENGTH}-1.0.zip",
    ],
)
def test_other_names_are_of_no_distribution(filename: str):
    assert not is_distribution(filename)


def test_a_name_may_be_as_long_as_a_file_system_takes():
    longest = "a" * (MAX_LENGTH - len("-1.0.zip")) + "-1.0.zip"

    assert is_distribution(longest)
    assert not is_distribution("a" + longest)


@given(st.text())
def test_any_text_gets_an_answer(text: str):
    for filename in (text, f"{text}.whl", f"{text}-1.0.tar.gz"):
        assert not is_distribution(filename) or filename.isascii()


@given(NAMES_OF_WHEELS | NAMES)
@example("Some.Project-1.0.zip")
@example("a-b-1.0.post2.tar.gz")
@example("so_me-1.0-1-py3-none-any.whl")
def test_splits_names_as_packaging_does(filename: str) -> None:
    if is_distribution(filename):
        parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
        project, version = parse(filename)[:2]

        assert split(filename) == (project, str(version))
