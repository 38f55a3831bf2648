"""What people change of their own accounts: address, sessions, and the end of it; what was done."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, select
from sqlalchemy.orm import Session, aliased

from pypi_web import clock
from pypi_web.accounts import people
from pypi_web.accounts.people import AccountRefused
from pypi_web.data import AuditEvent, Project, Role, RoleName, User, WebSession, audit
from pypi_web.data.session import Database, lock_table
from pypi_web.letters import Letter
from pypi_web.projects import role_changes
from pypi_web.projects.deeds import Actor
from pypi_web.security import links
from pypi_web.security.links import Claim, fingerprint
from pypi_web.security.sessions import LIFETIME as SESSIONS_LIVE

PURPOSE = "confirm address"
LIFETIME = timedelta(days=1)

PROJECTS = 20
"""Projects on a page."""

LISTED = 100
"""Sessions on a page."""


def sign_address(secret: str, user: User, email: str) -> str:
    """The key of a link that shows an address to be a person's, and makes it theirs; good for a
    day, and until their address or their password changes: who finds a stranger in their account
    sets a new password, and the address that the stranger wished for is not taken any more."""
    claim = Claim(user.id, email, _state(user))
    return links.sign(secret, PURPOSE, claim, lifetime=LIFETIME)


def find_claim(request: Any, key: str, *, is_change: bool) -> tuple[User, str] | None:
    """A person, whom nobody else changes until a change is through, and the address that a link
    shows to be theirs."""
    claim = links.read(request.settings.signing_key, PURPOSE, key)
    if claim is None:
        return None
    if is_change:
        user = people.get_locked(request.db, claim.user_id)
    else:
        user = request.db.get(User, claim.user_id)
    if user is None or claim.state != _state(user):
        return None
    return user, claim.address


def confirm_address(db: Session, user: User, email: str) -> None:
    """Raises AccountRefused where somebody else has made the address theirs since."""
    other = select(User.id).where(User.email == email, User.id != user.id)
    if db.scalar(other) is not None:
        raise AccountRefused("email", "This address belongs to another account by now.")
    user.email = email
    user.email_confirmed_at = clock.now()
    db.flush()


def list_sessions(db: Session, user_id: int) -> list[WebSession]:
    """Where somebody is signed in, the LISTED last seen first."""
    query = select(WebSession).where(
        WebSession.user_id == user_id,
        WebSession.is_whole,
        WebSession.seen_at > clock.now() - SESSIONS_LIVE,
    )
    newest = query.order_by(WebSession.seen_at.desc(), WebSession.id.desc())
    return list(db.scalars(newest.limit(LISTED)))


def end_session(db: Session, user_id: int, session_id: int) -> bool:
    """Ends one of a person's own sessions; whether there was such a one."""
    wanted = delete(WebSession).where(WebSession.id == session_id, WebSession.user_id == user_id)
    return db.execute(wanted.returning(WebSession.id)).first() is not None


def list_events(
    db: Database, user: User, *, before: int | None = None
) -> tuple[list[Row[Any]], int | None]:
    """What was done on an account, as audit.list_events."""
    # SQLite may give the number of somebody whose account is deleted to somebody new.
    theirs = AuditEvent.user_id == user.id, AuditEvent.at >= user.created_at
    return audit.list_events(db, *theirs, before=before)


def list_projects(
    db: Database, user_id: int, *, after: str = ""
) -> tuple[list[Row[Any]], str | None]:
    """A page of the projects that somebody has a role in, by name, from the first `after` a
    normalised name; and the name where the next page begins, if any. `is_sole` says that they are
    the only owner."""
    query: Any = (
        select(
            Project.name,
            Project.normalized_name,
            Project.status,
            Project.is_private,
            Role.name.label("role"),
            _is_sole(user_id).label("is_sole"),
        )
        .join(Role, Role.project_id == Project.id)
        .where(Role.user_id == user_id, Project.normalized_name > after)
        .order_by(Project.normalized_name)
        .limit(PROJECTS + 1)
    )
    found = list(db.execute(query).all())
    more = len(found) > PROJECTS
    return found[:PROJECTS], found[PROJECTS - 1].normalized_name if more else None


def list_sole_projects(db: Database, user_id: int) -> list[Row[Any]]:
    """The projects that would have no owner without a person: name and normalised name of each."""
    query: Any = (
        select(Project.name, Project.normalized_name)
        .join(Role, Role.project_id == Project.id)
        .where(Role.user_id == user_id, _is_sole(user_id))
        .order_by(Project.normalized_name)
    )
    return list(db.execute(query).all())


def delete_account(db: Session, user: User, *, typed: str, actor: Actor) -> tuple[Letter, ...]:
    """Removes a person with their sessions, tokens and second factors, and has them leave their
    projects; gives the letters to those whose projects they were too.

    Raises AccountRefused where they have not typed their name, where a project would be left
    without an owner, or the index without an administrator.
    """
    if typed.strip().lower() != user.name:
        raise AccountRefused("name", f"Type your user name, {user.name}, to delete the account.")
    people.lock(db)
    lock_table(db, Role)  # whoever else gives or takes a role has looked before, or waits
    sole = list_sole_projects(db, user.id)
    if sole:
        raise AccountRefused(
            "name",
            f"{user.name} is the only owner of {_list(sole)}. Make somebody else an owner first, or"
            " delete the project.",
        )
    people.keep_an_administrator(db, user)
    left = role_changes.leave_all(db, user)
    # Before the journal, which others wait for who may hold rows that go or change with it.
    db.execute(delete(User).where(User.id == user.id))
    return role_changes.finish_leaving(db, user, left, actor=actor)


def _is_sole(user_id: int) -> ColumnElement[bool]:
    """Whether a role, of this person, is that of a project's only owner."""
    theirs = aliased(Role)
    others = select(theirs.id).where(
        theirs.project_id == Role.project_id,
        theirs.name == RoleName.OWNER,
        theirs.user_id != user_id,
    )
    return and_(Role.name == RoleName.OWNER, ~others.correlate(Role).exists())


def _state(user: User) -> str:
    return fingerprint(user.email, user.password_hash)


def _list(projects: list[Row[Any]]) -> str:
    names = [project.name for project in projects[:10]]
    rest = len(projects) - len(names)
    return ", ".join(names) + (f" and {rest} more projects" if rest else "")
