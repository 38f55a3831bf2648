"""Sessions of people at browsers: a signed cookie that dies with the password."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import select

from pypi_web.data import User
from pypi_web.security.identity import Identity
from pypi_web.standards import addresses

LIFETIME = 14 * 24 * 3600
"""Seconds that a session lives unused."""


RENEWED_AFTER = 3600
"""Seconds after which the cookie of somebody who is here is written anew."""


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
            max_age=LIFETIME,
            timeout=LIFETIME,
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


def start(request: Any, user_id: int, password_hash: str) -> None:
    """Signs somebody in: what the session held before is gone, its CSRF token included."""
    request.session.invalidate()
    request.session["user_id"] = user_id
    request.session["stamp"] = _stamp(request, password_hash)


def end(request: Any) -> None:
    request.session.invalidate()


def identify(request: Any) -> Identity | None:
    """Who the session of the request belongs to."""
    user_id = request.session.get("user_id")
    if user_id is None:
        return None
    with request.reading() as db:
        user = db.execute(
            select(User.id, User.name, User.is_admin, User.password_hash).where(User.id == user_id)
        ).one_or_none()
    if user is None:
        return None
    stamp = str(request.session.get("stamp", ""))
    if not hmac.compare_digest(stamp, _stamp(request, user.password_hash)):
        return None
    return Identity(user.id, user.name, user.is_admin)


def _stamp(request: Any, password_hash: str) -> str:
    """Changes when the password does, and tells nothing of it."""
    key = request.settings.signing_key.encode()
    return hmac.new(key, b"session:" + password_hash.encode(), hashlib.sha256).hexdigest()[:32]
