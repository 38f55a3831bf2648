"""What the home page tells of the index."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from pypi_web.data import File, Project, Release, User


@dataclass(frozen=True)
class Counts:
    projects: int
    releases: int
    files: int
    users: int


def count_all(db: Session) -> Counts:
    """How much is here, in one query."""
    counts = (
        select(func.count()).select_from(model).scalar_subquery()
        for model in (Project, Release, File, User)
    )
    return Counts(*db.execute(select(*counts)).one())


def list_newest_releases(db: Session, limit: int = 12) -> list[Row[Any]]:
    """The releases that came last, each with its project's name."""
    query = (
        select(
            Project.name,
            Project.normalized_name,
            Release.version,
            Release.summary,
            Release.created_at,
        )
        .join(Release, Release.project_id == Project.id)
        .order_by(Release.created_at.desc(), Release.id.desc())
        .limit(limit)
    )
    return list(db.execute(query))
