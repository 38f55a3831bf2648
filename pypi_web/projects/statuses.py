"""The status of a project: whether it is kept up, and whether its files are offered (PEP 792)."""

from typing import Any

from sqlalchemy import select, update

from pypi_web.data import Action, Project, ProjectStatus
from pypi_web.data.journal import lock, record
from pypi_web.data.session import Database

MAX_REASON = 400
"""The longest reason that is taken, in characters."""

_PROJECTS: Any = Project.__table__
_ACTIONS = {
    ProjectStatus.ACTIVE: Action.ACTIVATE,
    ProjectStatus.DEPRECATED: Action.DEPRECATE,
    ProjectStatus.ARCHIVED: Action.ARCHIVE,
    ProjectStatus.QUARANTINED: Action.QUARANTINE,
}


class StatusRefused(ValueError):
    """A status cannot be set with this reason; the message says why."""


def set_status(
    db: Database,
    project_id: int,
    status: ProjectStatus,
    *,
    reason: str | None,
    actor: str | None,
) -> bool:
    """Gives a project a status, for a reason that installers are told, and says so in the journal.

    Says whether that changed anything; where it did, the project's serial has moved. `actor` is the
    name of who did it, None for the command line. The last thing that a transaction does, as
    journal.record is. Raises StatusRefused.
    """
    reason = check_reason(status, reason)
    lock(db)  # before the project's row: that is the order of all who record
    before = db.execute(
        select(_PROJECTS.c.normalized_name, _PROJECTS.c.status, _PROJECTS.c.status_reason)
        .where(_PROJECTS.c.id == project_id)
        .with_for_update()
    ).one()
    if (before.status, before.status_reason) == (status, reason):
        return False
    db.execute(
        update(_PROJECTS)
        .where(_PROJECTS.c.id == project_id)
        .values(status=status, status_reason=reason)
    )
    record(db, project_id, before.normalized_name, _ACTIONS[status], actor=actor)
    return True


def check_reason(status: ProjectStatus, reason: str | None) -> str | None:
    """The reason for a status as it is kept: one line, or None. Raises StatusRefused."""
    reason = check_line(reason)
    if reason is not None and status is ProjectStatus.ACTIVE:
        raise StatusRefused("An active project needs no reason: leave it out.")
    return reason


def check_line(reason: str | None) -> str | None:
    """Any reason that installers are told, as it is kept. Raises StatusRefused."""
    reason = (reason or "").strip() or None
    if reason is None:
        return None
    if len(reason) > MAX_REASON:
        raise StatusRefused(f"The reason is longer than {MAX_REASON} characters: shorten it.")
    if not reason.isprintable():
        raise StatusRefused("The reason is not one line of text: write it as one sentence.")
    return reason
