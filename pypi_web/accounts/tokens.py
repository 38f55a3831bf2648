"""The rules for API tokens: whose, for which projects, for how long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from pypi_web import clock
from pypi_web.data import ApiToken, Project, Role, User
from pypi_web.security.identity import TokenRight
from pypi_web.security.tokens import make_token
from pypi_web.standards import names

MAX_NAME = 100
MAX_PER_USER = 200
MAX_DAYS = 3650
MAX_PROJECTS = 100


class TokenRefused(Exception):
    """A token cannot be made so; the message says what to change."""


@dataclass(frozen=True)
class NewToken:
    """A token just made; `text` is known here and never again."""

    name: str
    text: str


RIGHTS = frozenset({TokenRight.READ, TokenRight.PUBLISH})
"""What a token is for where nothing is said."""


def create_token(
    db: Session,
    user: User,
    *,
    name: str,
    projects: Collection[str] | None = None,
    rights: Collection[TokenRight] = RIGHTS,
    days: int | None = None,
) -> NewToken:
    """Makes a token of `user`, for all projects (None) or for some by their names, for ever or for
    some days.

    Raises TokenRefused.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise TokenRefused(f"Give the token a name of 1 to {MAX_NAME} characters.")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise TokenRefused(f"A token lives for 1 to {MAX_DAYS} days.")
    if not rights:
        raise TokenRefused("Say what the token may do: read, publish or manage.")
    if len(list_tokens(db, user.id)) >= MAX_PER_USER:
        raise TokenRefused(f"You have {MAX_PER_USER} tokens: revoke some that nobody uses.")
    text = make_token(
        db,
        user_id=user.id,
        name=name,
        projects=None if projects is None else _find_projects(db, user, projects),
        rights=rights,
        expires_at=_expiry(days),
    )
    return NewToken(name, text)


def list_tokens(db: Session, user_id: int) -> list[ApiToken]:
    """A person's tokens, the newest first."""
    query = (
        select(ApiToken)
        .where(ApiToken.user_id == user_id)
        .options(selectinload(ApiToken.projects))
        .order_by(ApiToken.id.desc())
    )
    return list(db.scalars(query))


def list_own_projects(db: Session, user: User) -> list[str]:
    """The names of the projects that a person has a role in."""
    query = (
        select(Project.name)
        .join(Role, Role.project_id == Project.id)
        .where(Role.user_id == user.id)
        .order_by(Project.normalized_name)
    )
    return list(db.scalars(query))


def revoke_token(db: Session, user_id: int, token_id: int) -> bool:
    """Removes one of a person's tokens, at once; whether there was such a one."""
    token = db.get(ApiToken, token_id)
    if token is None or token.user_id != user_id:
        return False
    db.delete(token)
    return True


def _find_projects(db: Session, user: User, names_: Collection[str]) -> list[Project]:
    if not names_ or len(names_) > MAX_PROJECTS:
        raise TokenRefused(f"Choose 1 to {MAX_PROJECTS} projects, or all.")
    return [_find_project(db, user, each) for each in names_]


def _find_project(db: Session, user: User, name: str) -> Project:
    project = db.scalar(select(Project).where(Project.normalized_name == names.normalize(name)))
    is_theirs = project is not None and (
        user.is_admin
        or db.scalar(select(Role.id).where(Role.project_id == project.id, Role.user_id == user.id))
    )
    if project is None or not is_theirs:
        raise TokenRefused(f"{user.name} has no project {name[:128]}.")
    return project


def _expiry(days: int | None) -> datetime | None:
    return None if days is None else clock.now() + timedelta(days=days)
