"""Finds projects by what somebody typed: by name first, then by words in name or summary."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from pypi_web.data import Project, Release
from pypi_web.data.visibility import Viewer, is_visible
from pypi_web.projects.queries import newest_release_id
from pypi_web.standards import names

PAGE = 20
MAX_QUESTION = 200
MAX_WORDS = 8


@dataclass(frozen=True)
class Result:
    name: str
    version: str
    summary: str | None
    created_at: datetime


def find_projects(
    db: Session, question: str, *, page: int, viewer: Viewer
) -> tuple[list[Result], bool]:
    """One page (from 1) of the projects that somebody sees and that have every word in their name
    or summary, those named so first; and whether there are more. No words find everything."""
    name = Project.normalized_name
    summary = func.lower(func.coalesce(Release.summary, ""))
    rows = db.execute(
        select(Project.name, Release.version, Release.summary, Release.created_at)
        .join(Release, Release.id == newest_release_id(Project.id))
        .where(
            is_visible(viewer),
            *(
                or_(
                    name.contains(names.normalize(word), autoescape=True),
                    summary.contains(word, autoescape=True),
                )
                for word in question.lower().split()[:MAX_WORDS]
            ),
        )
        .order_by(*_order(question.strip()))
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()
    return [Result(*row) for row in rows[:PAGE]], len(rows) > PAGE


def _order(question: str) -> tuple[Any, ...]:
    """Without a question that of an index, so that a page is found without sorting all projects."""
    name = Project.normalized_name
    if not question:
        return (name,)
    asked = names.normalize(question)
    rank = case((name == asked, 0), (name.startswith(asked, autoescape=True), 1), else_=2)
    return (rank, name)
