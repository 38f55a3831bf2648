"""How often something may be tried, by account and by address, for all workers together."""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, delete, select, update

from pypi_web import clock
from pypi_web.data import Attempt
from pypi_web.data.session import insert_for_conflicts, writing


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


def take(engine: Engine, act: str, *, account: str | None, address: str | None) -> int | None:
    """Counts an attempt at something, in a transaction of its own; None where it may go on, else
    the seconds to wait. `account` is whom it is tried on, by what was typed."""
    buckets = []
    if account is not None and act in BY_ACCOUNT:
        buckets.append((f"{act} account {_short(account.strip().lower())}", BY_ACCOUNT[act]))
    if address is not None and act in BY_ADDRESS:
        buckets.append((f"{act} address {_short(address)}", BY_ADDRESS[act]))
    waits = [_take(engine, name, limit) for name, limit in buckets]
    return max((each for each in waits if each is not None), default=None)


def forget(engine: Engine, act: str, *, account: str) -> None:
    """Gives an account back what was used up, once its owner is there."""
    name = f"{act} account {_short(account.strip().lower())}"
    with writing(engine) as db:
        db.execute(delete(Attempt).where(Attempt.name == name))


def _take(engine: Engine, name: str, limit: Limit) -> int | None:
    now = clock.now()
    with writing(engine) as db:
        insert = insert_for_conflicts(db, Attempt).values(name=name, full_at=now)
        db.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
        one = Attempt.name == name
        full_at = db.execute(select(Attempt.full_at).where(one).with_for_update()).scalar_one()
        after = max(full_at, now) + limit.interval
        if after > now + limit.time:
            return max(1, math.ceil((after - now - limit.time).total_seconds()))
        db.execute(update(Attempt).where(one).values(full_at=after))
        db.execute(delete(Attempt).where(Attempt.full_at < now - _DAY))
    return None


def _short(text: str) -> str:
    """Whatever was typed, as short as a column: it is compared and never shown."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
