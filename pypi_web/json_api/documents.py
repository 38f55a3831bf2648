"""What the JSON API tells of a project, in queries whose number does not hang on what there is."""

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, and_, select

from pypi_web.data import (
    Classifier,
    Dependency,
    Description,
    File,
    Project,
    ProjectStatus,
    ProjectURL,
    Release,
    ReleaseClassifier,
    Role,
    User,
)
from pypi_web.data.session import Database
from pypi_web.projects import queries, releases, sources
from pypi_web.standards import versions
from pypi_web.standards.core_metadata import CoreMetadata
from pypi_web.standards.json_api import Document, DocumentFile, DocumentRelease

_PROJECT: tuple[Any, ...] = (
    Project.id.label("project_id"),
    Project.name,
    Project.normalized_name,
    Project.status,
)
_RELEASE: tuple[Any, ...] = (
    Release.id.label("release_id"),
    Release.version,
    Release.yanked,
    Release.yanked_reason,
    *(getattr(Release, name) for name in releases.METADATA_FIELDS),
)
_FILE: tuple[Any, ...] = (
    File.filename,
    File.package_type,
    File.python_tag,
    File.size,
    File.sha256,
    File.blake2b_256,
    File.md5,
    File.requires_python,
    File.metadata_sha256,
    File.uploaded_at,
)


def find_document(
    db: Database,
    normalized_name: str,
    version: str | None,
    *,
    serial: int,
    imported_until: datetime | None = None,
) -> Document | None:
    """What is told of a project with its newest release, or of one of its releases by its version;
    None where there is none. `serial` is what sources.find_hosted told, `imported_until`
    what mirror.imported did."""
    found = _find_release(db, normalized_name, version)
    if found is None:
        return None
    only = None if version is None else found.release_id
    listed = _list_releases(db, found, only=only, imported_until=imported_until)
    return Document(
        name=found.name,
        normalized_name=found.normalized_name,
        serial=serial,
        metadata=_find_metadata(db, found),
        release=next(each for each in listed if each.version == found.version),
        releases=listed if version is None else None,
        roles=_list_roles(db, found.project_id),
    )


def _find_release(db: Database, normalized_name: str, version: str | None) -> Row[Any] | None:
    wanted = (
        Release.id == queries.newest_release_id(Project.id)
        if version is None
        else Release.canonical_version == versions.canonical(version)
    )
    query: Any = (
        select(*_PROJECT, *_RELEASE, Description.source, Description.content_type)
        .join(Release, Release.project_id == Project.id)
        .outerjoin(Description, Description.release_id == Release.id)
        .where(Project.normalized_name == normalized_name, wanted)
    )
    return db.execute(query).one_or_none()


def _find_metadata(db: Database, found: Row[Any]) -> CoreMetadata:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in found._mapping.items()
        if name in releases.METADATA_FIELDS
    }
    for kind, rows in groupby(_list_dependencies(db, found.release_id), lambda row: row.kind):
        fields[kind.value] = tuple(row.specifier for row in rows)
    return CoreMetadata(
        **fields,
        name=found.name,
        version=found.version,
        description=found.source,
        description_content_type=found.content_type,
        classifiers=_list_classifiers(db, found.release_id),
        project_urls=_list_urls(db, found.release_id),
    )


def _list_dependencies(db: Database, release_id: int) -> list[Row[Any]]:
    query = select(Dependency.kind, Dependency.specifier).where(Dependency.release_id == release_id)
    return list(db.execute(query.order_by(Dependency.kind, Dependency.position)))


def _list_classifiers(db: Database, release_id: int) -> tuple[str, ...]:
    query = (
        select(Classifier.text)
        .join(ReleaseClassifier)
        .where(ReleaseClassifier.release_id == release_id)
        .order_by(Classifier.text)
    )
    return tuple(row.text for row in db.execute(query))


def _list_urls(db: Database, release_id: int) -> tuple[tuple[str, str], ...]:
    query = select(ProjectURL.label, ProjectURL.url).where(ProjectURL.release_id == release_id)
    return tuple((row.label, row.url) for row in db.execute(query.order_by(ProjectURL.position)))


def _list_roles(db: Database, project_id: int) -> tuple[tuple[str, str], ...]:
    """Owners first."""
    query = (
        select(Role.name.label("role"), User.name)
        .join(User, Role.user_id == User.id)
        .where(Role.project_id == project_id)
        .order_by(Role.name.desc(), User.name)
    )
    return tuple((row.role.value, row.name) for row in db.execute(query))


def _list_releases(
    db: Database, found: Row[Any], *, only: int | None, imported_until: datetime | None
) -> tuple[DocumentRelease, ...]:
    """A project's releases with the files that may be had here, oldest first, or `only` the one of
    this id; of a quarantined project without files (PEP 792)."""
    has_files = found.status is not ProjectStatus.QUARANTINED
    offered = and_(File.release_id == Release.id, sources.OFFERED)
    query: Any = (
        select(Release.id, Release.version, Release.yanked, Release.yanked_reason, *_FILE)
        .outerjoin(File, offered)
        .where(Release.project_id == found.project_id)
        .order_by(Release.sort_key, Release.id, File.filename)
    )
    if only is not None:
        query = query.where(Release.id == only)
    rows = db.execute(query, {"imported_until": imported_until})
    return tuple(
        _release([*some], has_files=has_files) for _, some in groupby(rows, lambda row: row.id)
    )


def _release(rows: list[Row[Any]], *, has_files: bool) -> DocumentRelease:
    first = rows[0]
    return DocumentRelease(
        version=first.version,
        yanked=first.yanked,
        yanked_reason=first.yanked_reason,
        files=tuple(_file(row) for row in rows if row.filename is not None and has_files),
    )


def _file(row: Row[Any]) -> DocumentFile:
    return DocumentFile(
        filename=row.filename,
        package_type=row.package_type,
        python_tag=row.python_tag,
        size=row.size,
        sha256=row.sha256,
        blake2b_256=row.blake2b_256,
        md5=row.md5,
        requires_python=row.requires_python,
        metadata_sha256=row.metadata_sha256,
        uploaded_at=row.uploaded_at,
    )
