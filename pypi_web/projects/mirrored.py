"""Pages of projects that are not hosted here but offered by upstream, in the shape of those that
are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import Dependency, DependencyKind, MirroredFile, Project, ProjectStatus, Release
from pypi_web.data.session import reading
from pypi_web.mirror import Mirror, rules
from pypi_web.mirror.fetches import Wanted
from pypi_web.mirror.imported import find_imported
from pypi_web.mirror.pages import KnownPage
from pypi_web.projects import releases
from pypi_web.projects.mirrored_metadata import KeptMetadata, MetadataUnknown
from pypi_web.projects.shown import NothingOffered, Origin, ReleaseView, followed_links
from pypi_web.standards import distribution_names, names, versions
from pypi_web.standards.core_metadata import CoreMetadata
from pypi_web.standards.filenames import PackageType
from pypi_web.standards.upstream_pages import UpstreamFile
from pypi_web.storage import Storage


@dataclass(frozen=True)
class MirroredRelease:
    """A release among those of its project. Upstream yanks files; a release whose files all are is
    yanked. `created_at` is None where upstream does not tell when it got any of them."""

    id: int
    version: str
    sort_key: bytes
    is_prerelease: bool
    yanked: bool
    yanked_reason: str | None
    created_at: datetime | None
    files: tuple[UpstreamFile, ...]


@dataclass(frozen=True)
class MirroredRow:
    """A file in the list of its release's; `is_stored` says that its bytes are here already."""

    filename: str
    package_type: str
    python_tag: str
    size: int | None
    sha256: str
    requires_python: str | None
    uploaded_at: datetime | None
    yanked: bool
    yanked_reason: str | None
    is_stored: bool


@dataclass(frozen=True)
class _Here:
    """What of a project's files is here, by filename and SHA-256."""

    sizes: dict[tuple[str, str], int]
    with_metadata: set[tuple[str, str]]


def find(
    mirror: Mirror,
    storage: Storage,
    metadata: KeptMetadata,
    normalized_name: str,
    version: str | None,
) -> ReleaseView | NothingOffered | None:
    """A release of a project that is not hosted here (the newest, when no version is given); None
    where upstream has none that may be had.

    Upstream may be awaited: the caller holds nothing of the database. Raises UpstreamUnavailable.
    """
    known = mirror.pages.find(normalized_name)
    if known is None:
        return None
    offer = rules.judge(mirror.settings, normalized_name, known.page, clock.now())
    here = _find_here(mirror, normalized_name)
    origin = _tell_origin(mirror, known, offer.reasons, here)
    history = _list_releases(offer.files)
    newest = max(history, key=_by_newest, default=None)
    release = newest if version is None else _find_release(history, version)
    if newest is None or release is None:
        is_held_back = version is None or _find_release(_list_releases(known.page.files), version)
        return NothingOffered(normalized_name, version, origin) if is_held_back else None
    fields, readme, unknown = None, None, None
    try:
        shown = metadata.find(mirror, storage, _choose(normalized_name, release, here))
        fields, readme = shown.fields, shown.readme
    except MetadataUnknown as error:
        unknown = str(error)
    dependencies = _list_dependencies(fields) if fields else {}
    return ReleaseView(
        project=_project(known, fields),
        release=_release(release, fields),
        newest=newest,
        history=history,
        files=_list_files(release, here),
        classifiers=sorted(fields.classifiers) if fields else (),
        links=_list_links(fields) if fields else [],
        dependencies=dependencies,
        linked=_list_linked(mirror, dependencies),
        origin=origin,
        readme=readme,
        unknown=unknown,
    )


def complete(db: Session, mirror: Mirror, view: ReleaseView) -> ReleaseView:
    """A hosted release whose page leads to those of its dependencies that upstream may have, and
    to its files that were imported."""
    imported = find_imported(db, mirror.settings, view.project.normalized_name)
    linked = view.linked | _list_linked(mirror, view.dependencies)
    kept = frozenset[tuple[str, str]]()
    if not all(file.is_stored for file in view.files):
        kept = _find_kept(db, view.project.normalized_name)
    return replace(view, linked=linked, imported_until=imported.until, kept=kept)


def _find_kept(db: Session, normalized_name: str) -> frozenset[tuple[str, str]]:
    """The files of upstream's that are here, by filename and SHA-256."""
    kept = select(MirroredFile.filename, MirroredFile.sha256).where(
        MirroredFile.normalized_name == normalized_name, MirroredFile.is_kept
    )
    return frozenset((filename, sha256) for filename, sha256 in db.execute(kept))


def _find_here(mirror: Mirror, normalized_name: str) -> _Here:
    wanted = select(
        MirroredFile.filename,
        MirroredFile.sha256,
        MirroredFile.size,
        MirroredFile.is_kept,
        MirroredFile.metadata_sha256,
    ).where(MirroredFile.normalized_name == normalized_name)
    with reading(mirror.engine) as db:
        rows = db.execute(wanted).all()
    return _Here(
        sizes={(row.filename, row.sha256): row.size for row in rows if row.is_kept},
        with_metadata={(row.filename, row.sha256) for row in rows if row.metadata_sha256},
    )


def _tell_origin(mirror: Mirror, known: KnownPage, reasons: tuple[str, ...], here: _Here) -> Origin:
    return Origin(
        host=urlsplit(mirror.settings.mirror_upstream or "").hostname or "upstream",
        kept_files=len(here.sizes),
        kept_bytes=sum(here.sizes.values()),
        reasons=reasons,
        asked_at=known.asked_at,
        is_stale=known.is_stale,
    )


def _list_releases(files: Iterable[UpstreamFile]) -> list[MirroredRelease]:
    """The releases that files are of, highest first."""
    found: dict[str, list[UpstreamFile]] = {}
    for file in files:
        _, version = distribution_names.split(file.filename)
        found.setdefault(versions.canonical(version), []).append(file)
    unnumbered = [_join(each) for each in found.values()]
    unnumbered.sort(key=lambda each: each.sort_key)
    numbered = [replace(each, id=number) for number, each in enumerate(unnumbered, 1)]
    return numbered[::-1]


def _join(files: list[UpstreamFile]) -> MirroredRelease:
    _, version = distribution_names.split(files[0].filename)
    is_yanked = all(file.yanked is not None for file in files)
    moments = [file.uploaded_at for file in files if file.uploaded_at is not None]
    return MirroredRelease(
        id=0,
        version=version,
        sort_key=versions.sort_key(version),
        is_prerelease=versions.is_prerelease(version),
        yanked=is_yanked,
        yanked_reason=next((file.yanked for file in files if file.yanked), None)
        if is_yanked
        else None,
        created_at=min(moments, default=None),
        files=tuple(files),
    )


def _by_newest(release: MirroredRelease) -> tuple[bool, bool, bytes]:
    """The order of queries.NEWEST_FIRST, what comes first being the greatest."""
    return not release.yanked, not release.is_prerelease, release.sort_key


def _find_release(history: list[MirroredRelease], version: str) -> MirroredRelease | None:
    wanted = versions.canonical(version)
    return next((each for each in history if versions.canonical(each.version) == wanted), None)


def _choose(normalized_name: str, release: MirroredRelease, here: _Here) -> Wanted:
    """The file that speaks for a release: one whose metadata is here or which upstream has it of,
    else a wheel, else whatever there is."""

    def rank(file: UpstreamFile) -> tuple[bool, bool, bool]:
        is_here = (file.filename, file.sha256) in here.with_metadata
        return is_here, file.metadata is not None, _is_wheel(file)

    return Wanted(normalized_name, max(release.files, key=rank))


def _project(known: KnownPage, fields: CoreMetadata | None) -> Project:
    """A row that stands in no table, as those below."""
    name = next(
        (
            each
            for each in (fields and fields.name, known.page.name)
            if each and names.normalize(each) == known.name
        ),
        known.name,
    )
    return Project(
        name=name,
        normalized_name=known.name,
        status=ProjectStatus(known.page.status),
        status_reason=known.page.status_reason,
    )


def _release(release: MirroredRelease, fields: CoreMetadata | None) -> Release:
    columns = releases.metadata_columns(fields) if fields else {}
    if columns.get("requires_python") is None:
        said = (file.requires_python for file in release.files if file.requires_python)
        columns["requires_python"] = next(said, None)
    return Release(
        id=release.id,
        yanked=release.yanked,
        yanked_reason=release.yanked_reason,
        created_at=release.created_at,
        **releases.version_columns(release.version),
        **columns,
    )


def _list_files(release: MirroredRelease, here: _Here) -> list[MirroredRow]:
    """Source distributions first, then by name."""
    rows = [
        MirroredRow(
            filename=file.filename,
            package_type=PackageType.WHEEL if _is_wheel(file) else PackageType.SDIST,
            python_tag=file.filename.split("-")[-3] if _is_wheel(file) else "source",
            size=here.sizes.get((file.filename, file.sha256), file.size),
            sha256=file.sha256,
            requires_python=file.requires_python,
            uploaded_at=file.uploaded_at,
            # That all are is said once, above them.
            yanked=file.yanked is not None and not release.yanked,
            yanked_reason=file.yanked,
            is_stored=(file.filename, file.sha256) in here.sizes,
        )
        for file in release.files
    ]
    return sorted(rows, key=lambda row: (row.package_type != PackageType.SDIST, row.filename))


def _is_wheel(file: UpstreamFile) -> bool:
    return file.filename.endswith(".whl")


def _list_links(fields: CoreMetadata) -> list[tuple[str, str]]:
    return followed_links(fields.project_urls, fields.home_page, fields.download_url)


def _list_dependencies(fields: CoreMetadata) -> dict[DependencyKind, list[Dependency]]:
    return {
        kind: [
            Dependency(specifier=specifier, normalized_name=releases.named_project(specifier))
            for specifier in getattr(fields, kind.value)
        ]
        for kind in DependencyKind
        if getattr(fields, kind.value)
    }


def _list_linked(mirror: Mirror, dependencies: dict[DependencyKind, list[Dependency]]) -> set[str]:
    """Whatever upstream may be asked for: whether it has all of them is not worth asking."""
    named = {each.normalized_name for some in dependencies.values() for each in some}
    return {
        name for name in named if name is not None and not rules.is_reserved(mirror.settings, name)
    }
