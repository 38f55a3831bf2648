"""Who asks and what they may do: identity, one table of permissions, passwords, tokens, headers."""

from typing import Any

from pyramid.csrf import LegacySessionCSRFStoragePolicy

from pypi_web.data.batches import Batch
from pypi_web.security import sessions, tokens
from pypi_web.security.permissions import Permission
from pypi_web.security.policy import SecurityPolicy


def includeme(config: Any) -> None:
    config.set_security_policy(SecurityPolicy())
    config.set_session_factory(sessions.session_factory(config.registry["settings"].signing_key))
    config.set_csrf_storage_policy(LegacySessionCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True, callback=is_sent_by_browser)
    config.set_default_permission(Permission.READ)
    engine = config.registry["engine"]
    config.registry["token_uses"] = Batch[tuple[int, str]](engine, tokens.write_uses)
    config.registry["session_uses"] = Batch[int](engine, sessions.write_uses)
    config.add_tween("pypi_web.security.headers.tween_factory")


def is_sent_by_browser(request: Any) -> bool:
    """Whether another site may have led a browser to send it: none adds a Bearer token by itself,
    as it does a cookie or the user and password that somebody typed once (Basic)."""
    scheme = request.headers.get("Authorization", "").partition(" ")[0]
    return bool(scheme.lower() != "bearer")
