"""What another index says of a project: frozen values, and the form in which they are kept.

Sources: PEP 503, 592, 658 and 714, 691, 700, 740 and 792, as they are read by `simple_pages`.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import starmap

from pypi_web.standards.simple_api import ACTIVE


class UnreadablePage(ValueError):
    """What came is no page of a project that this index can read; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpstreamMetadata:
    """A wheel's METADATA is offered beside it, maybe with its digest (PEP 658)."""

    sha256: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UpstreamFile:
    """A wheel or source distribution that an upstream offers.

    `filename` is one by the parsers of `packaging`, in ASCII. `url` and `provenance` are absolute,
    of http or https, and carry neither fragment nor credentials. `hashes` are lower-case hex by
    algorithm and may be empty; `size` is in bytes; `uploaded_at` in UTC; `yanked` None for a file
    that is not, else the reason, which may be empty. What the upstream does not say is None.
    """

    filename: str
    url: str
    hashes: Mapping[str, str]
    size: int | None = None
    uploaded_at: datetime | None = None
    requires_python: str | None = None
    yanked: str | None = None
    metadata: UpstreamMetadata | None = None
    provenance: str | None = None

    @property
    def sha256(self) -> str:
        """Of what is offered: raises KeyError for a file of which upstream tells none."""
        return self.hashes["sha256"]


@dataclass(frozen=True, kw_only=True)
class UpstreamPage:
    """All that an upstream says of a project, no filename twice.

    `name` and `versions` are None where the page does not tell, as in HTML, and `last_serial` where
    the upstream counts none. `status` is one of PEP 792's.
    """

    name: str | None
    versions: tuple[str, ...] | None
    files: tuple[UpstreamFile, ...]
    status: str = ACTIVE
    status_reason: str | None = None
    last_serial: int | None = None

    @property
    def size_in_memory(self) -> int:
        """Some number of bytes, that it takes at most."""
        texts = sum(
            len(file.filename)
            + len(file.url)
            + len(file.requires_python or "")
            + len(file.yanked or "")
            + len(file.provenance or "")
            for file in self.files
        )
        told = sum(map(len, self.versions or ())) + len(self.status_reason or "")
        return 4_000 + 800 * len(self.files) + 60 * len(self.versions or ()) + texts + told

    @property
    def tells_upload_times(self) -> bool:
        """Whether the upstream says of any file when it came: HTML never does, JSON need not."""
        return any(file.uploaded_at is not None for file in self.files)


def write(page: UpstreamPage) -> bytes:
    """The page in few bytes, for a column of the database; `load` gives an equal one back."""
    files = page.files
    columns = [
        page.name,
        page.versions,
        page.status,
        page.status_reason,
        page.last_serial,
        [file.filename for file in files],
        [file.url for file in files],
        [dict(file.hashes) for file in files],
        [file.size for file in files],
        [_to_microseconds(file.uploaded_at) for file in files],
        [file.requires_python for file in files],
        [file.yanked for file in files],
        [file.metadata and (file.metadata.sha256 or "") for file in files],
        [file.provenance for file in files],
    ]
    return _FORM + zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), _LEVEL)


def load(kept: bytes) -> UpstreamPage:
    """What `write` was given. Raises UnreadablePage for any other bytes, as those of a release that
    keeps pages in another form: the upstream has to be asked again."""
    if not kept.startswith(_FORM):
        raise UnreadablePage("The page was kept in a form that this release does not know.")
    try:
        columns = json.loads(zlib.decompress(kept[len(_FORM) :]))
        name, versions, status, status_reason, last_serial, *of_files = columns
        return UpstreamPage(
            name=name,
            versions=None if versions is None else tuple(versions),
            status=status,
            status_reason=status_reason,
            last_serial=last_serial,
            files=tuple(starmap(_file, zip(*of_files, strict=True))),
        )
    except (zlib.error, ValueError, TypeError, OverflowError, RecursionError):
        raise UnreadablePage("The page that was kept is damaged.") from None


_FORM = b"\x01"
"""The version of the form. It changes whenever what stands behind it does."""

_LEVEL = 2
"""Digests are most of a page, and no level makes less of them; the higher ones only take longer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _to_microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _from_microseconds(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _file(
    filename: str,
    url: str,
    hashes: dict[str, str],
    size: int | None,
    uploaded_at: int | None,
    requires_python: str | None,
    yanked: str | None,
    metadata: str | None,
    provenance: str | None,
) -> UpstreamFile:
    return UpstreamFile(
        filename=filename,
        url=url,
        hashes=hashes,
        size=size,
        uploaded_at=_from_microseconds(uploaded_at),
        requires_python=requires_python,
        yanked=yanked,
        metadata=None if metadata is None else UpstreamMetadata(sha256=metadata or None),
        provenance=provenance,
    )


def digest(written: bytes) -> str:
    """What tells two pages apart, of what `write` gave: 16 digits."""
    return hashlib.sha256(written).hexdigest()[:16]
