"""What a project's pages show, of projects that are hosted here as of those that are mirrored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pypi_web.data import Dependency, DependencyKind, Description, Project, Release
from pypi_web.readmes import Rendered

_FOLLOWED = ("https://", "http://")
"""The addresses that become links: metadata is a stranger's, and `javascript:` is an address."""


@dataclass(frozen=True)
class Origin:
    """Where a mirrored project is from, what of it is kept here, and why some of it is held back, a
    sentence each; `is_stale` says that upstream could not be asked since `asked_at`."""

    host: str
    kept_files: int
    kept_bytes: int
    reasons: tuple[str, ...]
    asked_at: datetime
    is_stale: bool


@dataclass(frozen=True)
class ReleaseView:
    """A release as its page shows it, with all releases of its project, highest first.

    `newest` is the one that the project's own page shows, which need not be the highest. Of a
    project that is mirrored `project`, `release` and `dependencies` are rows that stand in no
    table; it has an `origin`, a `readme` that is rendered already, and where nothing is known but
    its files a sentence that says why.
    """

    project: Project
    release: Release
    newest: Any
    history: Sequence[Any]
    files: Sequence[Any]
    classifiers: Sequence[str]
    links: list[tuple[str, str]]
    dependencies: dict[DependencyKind, list[Dependency]]
    linked: set[str]
    """The projects among the dependencies that have a page here, by normalised name."""
    description: Description | None = None
    people: Sequence[Any] = ()
    origin: Origin | None = None
    readme: Rendered | None = None
    unknown: str | None = None
    imported_until: datetime | None = None
    """Of a project that is hosted here, what mirror.imported says of its files."""
    kept: frozenset[tuple[str, str]] = frozenset()
    """Of those the ones that were fetched since, by filename and SHA-256."""

    @property
    def is_newest(self) -> bool:
        return bool(self.newest.id == self.release.id)

    @property
    def is_installable(self) -> bool:
        return any(self.offers(file) for file in self.files)

    def keeps(self, file: Any) -> bool:
        """Whether the bytes of a file that was imported are here by now."""
        return (file.filename, file.sha256) in self.kept

    def offers(self, file: Any) -> bool:
        """Whether a file may be had here, unless its project is quarantined."""
        if file.is_stored or self.origin is not None:
            return True
        return self.imported_until is not None and file.uploaded_at <= self.imported_until


@dataclass(frozen=True)
class NothingOffered:
    """A project, or a release of it, that upstream has and of which nothing may be had here."""

    name: str
    version: str | None
    origin: Origin


def followed_links(
    project_urls: Sequence[tuple[str, str]], home_page: str | None, download_url: str | None
) -> list[tuple[str, str]]:
    """The links of a release's metadata, by label, that a browser may follow, each address once."""
    links = {url: label for label, url in project_urls}
    links.setdefault(home_page or "", "Homepage")
    links.setdefault(download_url or "", "Download")
    return [(label, url) for url, label in links.items() if url.startswith(_FOLLOWED)]
