"""The rules for API tokens: whose, for which projects, for what, for how long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select
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
    """A token just made; `text` is known here and never again. `projects` are names, None all."""

    name: str
    text: str
    rights: tuple[TokenRight, ...]
    projects: tuple[str, ...] | None
    expires_at: datetime | None

    @property
    def summary(self) -> dict[str, Any]:
        """What the audit keeps of it."""
        return {
            "may": [right.value for right in self.rights],
            "projects": "all" if self.projects is None else list(self.projects),
            "expires": None if self.expires_at is None else self.expires_at.isoformat(),
        }


@dataclass(frozen=True)
class Revoked:
    """A token that was just removed."""

    id: int
    user_id: int
    name: str
    hint: str


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
    any_project: bool = False,
) -> NewToken:
    """Makes a token of `user`, for all projects (None) or for some by their names, for ever or for
    some days. The projects have to be theirs, unless `any_project`.

    Raises TokenRefused.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise TokenRefused(f"Give the token a name of 1 to {MAX_NAME} characters.")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise TokenRefused(f"A token lives for 1 to {MAX_DAYS} days.")
    if not rights:
        raise TokenRefused("Say what the token may do: read, publish or manage.")
    if count_tokens(db, user.id) >= MAX_PER_USER:
        raise TokenRefused(f"You have {MAX_PER_USER} tokens: revoke some that nobody uses.")
    chosen = None
    if projects is not None:
        chosen = _find_projects(db, user, projects, any_project=any_project)
    expires_at = None if days is None else clock.now() + timedelta(days=days)
    text = make_token(
        db, user_id=user.id, name=name, projects=chosen, rights=rights, expires_at=expires_at
    )
    return NewToken(
        name,
        text,
        rights=tuple(right for right in TokenRight if right in rights),
        projects=None if chosen is None else tuple(each.name for each in chosen),
        expires_at=expires_at,
    )


def list_tokens(db: Session, user_id: int) -> list[ApiToken]:
    """A person's tokens, the newest first."""
    query = (
        select(ApiToken)
        .where(ApiToken.user_id == user_id)
        .options(selectinload(ApiToken.projects))
        .order_by(ApiToken.id.desc())
    )
    return list(db.scalars(query))


def count_tokens(db: Session, user_id: int) -> int:
    theirs = select(func.count()).select_from(ApiToken).where(ApiToken.user_id == user_id)
    return db.scalar(theirs) or 0


def list_own_projects(db: Session, user: User) -> list[str]:
    """The names of the projects that a person has a role in, the first MAX_PROJECTS."""
    query = (
        select(Project.name)
        .join(Role, Role.project_id == Project.id)
        .where(Role.user_id == user.id)
        .order_by(Project.normalized_name)
        .limit(MAX_PROJECTS)
    )
    return list(db.scalars(query))


def rights_of(token: ApiToken) -> list[TokenRight]:
    given = (token.may_read, token.may_publish, token.may_manage)
    each = (TokenRight.READ, TokenRight.PUBLISH, TokenRight.MANAGE)
    return [right for right, is_given in zip(each, given, strict=True) if is_given]


def revoke_token(db: Session, user_id: int, token_id: int) -> Revoked | None:
    """Removes one of a person's tokens, at once; None where there is no such one."""
    found = _revoke(db, ApiToken.user_id == user_id, ApiToken.id == token_id)
    return found[0] if found else None


def revoke_all(db: Session, user_id: int) -> list[Revoked]:
    """Removes all of a person's tokens, at once."""
    return _revoke(db, ApiToken.user_id == user_id)


def revoke_by_digests(db: Session, digests: Collection[str]) -> list[Revoked]:
    """Removes the tokens of which these are the SHA-256, whosever they are, at once."""
    return _revoke(db, ApiToken.sha256.in_(digests))


def _revoke(db: Session, *which: Any) -> list[Revoked]:
    """Two who revoke one token at once do not both get it."""
    columns = (ApiToken.id, ApiToken.user_id, ApiToken.name, ApiToken.hint)
    rows = db.execute(delete(ApiToken).where(*which).returning(*columns))
    return sorted((Revoked(*row) for row in rows), key=lambda token: token.id)


def _find_projects(
    db: Session, user: User, names_: Collection[str], *, any_project: bool
) -> list[Project]:
    wanted = {names.normalize(each): each for each in names_}
    if not 1 <= len(wanted) <= MAX_PROJECTS:
        raise TokenRefused(f"Choose 1 to {MAX_PROJECTS} projects, or all.")
    query = select(Project).where(Project.normalized_name.in_(wanted))
    if not any_project:
        theirs = (Role.project_id == Project.id) & (Role.user_id == user.id)
        query = query.where(exists().where(theirs))
    found = list(db.scalars(query.order_by(Project.normalized_name)))
    missing = sorted(wanted.keys() - {each.normalized_name for each in found})
    if missing:
        owner = "The index" if any_project else user.name
        raise TokenRefused(f"{owner} has no project {wanted[missing[0]][:128]}.")
    return found
