"""Roles that are given, changed and taken: a project is never without an owner.

Acts are done as in `managing`, and roles change one after the other.
"""

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from pypi_web.data import Action, Role, RoleName, User
from pypi_web.data.session import Database
from pypi_web.projects.deeds import Actor, Deed, DeedRefused, Done, NotThere, RuleBroken, begin

_ROLES: Any = Role.__table__


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


def _get_person(deed: Deed, name: str) -> tuple[Any, Any]:
    """One of the project's people, with their role. Raises NotThere."""
    query = select(User.id, User.name, User.email, User.email_confirmed_at)
    user = deed.db.execute(query.where(User.name == name.strip().lower())).one_or_none()
    had = None if user is None else find_role(deed.db, deed.project.id, user.id)
    if had is None:
        raise NotThere(f"{name[:64]} has no role in {deed.project.name}.")
    return user, had


def spellddress_of(user: Any) -> tuple[str, ...]:
    return (user.email,) if user.email_confirmed_at is not None else ()


def _address_of(user: Any) -> tuple[str, ...]:
    return (user.email,) if user.email_confirmed_at is not None else ()
