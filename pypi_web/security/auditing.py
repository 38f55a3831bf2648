"""Writes what is done, by whom and from where, into the audit."""

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select

from pypi_web import clock
from pypi_web.data import Attempt
from pypi_web.data.audit import note
from pypi_web.data.session import insert_for_conflicts, reading, writing

_NOTED_AGAIN_AFTER = timedelta(minutes=10)


def record(request: Any, act: str, **what: Any) -> None:
    """Notes an act in the request's own transaction; `what` are columns of AuditEvent, and tell who
    acts where that is not who is signed in."""
    note(request.db, act, **{**_who(request), **what})


def record_refusal(request: Any, act: str, reason: str, **what: Any) -> None:
    """Notes what was refused, in a transaction of its own: that of the request comes to nothing."""
    columns = {**_who(request), **what, "is_refused": True, "reason": reason[:500]}
    with writing(request.registry["engine"]) as db:
        note(db, act, **columns)


def record_refusal_once(request: Any, act: str, reason: str, *, project: str, **what: Any) -> None:
    """As record_refusal, of what somebody tries to do to a project: one row for a person, a project
    and a reason in a while, however often they try. A look at a page is not noted at all: a link on
    another site is enough to have somebody take it."""
    if request.method in ("GET", "HEAD"):
        return
    same = repr((request.identity.user_id, project, reason))
    name = f"refusal {hashlib.sha256(same.encode()).hexdigest()}"
    if is_first(request.registry["engine"], name, _NOTED_AGAIN_AFTER):
        record_refusal(request, act, reason, project=project, **what)


def is_first(engine: Engine, name: str, time: timedelta) -> bool:
    """Whether nothing of this name was asked for within a time, which is noted as an attempt is: a
    flood is one row of the audit each time, however many requests it has."""
    now = clock.now()
    until = now + time
    with reading(engine) as db:
        noted = db.execute(select(Attempt.full_at).where(Attempt.name == name)).scalar()
    if noted is not None and noted > now:
        return False
    with writing(engine) as db:  # of two at once, one is the first
        insert = insert_for_conflicts(db, Attempt).values(name=name, full_at=until)
        noting = insert.on_conflict_do_update(
            index_elements=["name"], set_={"full_at": until}, where=Attempt.full_at <= now
        )
        return db.execute(noting.returning(Attempt.name)).first() is not None


def _who(request: Any) -> dict[str, Any]:
    identity = request.identity
    address = request.address
    if identity is None:
        return {"address": address}
    return {
        "address": address,
        "user_id": identity.user_id,
        "user_name": identity.user_name,
        "token_id": identity.token.token_id if identity.token else None,
    }
