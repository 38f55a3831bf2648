"""What requirements.txt, pylock.toml (PEP 751) and uv.lock ask for."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.pylock import (
    Package,
    PackageSdist,
    PackageWheel,
    Pylock,
    PylockUnsupportedVersionError,
    PylockValidationError,
    is_valid_pylock_path,
)
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from pypi_web.standards import names


class UnreadableList(ValueError):
    """It is no list of what to install; the message says why."""


@dataclass(frozen=True)
class LockedFile:
    """A file that a lock names, with the SHA-256 that it has to have, if the lock says."""

    filename: str
    sha256: str | None


@dataclass(frozen=True)
class Wish:
    """A project that is asked for: the `files` that a lock names, or, where they are None, those of
    a version that `specifier` takes."""

    project: str
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    files: tuple[LockedFile, ...] | None = None


@dataclass(frozen=True)
class WishList:
    """All wishes of a file. `passed_over` names what no index has, and `others` the lists that it
    includes, relative to itself."""

    wishes: tuple[Wish, ...]
    passed_over: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def read(path: Path) -> WishList:
    """The wishes of a file, of the kind that its name says: `uv.lock`, `pylock.toml` or
    `pylock.NAME.toml`, else lines of requirements.

    Raises UnreadableList, and OSError where there is no such file.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableList("It is not text in UTF-8.") from None
    if is_valid_pylock_path(path):
        return _read_pylock(_parse(text))
    if path.name == "uv.lock":
        return _read_uv_lock(_parse(text))
    if path.suffix in (".toml", ".lock"):
        raise UnreadableList("Of locks pylock.toml and uv.lock are read, by these names.")
    return read_requirements(text)


def read_requirements(text: str) -> WishList:
    """Lines as pip takes them. Markers are passed over, for what is fetched is for any machine; so
    are hashes, for the index compares with upstream's, and an installer with these."""
    wishes: list[Wish] = []
    passed_over: list[str] = []
    others: list[str] = []
    for line in _lines(text):
        if other := _INCLUDES.match(line):
            others.append(other[1].strip())
        elif line.startswith(("-e", "--editable", "-c", "--constraint")):
            passed_over.append(line)
        elif not line.startswith("-"):
            requirement = _read_requirement(line)
            if requirement is None:
                passed_over.append(line)
            else:
                project = names.normalize(requirement.name)
                wishes.append(Wish(project, requirement.specifier))
    return WishList(tuple(wishes), tuple(passed_over), tuple(others))


_INCLUDES = re.compile(r"(?:-r|--requirement)[\s=]*(\S.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_OPTIONS = re.compile(r"\s--?[A-Za-z].*")
_IS_ADDRESS = re.compile(r"[./~\\]|[^;@]*[/\\]").match


def _lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = _COMMENT.sub("", line).strip()
        if bare:
            yield bare


def _read_requirement(line: str) -> Requirement | None:
    """None for what names an address or a path instead of a project of an index."""
    bare = _OPTIONS.sub("", line)
    if bare.endswith((".whl", ".zip", ".tar.gz")):
        return None
    try:
        requirement = Requirement(bare)
    except InvalidRequirement:
        if _IS_ADDRESS(bare):
            return None
        raise UnreadableList("It has a line that is no requirement.") from None
    return None if requirement.url else requirement


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableList(f"It is no TOML: {error}.") from None


def _read_pylock(document: dict[str, Any]) -> WishList:
    try:
        lock = Pylock.from_dict(document)
    except (PylockValidationError, PylockUnsupportedVersionError) as error:
        raise UnreadableList(f"It is no lock as PEP 751 has it: {error}.") from None
    wishes, passed_over = [], []
    for package in lock.packages:
        files = _files_of(package)
        if files:
            wishes.append(Wish(package.name, files=files))
        else:
            passed_over.append(package.name)
    return WishList(tuple(wishes), tuple(passed_over))


def _files_of(package: Package) -> tuple[LockedFile, ...]:
    files: list[PackageWheel | PackageSdist] = [*(package.wheels or ())]
    if package.sdist is not None:
        files.append(package.sdist)
    return tuple(LockedFile(each.filename, each.hashes.get("sha256")) for each in files)


def _read_uv_lock(document: dict[str, Any]) -> WishList:
    wishes, passed_over = [], []
    try:
        for package in document["package"]:
            name = names.normalize(package["name"])
            if "registry" in package["source"]:
                files = [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
                wishes.append(Wish(name, files=tuple(map(_read_uv_file, files))))
            elif not package["source"].keys() & _OF_THE_PROJECT:
                passed_over.append(name)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UnreadableList("It is no lock as uv writes it.") from None
    return WishList(tuple(wishes), tuple(passed_over))


_OF_THE_PROJECT = {"editable", "virtual", "directory"}
"""Where uv says that a package is part of what was locked, which nobody expects from an index."""


def _read_uv_file(file: dict[str, str]) -> LockedFile:
    address = file.get("url") or file.get("path") or file["filename"]
    algorithm, _, digest = file.get("hash", "").partition(":")
    filename = unquote(urlsplit(address).path.rpartition("/")[2])
    return LockedFile(filename, digest if algorithm == "sha256" else None)
