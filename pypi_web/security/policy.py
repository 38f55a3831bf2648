"""Pyramid's question of who asks and whether they may, answered."""

from typing import Any

from pyramid.request import RequestLocalCache
from pyramid.security import Allowed, Denied

from pypi_web.security import sessions, tokens
from pypi_web.security.identity import Identity
from pypi_web.security.permissions import Permission, decide


class SecurityPolicy:
    """A request that carries an Authorization header is judged by it alone, never by its cookie:
    a browser cannot be led to publish with the session of the person in front of it."""

    def __init__(self) -> None:
        self._known = RequestLocalCache(self._find)

    def identity(self, request: Any) -> Identity | None:
        return self._known.get_or_create(request)

    def authenticated_userid(self, request: Any) -> int | None:
        identity = self.identity(request)
        return identity.user_id if identity else None

    def permits(self, request: Any, _context: Any, permission: str) -> Allowed | Denied:
        wanted, anyone_reads = Permission(permission), request.settings.anonymous_read
        # Who asks is not asked for where it does not matter.
        decision = decide(wanted, None, anonymous_read=anyone_reads) or decide(
            wanted, self.identity(request), anonymous_read=anyone_reads
        )
        return Allowed(permission) if decision else Denied(decision.reason)

    def remember(self, request: Any, userid: int, **kw: Any) -> list:
        raise NotImplementedError("security.sessions.start begins a session")

    def forget(self, request: Any, **kw: Any) -> list:
        raise NotImplementedError("security.sessions.end ends it")

    def _find(self, request: Any) -> Identity | None:
        if "Authorization" in request.headers:
            return tokens.identify(request)
        return sessions.identify(request)
