"""How values are written on pages."""

import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from pypi_web.standards import addresses

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(value: int) -> str:
    """Bytes as people say them, in powers of a thousand: `1.2 MB`."""
    amount = float(value)
    unit = 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    written = f"{amount:.0f}" if unit == 0 or amount >= 99.5 else f"{amount:.1f}"
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


@cache
def asset(name: str) -> str:
    """What follows a static file's address, so that a new version of it is a new address."""
    content = files("pypi_web.site").joinpath("static", name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


FILTERS = {
    "day": day,
    "file_path": file_path,
    "moment": moment,
    "number": number,
    "path_part": path_part,
    "size": size,
}
