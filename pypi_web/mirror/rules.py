"""What of upstream's is offered here: names that are nobody else's, files that are old enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from pypi_web.mirror.cooling import tell_when
from pypi_web.settings import Settings
from pypi_web.standards.upstream_pages import UpstreamFile, UpstreamPage

QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Offer:
    """The files of a page that may be had here, and why others may not, a sentence each."""

    files: tuple[UpstreamFile, ...]
    reasons: tuple[str, ...]


def is_reserved(settings: Settings, normalized_name: str) -> bool:
    """Whether upstream is never asked for a name."""
    return _matches(settings.mirror_reserved, normalized_name)


def minimum_age(settings: Settings, normalized_name: str) -> timedelta:
    """How old a file of a project has to be, which may be nothing at all."""
    if _matches(settings.mirror_minimum_age_except, normalized_name):
        return timedelta(0)
    return settings.mirror_minimum_age


def judge(settings: Settings, normalized_name: str, page: UpstreamPage, now: datetime) -> Offer:
    """What is offered of a page at a moment."""
    if page.status == QUARANTINED:
        why = f" The reason given: “{page.status_reason}”." if page.status_reason else ""
        told = f"Upstream has quarantined this project: nothing of it is offered.{why}"
        return Offer((), (told,))
    files = [each for each in page.files if "sha256" in each.hashes]
    reasons = []
    if unverifiable := len(page.files) - len(files):
        reasons.append(
            f"Upstream tells no SHA-256 of {_count(unverifiable)}: nobody could tell whether the"
            " right bytes came."
        )
    small = [each for each in files if (each.size or 0) <= settings.mirror_max_file_size]
    if large := len(files) - len(small):
        reasons.append(
            f"{_count(large).capitalize()} of upstream's: larger than is fetched here (setting"
            " pypi_web.mirror.max_file_size)."
        )
    files = small
    age = minimum_age(settings, normalized_name)
    if age:
        timed = [each for each in files if each.uploaded_at is not None]
        if untimed := len(files) - len(timed):
            reasons.append(
                f"Upstream does not tell when it got {_count(untimed)}, and only what is"
                f" {_days(age)} old is offered here (setting pypi_web.mirror.minimum_age). A"
                " project that is named in pypi_web.mirror.minimum_age_except does not wait."
            )
        files = [each for each in timed if each.uploaded_at and each.uploaded_at <= now - age]
        if len(timed) > len(files):
            young = [each for each in timed if each.uploaded_at and each.uploaded_at > now - age]
            reasons.append(
                f"Upstream has got {_count(len(young))} lately, and only what is {_days(age)} old"
                " is offered here (setting pypi_web.mirror.minimum_age):"
                f" {tell_when(normalized_name, young, files, age)}."
            )
    return Offer(tuple(files), tuple(reasons))


def next_change(
    settings: Settings, normalized_name: str, page: UpstreamPage, now: datetime
) -> datetime | None:
    """When the next file of a page will be old enough; None where none is awaited."""
    age = minimum_age(settings, normalized_name)
    if not age:
        return None
    moments = (each.uploaded_at + age for each in page.files if each.uploaded_at is not None)
    return min((each for each in moments if each > now), default=None)


def _matches(patterns: Iterable[str], normalized_name: str) -> bool:
    return any(fnmatchcase(normalized_name, each) for each in patterns)


def _count(number: int) -> str:
    return "one file" if number == 1 else f"{number:,} files"


def _days(age: timedelta) -> str:
    return str(age).removesuffix(", 0:00:00")
