"""Counts downloads without a write a request: gathered here, written in batches."""

import atexit
import logging
import threading
from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from pypi_web import clock
from pypi_web.data import DownloadCount
from pypi_web.data.session import writing

log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds between two batches, and so what a crash may lose."""

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def includeme(config: Any) -> None:
    downloads = Downloads(config.registry["engine"])
    config.registry["downloads"] = downloads
    atexit.register(downloads.write)


class Downloads:
    """The downloads since the last batch, by file and day."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._gathered: Counter[tuple[int, date]] = Counter()
        self._timer: threading.Timer | None = None

    def add(self, file_id: int) -> None:
        """Counts one download of a file, today; it is written within INTERVAL."""
        with self._lock:
            self._gathered[file_id, clock.now().date()] += 1
            if self._timer is None:
                self._timer = threading.Timer(INTERVAL, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Writes what was gathered; what cannot be written now waits for the next batch."""
        with self._lock:
            gathered, self._gathered = self._gathered, Counter()
            self._timer = None
        if not gathered:
            return
        insert = _INSERTS[self._engine.dialect.name](DownloadCount)
        statement = insert.on_conflict_do_update(
            index_elements=["file_id", "day"],
            set_={"downloads": DownloadCount.downloads + insert.excluded.downloads},
        )
        rows = [
            {"file_id": file_id, "day": day, "downloads": downloads}
            for (file_id, day), downloads in sorted(gathered.items())
        ]
        try:
            with writing(self._engine) as db:
                db.connection().execute(statement, rows)
        except SQLAlchemyError:
            log.exception("Downloads could not be counted; they are tried again with the next.")
            with self._lock:
                self._gathered.update(gathered)
