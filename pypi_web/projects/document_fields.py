"""What the fields of a catalogue's documents may hold, so that both databases can keep it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from pypi_web.standards import names, versions

ABSENT = ("", "UNKNOWN", None)
"""What is written where there is nothing to write."""

LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def _check_name(name: str) -> str:
    if not names.is_valid(name) or len(name) > names.MAX_LENGTH:
        raise ValueError("this cannot name a project")
    return name


def _check_version(version: str) -> str:
    if not _is_printed(version, versions.MAX_LENGTH) or "/" in version:
        raise ValueError("this cannot be a version")
    if not versions.is_short_enough(version):
        raise ValueError("this version is too long")
    return version


def _check_filename(filename: str) -> str:
    if not _is_printed(filename, 255) or "/" in filename or "\\" in filename or filename[0] == ".":
        raise ValueError("this cannot be the name of a file")
    return filename


def _is_printed(text: str, max_length: int) -> bool:
    return 0 < len(text) <= max_length and text.isprintable() and text == text.strip()


def _check_moment(moment: datetime) -> datetime:
    """Aware UTC; a moment without a time zone is UTC already."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= aware <= LATEST:
        raise ValueError("no file was uploaded then")
    return aware.astimezone(UTC)


def _without_absent(text: str | None) -> str | None:
    return None if text in ABSENT else text


_WITHOUT_NUL = r"^[^\x00]*$"  # PostgreSQL keeps none

Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_WITHOUT_NUL)]
OptionalText = Annotated[Text | None, AfterValidator(_without_absent)]
Source = Annotated[
    Annotated[str, StringConstraints(pattern=_WITHOUT_NUL)] | None,
    AfterValidator(_without_absent),
]
ContentType = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]*$", max_length=128)] | None,
    AfterValidator(_without_absent),
]
Texts = Annotated[list[Text], Field(max_length=5_000, fail_fast=True)]
Classifiers = Annotated[
    list[Annotated[Text, StringConstraints(max_length=256)]],
    Field(max_length=500, fail_fast=True),
]
Links = Annotated[dict[Text, OptionalText], Field(max_length=500, fail_fast=True)]

ProjectName = Annotated[str, AfterValidator(_check_name)]
VersionText = Annotated[str, AfterValidator(_check_version)]
FileName = Annotated[str, AfterValidator(_check_filename)]
PackageType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
PythonTag = Annotated[Text, StringConstraints(max_length=255)]
Size = Annotated[int, Field(ge=0, lt=2**63)]
Hex256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
Hex128 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{32}$", to_lower=True)]
Moment = Annotated[datetime, AfterValidator(_check_moment)]
Address = Annotated[
    str,
    StringConstraints(
        pattern=r"^https?://[^\s/?#@\\\x00-\x1f\x7f]+(/[^\s\x00-\x1f\x7f]*)?$", max_length=4096
    ),
]
