"""What owners and maintainers do to a project, its releases and its files.

Each function holds the project, looks whether the act may be done as things are now, does it, and
notes it in audit and journal: nothing may follow in its transaction. Who may do what at all is
asked before (security.permissions). They raise DeedRefused, RuleBroken and NotThere.
"""

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from pypi_web.data import (
    Action,
    File,
    Invitation,
    Project,
    ProjectStatus,
    Release,
    Role,
    User,
    journal,
)
from pypi_web.projects import statuses
from pypi_web.projects.deeds import (
    Actor,
    Deed,
    DeedRefused,
    Done,
    NotThere,
    RuleBroken,
    begin,
    publishers_of,
)
from pypi_web.projects.statuses import StatusRefused
from pypi_web.standards import versions

MAX_NOTED = 200
"""Files of a deleted release that the audit names."""

_RELEASES: Any = Release.__table__
_FILES: Any = File.__table__
_PROJECTS: Any = Project.__table__

_STATUS_ACTS = {
    ProjectStatus.ACTIVE: "activate project",
    ProjectStatus.DEPRECATED: "deprecate project",
    ProjectStatus.ARCHIVED: "archive project",
    ProjectStatus.QUARANTINED: "quarantine project",
}


def yank(db: Session, project_id: int, version: str, *, reason: str | None, actor: Actor) -> Done:
    """Has installers leave a release out, but where exactly it is asked for (PEP 592)."""
    return _set_yanked(db, project_id, version, yanked=True, reason=reason, actor=actor)


def unyank(db: Session, project_id: int, version: str, *, actor: Actor) -> Done:
    return _set_yanked(db, project_id, version, yanked=False, reason=None, actor=actor)


def _set_yanked(
    db: Session, project_id: int, version: str, *, yanked: bool, reason: str | None, actor: Actor
) -> Done:
    try:
        reason = statuses.check_line(reason)
    except StatusRefused as refusal:
        raise DeedRefused("reason", str(refusal)) from None
    deed = begin(db, project_id, actor)
    deed.check_is_open()
    release = get_release(db, project_id, version)
    title = f"Release {release.version} of {deed.project.name}"
    state = "yanked" if yanked else "not yanked"
    if (release.yanked, release.yanked_reason) == (yanked, reason):
        return Done(f"{title} is {state} as it was.")
    db.execute(
        update(_RELEASES)
        .where(_RELEASES.c.id == release.id)
        .values(yanked=yanked, yanked_reason=reason)
    )
    sentence = f"{title} is {state}." if yanked else f"{title} is no longer yanked."
    letters = deed.finish(
        "yank release" if yanked else "unyank release",
        sentence,
        action=Action.YANK if yanked else Action.UNYANK,
        version=release.version,
        detail=f"The reason given: {reason}" if reason else "",
        subject=release.version,
        before={"yanked": release.yanked, "reason": release.yanked_reason},
        after={"yanked": yanked, "reason": reason},
        concerned=publishers_of(db, project_id, Release.id == release.id),
    )
    return Done(sentence, letters)


def delete_file(db: Session, project_id: int, filename: str, *, typed: str, actor: Actor) -> Done:
    """Takes a file out of the index; its name stays taken, and `pypi-web prune` removes its
    bytes."""
    deed = begin(db, project_id, actor)
    deed.check_is_open()
    file = get_file(db, project_id, filename)
    _check_typed(typed, file.filename)
    concerned = publishers_of(db, project_id, File.id == file.id)
    db.execute(delete(_FILES).where(_FILES.c.id == file.id))
    sentence = f"{file.filename} of {deed.project.name} is deleted."
    letters = deed.finish(
        "delete file",
        sentence,
        action=Action.DELETE_FILE,
        version=file.version,
        filename=file.filename,
        detail="Its name is never given to another file.",
        subject=file.filename,
        before={"version": file.version, "sha256": file.sha256, "size": file.size},
        concerned=concerned,
    )
    return Done(sentence, letters)


def delete_release(db: Session, project_id: int, version: str, *, typed: str, actor: Actor) -> Done:
    deed = begin(db, project_id, actor)
    deed.check_is_open()
    release = get_release(db, project_id, version)
    _check_typed(typed, release.version)
    filenames = list(
        db.scalars(
            select(File.filename).where(File.release_id == release.id).order_by(File.filename)
        )
    )
    concerned = publishers_of(db, project_id, Release.id == release.id)
    db.execute(delete(_RELEASES).where(_RELEASES.c.id == release.id))
    sentence = f"Release {release.version} of {deed.project.name} is deleted."
    letters = deed.finish(
        "delete release",
        sentence,
        action=Action.DELETE_RELEASE,
        version=release.version,
        detail="The names of its files are never given to others.",
        subject=release.version,
        before={"files": len(filenames), "names": filenames[:MAX_NOTED]},
        concerned=concerned,
    )
    return Done(sentence, letters)


def delete_project(db: Session, project_id: int, *, typed: str, actor: Actor) -> Done:
    """Takes all releases and all people from a project.

    Its row stays, without an owner, as that of a name which is claimed: it is never asked of
    upstream, and administrators alone can give it on. What was private stays unseen.
    """
    deed = begin(db, project_id, actor, on_roles=True)
    deed.check_is_open()
    project = deed.project
    _check_typed(typed, project.name, project.normalized_name)
    people = db.execute(
        select(User.name, User.email, User.email_confirmed_at, Role.name.label("role"))
        .join(Role, Role.user_id == User.id)
        .where(Role.project_id == project_id)
        .order_by(User.name)
    ).all()
    files = select(func.count(File.id)).join(Release).where(Release.project_id == project_id)
    before = {
        "releases": db.scalar(
            select(func.count(Release.id)).where(Release.project_id == project_id)
        ),
        "files": db.scalar(files),
        "people": {person.name: person.role for person in people},
    }
    if not people and not before["releases"]:
        raise RuleBroken("project", f"{project.name} is deleted already: its name alone is kept.")
    for gone in (Release, Role, Invitation):
        table: Any = gone.__table__
        db.execute(delete(table).where(table.c.project_id == project_id))
    sentence = f"The project {project.name} is deleted."
    letters = deed.finish(
        "delete project",
        sentence,
        action=Action.DELETE_PROJECT,
        detail="Its name is kept from others, and from upstream: ask an administrator to have it"
        " again.",
        subject=project.name,
        before=before,
        concerned=[person.email for person in people if person.email_confirmed_at],
    )
    return Done(sentence, letters)


def set_private(db: Session, project_id: int, is_private: bool, *, actor: Actor) -> Done:
    """Shows a project to its people alone, or to all who may read the index."""
    deed = begin(db, project_id, actor)
    deed.check_is_open()
    word = "private" if is_private else "public"
    if deed.project.is_private == is_private:
        return Done(f"{deed.project.name} is {word} as it was.")
    journal.lock(db)  # before the project's row: that is the order of all who record
    db.execute(update(_PROJECTS).where(_PROJECTS.c.id == project_id).values(is_private=is_private))
    sentence = f"The project {deed.project.name} is {word} now."
    letters = deed.finish(
        f"make project {word}",
        sentence,
        action=Action.MAKE_PRIVATE if is_private else Action.MAKE_PUBLIC,
        detail="Its people alone see it."
        if is_private
        else "All who may read this index see it, with all of its releases.",
        before={"private": not is_private},
        after={"private": is_private},
    )
    return Done(sentence, letters)


def change_status(
    db: Session, project_id: int, status: ProjectStatus, *, reason: str | None, actor: Actor
) -> Done:
    """Gives a project a status (PEP 792). Into quarantine, and out of it, it is for those who
    oversee the index."""
    try:
        reason = statuses.check_reason(status, reason)
    except StatusRefused as refusal:
        raise DeedRefused("reason", str(refusal)) from None
    return _change_status(begin(db, project_id, actor), status, reason)


def _change_status(deed: Deed, status: ProjectStatus, reason: str | None) -> Done:
    deed.check_is_open()
    if status is ProjectStatus.QUARANTINED and not deed.actor.oversees:
        raise RuleBroken("status", "Administrators alone quarantine projects.")
    project = deed.project
    why = f" ({reason})" if reason else ""
    sentence = f"{project.name} is {status}{why}."
    if (project.status, project.status_reason) == (status, reason):
        return Done(sentence)
    before = {"status": project.status, "reason": project.status_reason}
    letters = deed.finish(
        _STATUS_ACTS[status], sentence, before=before, after={"status": status, "reason": reason}
    )
    statuses.set_status(deed.db, project.id, status, reason=reason, actor=deed.actor.name)
    return Done(sentence, letters)


def release_from_quarantine(db: Session, project_id: int, *, actor: Actor) -> Done:
    """Makes a project that is quarantined active; of any other it is a slip."""
    deed = begin(db, project_id, actor)
    if deed.project.status is not ProjectStatus.QUARANTINED:
        raise RuleBroken("status", f"{deed.project.name} is not quarantined.")
    return _change_status(deed, ProjectStatus.ACTIVE, None)


def unarchive(db: Session, project_id: int, *, actor: Actor) -> Done:
    """Makes a project that is archived active, and no other: quarantine is not ended so."""
    deed = begin(db, project_id, actor)
    if deed.project.status is not ProjectStatus.ARCHIVED:
        raise RuleBroken("status", f"{deed.project.name} is not archived.")
    return _change_status(deed, ProjectStatus.ACTIVE, None)


def get_release(db: Session, project_id: int, version: str) -> Any:
    """A release's own columns, by any spelling of its version. Raises NotThere."""
    found = None
    if versions.is_short_enough(version):
        query = select(
            Release.id,
            Release.version,
            Release.yanked,
            Release.yanked_reason,
            Release.is_prerelease,
            Release.created_at,
        ).where(
            Release.project_id == project_id,
            Release.canonical_version == versions.canonical(version),
        )
        found = db.execute(query).one_or_none()
    if found is None:
        raise NotThere(f"The project has no release {version[:128]}.")
    return found


def get_file(db: Session, project_id: int, filename: str) -> Any:
    """A file of a project, with the version of its release. Raises NotThere."""
    query = (
        select(File.id, File.filename, File.sha256, File.size, Release.version)
        .join(Release, File.release_id == Release.id)
        .where(Release.project_id == project_id, File.filename == filename)
    )
    found = db.execute(query).one_or_none()
    if found is None:
        raise NotThere(f"The project has no file {filename[:255]}.")
    return found


def _check_typed(typed: str, *names: str) -> None:
    if typed.strip() not in names:
        raise DeedRefused("typed", f"Type {names[0]}, exactly so, to delete it.")
