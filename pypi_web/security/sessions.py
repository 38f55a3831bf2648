"""Sessions of people at browsers: a row that the key in a signed cookie leads to."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import accumulate
from typing import Any

from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import SecondFactor, User, WebSession
from pypi_web.data.session import Database
from pypi_web.security import known_browsers
from pypi_web.security.identity import Identity, SignIn
from pypi_web.standards import addresses

LIFETIME = timedelta(days=14)
"""How long a session lives unused."""

RENEWED_AFTER = 3600
"""Seconds after which the cookie of somebody who is here is written anew."""

_SEEN_EVERY = timedelta(minutes=10)
_ROOM = 1500
"""Bytes of a sentence that the cookie has room for, beside all else that the session may hold."""

_KEY = "key"

_FOUND = (
    select(
        WebSession.id,
        WebSession.user_id,
        WebSession.is_whole,
        WebSession.seen_at,
        WebSession.proved_at,
        User.name,
        User.is_admin,
        exists().where(SecondFactor.user_id == User.id).label("has_factor"),
    )
    .join(User)
    .where(WebSession.sha256 == bindparam("sha256"))
)


def session_factory(secret: str) -> Callable[[Any], Any]:
    """Makes a request's session; its cookie is for TLS alone where the site is served so.

    Answers for tools are kept by caches, here and on the way: none of them renews a cookie.
    """

    def make(secure: bool, renewed_after: int | None) -> Callable[[Any], Any]:
        return SignedCookieSessionFactory(
            secret,
            salt="pypi_web.session.",
            cookie_name="pypi_web_session",
            hashalg="sha256",
            max_age=int(LIFETIME.total_seconds()),
            timeout=int(LIFETIME.total_seconds()),
            reissue_time=renewed_after,
            httponly=True,
            samesite="Lax",
            secure=secure,
        )

    factories = {
        (secure, for_tools): make(secure, None if for_tools else RENEWED_AFTER)
        for secure in (True, False)
        for for_tools in (True, False)
    }

    def make_session(request: Any) -> Any:
        for_tools = request.environ["PATH_INFO"].startswith(addresses.FOR_TOOLS)
        return factories[request.scheme == "https", for_tools](request)

    return make_session


def start(request: Any, user_id: int, *, is_whole: bool = True) -> None:
    """Signs somebody in: what the session held before is gone, its CSRF token included. One that is
    not whole waits for a second factor, and is nobody's until then."""
    end(request)
    secret = secrets.token_urlsafe(32)
    request.session[_KEY] = secret
    request.db.add(
        WebSession(
            user_id=user_id,
            sha256=_digest(secret),
            is_whole=is_whole,
            address=request.address,
            agent=(request.user_agent or "")[:255] or None,
        )
    )
    request.db.flush()
    if is_whole:
        known_browsers.remember(request, user_id)


def tell(request: Any, sentence: str) -> None:
    """Has the next page say what has come of the request: of several sentences the newest alone,
    and as much of it as the cookie has room for. A tool is shown no page."""
    if "Authorization" in request.headers:
        return
    request.session.pop_flash()
    request.session.flash(_shorten(sentence))


def find_unfinished(request: Any) -> WebSession | None:
    """The session of somebody who has still to show a second factor."""
    secret = request.session.get(_KEY)
    if secret is None:
        return None
    wanted = select(WebSession).where(
        WebSession.sha256 == _digest(secret),
        WebSession.is_whole.is_(False),
        WebSession.created_at > clock.now() - timedelta(minutes=15),
    )
    found: WebSession | None = request.db.scalar(wanted)
    return found


def prove(request: Any) -> None:
    """Notes that the person at this session has shown who they are just now."""
    request.db.execute(
        update(WebSession)
        .where(WebSession.id == request.identity.sign_in.session_id)
        .values(proved_at=clock.now())
    )


def end(request: Any) -> None:
    """Ends the session, here and at the browser."""
    secret = request.session.get(_KEY)
    if secret is not None:
        request.db.execute(delete(WebSession).where(WebSession.sha256 == _digest(secret)))
    request.session.invalidate()


def end_others(db: Database, user_id: int, *, but: int | None = None) -> int:
    """Ends a person's sessions, all or all but one, by its id; gives how many."""
    theirs = delete(WebSession).where(WebSession.user_id == user_id)
    if but is not None:
        theirs = theirs.where(WebSession.id != but)
    return len(db.execute(theirs.returning(WebSession.id)).all())


def identify(request: Any) -> Identity | None:
    """Who the session of the request belongs to."""
    secret = request.session.get(_KEY)
    if not isinstance(secret, str):
        return None
    with request.reading() as db:
        found = db.execute(_FOUND, {"sha256": _digest(secret)}).one_or_none()
    now = clock.now()
    if found is None or not found.is_whole or found.seen_at < now - LIFETIME:
        return None
    if found.seen_at < now - _SEEN_EVERY:
        request.registry["session_uses"].add(found.id)
    lacks = not found.has_factor and request.settings.needs_factor(is_admin=found.is_admin)
    return Identity(
        found.user_id,
        found.name,
        found.is_admin and not lacks,
        sign_in=SignIn(found.id, found.proved_at),
        lacks_factor=lacks,
    )


def write_uses(db: Session, uses: Counter[int]) -> None:
    """Notes the sessions (by id) that were used, and removes those that nobody used for long."""
    now = clock.now()
    db.execute(update(WebSession).where(WebSession.id.in_(uses)).values(seen_at=now))
    db.execute(delete(WebSession).where(WebSession.seen_at < now - LIFETIME))


def _shorten(sentence: str) -> str:
    """By its size in the cookie, where a letter that is not ASCII takes up to twelve bytes."""
    sizes = accumulate(len(json.dumps(letter)) - 2 for letter in sentence)
    fitting = sum(size <= _ROOM for size in sizes)
    return sentence if fitting == len(sentence) else f"{sentence[:fitting].rstrip()}…"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
