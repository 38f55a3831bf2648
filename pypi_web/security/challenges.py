"""Challenges that keys answer: kept in the session of the page that asks, each good once."""

import hashlib
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

from pypi_web import clock
from pypi_web.data import Attempt
from pypi_web.data.session import insert_for_conflicts

LIFETIME = timedelta(minutes=5)


def keep(request: Any, act: str, challenge: bytes) -> None:
    """Keeps what a key is to answer for an act, in place of what was asked for it before."""
    at = int(clock.now().timestamp())
    request.session[_key(act)] = {"challenge": b64encode(challenge).decode(), "at": at}


def take(request: Any, act: str) -> bytes | None:
    """The challenge that was kept for the act, once; None when it is used, too old or not there."""
    kept = request.session.pop(_key(act), None)
    if kept is None or clock.now().timestamp() >= kept["at"] + LIFETIME.total_seconds():
        return None
    challenge = b64decode(kept["challenge"])
    return challenge if _use_up(request, challenge) else None


def _use_up(request: Any, challenge: bytes) -> bool:
    """The session is a cookie, of which somebody may have kept a copy: what was used is noted."""
    name = f"challenge {hashlib.sha256(challenge).hexdigest()}"
    note = insert_for_conflicts(request.db, Attempt).values(
        name=name, full_at=clock.now() + LIFETIME
    )
    noted = note.on_conflict_do_nothing(index_elements=["name"]).returning(Attempt.name)
    return request.db.execute(noted).first() is not None


def _key(act: str) -> str:
    return f"challenge to {act}"
