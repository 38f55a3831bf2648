"""Which projects somebody sees: all that are not private, and those of which they are."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, true

from pypi_web.data.projects import Project, Role


@dataclass(frozen=True)
class Viewer:
    """Who looks. `user_id` is None for strangers, and for who may not read what is private;
    administrators see all, and a token for some projects (`only`, by their ids) no other private
    one."""

    user_id: int | None = None
    is_admin: bool = False
    only: frozenset[int] | None = None


STRANGER = Viewer()


def is_visible(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a project is seen, within a query that has Project."""
    is_open = Project.is_private.is_(False)
    if viewer.user_id is None:
        return is_open
    theirs: ColumnElement[bool] = true()
    if not viewer.is_admin:
        theirs = (
            select(Role.id)
            .where(Role.project_id == Project.id, Role.user_id == viewer.user_id)
            .correlate(Project)
            .exists()
        )
    if viewer.only is not None:
        theirs = and_(theirs, Project.id.in_(viewer.only))
    return or_(is_open, theirs)
