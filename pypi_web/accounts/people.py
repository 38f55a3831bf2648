"""The rules for accounts: what names, addresses and passwords are taken, and making one."""

import re
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pypi_web.data import User
from pypi_web.data.session import Database, lock_table
from pypi_web.security import passwords, sessions

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
_EMAIL = re.compile(r"[^@\s\x00-\x20\x7f<>\"',;:\\]+@[^@\s\x00-\x20\x7f<>\"',;:\\]+\Z")


class AccountRefused(Exception):
    """An account cannot be made so; `field` is the form's field that is to be mended."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Known:
    """Somebody whose password was right."""

    id: int
    password_hash: str


def create_user(
    db: Session, *, name: str, email: str, password: str, is_admin: bool = False
) -> User:
    """Adds a person; raises AccountRefused with the first thing that is wrong."""
    name, email = name.strip().lower(), email.strip().lower()
    if not _NAME.match(name):
        raise AccountRefused(
            "name",
            "A user name has letters, digits and between them dots, dashes and underscores,"
            " at most 64.",
        )
    if len(email) > 254 or not _EMAIL.match(email):
        raise AccountRefused("email", "That is not an e-mail address: write name@example.org.")
    check_password(password)
    for field, value in _taken(db, name, email):
        raise AccountRefused(field, f"{value} belongs to another account already.")
    user = User(
        name=name,
        email=email,
        password_hash=passwords.hash_password(password),
        is_admin=is_admin,
    )
    db.add(user)
    db.flush()
    return user


def check_password(password: str) -> None:
    if len(password) < passwords.MIN_LENGTH:
        raise AccountRefused(
            "password", f"A password needs {passwords.MIN_LENGTH} characters or more."
        )
    if len(password) > passwords.MAX_LENGTH:
        raise AccountRefused(
            "password", f"A password has at most {passwords.MAX_LENGTH} characters."
        )


def find_by_credentials(db: Database, name: str, password: str) -> Known | None:
    """The person of that name or address and that password.

    Takes as long for those who are not here. It only reads, so that many who guess at passwords
    keep nobody from writing.
    """
    name = name.strip().lower()
    if len(password) > passwords.MAX_LENGTH:
        return None
    found = db.execute(
        select(User.id, User.password_hash).where(or_(User.name == name, User.email == name))
    ).one_or_none()
    known = None if found is None else Known(found.id, found.password_hash)
    is_right = passwords.verify(known.password_hash if known else None, password)
    return known if is_right else None


def renew_hash(db: Session, user_id: int, password: str) -> Known:
    """Hashes a person's password anew, as is now right."""
    user = db.get_one(User, user_id)
    user.password_hash = passwords.hash_password(password)
    return Known(user.id, user.password_hash)


def change_password(db: Session, user: User, password: str, *, but: int | None = None) -> None:
    """Gives a person another password, and ends their sessions, but one by its id.

    Raises AccountRefused.
    """
    check_password(password)
    user.password_hash = passwords.hash_password(password)
    sessions.end_others(db, user.id, but=but)


def lock(db: Session) -> None:
    """Lets nobody else make an account until this transaction ends."""
    lock_table(db, User)


def _taken(db: Session, name: str, email: str) -> list[tuple[str, str]]:
    found = db.execute(
        select(User.name, User.email).where(or_(User.name == name, User.email == email))
    ).all()
    if any(row.name == name for row in found):
        return [("name", name)]
    return [("email", email)] if found else []
