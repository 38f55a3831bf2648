"""What the home page tells of the index."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from pypi_web.data import Project, Release
from pypi_web.data.visibility import Viewer, is_visible


def list_newest_releases(db: Session, viewer: Viewer, limit: int = 12) -> list[Row[Any]]:
    """The releases that came last, of projects that somebody sees, each with its project's name."""
    # Apart, so that they are read from the end of an index and no database thinks of beginning with
    # all projects.
    newest = (
        select(
            Release.id,
            Release.project_id,
            Release.version,
            Release.summary,
            Release.created_at,
        )
        .where(
            select(Project.id)
            .where(Project.id == Release.project_id, is_visible(viewer))
            .correlate(Release)
            .exists()
        )
        .order_by(Release.created_at.desc(), Release.id.desc())
        .limit(limit)
        .subquery()
    )
    query = (
        select(
            Project.name,
            Project.normalized_name,
            newest.c.version,
            newest.c.summary,
            newest.c.created_at,
        )
        .join(newest, newest.c.project_id == Project.id)
        .order_by(newest.c.created_at.desc(), newest.c.id.desc())
    )
    return list(db.execute(query))
