"""Who asks: a person at a browser, or a tool with one of their tokens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TokenScope:
    """The token a tool signed in with; one with a `project_id` is good for that project alone."""

    token_id: int
    project_id: int | None


@dataclass(frozen=True)
class Identity:
    """A person who is signed in, at a browser unless `token` says otherwise."""

    user_id: int
    user_name: str
    is_admin: bool
    token: TokenScope | None = None

    @property
    def is_in_person(self) -> bool:
        return self.token is None
