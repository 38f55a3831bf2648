"""API tokens: made here, shown once, known afterwards by their SHA-256 alone."""

import base64
import hashlib
import re
import secrets
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import ApiToken, Project, SecondFactor, TokenProject, User
from pypi_web.data.serials import NOTED_EVERY
from pypi_web.security.identity import Identity, TokenRight, TokenScope

PREFIX = "pypiweb-"
"""What each token begins with, so that a scanner for leaked secrets can know one."""

PATTERN = rf"{PREFIX}[A-Za-z0-9_-]{{43}}[0-9a-f]{{8}}"
"""What scanners look for (docs/tokens.md): the prefix, 32 bytes as URL-safe Base64, and the CRC-32
of those 43 characters, by which a token is told from what only looks like one."""

USER_NAME = "__token__"
"""The user name that stands beside a token in Basic authentication."""

_PATTERN = re.compile(PATTERN, re.A)

_OWNER = (
    select(
        ApiToken.id,
        ApiToken.is_for_all,
        ApiToken.may_read,
        ApiToken.may_publish,
        ApiToken.may_manage,
        ApiToken.expires_at,
        ApiToken.last_used_at,
        ApiToken.last_used_from,
        User.id.label("user_id"),
        User.name,
        User.is_admin,
        exists().where(SecondFactor.user_id == User.id).label("has_factor"),
    )
    .join(User)
    .where(ApiToken.sha256 == bindparam("sha256"))
)
_PROJECTS = select(TokenProject.project_id).where(TokenProject.token_id == bindparam("token_id"))


def make_token(
    db: Session,
    *,
    user_id: int,
    name: str,
    projects: Sequence[Project] | None,
    rights: Collection[TokenRight],
    expires_at: datetime | None,
) -> str:
    """Adds a token for some projects, or all (None), and gives its text, which nobody can give
    again."""
    body = secrets.token_urlsafe(32)
    text = f"{PREFIX}{body}{_checksum(body)}"
    token = ApiToken(
        user_id=user_id,
        name=name,
        is_for_all=projects is None,
        projects=list(projects or ()),
        may_read=TokenRight.READ in rights,
        may_publish=TokenRight.PUBLISH in rights,
        may_manage=TokenRight.MANAGE in rights,
        sha256=_digest(text),
        hint=text[-4:],
        expires_at=expires_at,
    )
    db.add(token)
    db.flush()
    return text


def identify(request: Any) -> Identity | None:
    """Who owns the token in the request's Authorization header, Basic or Bearer."""
    sha256 = digest_of(request.headers["Authorization"])
    if sha256 is None:
        return None
    with request.reading() as db:
        row = db.execute(_OWNER, {"sha256": sha256}).one_or_none()
        projects = None
        if row is not None and not row.is_for_all:
            projects = frozenset(db.execute(_PROJECTS, {"token_id": row.id}).scalars())
    now = clock.now()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    address = request.address or ""
    if _is_stale(row.last_used_at, now) or address != (row.last_used_from or ""):
        request.registry["token_uses"].add((row.id, address))
    lacks = not row.has_factor and request.settings.needs_factor(is_admin=row.is_admin)
    may = {
        TokenRight.READ: row.may_read,
        TokenRight.PUBLISH: row.may_publish,
        TokenRight.MANAGE: row.may_manage,
    }
    rights = frozenset(right for right, is_given in may.items() if is_given)
    return Identity(
        row.user_id,
        row.name,
        row.is_admin and not lacks,
        TokenScope(row.id, projects, rights),
        lacks_factor=lacks,
    )


def digest_of(header: str) -> str | None:
    """The SHA-256 of the token in an Authorization header; None where there is none that could be
    right."""
    text = _presented(header)
    return None if text is None or not _is_well_formed(text) else _digest(text)


def digests_of(texts: Iterable[str]) -> set[str]:
    """The SHA-256 of each text that may be a token; those that cannot be one are left out."""
    return {_digest(each) for each in texts if _is_well_formed(each)}


def write_uses(db: Session, uses: Counter[tuple[int, str]]) -> None:
    """Notes the tokens (by id) that were used, and from where: no request waits for it."""
    now = clock.now()
    for token_id, address in sorted(uses):  # in one order, or two processes wait for each other
        used = update(ApiToken).where(ApiToken.id == token_id)
        db.execute(used.values(last_used_at=now, last_used_from=address or None))


def _is_stale(last_used_at: datetime | None, now: datetime) -> bool:
    """Whether the note is old enough to be worth a write: an installer asks many times a second."""
    return last_used_at is None or now - last_used_at > NOTED_EVERY


def _presented(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = (
                base64.b64decode(value.strip(), validate=True).decode().partition(":")
            )
        except ValueError:  # no Base64, or no UTF-8 in it
            return None
        return password.strip() if user == USER_NAME else None
    return None


def _is_well_formed(text: str) -> bool:
    """Whether prefix and checksum are right, so that a mistyped token costs no query."""
    if not _PATTERN.fullmatch(text):
        return False
    return text.endswith(_checksum(text.removeprefix(PREFIX)[:-8]))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
