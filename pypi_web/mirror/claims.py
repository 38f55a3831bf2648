"""Names that are kept from upstream: a claim is a project without files, hosted here like any
other, so that one rule holds everywhere."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select

from pypi_web.data import (
    Action,
    JournalEntry,
    MirroredFile,
    MirroredProject,
    Project,
    Release,
    Role,
    RoleName,
    TakenFilename,
    audit,
)
from pypi_web.data.journal import record
from pypi_web.data.projects import lock_names, lock_project
from pypi_web.data.session import Database, lock_table
from pypi_web.mirror import rules
from pypi_web.mirror.hosting import HAS_RELEASE
from pypi_web.settings import Settings
from pypi_web.standards import distribution_names, names

_PROJECTS: Any = Project.__table__

_OF_CLAIMS = (
    Action.CLAIM,
    Action.UNCLAIM,
    Action.ADD_ROLE,
    Action.CHANGE_ROLE,
    Action.REMOVE_ROLE,
    Action.MAKE_PRIVATE,
    Action.MAKE_PUBLIC,
)
"""What may be done to a project that is a claim and nothing else: it tells nobody of a file."""


class ClaimRefused(ValueError):
    """A name cannot be claimed, or a claim not undone; the message says why."""


@dataclass(frozen=True)
class Claim:
    """A name that is claimed, normalised; `is_new` is False where it was before and got an owner,
    and `files` are how many of upstream's are kept here and not given out."""

    name: str
    is_new: bool
    files: int


def claim(db: Database, name: str, *, owner_id: int | None, actor: str | None) -> Claim:
    """Makes a project without files of a name, which upstream is never asked for from then on, and
    says so in journal and audit. One that was claimed without an owner gets one.

    `owner_id` is who becomes its owner: without one, administrators alone publish to it. `actor` is
    the name of who claims, None for the command line. The last thing that a transaction does, as
    journal.record is. Raises ClaimRefused.
    """
    normalized_name = names.normalize(name)
    if "*" in name:
        raise ClaimRefused(
            "A claim is for one name. Names that begin alike are kept from upstream by the setting"
            " pypi_web.mirror.reserved."
        )
    if not names.is_valid(name) or len(normalized_name) > names.MAX_LENGTH:
        raise ClaimRefused(
            f"{name!r} is not a name that a project can have: write letters, digits and between"
            f" them dots, dashes and underscores, at most {names.MAX_LENGTH}."
        )
    if normalized_name in names.RESERVED:
        raise ClaimRefused(f"{normalized_name} is a name that no project may have.")
    hosted = _hold(db, normalized_name)
    kept = select(func.count()).where(
        MirroredFile.normalized_name == normalized_name, MirroredFile.is_kept
    )
    files: int = db.execute(kept).scalar_one()
    what = {"user_name": actor, "subject": name, "after": {"owner_id": owner_id}}
    if hosted is not None:
        _refuse_unless_ownerless(db, hosted, normalized_name, owner_id)
        _add_owner(db, hosted, owner_id)
        audit.note(db, "give claimed name", project=normalized_name, **what)
        record(db, hosted, normalized_name, Action.ADD_ROLE, actor=actor)
        return Claim(normalized_name, is_new=False, files=files)
    columns = {"name": name, "normalized_name": normalized_name}
    project_id: int = db.execute(insert(_PROJECTS).returning(_PROJECTS.c.id), columns).scalar_one()
    _add_owner(db, project_id, owner_id)
    audit.note(db, "claim name", project=normalized_name, **what)
    record(db, project_id, normalized_name, Action.CLAIM, actor=actor)
    return Claim(normalized_name, is_new=True, files=files)


def unclaim(db: Database, name: str, *, actor: str | None) -> str:
    """Removes a project that is a claim and never was anything else, so that upstream is asked for
    its name again, and says so in journal and audit, which are kept; gives the normalised name.

    Its roles and the tokens that are for it alone go too. Raises ClaimRefused.
    """
    normalized_name = names.normalize(name)
    project_id = _hold(db, normalized_name)
    if project_id is None:
        raise ClaimRefused(f"{normalized_name} is not claimed.")
    if _has_release(db, project_id) or _had_more(db, normalized_name):
        raise ClaimRefused(
            f"{normalized_name} has or had files of its own here: installers have been told of"
            " them, and are not given a stranger's in their place."
        )
    audit.note(db, "unclaim name", project=normalized_name, user_name=actor, subject=name)
    record(db, project_id, normalized_name, Action.UNCLAIM, actor=actor)
    db.execute(delete(_PROJECTS).where(_PROJECTS.c.id == project_id))
    return normalized_name


def _hold(db: Database, normalized_name: str) -> int | None:
    """The project of a name, which nobody else changes until the transaction ends; None where there
    is none, and nobody else makes one.

    What is there is held as by whoever changes its roles (projects.deeds), in that order, so that
    no two wait for each other; a name that is new as by whoever publishes it. Raises ClaimRefused
    where somebody was quicker, so that it is held as the wrong one.
    """
    found = _find(db, normalized_name)
    if found is None:
        lock_names(db)
    else:
        lock_table(db, Role)
    if _find(db, normalized_name) != found:
        raise ClaimRefused(f"Somebody else changed {normalized_name} at this moment: try again.")
    if found is not None:
        lock_project(db, normalized_name)
    return found


def _find(db: Database, normalized_name: str) -> int | None:
    hosted = select(Project.id).where(Project.normalized_name == normalized_name)
    found: int | None = db.execute(hosted).scalar()
    return found


def _has_release(db: Database, project_id: int) -> bool:
    of_project = select(Release.id).where(Release.project_id == project_id).limit(1)
    return db.execute(of_project).scalar() is not None


def _refuse_unless_ownerless(
    db: Database, project_id: int, name: str, owner_id: int | None
) -> None:
    if _has_release(db, project_id):
        raise ClaimRefused(f"{name} is hosted here already: upstream is never asked for it.")
    if owner_id is None:
        raise ClaimRefused(f"{name} is claimed already: upstream is never asked for it.")
    owners = select(Role.id).where(Role.project_id == project_id, Role.name == RoleName.OWNER)
    if db.execute(owners.limit(1)).scalar() is not None:
        raise ClaimRefused(f"{name} is claimed already, and has an owner.")


def _add_owner(db: Database, project_id: int, owner_id: int | None) -> None:
    """In place of another role, if they have one."""
    if owner_id is not None:
        db.execute(delete(Role).where(Role.project_id == project_id, Role.user_id == owner_id))
        owner = {"project_id": project_id, "user_id": owner_id, "name": RoleName.OWNER}
        db.execute(insert(Role), owner)


def _had_more(db: Database, name: str) -> bool:
    """Whether the journal knows more of a name than claims, or a filename of it is taken."""
    acts = select(JournalEntry.id).where(
        JournalEntry.project == name, JournalEntry.action.not_in(_OF_CLAIMS)
    )
    if db.execute(acts.limit(1)).scalar() is not None:
        return True
    alike = func.lower(TakenFilename.filename).like(name.replace("-", "%") + "%")
    return any(
        distribution_names.is_distribution(each) and distribution_names.split(each)[0] == name
        for each in db.execute(select(TakenFilename.filename).where(alike)).scalars()
    )


def list_claimed(db: Database) -> list[str]:
    """The names that are hosted here without a release, in their order."""
    claimed = select(Project.normalized_name).where(~HAS_RELEASE)
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
