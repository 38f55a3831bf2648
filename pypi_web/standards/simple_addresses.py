"""Addresses on a page of another index, made absolute (RFC 3986).

Most are plain, and those are taken as they are, or joined by one look into a table: the standard
library takes five microseconds for each, and a page has ten thousand.
"""

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_PLAIN = "A-Za-z0-9%._~+!@=,-"
_IS_ABSOLUTE = re.compile(
    rf"https?://[A-Za-z0-9._-]+(?::[0-9]{{1,4}})?/[{_PLAIN}/]*", re.A
).fullmatch
_SEGMENT = rf"(?!\.)[{_PLAIN}]+"
_RELATIVE = re.compile(rf"((?:\.\./)*|/)({_SEGMENT}(?:/{_SEGMENT})*)", re.A).fullmatch
_IS_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?", re.A).fullmatch

_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""What stays when the rest is quoted: all that has a meaning in an address, `%` too."""


class Addresses:
    """The addresses of one page, which stands at `url` unless its `base` says otherwise."""

    def __init__(self, url: str, base: str | None = None) -> None:
        self._base = url
        self._folders: dict[str, str | None] = {}
        if base is not None:
            self._base = self._join(base.strip()) or url

    def resolve(self, address: object) -> str | None:
        """The absolute address of http or https, without fragment and credentials; None for what
        is no such address."""
        if not isinstance(address, str):
            return None
        if _IS_ABSOLUTE(address):
            return address
        address = address.partition("#")[0].strip()
        if relative := _RELATIVE(address):
            folder = self._folder(relative[1])
            return folder and folder + relative[2]
        return self._join(address) if address else None

    def _folder(self, dots: str) -> str | None:
        if dots not in self._folders:
            self._folders[dots] = self._join(dots or ".")
        return self._folders[dots]

    def _join(self, address: str) -> str | None:
        try:
            parts = urlsplit(urljoin(self._base, quote(address, safe=_SAFE)))
            _ = parts.port  # read, it raises ValueError where it is none
        except ValueError:
            return None
        # What is kept and shown has no password in it, not even one of this site's own settings.
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme not in ("http", "https") or not _IS_HOST(host):
            return None
        return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
