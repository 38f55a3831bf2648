"""What a project's pages show, in few queries whose number does not hang on what there is."""

from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from pypi_web.data import (
    Classifier,
    Dependency,
    DependencyKind,
    Description,
    File,
    Project,
    ProjectURL,
    Release,
    ReleaseClassifier,
    Role,
    User,
)
from pypi_web.data.visibility import STRANGER, Viewer, is_visible
from pypi_web.projects.shown import ReleaseView, followed_links
from pypi_web.standards import versions

NEWEST_FIRST = (Release.yanked, Release.is_prerelease, Release.sort_key.desc())
"""The order that puts first what a project's page shows: not yanked, then final, then highest."""


def newest_release_id(project_id: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """The id of a project's newest release, within a query that has the project.

    The first that there is of: final, pre-release, yanked final, yanked pre-release. Each is one
    step in an index, and most projects need the first alone; an ORDER BY of all three columns
    would read and sort all releases.
    """
    return func.coalesce(
        *(
            select(Release.id)
            .where(
                Release.project_id == project_id,
                Release.yanked == yanked,
                Release.is_prerelease == is_prerelease,
            )
            .order_by(Release.sort_key.desc())
            .limit(1)
            .correlate(Project)
            .scalar_subquery()
            for yanked in (False, True)
            for is_prerelease in (False, True)
        )
    )


def find_project(db: Session, normalized_name: str) -> Project | None:
    return db.scalar(select(Project).where(Project.normalized_name == normalized_name))


def find_release_view(
    db: Session, normalized_name: str, version: str | None = None, viewer: Viewer = STRANGER
) -> ReleaseView | None:
    """A project's release (the newest, when no version is given) with all that its page shows to
    somebody, who may see no more than that.

    The number of queries is fixed, whatever the project has.
    """
    wanted = (
        Release.id == newest_release_id(Project.id)
        if version is None
        else Release.canonical_version == versions.canonical(version)
    )
    found = db.execute(
        select(Project, Release, Description)
        .join(Release, Release.project_id == Project.id)
        .outerjoin(Description, Description.release_id == Release.id)
        .where(Project.normalized_name == normalized_name, is_visible(viewer), wanted)
    ).one_or_none()
    if found is None:
        return None
    project, release, description = found
    history = _list_history(db, project.id)
    dependencies, hosted = _list_dependencies(db, release.id, viewer)
    return ReleaseView(
        project=project,
        release=release,
        newest=history[0],
        description=description,
        history=sorted(history, key=lambda row: row.sort_key, reverse=True),
        files=_list_files(db, release.id),
        classifiers=_list_classifiers(db, release.id),
        links=_list_links(db, release),
        dependencies=dependencies,
        linked=hosted,
        people=_list_people(db, project.id),
    )


def _list_history(db: Session, project_id: int) -> list[Row[Any]]:
    return list(
        db.execute(
            select(
                Release.id,
                Release.version,
                Release.sort_key,
                Release.is_prerelease,
                Release.yanked,
                Release.yanked_reason,
                Release.created_at,
            )
            .where(Release.project_id == project_id)
            .order_by(*NEWEST_FIRST)
        )
    )


def _list_files(db: Session, release_id: int) -> list[File]:
    """Source distributions first, then by name."""
    query = (
        select(File)
        .where(File.release_id == release_id)
        .order_by(File.package_type.desc(), File.filename)
    )
    return list(db.scalars(query))


def _list_classifiers(db: Session, release_id: int) -> list[str]:
    query = (
        select(Classifier.text)
        .join(ReleaseClassifier)
        .where(ReleaseClassifier.release_id == release_id)
        .order_by(Classifier.text)
    )
    return list(db.scalars(query))


def _list_links(db: Session, release: Release) -> list[tuple[str, str]]:
    urls = db.execute(
        select(ProjectURL.label, ProjectURL.url)
        .where(ProjectURL.release_id == release.id)
        .order_by(ProjectURL.position)
    )
    return followed_links(
        [(row[0], row[1]) for row in urls], release.home_page, release.download_url
    )


def _list_dependencies(
    db: Session, release_id: int, viewer: Viewer
) -> tuple[dict[DependencyKind, list[Dependency]], set[str]]:
    """A release's dependencies by kind, and which of them are projects of this index that somebody
    sees, by normalised name."""
    is_theirs = (Project.normalized_name == Dependency.normalized_name) & is_visible(viewer)
    rows = db.execute(
        select(Dependency, Project.id)
        .outerjoin(Project, is_theirs)
        .where(Dependency.release_id == release_id)
        .order_by(Dependency.kind, Dependency.position)
    )
    dependencies: dict[DependencyKind, list[Dependency]] = {}
    hosted = set()
    for dependency, project_id in rows:
        dependencies.setdefault(dependency.kind, []).append(dependency)
        if project_id is not None and dependency.normalized_name is not None:
            hosted.add(dependency.normalized_name)
    return dependencies, hosted


def _list_people(db: Session, project_id: int) -> list[Row[Any]]:
    """Who has a role in a project, owners first."""
    query = (
        select(User.name, Role.name.label("role"))
        .join(Role, Role.user_id == User.id)
        .where(Role.project_id == project_id)
        .order_by(Role.name.desc(), User.name)
    )
    return list(db.execute(query))
