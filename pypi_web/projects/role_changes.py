"""Roles that are given, changed and taken: a project is never without an owner.

Acts are done as in `managing`, and roles change one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from pypi_web.data import Action, Project, Role, RoleName, User
from pypi_web.data.session import Database
from pypi_web.letters import Letter
from pypi_web.projects.deeds import Actor, Deed, DeedRefused, Done, NotThere, RuleBroken, begin

_ROLES: Any = Role.__table__

LISTED = 50
"""Projects that a letter names, at the most."""


@dataclass(frozen=True)
class Left:
    """What somebody had whose account ends: the projects, each with the role, and who else owns
    which of them, by confirmed address."""

    projects: Sequence[Any]
    owners: Sequence[Any]


def add(db: Session, project_id: int, who: str, role: RoleName, *, actor: Actor) -> Done:
    """Gives a person a role without asking them: for administrators, by command."""
    deed = begin(db, project_id, actor, on_roles=True)
    user = get_user(db, who)
    had = find_role(db, project_id, user.id)
    if had is not None:
        return _change(deed, user, had, role)
    give(db, project_id, user.id, role, None)
    sentence = f"{user.name} is {spell(role)} of {deed.project.name} now."
    letters = deed.finish(
        "add role",
        sentence,
        action=Action.ADD_ROLE,
        subject=user.name,
        after={"role": role},
        concerned=_address_of(user),
    )
    return Done(sentence, letters)


def change(db: Session, project_id: int, who: str, role: RoleName, *, actor: Actor) -> Done:
    """Gives one of the project's people another role. Raises RuleBroken for the only owner."""
    deed = begin(db, project_id, actor, on_roles=True)
    user, had = _get_person(deed, who)
    return _change(deed, user, had, role)


def remove(db: Session, project_id: int, who: str, *, actor: Actor) -> Done:
    """Takes somebody's role, or gives up one's own. Raises RuleBroken for the only owner."""
    deed = begin(db, project_id, actor, on_roles=True)
    user, had = _get_person(deed, who)
    if had.name is RoleName.OWNER:
        _check_has_other_owner(deed, user)
    db.execute(delete(_ROLES).where(_ROLES.c.id == had.id))
    is_own = user.id == actor.user_id
    name = deed.project.name
    letters = deed.finish(
        "leave project" if is_own else "remove role",
        f"{user.name} is no longer {spell(had.name)} of {name}.",
        action=Action.REMOVE_ROLE,
        subject=user.name,
        before={"role": had.name},
        concerned=_address_of(user),
    )
    who_shown = "You are" if is_own else f"{user.name} is"
    return Done(f"{who_shown} no longer {spell(had.name)} of {name}.", letters)


def leave_all(db: Session, user: User) -> Left:
    """Takes all roles of somebody whose account ends; who calls it has locked the roles and seen
    that each project keeps an owner. `finish_leaving` is to follow.

    The projects are not held, for there may be more of them than PostgreSQL has locks.
    """
    query: Any = (
        select(Project.id, Project.name, Project.normalized_name, Role.name.label("role"))
        .join(Role, Role.project_id == Project.id)
        .where(Role.user_id == user.id)
        .order_by(Project.normalized_name)
    )
    left = Left(db.execute(query).all(), _other_owners(db, user))
    db.execute(delete(_ROLES).where(_ROLES.c.user_id == user.id))
    return left


def finish_leaving(db: Session, user: User, left: Left, *, actor: Actor) -> tuple[Letter, ...]:
    """Notes that somebody has left, moves the serials, and gives the letters to the other owners:
    one to each, however many projects they share. The last thing that a transaction does."""
    deeds = [Deed(db, actor, project, owners=()) for project in left.projects]
    for deed in deeds:
        deed.note("leave project", subject=user.name, before={"role": deed.project.role})
    for deed in deeds:  # from the first of them on all who record wait
        deed.move(Action.REMOVE_ROLE)
    by_address = groupby(left.owners, lambda row: row.email)
    return tuple(_farewell(user, to, [row.project for row in rows]) for to, rows in by_address)


def role_of(db: Database, project_id: int, user_name: str) -> RoleName | None:
    query = (
        select(Role.name)
        .join(User, Role.user_id == User.id)
        .where(Role.project_id == project_id, User.name == user_name.strip().lower())
    )
    return db.execute(query).scalar_one_or_none()


def find_role(db: Session, project_id: int, user_id: int) -> Any:
    """The id and name of somebody's role, or None."""
    query = select(Role.id, Role.name).where(Role.project_id == project_id, Role.user_id == user_id)
    return db.execute(query).one_or_none()


def give(db: Session, project_id: int, user_id: int, role: RoleName, had: Any) -> None:
    """Gives a role, in the place of the one that somebody `had`."""
    if had is None:
        columns = {"project_id": project_id, "user_id": user_id, "name": role}
        db.execute(_ROLES.insert(), columns)
    else:
        db.execute(update(_ROLES).where(_ROLES.c.id == had.id).values(name=role))


def get_user(db: Session, name: str) -> Any:
    """Somebody by their name. Raises DeedRefused."""
    query = select(User.id, User.name, User.email, User.email_confirmed_at)
    user = db.execute(query.where(User.name == name.strip().lower())).one_or_none()
    if user is None:
        raise DeedRefused("who", f"Nobody here is called {name[:64]}.")
    return user


def spell(role: RoleName) -> str:
    """With its article."""
    return "an owner" if role is RoleName.OWNER else f"a {role}"


def _change(deed: Deed, user: Any, had: Any, role: RoleName) -> Done:
    name = deed.project.name
    if had.name is role:
        return Done(f"{user.name} is {spell(role)} of {name} as before.")
    if had.name is RoleName.OWNER:
        _check_has_other_owner(deed, user)
    give(deed.db, deed.project.id, user.id, role, had)
    sentence = f"{user.name} is {spell(role)} of {name} now."
    letters = deed.finish(
        "change role",
        sentence,
        action=Action.CHANGE_ROLE,
        subject=user.name,
        before={"role": had.name},
        after={"role": role},
        concerned=_address_of(user),
    )
    return Done(sentence, letters)


def _check_has_other_owner(deed: Deed, user: Any) -> None:
    others = select(func.count(Role.id)).where(
        Role.project_id == deed.project.id, Role.name == RoleName.OWNER, Role.user_id != user.id
    )
    if not deed.db.scalar(others):
        raise RuleBroken(
            "user",
            f"{user.name} is the only owner of {deed.project.name}: make somebody else an owner"
            " first, or delete the project.",
        )


def _other_owners(db: Session, user: User) -> Sequence[Any]:
    mine, theirs = aliased(Role), aliased(Role)
    query: Any = (
        select(User.email, Project.name.label("project"))
        .join(theirs, theirs.user_id == User.id)
        .join(mine, mine.project_id == theirs.project_id)
        .join(Project, Project.id == mine.project_id)
        .where(
            mine.user_id == user.id,
            theirs.user_id != user.id,
            theirs.name == RoleName.OWNER,
            User.email_confirmed_at.is_not(None),
        )
        .order_by(User.email, Project.normalized_name)
    )
    return db.execute(query).all()


def _farewell(user: User, to: str, projects: list[str]) -> Letter:
    rest = len(projects) - LISTED
    listed = projects[:LISTED] + ([f"and {rest} more"] if rest > 0 else [])
    lines = "".join(f"  {each}\n" for each in listed)
    text = (
        f"Hello,\n\n{user.name} has deleted their account, and with it has left these projects of"
        f" yours:\n\n{lines}\nThere is nothing to do: what they published stays.\n"
    )
    return Letter(to, f"{user.name} has deleted their account", text)


def _get_person(deed: Deed, name: str) -> tuple[Any, Any]:
    """One of the project's people, with their role. Raises NotThere."""
    query = select(User.id, User.name, User.email, User.email_confirmed_at)
    user = deed.db.execute(query.where(User.name == name.strip().lower())).one_or_none()
    had = None if user is None else find_role(deed.db, deed.project.id, user.id)
    if had is None:
        raise NotThere(f"{name[:64]} has no role in {deed.project.name}.")
    return user, had


def _address_of(user: Any) -> tuple[str, ...]:
    return (user.email,) if user.email_confirmed_at is not None else ()
