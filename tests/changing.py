"""Changes to a project as whatever makes them does: in a transaction that begins as a write, and
with a row in the journal, so that nothing that was kept of it before is taken for true."""

from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pypi_web.data import Action, Project, ProjectStatus
from pypi_web.data.journal import record
from pypi_web.data.session import writing
from pypi_web.projects.statuses import set_status


def change(engine: Engine, statement: Any, *, name: str = "foo") -> None:
    """Executes a statement that changes what installers see of a project."""
    with writing(engine) as db:
        db.execute(statement)
        record(db, _find(db, name), name, Action.IMPORT, actor=None)


def give_status(
    engine: Engine, status: ProjectStatus, *, reason: str | None = None, name: str = "foo"
) -> None:
    with writing(engine) as db:
        set_status(db, _find(db, name), status, reason=reason, actor=None)


def _find(db: Session, name: str) -> int:
    return db.scalars(select(Project.id).where(Project.normalized_name == name)).one()
