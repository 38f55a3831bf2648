"""A new password for somebody who has forgotten theirs, by a link that goes to their address."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from pypi_web.accounts import account_letters, people
from pypi_web.accounts.people import Known
from pypi_web.data import User
from pypi_web.security import links
from pypi_web.security.auditing import record
from pypi_web.security.links import Claim, fingerprint

PURPOSE = "new password"
LIFETIME = timedelta(hours=1)


_NOBODY = Known(0, "nobody", "nobody@example.org", "")


def offer(request: Any, email: str) -> None:
    """Sends a link to somebody whose confirmed address it is. For an address of nobody's the same
    is done, but for the letter, so that neither the answer nor its time tells of them."""
    known = request.db.scalar(
        select(User).where(User.email == email, User.email_confirmed_at.is_not(None))
    )
    key = sign_reset(request.settings.signing_key, known or _NOBODY)
    if known is not None:
        account_letters.offer_new_password(request, known, key)
    record(
        request,
        "ask for a new password",
        subject=email,
        user_id=known.id if known else None,
        user_name=known.name if known else None,
        is_refused=known is None,
        reason=None if known else "Nobody has confirmed this address.",
    )


def sign_reset(secret: str, user: User | Known) -> str:
    """The key of a link that is good for an hour, and until the password or the address changes."""
    claim = Claim(user.id, user.email, fingerprint(user.password_hash))
    return links.sign(secret, PURPOSE, claim, lifetime=LIFETIME)


def find_known(request: Any, key: str) -> Known | None:
    """Whose password a link may set, by a look alone."""
    claim = links.read(request.settings.signing_key, PURPOSE, key)
    if claim is None:
        return None
    with request.reading() as db:
        known = people.find_by_id(db, claim.user_id)
    return known if known is not None and _is_for(claim, known) else None


def get_locked(request: Any, key: str) -> User | None:
    """Whose password a link sets: it is used up by that, being good for the old one."""
    claim = links.read(request.settings.signing_key, PURPOSE, key)
    if claim is None:
        return None
    user = people.get_locked(request.db, claim.user_id)
    return user if user is not None and _is_for(claim, user) else None


def _is_for(claim: Claim, user: User | Known) -> bool:
    return claim.address == user.email and claim.state == fingerprint(user.password_hash)
