"""What the name of a distribution's file says (PEP 425, 427 and 625)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

_ALLOWED = re.compile(r"[A-Za-z0-9._+!-]+", re.A)


class PackageType(StrEnum):
    """The kinds of file that may be published, by the upload protocol's names."""

    SDIST = "sdist"
    WHEEL = "bdist_wheel"


class InvalidFilename(ValueError):
    """The name is no name of a wheel or of a source distribution; the message says why."""


@dataclass(frozen=True)
class Filename:
    """A file's name, read. `project` is normalised; `version` is canonical but for its zeros."""

    text: str
    package_type: PackageType
    project: str
    version: str
    python_tag: str


def parse(filename: str) -> Filename:
    """Reads `NAME-VERSION.tar.gz` or `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl`.

    Raises InvalidFilename, whose message is a sentence for the publisher.
    """
    if not _ALLOWED.fullmatch(filename):
        raise InvalidFilename(
            f"Invalid filename {filename!a}: letters and digits of ASCII and . _ - + ! may"
            " stand in it."
        )
    try:
        if filename.endswith(".whl"):
            project, version, _, _ = parse_wheel_filename(filename)
            python_tag = filename.split("-")[-3]
            return Filename(filename, PackageType.WHEEL, project, str(version), python_tag)
        if filename.endswith(".tar.gz"):
            project, version = parse_sdist_filename(filename)
            return Filename(filename, PackageType.SDIST, project, str(version), "source")
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise InvalidFilename(f"{error}.") from None
    raise InvalidFilename(
        f"Invalid filename {filename!r}: an index takes wheels (.whl) and source distributions"
        " (.tar.gz)."
    )
