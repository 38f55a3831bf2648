"""How often something may be tried, by account and by address, for all workers together."""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid.httpexceptions import HTTPTooManyRequests
from sqlalchemy import Engine, delete, select, update

from pypi_web import clock
from pypi_web.data import Attempt
from pypi_web.data.session import insert_for_conflicts, reading, writing


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
    "log in": Limit(10, _QUARTER),
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
    "confirm address": Limit(20, _HOUR),
    "report token": Limit(60, _HOUR),
}


def enforce(request: Any, act: str, *, account: str | None = None) -> None:
    """Counts an attempt of a request, by its address and by the account it is tried on.

    Raises HTTPTooManyRequests, with Retry-After, where there were too many.
    """
    engine = request.registry["engine"]
    wait = take(engine, act, account=account, address=request.remote_addr)
    if wait is not None:
        error = HTTPTooManyRequests(
            f"There were too many attempts: try again in {_spell(wait)}.",
            headers=[("Retry-After", str(wait))],
        )
        error.title = "Not so fast"
        raise error


def take(engine: Engine, act: str, *, account: str | None, address: str | None) -> int | None:
    """Counts an attempt at something, in a transaction of its own; None where it may go on, else
    the seconds to wait. `account` is whom it is tried on, by what was typed."""
    buckets = []
    if account is not None and act in BY_ACCOUNT:
        buckets.append((f"{act} account {_short(account.strip().lower())}", BY_ACCOUNT[act]))
    if address is not None and act in BY_ADDRESS:
        buckets.append((f"{act} address {_short(_network(address))}", BY_ADDRESS[act]))
    wait = _find_wait(engine, buckets)
    if wait is not None:
        return wait
    waits = [_take(engine, name, limit) for name, limit in buckets]
    return max((each for each in waits if each is not None), default=None)


def forget(engine: Engine, act: str, *, account: str) -> None:
    """Gives an account back what was used up, once its owner is there."""
    name = f"{act} account {_short(account.strip().lower())}"
    with writing(engine) as db:
        db.execute(delete(Attempt).where(Attempt.name == name))


def _find_wait(engine: Engine, buckets: list[tuple[str, Limit]]) -> int | None:
    """The seconds to wait, by a look alone: those who go on and on keep nobody from writing."""
    now = clock.now()
    limits = dict(buckets)
    with reading(engine) as db:
        found = db.execute(
            select(Attempt.name, Attempt.full_at).where(Attempt.name.in_(limits))
        ).all()
    waits = [
        _wait(max(row.full_at, now) + limits[row.name].interval, limits[row.name]) for row in found
    ]
    return max((each for each in waits if each is not None), default=None)


def _wait(after: datetime, limit: Limit) -> int | None:
    now = clock.now()
    if after <= now + limit.time:
        return None
    return max(1, math.ceil((after - now - limit.time).total_seconds()))


def _take(engine: Engine, name: str, limit: Limit) -> int | None:
    now = clock.now()
    with writing(engine) as db:
        insert = insert_for_conflicts(db, Attempt).values(name=name, full_at=now)
        db.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
        one = Attempt.name == name
        full_at = db.execute(select(Attempt.full_at).where(one).with_for_update()).scalar_one()
        after = max(full_at, now) + limit.interval
        wait = _wait(after, limit)
        if wait is not None:
            return wait
        db.execute(update(Attempt).where(one).values(full_at=after))
        db.execute(delete(Attempt).where(Attempt.full_at < now - _DAY))
    return None


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
