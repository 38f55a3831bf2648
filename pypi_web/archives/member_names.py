"""Names of members: what may stand in an archive so that it unpacks the same way everywhere."""

import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from pypi_web.archives.refusal import ArchiveRefused, quoted

MAX_LENGTH = 1024
"""The longest name of a member, in characters."""

MAX_NAMES_SIZE = 16 << 20
"""What all names of an archive may have together, in bytes."""

_MAX_UTF8 = 4
_MAX_PART = 255  # bytes, which is what file systems take
_PART = r"(?!\.{1,2}(?:/|\Z))[^/\\\x00-\x1f\x7f-\x9f]+"
_CLEAN = re.compile(rf"(?![A-Za-z]:){_PART}(?:/{_PART})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DRIVE = re.compile(r"[A-Za-z]:")


def check(path: str) -> None:
    """Refuses a path that is not relative, below where it is unpacked, and the same on every system
    (PEP 721, "Hints for further verification"); `path` has no slash at its end."""
    if len(path) > MAX_LENGTH:
        raise ArchiveRefused(
            f"its member {quoted(path)} has a name of more than {MAX_LENGTH} characters"
        )
    if not is_clean(path):
        raise ArchiveRefused(f"its member {quoted(path)} {_explain(path)}")


def is_clean(path: str) -> bool:
    """Whether `check` takes a path."""
    return (
        len(path) <= MAX_LENGTH
        and _CLEAN.fullmatch(path) is not None
        and (len(path) * _MAX_UTF8 <= _MAX_PART or _has_short_parts(path))
    )


def _has_short_parts(path: str) -> bool:
    # Normalising takes the square of the time in very many accents on one letter, too.
    return all(len(part.encode()) <= _MAX_PART for part in path.split("/"))


def _explain(path: str) -> str:
    if not path:
        return "has an empty name"
    if _CONTROL.search(path):
        return "has a control character in its name"
    if "\\" in path:
        return "has a backslash in its name: separate folders by /"
    if path.startswith("/") or _DRIVE.match(path):
        return "has an absolute name"
    if ".." in path.split("/"):
        return "has .. in its name, which leads out of the archive"
    if not _has_short_parts(path):
        return f"has a name with a part of more than {_MAX_PART} bytes: no file system takes that"
    return "has an empty part or a . in its name"


def check_together(paths: Iterable[str]) -> None:
    """Refuses members of one name, and what stands below a member that is no folder.

    A folder's path ends with a slash. Names that differ in their Unicode form only are one name,
    as they are on some file systems.
    """
    for clash in find_clashes((path, path) for path in paths):
        if clash.is_same:
            raise ArchiveRefused(f"its member {quoted(clash.second)} is there twice")
        raise ArchiveRefused(
            f"its member {quoted(clash.second)} is below {quoted(clash.first)}, which is no folder"
        )


def check_case(paths: Iterable[str], *, alone: Container[str]) -> None:
    """Refuses what is below a member that is no folder, and what has the name of a member of
    `alone`, where upper case and lower case are one, as they are on some file systems."""
    for clash in find_clashes((without_case(path), path) for path in paths):
        if not clash.is_same:
            raise ArchiveRefused(
                f"its member {quoted(clash.second)} is below {quoted(clash.first)}, which is no"
                " folder, where upper and lower case are one"
            )
        if clash.first in alone or clash.second in alone:
            raise ArchiveRefused(
                f"its member {quoted(clash.second)} differs from {quoted(clash.first)} only in"
                " upper and lower case"
            )


def without_case(path: str) -> str:
    """What all names that are one without regard to case have in common (Unicode, 3.13.5 "Default
    Caseless Matching", D145), but for their form."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFD", path).casefold()


class Clash(NamedTuple):
    """Two members that cannot be unpacked beside each other: of one place, or the second below the
    first, which is no folder."""

    first: str
    second: str
    is_same: bool


def find_clashes(members: Iterable[tuple[str, str]]) -> Iterator[Clash]:
    """At least one clash, if there is any, among members by their places and their names; a
    folder's place ends with a slash."""
    # With the lowest of all bytes between the parts, what is below a member sorts right behind it.
    keys = sorted((_sort_key(place), name) for place, name in members)
    for (before, first), (after, second) in pairwise(keys):
        if before == after:
            yield Clash(first, second, is_same=True)
        elif after.startswith(before + b"\x00") and not before.endswith(b"\x00"):
            yield Clash(first, second, is_same=False)


def _sort_key(path: str) -> bytes:
    normal = path if path.isascii() else unicodedata.normalize("NFC", path)
    return normal.replace("/", "\x00").encode()
