"""Addresses that are asked: read once, so that what is checked is what is asked."""

from dataclasses import dataclass
from urllib.parse import unquote, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from pypi_web.upstream.failures import Fault

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    """A place that HTTP reaches; neither user, password nor fragment is part of it."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""

    def __str__(self) -> str:
        # A query may be a signature that opens what nobody else may read.
        return f"{self._site}{self.path.partition('?')[0]}"

    @property
    def url(self) -> str:
        return f"{self._site}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def _site(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def follow(self, location: str | None) -> "Target":
        """Where a redirect from here leads; raises Fault where one may not go there."""
        if not location:
            raise Fault("redirects without saying where to")
        # http.client reads headers as Latin-1, whatever they are.
        written = location.encode("latin-1", "replace").decode("utf-8", "replace")
        try:
            found, _ = read_address(urljoin(self.url, written))
        except (Fault, ValueError) as error:
            raise Fault("redirects to what is no HTTP address") from error
        if self.is_secure and not found.is_secure:
            raise Fault(f"redirects from https to {found}, which everybody could read and change")
        return found


@dataclass(frozen=True)
class Credentials:
    user: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


def read_address(url: str) -> tuple[Target, Credentials | None]:
    """The target of a URL, and who is named before its host; raises Fault, as the rest of a
    sentence, where it is no HTTP address."""
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise Fault("is no address that can be read") from error
    if parts.scheme not in _PORTS or not parts.host:
        raise Fault("is no http:// or https:// address")
    credentials = None
    if parts.auth is not None:
        user, _, password = parts.auth.partition(":")
        credentials = Credentials(unquote(user), unquote(password))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query is not None else "")
    port = parts.port or _PORTS[parts.scheme]
    return Target(parts.scheme, parts.host, port, path), credentials
