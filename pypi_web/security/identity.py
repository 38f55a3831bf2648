"""Who asks: a person at a browser, or a tool with one of their tokens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pypi_web.data.visibility import STRANGER, Viewer


class TokenRight(StrEnum):
    """What a token may be for."""

    READ = "read"
    PUBLISH = "publish"
    MANAGE = "manage"
    """Yank, delete, archive: what the owners of a project do."""


@dataclass(frozen=True)
class TokenScope:
    """The token a tool signed in with; `projects` are the ids of those that it is for, None all."""

    token_id: int
    projects: frozenset[int] | None
    rights: frozenset[TokenRight]

    def covers(self, project_id: int) -> bool:
        return self.projects is None or project_id in self.projects


@dataclass(frozen=True)
class SignIn:
    """The session of somebody at a browser; `proved_at` is when they last showed who they are."""

    session_id: int
    proved_at: datetime


@dataclass(frozen=True)
class Identity:
    """A person who is signed in, at a browser by a `sign_in` or else by a `token`.

    `is_admin` is false for an administrator who lacks the second factor that the settings ask of
    them: `lacks_factor` then says so.
    """

    user_id: int
    user_name: str
    is_admin: bool
    token: TokenScope | None = None
    sign_in: SignIn | None = None
    lacks_factor: bool = False

    @property
    def is_in_person(self) -> bool:
        return self.token is None


def viewer_of(identity: Identity | None) -> Viewer:
    """What is private and theirs to see."""
    if identity is None:
        return STRANGER
    token = identity.token
    if token is None:
        return Viewer(identity.user_id, identity.is_admin)
    if TokenRight.READ not in token.rights:
        return STRANGER
    return Viewer(identity.user_id, identity.is_admin, token.projects)
