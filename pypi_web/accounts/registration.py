"""Registering: an address is shown to be somebody's before there is an account; and invitations.

Whoever wants an account gives an address alone. The letter that is sent there opens the form for
name and password, or says that there is an account already: the page itself cannot tell. The letter
of an invitation to a project (projects.roles) opens that form too.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.accounts import people
from pypi_web.accounts.people import AccountRefused, Applicant
from pypi_web.data import Invitation, User
from pypi_web.data.session import Database
from pypi_web.projects import roles
from pypi_web.security import links
from pypi_web.security.links import Claim
from pypi_web.settings import Settings

PURPOSE = "register"
LIFETIME = timedelta(days=1)
INVITED_FOR = timedelta(days=14)

LISTED = 200
"""Invitations on a page: others are seen when these are taken up or withdrawn."""


@dataclass(frozen=True)
class Invited:
    """An invitation just made; `key` is known here and never again."""

    email: str
    key: str


def sign_address(secret: str, email: str) -> str:
    """The key of a link by which the owner of an address makes an account."""
    return links.sign(secret, PURPOSE, Claim(0, email), lifetime=LIFETIME)


def find_address(db: Database, settings: Settings, key: str) -> str | None:
    """Whose address a link has shown, be it of a letter to who registers or of an invitation, to
    have an account or to a project.

    None where the link is no longer good, or the settings let nobody in by it.
    """
    setting = settings.registration
    if setting == "closed":
        return None
    secret = settings.signing_key
    claim = links.read(secret, PURPOSE, key)
    if claim is not None:
        is_new = setting == "open" and not has_account(db, claim.address)
        return claim.address if is_new else None
    email = roles.find_address(db, secret, key)
    if email is not None:
        return None if has_account(db, email) else email
    return _find_invited(db, key)


def register(db: Session, applicant: Applicant) -> User:
    """Makes the account of somebody whose address was shown, and uses up their invitations.

    Raises AccountRefused.
    """
    user = people.create_user(db, applicant, is_confirmed=True)
    email = applicant.email
    db.execute(delete(Invitation).where(_to_have_an_account(), Invitation.email == email))
    roles.use_up_links(db, email)
    return user


def has_account(db: Database, email: str) -> bool:
    return bool(db.execute(select(exists().where(User.email == email))).scalar())


def invite(db: Session, email: str, *, by: str) -> Invited:
    """Invites the owner of an address to have an account; an earlier invitation ends, and those go
    that have been over for long.

    Raises AccountRefused.
    """
    email = people.check_email(email)
    people.lock(db)
    if has_account(db, email):
        raise AccountRefused("email", f"{email} has an account already.")
    ended = or_(Invitation.email == email, Invitation.expires_at < clock.now() - INVITED_FOR)
    db.execute(delete(Invitation).where(_to_have_an_account(), ended))
    key = secrets.token_urlsafe(32)
    db.add(
        Invitation(
            sha256=_digest(key),
            email=email,
            invited_by=by,
            expires_at=clock.now() + INVITED_FOR,
        )
    )
    db.flush()
    return Invited(email, key)


def list_invitations(db: Session) -> list[Invitation]:
    """The invitations to have an account that nobody has taken up yet, the newest LISTED first."""
    query = select(Invitation).where(_to_have_an_account()).order_by(Invitation.id.desc())
    return list(db.scalars(query.limit(LISTED)))


def withdraw(db: Session, invitation_id: int) -> str | None:
    """Ends an invitation to have an account; gives the address that it was for."""
    ended = delete(Invitation).where(_to_have_an_account(), Invitation.id == invitation_id)
    return db.execute(ended.returning(Invitation.email)).scalar()


def _to_have_an_account() -> Any:
    return Invitation.project_id.is_(None) & Invitation.email.is_not(None)


def _find_invited(db: Database, key: str) -> str | None:
    """The address of an invitation to have an account, by its key."""
    wanted = select(Invitation.email).where(
        Invitation.sha256 == _digest(key),
        _to_have_an_account(),
        Invitation.expires_at > clock.now(),
    )
    return db.execute(wanted).scalar()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
