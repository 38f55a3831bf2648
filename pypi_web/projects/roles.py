"""The people of a project, and inviting others: acts are done as in `managing`."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import Action, Invitation, Project, Role, RoleName, User
from pypi_web.data.session import Database
from pypi_web.letters import Letter
from pypi_web.projects.deeds import Actor, Deed, DeedRefused, Done, NotThere, begin
from pypi_web.projects.role_changes import find_role, get_user, give, spell
from pypi_web.security import links
from pypi_web.security.links import Claim, fingerprint
from pypi_web.standards import mail_addresses

INVITED_FOR = timedelta(days=7)

PURPOSE = "register by an invitation to a project"
"""Of links that are in letters alone, and so show whose address it is; the key of an invitation
does not, which may be handed over."""

OFFERS = 50
"""Invitations that somebody sees at once."""

NO_INVITATION = (
    "There is no invitation for you here: it may be answered, withdrawn, or older than a week. Ask"
    " whoever invited you for another one."
)

_RANKS = (RoleName.MEMBER, RoleName.MAINTAINER, RoleName.OWNER)


@dataclass(frozen=True)
class Offer:
    """An invitation as the invited sees it."""

    id: int
    project_id: int
    project: str
    normalized_name: str
    role: RoleName
    invited_by: str
    expires_at: datetime


def list_people(db: Database, project_id: int) -> Sequence[Any]:
    """Who has a role in a project, owners first: user id, name and role of each."""
    query: Any = (
        select(User.id, User.name, Role.name.label("role"))
        .join(Role, Role.user_id == User.id)
        .where(Role.project_id == project_id)
        .order_by(Role.name.desc(), User.name)
    )
    return db.execute(query).all()


def list_invited(db: Session, project_id: int) -> Sequence[Any]:
    """The invitations to a project that can be answered still, the newest first: `who` is a user
    name or an address."""
    query: Any = (
        select(
            Invitation.id,
            func.coalesce(User.name, Invitation.email).label("who"),
            Invitation.role,
            Invitation.invited_by,
            Invitation.expires_at,
        )
        .outerjoin(User, User.id == Invitation.user_id)
        .where(Invitation.project_id == project_id, _stands())
        .order_by(Invitation.id.desc())
    )
    return db.execute(query).all()


def list_invitations(db: Database, user: User) -> list[Offer]:
    """What somebody is invited to, by their name or by an address that is known to be theirs: the
    newest; others are seen when these are answered."""
    return [Offer(*row) for row in db.execute(_offers().where(_is_for(user)).limit(OFFERS))]


def find_offer(db: Database, normalized_name: str, user: User, *, key: str) -> Offer | None:
    """The invitation to a project that somebody may answer, by their name, by their address, or, to
    an address that may be any of theirs, by the key that was sent there."""
    by_key = and_(Invitation.user_id.is_(None), Invitation.sha256 == _digest(key))
    query = _offers().where(
        Project.normalized_name == normalized_name,
        or_(_is_for(user), by_key) if key else _is_for(user),
    )
    found = db.execute(query).first()
    return None if found is None else Offer(*found)


def invite(
    db: Session,
    project_id: int,
    *,
    who: str,
    role: RoleName,
    actor: Actor,
    link: Callable[[str], str],
    new_account: Callable[[Claim], str] | None = None,
) -> Done:
    """Invites a person by their user name, or whoever an address belongs to; `link` makes the
    address of a key, `new_account` that of the page where whoever has a claim's address makes an
    account. An earlier invitation of the same ends. Whether an address has an account is told to
    nobody."""
    who = who.strip().lower()
    deed = begin(db, project_id, actor)
    user = None if "@" in who else _find_invited(deed, who)
    if user is None and mail_addresses.read(who) is None:
        raise DeedRefused("who", "That is neither a user name nor an e-mail address.")
    named = Invitation.email == who if user is None else Invitation.user_id == user.id
    db.execute(
        delete(Invitation).where(
            Invitation.project_id == project_id,
            or_(named, Invitation.expires_at <= clock.now()),
        )
    )
    key = secrets.token_urlsafe(32)
    made = Invitation(
        sha256=_digest(key),
        email=who if user is None else None,
        user_id=None if user is None else user.id,
        project_id=project_id,
        role=role,
        invited_by=actor.name or "",
        expires_at=clock.now() + INVITED_FOR,
    )
    db.add(made)
    db.flush()
    sentence = f"{who} is invited to be {spell(role)} of {deed.project.name}."
    letters = deed.finish("invite to project", sentence, subject=who, after={"role": role})
    to = who if user is None else user.email
    if user is None or user.email_confirmed_at is not None:
        first = None
        if user is None and new_account is not None:
            first = new_account(Claim(0, to, fingerprint(made.sha256)))
        letters = (*letters, _invitation(deed, to, role, link(key), first))
    return Done(sentence, letters, key)


def sign_address(secret: str, claim: Claim) -> str:
    """The key of a link by which who is invited makes an account first."""
    return links.sign(secret, PURPOSE, claim, lifetime=INVITED_FOR)


def find_address(db: Database, secret: str, key: str) -> str | None:
    """Whose address such a link has shown, as long as the invitation stands."""
    claim = links.read(secret, PURPOSE, key)
    if claim is None:
        return None
    standing = select(Invitation.sha256).where(Invitation.email == claim.address, _stands())
    is_good = claim.state in map(fingerprint, db.execute(standing).scalars())
    return claim.address if is_good else None


def use_up_links(db: Session, email: str) -> None:
    """Ends all links to an address, for its owner has an account by which they answer: none makes
    an account once more, nor serves another."""
    invited: Any = select(Invitation.id).where(
        Invitation.email == email, Invitation.project_id.is_not(None)
    )
    for each in db.scalars(invited).all():
        unknown = _digest(secrets.token_urlsafe(32))
        db.execute(update(Invitation).where(Invitation.id == each).values(sha256=unknown))


def withdraw(db: Session, project_id: int, invitation_id: int, *, actor: Actor) -> Done:
    """Ends an invitation to this project."""
    deed = begin(db, project_id, actor)
    found = next((each for each in list_invited(db, project_id) if each.id == invitation_id), None)
    if found is None:
        raise NotThere("There is no such invitation: it is answered, withdrawn or too old.")
    db.execute(delete(Invitation).where(Invitation.id == found.id))
    sentence = f"The invitation of {found.who} to {deed.project.name} is withdrawn."
    letters = deed.finish(
        "withdraw invitation", sentence, subject=found.who, before={"role": found.role}
    )
    return Done(sentence, letters)


def accept(db: Session, normalized_name: str, user: User, *, key: str, actor: Actor) -> Done:
    """Gives somebody the role that they are invited to; a higher one that they have stays."""
    deed, offer = _take_up(db, normalized_name, user, key, actor)
    had = find_role(db, offer.project_id, user.id)
    name = deed.project.name
    if had is not None and _RANKS.index(had.name) >= _RANKS.index(offer.role):
        sentence = f"You are {spell(had.name)} of {name} already."
        deed.note("accept invitation", subject=user.name, after={"role": had.name})
        return Done(sentence)
    give(db, offer.project_id, user.id, offer.role, had)
    letters = deed.finish(
        "accept invitation",
        f"{user.name} is {spell(offer.role)} of {name} now.",
        action=Action.ADD_ROLE if had is None else Action.CHANGE_ROLE,
        detail=f"They have accepted the invitation by {offer.invited_by}.",
        subject=user.name,
        before={"role": had.name} if had else None,
        after={"role": offer.role, "invited by": offer.invited_by},
    )
    return Done(f"You are {spell(offer.role)} of {name} now.", letters)


def decline(db: Session, normalized_name: str, user: User, *, key: str, actor: Actor) -> Done:
    deed, offer = _take_up(db, normalized_name, user, key, actor)
    letters = deed.finish(
        "decline invitation",
        f"{user.name} has declined to be {spell(offer.role)} of {deed.project.name}.",
        subject=user.name,
        before={"role": offer.role},
    )
    return Done("You have declined: the invitation is gone.", letters)


def _take_up(
    db: Session, normalized_name: str, user: User, key: str, actor: Actor
) -> tuple[Deed, Offer]:
    """The invitation that somebody answers, which is then gone. Raises NotThere."""
    project_id = db.scalar(select(Project.id).where(Project.normalized_name == normalized_name))
    if project_id is not None:
        deed = begin(db, project_id, actor, on_roles=True)
        offer = find_offer(db, normalized_name, user, key=key)
        if offer is not None:
            db.execute(delete(Invitation).where(Invitation.id == offer.id))
            return deed, offer
    raise NotThere(NO_INVITATION)


def _find_invited(deed: Deed, name: str) -> Any:
    try:
        user = get_user(deed.db, name)
    except DeedRefused as refusal:
        message = f"{refusal.message} Write their e-mail address to invite them."
        raise DeedRefused("who", message) from None
    had = find_role(deed.db, deed.project.id, user.id)
    if had is not None:
        raise DeedRefused(
            "who", f"{user.name} is {spell(had.name)} already: change their role below."
        )
    return user


def _offers() -> Any:
    return (
        select(
            Invitation.id,
            Project.id,
            Project.name,
            Project.normalized_name,
            Invitation.role,
            Invitation.invited_by,
            Invitation.expires_at,
        )
        .join(Project, Invitation.project_id == Project.id)
        .where(_stands())
        .order_by(Invitation.id.desc())
    )


def _is_for(user: Any) -> ColumnElement[bool]:
    if user.email_confirmed_at is None:
        return Invitation.user_id == user.id
    return or_(Invitation.user_id == user.id, Invitation.email == user.email)


def _stands() -> ColumnElement[bool]:
    """Whether an invitation may be answered: it ends with its week, and with the role of the one
    who made it."""
    inviter = (
        select(User.id)
        .outerjoin(Role, (Role.user_id == User.id) & (Role.project_id == Invitation.project_id))
        .where(User.name == Invitation.invited_by, or_(User.is_admin, Role.name == RoleName.OWNER))
        .correlate(Invitation)
    )
    return and_(
        Invitation.project_id.is_not(None), Invitation.expires_at > clock.now(), inviter.exists()
    )


def _invitation(deed: Deed, to: str, role: RoleName, link: str, new_account: str | None) -> Letter:
    """It holds no word that its sender could choose, but names."""
    first = (
        f"If you have no account yet, make one first, for this address:\n\n{new_account}\n\n"
        if new_account is not None
        else ""
    )
    text = (
        "Hello,\n\n"
        f"{deed.actor.shown} invites you to be {spell(role)} of {deed.project.name}. Accept or"
        f" decline here, within a week, logged in to your account:\n\n{link}\n\n{first}"
        "If you know nothing of it, there is nothing to do.\n"
    )
    return Letter(to, f"You are invited to {deed.project.name}", text)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
