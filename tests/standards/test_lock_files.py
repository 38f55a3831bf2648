"""What lists of requirements and locks ask for."""

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from pypi_web.standards.lock_files import LockedFile, UnreadableList, Wish, WishList, read

DIGEST = "a" * 64
WHEEL = "flask-3.0-py3-none-any.whl"
FILES = (LockedFile(WHEEL, DIGEST), LockedFile("flask-3.0.tar.gz", DIGEST))

PYLOCK = f"""
lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "flask"
version = "3.0"
[[packages.wheels]]
name = "{WHEEL}"
url = "https://example.org/x"
hashes = {{sha256 = "{DIGEST}"}}
[packages.sdist]
url = "https://example.org/flask-3.0.tar.gz"
hashes = {{sha256 = "{DIGEST}"}}
[[packages]]
name = "from-git"
vcs = {{type = "git", url = "https://example.org/x", commit-id = "abc"}}
"""

UV_LOCK = f"""
version = 1
[[package]]
name = "own"
source = {{ virtual = "." }}
[[package]]
name = "Flask"
version = "3.0"
source = {{ registry = "https://example.org/simple" }}
wheels = [{{ url = "https://example.org/{WHEEL}#x", hash = "sha256:{DIGEST}", size = 1 }}]
sdist = {{ url = "https://example.org/flask-3.0.tar.gz", hash = "sha256:{DIGEST}" }}
[[package]]
name = "from-git"
source = {{ git = "https://example.org/x" }}
"""


def write(folder: Path, name: str, text: str | bytes) -> WishList:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path)


@pytest.mark.parametrize(
    ("name", "text"), [("pylock.toml", PYLOCK), ("pylock.dev.toml", PYLOCK), ("uv.lock", UV_LOCK)]
)
def test_a_lock_names_files(tmp_path: Path, name: str, text: str) -> None:
    found = write(tmp_path, name, text)

    (wish,) = found.wishes
    assert (wish.project, set(wish.files or ())) == ("flask", set(FILES))
    assert found.passed_over == ("from-git",)


@pytest.mark.parametrize(
    ("line", "project", "specifier"),
    [
        ("Foo_Bar", "foo-bar", ""),
        ("foo[a,b]==1.0  # why", "foo", "==1.0"),
        ("foo==1.0 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def", "foo", "==1.0"),
        ("foo>=1,<2 ; sys_platform == 'win32'", "foo", "<2,>=1"),
        ("foo==1.0 --config-settings=x=y", "foo", "==1.0"),
    ],
)
def test_a_line_names_a_project(tmp_path: Path, line: str, project: str, specifier: str) -> None:
    found = write(tmp_path, "requirements.txt", f"# all\n\n--index-url https://e.org\n{line}\n")

    assert found == WishList((Wish(project, SpecifierSet(specifier)),))


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "./here",
        "foo-1.0-py3-none-any.whl",
        "git+https://example.org/x",
        "foo @ https://example.org/x.whl",
        "https://example.org/x.whl",
        "-c constraints.txt",
    ],
)
def test_what_no_index_has_is_passed_over(tmp_path: Path, line: str) -> None:
    assert write(tmp_path, "requirements.txt", line) == WishList((), (line,))


def test_a_list_may_include_others(tmp_path: Path) -> None:
    found = write(tmp_path, "dev.txt", "-r base.txt\n--requirement=other.txt\n")

    assert found == WishList((), (), ("base.txt", "other.txt"))


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("requirements.txt", "what is this", "a line that is no requirement"),
        ("requirements.txt", b"\xff\xfe", "UTF-8"),
        ("pylock.toml", "= x", "no TOML"),
        ("pylock.toml", "x = 1", "PEP 751"),
        ("uv.lock", "x = 1", "as uv writes it"),
        ("uv.lock", "package = [1]", "as uv writes it"),
        ("poetry.lock", "", "pylock.toml and uv.lock"),
        ("pyproject.toml", "", "pylock.toml and uv.lock"),
    ],
)
def test_refuses_with_a_sentence(tmp_path: Path, name: str, text: str | bytes, reason: str) -> None:
    with pytest.raises(UnreadableList, match=reason):
        write(tmp_path, name, text)
