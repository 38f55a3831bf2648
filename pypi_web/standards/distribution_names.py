"""Whether a file's name is that of a wheel or of a source distribution, asked ten thousand times.

`packaging` makes versions and sets of tags of each name, which takes seven times as long. What is
accepted here is what its parsers accept, as a test holds (PEP 427; "Source distribution format").
"""

import re
from functools import lru_cache

from packaging.utils import canonicalize_name
from packaging.version import VERSION_PATTERN, Version

MAX_LENGTH = 255
"""The longest name that is taken, which is what file systems take."""

_IS_VERSION = re.compile(VERSION_PATTERN, re.A | re.I | re.X).fullmatch

_PYTHONS = r"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)*+"
_TAGS = r"[\w+!]++(?:\.[\w+!]++)*"
_WHEEL = re.compile(
    r"(?![^-]*__)[\w.]++"
    r"-(?P<version>[^-]++)"
    r"(?:-[0-9][\w.+!]*+)?+"  # the build's number
    rf"-{_PYTHONS}-{_TAGS}-{_TAGS}\.whl",
    re.A,
).fullmatch
_SDIST = re.compile(r"[\w.+!-]+-(?P<version>[^-]+)\.(?:tar\.gz|zip)", re.A).fullmatch


def is_distribution(filename: str) -> bool:
    """Whether installers may be offered a file of that name: `.whl`, `.tar.gz` or `.zip`, in ASCII.

    The eggs and installers of old are none.
    """
    if len(filename) > MAX_LENGTH:
        return False
    parts = _WHEEL(filename) or _SDIST(filename)
    return parts is not None and _IS_VERSION(parts["version"]) is not None


def split(filename: str) -> tuple[str, str]:
    """The project, normalised, and the version of a file whose name is that of a distribution."""
    project, version = _parts(filename)
    return canonicalize_name(project), _as_written(version)


def project_of(filename: str) -> str:
    """The project alone, which takes less time to find."""
    return canonicalize_name(_parts(filename)[0])


def _parts(filename: str) -> tuple[str, str]:
    if filename.endswith(".whl"):
        project, version, *_ = filename.split("-")
    else:
        project, _, version = re.sub(r"\.(?:tar\.gz|zip)$", "", filename).rpartition("-")
    return project, version


@lru_cache(10_000)
def _as_written(version: str) -> str:
    """A version as PEP 440 has it written: a page's files share few."""
    return str(Version(version))
