"""How often something may be tried, by account and by address, for all workers together."""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid.httpexceptions import HTTPTooManyRequests
from sqlalchemy import Engine, delete, or_, select, update
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.data import Attempt, User
from pypi_web.data.session import insert_for_conflicts, reading, writing
from pypi_web.security.auditing import is_first, record_refusal


@dataclass(frozen=True)
class Limit:
    """So many in a time; what was used comes back little by little (a leaky bucket)."""

    count: int
    time: timedelta

    @property
    def interval(self) -> timedelta:
        return self.time / self.count


_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)

BY_ACCOUNT = {
    # By what was typed: a person's name and their address have so many each.
    "log in": Limit(5, _QUARTER),
    "log in at a known browser": Limit(10, _QUARTER),
    "show who it is": Limit(10, _QUARTER),
    "second factor": Limit(6, _QUARTER),
    "reset password": Limit(3, _HOUR),
    "register": Limit(3, _HOUR),
    "confirm address": Limit(5, _HOUR),
    "invite": Limit(50, _DAY),
}
BY_ADDRESS = {
    "log in": Limit(60, _QUARTER),
    "second factor": Limit(60, _QUARTER),
    "reset password": Limit(20, _HOUR),
    "register": Limit(10, _HOUR),
    "make an account": Limit(60, _HOUR),
    "set a new password": Limit(60, _HOUR),
    "confirm address": Limit(20, _HOUR),
    "report token": Limit(60, _HOUR),
}


@dataclass(frozen=True)
class _Bucket:
    """What one limit is counted in: that of the `account` it is of, as typed, or of an address."""

    name: str
    limit: Limit
    account: str | None = None


@dataclass(frozen=True)
class Refused:
    """The seconds to wait, and the bucket that is full."""

    wait: int
    bucket: _Bucket


def enforce(request: Any, act: str, *, account: str | None = None) -> None:
    """Counts an attempt of a request, by its address and by the account it is tried on.

    Raises HTTPTooManyRequests, with Retry-After, where there were too many; the first time in a
    while it is noted.
    """
    engine = request.registry["engine"]
    refused = take(engine, act, account=account, address=request.remote_addr)
    if refused is None:
        return
    if is_first(engine, f"{refused.bucket.name} refused", refused.bucket.limit.time):
        _note(request, act, refused.bucket)
    error = HTTPTooManyRequests(
        f"There were too many attempts: try again in {_spell(refused.wait)}.",
        headers=[("Retry-After", str(refused.wait))],
    )
    error.title = "Not so fast"
    raise error


def take(engine: Engine, act: str, *, account: str | None, address: str | None) -> Refused | None:
    """Counts an attempt at something, in a transaction of its own; None where it may go on.
    `account` is whom it is tried on, by what was typed."""
    buckets = _buckets(act, account, address)
    refused = _find_full(engine, buckets)
    if not refused:
        waits = [(_take(engine, each.name, each.limit), each) for each in buckets]
        refused = [Refused(wait, bucket) for wait, bucket in waits if wait is not None]
    return max(refused, key=lambda each: each.wait, default=None)


def forget(engine: Engine, act: str, *, account: str) -> None:
    """Gives an account back what was used up, once its owner is there."""
    name = f"{act} account {_short(account.strip().lower())}"
    with writing(engine) as db:
        db.execute(delete(Attempt).where(Attempt.name == name))


def _buckets(act: str, account: str | None, address: str | None) -> list[_Bucket]:
    buckets = []
    if account is not None and act in BY_ACCOUNT:
        typed = account.strip().lower()
        name = f"{act} account {_short(typed)}"
        buckets.append(_Bucket(name, BY_ACCOUNT[act], typed))
    if address is not None and act in BY_ADDRESS:
        buckets.append(_Bucket(f"{act} address {_short(_network(address))}", BY_ADDRESS[act]))
    return buckets


def _find_full(engine: Engine, buckets: list[_Bucket]) -> list[Refused]:
    """Those that are full, by a look alone: those who go on and on keep nobody from writing."""
    now = clock.now()
    by_name = {each.name: each for each in buckets}
    with reading(engine) as db:
        found = db.execute(
            select(Attempt.name, Attempt.full_at).where(Attempt.name.in_(by_name))
        ).all()
    full = []
    for name, full_at in found:
        bucket = by_name[name]
        wait = _wait(max(full_at, now) + bucket.limit.interval, bucket.limit)
        if wait is not None:
            full.append(Refused(wait, bucket))
    return full


def _note(request: Any, act: str, bucket: _Bucket) -> None:
    """For the owner of the account to see, where it is one's limit that is reached; what was typed
    is noted nowhere."""
    whose = {}
    if bucket.account is not None:
        named = or_(User.name == bucket.account, User.email == bucket.account)
        with request.reading() as db:
            owner = db.execute(select(User.id, User.name).where(named)).first()
        if owner is not None:
            whose = {"user_id": owner.id, "user_name": owner.name}
    record_refusal(request, act, "There were too many attempts.", **whose)


def _wait(after: datetime, limit: Limit) -> int | None:
    now = clock.now()
    if after <= now + limit.time:
        return None
    return max(1, math.ceil((after - now - limit.time).total_seconds()))


def _take(engine: Engine, name: str, limit: Limit) -> int | None:
    now = clock.now()
    with writing(engine) as db:
        insert = insert_for_conflicts(db, Attempt).values(name=name, full_at=now)
        # Changes nothing where it is there, but holds it: `forget` would remove it else.
        held = insert.on_conflict_do_update(
            index_elements=["name"], set_={"full_at": Attempt.full_at}
        )
        full_at = db.execute(held.returning(Attempt.full_at)).scalar_one()
        after = max(full_at, now) + limit.interval
        wait = _wait(after, limit)
        if wait is not None:
            return wait
        db.execute(update(Attempt).where(Attempt.name == name).values(full_at=after))
        _remove_old(db, now)
    return None


def _remove_old(db: Session, now: datetime) -> None:
    """A few, and none that others are at: nobody waits for those, who may wait for this one."""
    old = select(Attempt.name).where(Attempt.full_at < now - _DAY).limit(100)
    names = db.scalars(old.with_for_update(skip_locked=True)).all()
    db.execute(delete(Attempt).where(Attempt.name.in_(names)))


def _network(address: str) -> str:
    """One customer has as many IPv6 addresses as they like, but one network of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _spell(seconds: int) -> str:
    """A time as people say it: they need not wait a second less."""
    if seconds <= 90:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    return f"{math.ceil(seconds / 60)} minutes"


def _short(text: str) -> str:
    """Whatever was typed, as short as a column: it is compared and never shown."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
