"""Writes what is done, by whom and from where, into the audit."""

from typing import Any

from pypi_web.data.audit import note
from pypi_web.data.session import writing


def record(request: Any, act: str, **what: Any) -> None:
    """Notes an act in the request's own transaction; `what` are columns of AuditEvent, and tell who
    acts where that is not who is signed in."""
    note(request.db, act, **{**_who(request), **what})


def record_refusal(request: Any, act: str, reason: str, **what: Any) -> None:
    """Notes what was refused, in a transaction of its own: that of the request comes to nothing."""
    columns = {**_who(request), **what, "is_refused": True, "reason": reason[:500]}
    with writing(request.registry["engine"]) as db:
        note(db, act, **columns)


def _who(request: Any) -> dict[str, Any]:
    identity = request.identity
    address = (request.remote_addr or "")[:64] or None
    if identity is None:
        return {"address": address}
    return {
        "address": address,
        "user_id": identity.user_id,
        "user_name": identity.user_name,
        "token_id": identity.token.token_id if identity.token else None,
    }
