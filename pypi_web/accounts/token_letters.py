"""Letters about API tokens: what happens to them is told to whose they are."""

from typing import Any

from pypi_web.accounts.tokens import NewToken, Revoked
from pypi_web.data import User
from pypi_web.letters import Letter


def tell_of_making(request: Any, user: User, token: NewToken) -> None:
    request.registry["post"].send_after_commit(request, of_making(user, token))


def of_making(user: User, token: NewToken) -> Letter:
    """It holds no link: what stands in it may come from whoever asked."""
    projects = "all your projects" if token.projects is None else ", ".join(token.projects)
    lifetime = "until you revoke it"
    if token.expires_at is not None:
        lifetime = f"until {token.expires_at:%Y-%m-%d}"
    text = (
        f"Hello {user.name},\n\n"
        f'an API token was made for your account: "{token.name}".\n\n'
        f"It may {_and([right.value for right in token.rights])}.\n"
        f"It is for: {projects}.\n"
        f"It is good {lifetime}.\n\n"
        "If that was you, there is nothing to do. If not, somebody else is in your account: revoke"
        " the token on the page of your account, change your password, and tell an"
        " administrator.\n"
    )
    return Letter(user.email, "An API token was made", text)


def tell_of_a_report(request: Any, user: User, revoked: list[Revoked]) -> None:
    """Whoever reports a token says nothing that stands in the letter."""
    listed = "\n".join(f"  {token.name} (it ended with {token.hint})" for token in revoked)
    text = (
        f"Hello {user.name},\n\n"
        "somebody has found what follows where others can read it, and reported it to the index."
        " It was revoked at once and is good for nothing any more:\n\n"
        f"{listed}\n\n"
        "What to do now: find where it stood, such as a repository or the log of a pipeline, and"
        " remove it there. Look through your projects for files that you did not publish. Then make"
        " a new token on the page of your account, for as little and for as short as will do.\n"
    )
    subject = "A leaked API token was revoked"
    request.registry["post"].send_after_commit(request, Letter(user.email, subject, text))


def _and(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
