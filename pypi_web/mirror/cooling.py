"""Which releases of upstream's are too young to be offered, and from when each is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pypi_web.standards import distribution_names, versions
from pypi_web.standards.upstream_pages import UpstreamFile

TOLD = 3
"""How many versions are told of."""


def tell_when(
    name: str, young: Iterable[UpstreamFile], offered: Iterable[UpstreamFile], age: timedelta
) -> str:
    """The highest versions among files that are held back, as the end of a sentence: "cool 2.0 is
    offered from 26 Nov 2026" (UTC). Of a version that has files which are `offered` already, that
    is the rest."""
    moments: dict[str, datetime] = {}
    for file in young:
        if file.uploaded_at is not None:
            version, moment = _version(file), file.uploaded_at + age
            moments[version] = min(moment, moments.get(version, moment))
    highest = sorted(moments, key=versions.sort_key, reverse=True)
    begun = _list_begun(highest[:TOLD], offered)
    told = [
        f"{'the rest of ' if each in begun else ''}{name} {each} is offered from"
        f" {_day(moments[each])}"
        for each in highest[:TOLD]
    ]
    if len(highest) > TOLD:
        left = len(highest) - TOLD
        told.append(f"{left:,} more {'version is' if left == 1 else 'versions are'} held back")
    return ", ".join(told)


def _list_begun(of: list[str], offered: Iterable[UpstreamFile]) -> set[str]:
    """Those versions that a file is offered of; names are taken apart where they may be of one."""
    likely = (file for file in offered if any(each in file.filename for each in of))
    return {_version(file) for file in likely}


def _version(file: UpstreamFile) -> str:
    return distribution_names.split(file.filename)[1]


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
