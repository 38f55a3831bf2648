"""The rules for accounts: what names, addresses and passwords are taken, making one, and who
administers the index."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import User
from pypi_web.data.audit import note
from pypi_web.data.session import Database, lock_table
from pypi_web.security import passwords, sessions
from pypi_web.standards import mail_addresses

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")


class AccountRefused(Exception):
    """An account cannot be made so; `field` is the form's field that is to be mended."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Known:
    """Somebody with an account, as found by what they are called."""

    id: int
    name: str
    email: str
    password_hash: str


@dataclass(frozen=True)
class Applicant:
    """Whose name, address and password are such as accounts have; others may have them still."""

    name: str
    email: str
    password_hash: str


def check_applicant(*, name: str, email: str, password: str) -> Applicant:
    """What somebody wants to be called, and their password's hash.

    Raises AccountRefused with the first thing that is wrong. Call it before `request.db` is asked
    for anything: it takes its time, in which nobody else shall wait.
    """
    name, email = name.strip().lower(), check_email(email)
    if not _NAME.match(name):
        raise AccountRefused(
            "name",
            "A user name has letters, digits and between them dots, dashes and underscores,"
            " at most 64.",
        )
    return Applicant(name, email, hash_password(password, about=(name, email)))


def create_user(
    db: Session, applicant: Applicant, *, is_admin: bool = False, is_confirmed: bool = False
) -> User:
    """Adds a person; `is_confirmed` where the address is known to be theirs.

    Raises AccountRefused where somebody else has the name or the address.
    """
    for field, value in _taken(db, applicant.name, applicant.email):
        raise AccountRefused(field, f"{value} belongs to another account already.")
    user = User(
        name=applicant.name,
        email=applicant.email,
        email_confirmed_at=clock.now() if is_confirmed else None,
        password_hash=applicant.password_hash,
        is_admin=is_admin,
    )
    db.add(user)
    db.flush()
    return user


def check_email(written: str) -> str:
    """An e-mail address as it is kept. Raises AccountRefused."""
    email = mail_addresses.read(written)
    if email is None:
        raise AccountRefused("email", "That is not an e-mail address: write name@example.org.")
    return email


def hash_password(password: str, *, about: Sequence[str]) -> str:
    """The hash of a new password; `about` is what a stranger knows of the person.

    Raises AccountRefused. It takes its time, as `check_applicant` does.
    """
    if len(password) < passwords.MIN_LENGTH:
        raise AccountRefused(
            "password", f"A password needs {passwords.MIN_LENGTH} characters or more."
        )
    if len(password) > passwords.MAX_LENGTH:
        raise AccountRefused(
            "password", f"A password has at most {passwords.MAX_LENGTH} characters."
        )
    weakness = passwords.find_weakness(password, about)
    if weakness is not None:
        raise AccountRefused("password", weakness)
    return passwords.hash_password(password)


def find_known(db: Database, name: str) -> Known | None:
    """The person of that name or address."""
    name = name.strip().lower()
    if len(name) > mail_addresses.MAX_LENGTH:
        return None
    # No name has an @ in it, and each address has.
    return _find_known(db, or_(User.name == name, User.email == name))


def find_by_id(db: Database, user_id: int) -> Known | None:
    return _find_known(db, User.id == user_id)


def is_password_of(known: Known | None, password: str) -> bool:
    """Whether it is the password of somebody; takes as long where there is nobody."""
    if len(password) > passwords.MAX_LENGTH:
        return False
    return passwords.verify(known.password_hash if known else None, password)


def change_password(db: Session, user: User, password_hash: str, *, but: int | None = None) -> None:
    """Gives a person another password, by the hash of it, and ends their sessions, but one by its
    id."""
    user.password_hash = password_hash
    sessions.end_others(db, user.id, but=but)


def set_admin(db: Session, user: User, is_admin: bool) -> None:
    """Has somebody administer the index, or no longer. Raises AccountRefused for the last one."""
    lock(db)
    if not is_admin:
        keep_an_administrator(db, user)
    before, user.is_admin = user.is_admin, is_admin
    change = {"before": {"is_admin": before}, "after": {"is_admin": is_admin}}
    note(db, "set administrator", user_id=user.id, user_name=user.name, subject=user.name, **change)


def keep_an_administrator(db: Session, user: User) -> None:
    """Raises AccountRefused for the only one, who cannot go or cease to be one."""
    if user.is_admin and db.scalar(select(func.count()).where(User.is_admin)) == 1:
        raise AccountRefused(
            "name",
            f"{user.name} is the only administrator: make another one first, with"
            " `pypi-web user admin NAME`.",
        )


def get_locked(db: Session, user_id: int) -> User | None:
    """A person whom nobody else changes until this transaction ends, as they are now."""
    query = select(User).where(User.id == user_id).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def lock(db: Session) -> None:
    """Lets nobody else make an account until this transaction ends."""
    lock_table(db, User)


def _find_known(db: Database, wanted: ColumnElement[bool]) -> Known | None:
    query = select(User.id, User.name, User.email, User.password_hash).where(wanted)
    found = db.execute(query).one_or_none()
    return None if found is None else Known(*found)


def _taken(db: Session, name: str, email: str) -> list[tuple[str, str]]:
    found = db.execute(
        select(User.name, User.email).where(or_(User.name == name, User.email == email))
    ).all()
    if any(row.name == name for row in found):
        return [("name", name)]
    return [("email", email)] if found else []
