"""A release's rows, from its core metadata."""

from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from pypi_web.data import (
    Classifier,
    Dependency,
    DependencyKind,
    Description,
    ProjectURL,
    Release,
    ReleaseClassifier,
)
from pypi_web.data.session import Database, insert_for_conflicts
from pypi_web.readmes import RENDERER, Rendered
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
METADATA_FIELDS = _SHARED_FIELDS + _SHARED_LISTS
"""What a release's own row keeps of its core metadata, under the same names."""

# Tables rather than models: a file's publisher waits for these, and loads none of it again.
_RELEASES: Any = Release.__table__
_INSERT = insert(_RELEASES).returning(_RELEASES.c.id)
_PARTS: tuple[Any, ...] = (Description, Dependency, ProjectURL, ReleaseClassifier)
_INSERTS = {model: insert(model.__table__) for model in _PARTS}
_Rows = list[dict[str, object]]
_KNOWN = select(Classifier.text, Classifier.id).where(
    Classifier.text.in_(bindparam("texts", expanding=True))
)

IS_DESCRIBED = or_(*(getattr(Release, name).is_not(None) for name in _SHARED_FIELDS))
"""Whether a release has metadata; one that an import knows only the files of has none."""


def add(
    db: Database,
    project_id: int,
    metadata: CoreMetadata,
    *,
    readme: Rendered | None,
) -> int:
    """Adds a release of a project with all that its metadata says, and gives its id;
    `readme` is the rendered README where it has one."""
    columns = {
        "project_id": project_id,
        **version_columns(metadata.version),
        **metadata_columns(metadata),
    }
    release_id = db.execute(_INSERT, columns).scalar_one()
    _add_many(db, release_id, metadata, readme)
    return release_id


def version_columns(version: str) -> dict[str, Any]:
    """What a release's row keeps of its version."""
    return {
        "version": version,
        "canonical_version": versions.canonical(version),
        "sort_key": versions.sort_key(version),
        "is_prerelease": versions.is_prerelease(version),
    }


def describe(
    db: Database, release_id: int, metadata: CoreMetadata, *, readme: Rendered | None
) -> None:
    """Gives a release that has no metadata, or little that an import knew, all that `metadata`
    says."""
    db.execute(update(_RELEASES).where(_RELEASES.c.id == release_id), metadata_columns(metadata))
    for model in _PARTS:
        db.execute(delete(model).where(model.release_id == release_id))
    _add_many(db, release_id, metadata, readme)


def metadata_columns(metadata: CoreMetadata) -> dict[str, Any]:
    """What a release's row keeps of its core metadata."""
    return {
        **{name: getattr(metadata, name) or None for name in _SHARED_FIELDS},
        **{name: list(getattr(metadata, name)) for name in _SHARED_LISTS},
    }


def _add_many(
    db: Database, release_id: int, metadata: CoreMetadata, readme: Rendered | None
) -> None:
    """What stands in tables of its own; what there may be many of in the metadata's order."""
    readmes: _Rows = []
    if metadata.description and readme is not None:
        readmes = [
            {
                "release_id": release_id,
                "source": metadata.description,
                "content_type": metadata.description_content_type,
                "html": readme.html,
                "problem": readme.problem,
                "renderer": RENDERER,
            }
        ]
    dependencies: _Rows = [
        {
            "release_id": release_id,
            "kind": kind,
            "position": position,
            "specifier": specifier,
            "normalized_name": named_project(specifier),
        }
        for kind in DependencyKind
        for position, specifier in enumerate(getattr(metadata, kind.value))
    ]
    urls: _Rows = [
        {"release_id": release_id, "position": position, "label": label, "url": url}
        for position, (label, url) in enumerate(metadata.project_urls)
    ]
    classifiers: _Rows = [
        {"release_id": release_id, "classifier_id": classifier_id}
        for classifier_id in _classifier_ids(db, metadata.classifiers)
    ]
    for model, rows in zip(_PARTS, (readmes, dependencies, urls, classifiers), strict=True):
        if rows:
            db.execute(_INSERTS[model], rows)


def named_project(specifier: str) -> str | None:
    """The normalised name of the project that a requirement names, None where none can have it."""
    name = required_project(specifier)
    return name if name is not None and len(name) <= names.MAX_LENGTH else None


def _classifier_ids(db: Database, texts: tuple[str, ...]) -> list[int]:
    """The ids of classifiers, of which the unknown are added."""
    if not texts:
        return []
    ids = {row.text: row.id for row in db.execute(_KNOWN, {"texts": texts})}
    # In one order everywhere, so that two who add the same never wait for each other.
    missing = [{"text": text} for text in sorted(set(texts) - ids.keys())]
    if missing:
        db.execute(insert_for_conflicts(db, Classifier).on_conflict_do_nothing(), missing)
        ids = {row.text: row.id for row in db.execute(_KNOWN, {"texts": texts})}
    return [ids[text] for text in texts]
