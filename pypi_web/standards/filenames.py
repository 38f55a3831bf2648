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
    platforms: tuple[str, ...] = ()


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
            python_tag, _, platforms = filename.removesuffix(".whl").split("-")[-3:]
            return Filename(
                filename,
                PackageType.WHEEL,
                project,
                str(version),
                python_tag,
                tuple(platforms.lower().split(".")),
            )
        if filename.endswith(".tar.gz"):
            project, version = parse_sdist_filename(filename)
            return Filename(filename, PackageType.SDIST, project, str(version), "source")
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise InvalidFilename(f"{error}.") from None
    raise InvalidFilename(
        f"Invalid filename {filename!r}: an index takes wheels (.whl) and source distributions"
        " (.tar.gz), as `python -m build` and `uv build` make them."
    )


def exact_spelling(filename: Filename) -> str:
    """How the standards spell the name: the project's in lower case and with `_` alone, the
    version as PEP 440 writes it, sets of tags in their order (PEP 625, PEP 427 and 425)."""
    stem = f"{filename.project.replace('-', '_')}-{filename.version}"
    if filename.package_type is PackageType.SDIST:
        return f"{stem}.tar.gz"
    build, *tags = filename.text.removesuffix(".whl").split("-")[2:]
    if len(tags) == 2:
        build, tags = "", [build, *tags]
    sets = (".".join(sorted(set(each.lower().split(".")))) for each in tags)
    return "-".join((stem, *filter(None, [build]), *sets)) + ".whl"
