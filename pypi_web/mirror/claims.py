"""Names that are kept from upstream: a claim is a project without files, hosted here like any
other, so that one rule holds everywhere."""

from typing import Any

from sqlalchemy import insert, select

from pypi_web.data import Action, MirroredProject, Project, Release, Role, RoleName
from pypi_web.data.journal import record
from pypi_web.data.projects import lock_names
from pypi_web.data.session import Database
from pypi_web.mirror import rules
from pypi_web.settings import Settings
from pypi_web.standards import names

_PROJECTS: Any = Project.__table__


class ClaimRefused(ValueError):
    """A name cannot be claimed; the message says why."""


def claim(db: Database, name: str, *, owner_id: int | None, actor: str | None) -> str:
    """Makes a project without files of a name, which upstream is never asked for from then on, and
    says so in the journal; gives the normalised name.

    `owner_id` is who becomes its owner: without one, administrators alone publish to it. `actor` is
    the name of who claims, None for the command line. The last thing that a transaction does, as
    journal.record is. Raises ClaimRefused.
    """
    normalized_name = names.normalize(name)
    if not names.is_valid(name) or len(normalized_name) > names.MAX_LENGTH:
        raise ClaimRefused(
            f"{name!r} is not a name that a project can have: write letters, digits and between"
            f" them dots, dashes and underscores, at most {names.MAX_LENGTH}."
        )
    if normalized_name in names.RESERVED:
        raise ClaimRefused(f"{normalized_name} is a name that no project may have.")
    lock_names(db)
    hosted = select(Project.id).where(Project.normalized_name == normalized_name)
    if db.execute(hosted).scalar() is not None:
        raise ClaimRefused(
            f"{normalized_name} is hosted here already: upstream is never asked for it."
        )
    columns = {"name": name, "normalized_name": normalized_name}
    project_id: int = db.execute(insert(_PROJECTS).returning(_PROJECTS.c.id), columns).scalar_one()
    if owner_id is not None:
        owner = {"project_id": project_id, "user_id": owner_id, "name": RoleName.OWNER}
        db.execute(insert(Role), owner)
    record(db, project_id, normalized_name, Action.CLAIM, actor=actor)
    return normalized_name


def list_claimed(db: Database) -> list[str]:
    """The names that are hosted here without a release, in their order."""
    has_release = select(Release.id).where(Release.project_id == Project.id).exists()
    claimed = select(Project.normalized_name).where(~has_release)
    return list(db.execute(claimed.order_by(Project.normalized_name)).scalars())


def is_mirrored(db: Database, settings: Settings, normalized_name: str) -> bool:
    """Whether installers here have ever been told of upstream's project of a name, which is not
    hosted, so that who publishes under it would change what they get."""
    if settings.mirror_upstream is None or rules.is_reserved(settings, normalized_name):
        return False
    known = select(MirroredProject.id).where(
        MirroredProject.normalized_name == normalized_name, MirroredProject.was_found
    )
    return db.execute(known).scalar() is not None
