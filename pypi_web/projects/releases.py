"""A release's rows, from its core metadata."""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from pypi_web.data import (
    Classifier,
    Dependency,
    DependencyKind,
    Description,
    Project,
    ProjectURL,
    Release,
    ReleaseClassifier,
)
from pypi_web.data.session import insert_for_conflicts
from pypi_web.projects import descriptions
from pypi_web.standards import names, versions
from pypi_web.standards.core_metadata import CoreMetadata, required_project

_SHARED_FIELDS = (
    "metadata_version",
    "summary",
    "keywords",
    "author",
    "author_email",
    "maintainer",
    "maintainer_email",
    "license",
    "license_expression",
    "home_page",
    "download_url",
    "requires_python",
)
_SHARED_LISTS = (
    "platforms",
    "license_files",
    "provides_extra",
    "dynamic",
    "import_names",
    "import_namespaces",
)


def add(
    db: Session,
    project: Project,
    metadata: CoreMetadata,
    *,
    description_html: str | None,
) -> Release:
    """Adds a release of `project` with all that its metadata says; `description_html` is the
    rendered README where it has one."""
    release = Release(project_id=project.id, **version_columns(metadata.version))
    db.add(release)
    describe(db, release, metadata, description_html=description_html)
    return release


def version_columns(version: str) -> dict[str, Any]:
    """What a release's row keeps of its version."""
    return {
        "version": version,
        "canonical_version": versions.canonical(version),
        "sort_key": versions.sort_key(version),
        "is_prerelease": versions.is_prerelease(version),
    }


def is_described(release: Release) -> bool:
    """Whether a release has metadata; one that an import knows only the files of has none."""
    return any(getattr(release, name) is not None for name in _SHARED_FIELDS)


def describe(
    db: Session, release: Release, metadata: CoreMetadata, *, description_html: str | None
) -> None:
    """Gives a release that has no metadata yet all that `metadata` says."""
    for name in _SHARED_FIELDS:
        setattr(release, name, getattr(metadata, name) or None)
    for name in _SHARED_LISTS:
        setattr(release, name, list(getattr(metadata, name)))
    db.flush()
    if metadata.description and description_html is not None:
        db.add(
            Description(
                release_id=release.id,
                source=metadata.description,
                content_type=metadata.description_content_type,
                html=description_html,
                renderer=descriptions.RENDERER,
            )
        )
    _add_many(db, release, metadata)


def _add_many(db: Session, release: Release, metadata: CoreMetadata) -> None:
    """What a release may have many of, each in the order of the metadata."""
    dependencies = [
        {
            "release_id": release.id,
            "kind": kind,
            "position": position,
            "specifier": specifier,
            "normalized_name": _named_project(specifier),
        }
        for kind in DependencyKind
        for position, specifier in enumerate(getattr(metadata, kind.value))
    ]
    urls = [
        {"release_id": release.id, "position": position, "label": label, "url": url}
        for position, (label, url) in enumerate(metadata.project_urls)
    ]
    classifiers = [
        {"release_id": release.id, "classifier_id": classifier_id}
        for classifier_id in _classifier_ids(db, metadata.classifiers)
    ]
    for table, rows in (
        (Dependency, dependencies),
        (ProjectURL, urls),
        (ReleaseClassifier, classifiers),
    ):
        if rows:
            db.execute(insert(table), rows)


def _named_project(specifier: str) -> str | None:
    """The normalised name of the project that a requirement names, None where none can have it."""
    name = required_project(specifier)
    return name if name is not None and len(name) <= names.MAX_LENGTH else None


def _classifier_ids(db: Session, texts: tuple[str, ...]) -> list[int]:
    """The ids of classifiers, of which the unknown are added."""
    if not texts:
        return []
    known = select(Classifier.text, Classifier.id).where(Classifier.text.in_(texts))
    ids = {row.text: row.id for row in db.execute(known)}
    # In one order everywhere, so that two who add the same never wait for each other.
    missing = [{"text": text} for text in sorted(set(texts) - ids.keys())]
    if missing:
        db.execute(insert_for_conflicts(db, Classifier).on_conflict_do_nothing(), missing)
        ids = {row.text: row.id for row in db.execute(known)}
    return [ids[text] for text in texts]
