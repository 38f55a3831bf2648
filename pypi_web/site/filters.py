"""How values are written on pages."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from pypi_web import clock
from pypi_web.standards import addresses, names

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_FILE_KINDS = {"sdist": "Source", "bdist_wheel": "Wheel", "bdist_egg": "Egg"}
_EXTRA = re.compile(r"""\bextra\s*==\s*(?:'([^']*)'|"([^"]*)")""")
_MAX_KEYWORDS = 100
_MAX_CONTACTS = 20
_MAX_ADDRESSES = 2_000
"""Characters that addresses are looked for in."""
_AND_EXTRA = re.compile(r"""(?:\s+and\s+)?\bextra\s*==\s*(?:'[^']*'|"[^"]*")(?:\s+and\s+)?""")


def size(value: int) -> str:
    """Bytes as people say them, in powers of a thousand: `1.2 MB`."""
    amount = float(value)
    unit = 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    written = f"{amount:.0f}" if unit == 0 or amount >= 99.95 else f"{amount:.1f}"
    return f"{written} {_UNITS[unit]}"


def number(value: int) -> str:
    """With thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def day(value: datetime) -> str:
    """`3 Nov 2026`, in UTC."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """ISO 8601, for a `<time>`."""
    return value.isoformat(timespec="seconds")


def file_path(file: object) -> str:
    """A file's address on this site, from its root."""
    return "/" + addresses.of_file(file.sha256, file.filename)  # type: ignore[attr-defined]


def path_part(value: str) -> str:
    return quote(value, safe="")


def host(url: str) -> str:
    """The host of an address, so that a link says where it leads."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def normalized(name: str) -> str:
    """The spelling of a project's name that its address has."""
    return names.normalize(name)


def is_past(value: datetime) -> bool:
    return value <= clock.now()


def bounds(specifiers: str) -> str:
    """Version specifiers with room between them, so that a line can break there."""
    return ", ".join(bound.strip() for bound in specifiers.split(","))


def file_kind(package_type: str) -> str:
    """What a file is, in a word."""
    return _FILE_KINDS.get(package_type, package_type)


def keywords(value: str | None) -> list[str]:
    """A hundred keywords at most, which some write with commas between them, some with spaces."""
    parts = (value or "").split("," if "," in (value or "") else None)
    found = dict.fromkeys(part.strip() for part in parts if part.strip())
    return list(found)[:_MAX_KEYWORDS]


def licence_name(value: str) -> str:
    """The first line of a licence: some publish the whole text of theirs."""
    line = next((line.strip() for line in value.splitlines() if line.strip()), "")
    return line if len(line) <= 80 else line[:79].rstrip() + "…"


@dataclass(frozen=True)
class Contact:
    name: str
    address: str


def contacts(names_written: str | None, addresses_written: str | None) -> list[Contact]:
    """Who `Author` and `Author-email` name, the first twenty; either may stand for both or be
    empty."""
    found = _find_contacts((addresses_written or "")[:_MAX_ADDRESSES])
    if names_written and len(found) == 1 and found[0].name == found[0].address:
        return [Contact(names_written, found[0].address)]
    known = {contact.name for contact in found}
    if names_written and names_written not in known and names_written.lower() != "unknown":
        found.insert(0, Contact(names_written, ""))
    return found[:_MAX_CONTACTS]


def _find_contacts(text: str) -> list[Contact]:
    """The addresses in a text; the text itself as a name, where it is too odd to be read."""
    try:
        found = getaddresses([text])
    except (RecursionError, ValueError):
        return [Contact(text, "")]
    return [Contact(name or address, address) for name, address in found if "@" in address]


def by_group(classifiers: Iterable[str]) -> dict[str, list[str]]:
    """Classifiers by their first segment: `{"Topic": ["Utilities", …]}`."""
    groups: dict[str, list[str]] = {}
    for classifier in classifiers:
        group, _, rest = classifier.partition(" :: ")
        groups.setdefault(group, []).append(rest or group)
    return groups


@dataclass(frozen=True)
class DependencyLine:
    """A dependency in the parts that a page shows; what cannot be read is all `name`."""

    name: str
    normalized_name: str | None
    versions: str
    condition: str


def by_extra(dependencies: Iterable[Any]) -> dict[str, list[DependencyLine]]:
    """Dependencies by the extra that asks for them, those without one first, under `""`."""
    groups: dict[str, list[DependencyLine]] = {"": []}
    for dependency in dependencies:
        line, extras = _dependency_line(dependency)
        for extra in extras or [""]:
            groups.setdefault(extra, []).append(line)
    return {extra: lines for extra, lines in groups.items() if lines}


def _dependency_line(dependency: Any) -> tuple[DependencyLine, list[str]]:
    try:
        requirement = Requirement(dependency.specifier)
    except InvalidRequirement:
        return DependencyLine(dependency.specifier, dependency.normalized_name, "", ""), []
    wanted = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    specifiers = sorted((str(each) for each in requirement.specifier), reverse=True)  # `>=1, <2`
    marker = str(requirement.marker or "")
    extras = [single or double for single, double in _EXTRA.findall(marker)]
    # A marker with "or" is shown whole: without its extras it would say something else.
    condition = marker if re.search(r"\bor\b", marker) else _AND_EXTRA.sub("", marker)
    line = DependencyLine(
        name=requirement.name + wanted,
        normalized_name=dependency.normalized_name,
        versions=f"@ {requirement.url}" if requirement.url else ", ".join(specifiers),
        condition=condition.strip(),
    )
    return line, list(dict.fromkeys(extras))


@cache
def asset(name: str) -> str:
    """What follows a static file's address, so that a new version of it is a new address."""
    content = files("pypi_web.site").joinpath("static", name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


FILTERS = {
    "bounds": bounds,
    "by_extra": by_extra,
    "by_group": by_group,
    "contacts": contacts,
    "day": day,
    "file_kind": file_kind,
    "file_path": file_path,
    "host": host,
    "is_past": is_past,
    "keywords": keywords,
    "licence_name": licence_name,
    "moment": moment,
    "normalized": normalized,
    "number": number,
    "path_part": path_part,
    "size": size,
}
