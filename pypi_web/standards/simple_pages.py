"""Reads the page of a project from another index, in whichever form of the Simple API it came.

Strict about the page and lenient about each file: what one of them says wrongly is passed over, and
a file that cannot be told of is left out, so that one mistake upstream does not hide a project.
Sources: PEP 503 (HTML), 592 (yanks), 629 (version), 658 and 714 (metadata files), 691 (JSON),
700 (sizes, times, versions), 740 (provenance), 792 (status).
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from pypi_web.standards import names, simple_links
from pypi_web.standards.distribution_names import is_distribution
from pypi_web.standards.simple_addresses import Addresses
from pypi_web.standards.simple_api import ACTIVE, Format
from pypi_web.standards.upstream_pages import (
    UnreadablePage,
    UpstreamFile,
    UpstreamMetadata,
    UpstreamPage,
)

JSON_TYPES = frozenset({Format.JSON, "application/json"})
HTML_TYPES = frozenset({Format.HTML, Format.PLAIN_HTML})

MAX_NUMBER = 2**63 - 1
"""The largest size and serial: what a database keeps."""

MAX_FILES = 100_000
"""More are not read: the largest projects have a third of that."""

_MAX_VALUES = 20 * MAX_FILES
"""Commas, or tags, of a page: what is read of it takes memory by their number."""

_STATUSES = frozenset({ACTIVE, "archived", "deprecated", "quarantined"})

_HEX_DIGITS = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_224": 56,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""How long a digest is, of each algorithm that every Python has."""

_CHARSETS = frozenset({"ascii", "us-ascii", "iso-8859-1", "latin1", "windows-1252", "cp1252"})
"""What else than UTF-8 a page is decoded from: codecs of any name are not for a stranger to choose,
since some take time by the square."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w-]+)""", re.A | re.I)
_VERSION = re.compile(r"0*([0-9]{1,9})\.[0-9]+", re.A)
_FAR = 9000
_IS_HEX = re.compile(r"[0-9A-Fa-f]+", re.A).fullmatch
_IS_SHA256 = re.compile(r"[0-9a-f]{64}", re.A).fullmatch
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
"""What JSON can say and a database cannot keep."""


def read(body: bytes, content_type: str, url: str) -> UpstreamPage:
    """What the page at `url` says, which came as `content_type`.

    Raises UnreadablePage, whose message is a sentence for the site's owner, and nothing else.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if body.count(b"," if media_type in JSON_TYPES else b"<") > _MAX_VALUES:
        raise UnreadablePage("The page says more than this index reads.")
    if media_type in JSON_TYPES:
        return _page(_parse_json(body), Addresses(url))
    if media_type in HTML_TYPES:
        said, base = simple_links.read(_decode(body, content_type))
        return _page(said, Addresses(url, base))
    raise UnreadablePage(
        f"The page came as {media_type[:80]!a}, which is no form of the Simple API (PEP 691)."
    )


def _parse_json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadablePage("The page says that it is JSON, and cannot be read as such.") from None
    if not isinstance(said, dict):
        raise UnreadablePage("The page is JSON, and no object (PEP 691).")
    return said


def _decode(body: bytes, content_type: str) -> str:
    charset = _CHARSET.search(content_type)
    named = charset[1].lower() if charset else ""
    return body.decode(named if named in _CHARSETS else "utf-8", errors="replace")


def _page(said: dict[str, Any], addresses: Addresses) -> UpstreamPage:
    meta = said.get("meta", {})
    if not isinstance(meta, dict):
        raise UnreadablePage("The page's `meta` is no object (PEP 691).")
    _check_version(meta.get("api-version", "1.0"))
    files = said.get("files")
    if not isinstance(files, list):
        raise UnreadablePage("The page has no list of files, so it is not that of a project.")
    if len(files) > MAX_FILES:
        raise UnreadablePage(f"The page lists more than {MAX_FILES:,} files.")
    name = said.get("name")
    status, status_reason = _status(said.get("project-status"))
    return UpstreamPage(
        name=name if isinstance(name, str) and names.is_valid(name) else None,
        versions=_versions(said.get("versions")),
        files=tuple(_files(files, addresses.resolve)),
        status=status,
        status_reason=status_reason,
        last_serial=_number(meta.get("_last-serial")),
    )


def _check_version(said: object) -> None:
    """Another major version may say anything by the same words (PEP 629)."""
    version = _VERSION.fullmatch(said) if isinstance(said, str) else None
    if version is None:
        raise UnreadablePage("The page does not say which version of the Simple API it is of.")
    if int(version[1]) > 1:
        raise UnreadablePage(
            f"The page is of version {version[0][:20]} of the Simple API; this index reads 1."
        )


def _versions(said: object) -> tuple[str, ...] | None:
    if not isinstance(said, list):
        return None
    return tuple(dict.fromkeys(filter(None, map(_text, said))))


def _status(said: object) -> tuple[str, str | None]:
    """One that PEP 792 does not know is as good as none; so is its reason."""
    if not isinstance(said, dict):
        return ACTIVE, None
    status = said.get("status")
    if not isinstance(status, str) or status not in _STATUSES:
        return ACTIVE, None
    return status, _text(said.get("reason"))


def _files(files: list[Any], resolve: Callable[[object], str | None]) -> Iterator[UpstreamFile]:
    taken = set()
    for said in files:
        if not isinstance(said, dict):
            continue
        get = said.get
        filename = get("filename")
        if not isinstance(filename, str) or filename in taken or not is_distribution(filename):
            continue
        if (url := resolve(get("url"))) is None:
            continue
        taken.add(filename)
        yield UpstreamFile(
            filename=filename,
            url=url,
            hashes=_hashes(get("hashes")),
            size=_number(get("size")),
            uploaded_at=_moment(get("upload-time")),
            requires_python=_text(get("requires-python")),
            yanked=_yanked(get("yanked")),
            metadata=_metadata(said),
            provenance=resolve(get("provenance")),
        )


def _hashes(said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        return {}
    if len(said) == 1 and _is_sha256(said.get("sha256")):
        return said  # as nearly all are
    return {
        algorithm.lower(): digest.lower()
        for algorithm, digest in said.items()
        if isinstance(digest, str)
        and len(digest) == _HEX_DIGITS.get(algorithm.lower())
        and _IS_HEX(digest)
    }


def _is_sha256(said: object) -> bool:
    return isinstance(said, str) and _IS_SHA256(said) is not None


def _number(said: object) -> int | None:
    return said if type(said) is int and 0 <= said <= MAX_NUMBER else None


def _moment(said: object) -> datetime | None:
    """One without a time zone is in UTC, as all of them must be (PEP 700); one so far ahead that
    nothing can be reckoned from it is none."""
    if not isinstance(said, str):
        return None
    try:
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        elif moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC)
        return moment if moment.year < _FAR else None
    except (ValueError, OverflowError):
        return None


def _text(said: object) -> str | None:
    """What can be kept and is not empty."""
    if isinstance(said, str) and said and (said.isprintable() or not _UNKEEPABLE.search(said)):
        return said
    return None


def _yanked(said: object) -> str | None:
    """Whatever is true yanks, since a file offered by mistake is worse than one that is not; only
    a reason that cannot be kept is left away."""
    return (_text(said) or "") if said else None


def _metadata(said: dict[str, Any]) -> UpstreamMetadata | None:
    """The older name counts where the newer one says nothing (PEP 714)."""
    offered = said.get("core-metadata")
    if offered is None:
        offered = said.get("dist-info-metadata")
    if offered is True:
        return UpstreamMetadata()
    if isinstance(offered, dict):
        return UpstreamMetadata(sha256=_hashes(offered).get("sha256"))
    return None
