"""Cleans up what the mirror keeps now and then, and trims it where the settings ask for it."""

import logging
import threading
import time
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

from pyramid.events import NewRequest
from sqlalchemy import Engine, delete
from sqlalchemy.exc import SQLAlchemyError

from pypi_web import clock
from pypi_web.data import MirroredProject
from pypi_web.data.session import writing
from pypi_web.mirror import trimming
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from pypi_web.settings import Settings
from pypi_web.storage import Storage, StorageUnavailable

log = logging.getLogger(__name__)

PAUSE = 900.0
"""Seconds between two looks at whether there is anything to trim."""

_MISSING_FOR = timedelta(hours=1)
_LEASE = "trim"


def includeme(config: Any) -> None:
    """Has a process clean up from its first request on: one that only begins others gets none."""
    registry, lock = config.registry, threading.Lock()
    waiting = [partial(start, registry["engine"], registry["storage"], registry["settings"])]

    def begin(_event: NewRequest) -> None:
        if waiting:
            with lock:
                while waiting:
                    waiting.pop()()

    config.add_subscriber(begin, NewRequest)


def start(engine: Engine, storage: Storage, settings: Settings) -> None:
    """Has this process clean up from now on, beside the requests."""
    threading.Thread(
        target=_keep_up, args=(engine, storage, settings), name="mirror-trim", daemon=True
    ).start()


def forget_missing(engine: Engine) -> None:
    """Removes what is remembered of names that upstream never had: anybody may ask for any."""
    never = delete(MirroredProject).where(
        MirroredProject.page.is_(None),
        MirroredProject.was_found.is_(False),
        MirroredProject.asked_at < clock.now() - _MISSING_FOR,
    )
    with writing(engine) as db:
        db.execute(never)


def trim(engine: Engine, storage: Storage, settings: Settings, leases: Leases) -> None:
    """Trims by the settings, unless another process does so now."""
    if settings.mirror_trim_unused_for is None and settings.mirror_max_size is None:
        return
    if not leases.take(_LEASE):
        return
    try:
        unused_for = settings.mirror_trim_unused_for
        files = trimming.find_superfluous(
            engine,
            unused_since=None if unused_for is None else clock.now() - unused_for,
            max_size=settings.mirror_max_size,
        )
        gone = trimming.remove(engine, storage, files, on_progress=lambda _: leases.take(_LEASE))
        if gone:
            size = sum(each.size for each in gone)
            log.info("%s mirrored files were trimmed, %s bytes.", f"{len(gone):,}", f"{size:,}")
    finally:
        leases.give_back(_LEASE)


def _keep_up(engine: Engine, storage: Storage, settings: Settings) -> NoReturn:
    leases = Leases(engine, QuickWrites(engine))
    while True:
        time.sleep(PAUSE)
        try:
            forget_missing(engine)
            trim(engine, storage, settings, leases)
        except (SQLAlchemyError, StorageUnavailable) as error:
            log.warning("The mirror was not cleaned up: %s", error)
