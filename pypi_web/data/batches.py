"""Small facts that many requests tell, written by the batch: a request waits for no write."""

import atexit
import logging
import threading
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pypi_web.data.session import writing

log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds between two batches, and so what a crash may lose."""

Fact = TypeVar("Fact", bound=Hashable)


class Batch(Generic[Fact]):
    """Gathers facts and how often each was told, and has `write_all` write them in a transaction
    of their own, every INTERVAL and at an orderly end of the process."""

    def __init__(self, engine: Engine, write_all: Callable[[Session, Counter[Fact]], None]) -> None:
        self._engine = engine
        self._write_all = write_all
        self._lock = threading.Lock()  # of what was gathered: held for a moment
        self._writing = threading.Lock()  # held while a batch is written
        self._gathered: Counter[Fact] = Counter()
        self._timer: threading.Timer | None = None
        self._is_ending = False
        atexit.register(self._write_last)

    def add(self, fact: Fact) -> None:
        with self._lock:
            self._gathered[fact] += 1
            self._start_timer()

    def write(self) -> None:
        """Writes what was gathered, after whoever is writing now; what cannot be written waits for
        the next batch."""
        with self._writing:
            with self._lock:
                gathered, self._gathered = self._gathered, Counter()
                self._timer = None
            if not gathered:
                return
            try:
                with writing(self._engine) as db:
                    self._write_all(db, gathered)
            except SQLAlchemyError as error:
                cause = str(getattr(error, "orig", error)).strip()
                log.warning("%s facts wait for the next batch: %s", len(gathered), cause)
                with self._lock:
                    self._gathered.update(gathered)
                    self._start_timer()

    def _write_last(self) -> None:
        self._is_ending = True
        self.write()

    def _start_timer(self) -> None:
        if self._timer is None and not self._is_ending:
            self._timer = threading.Timer(INTERVAL, self.write)
            self._timer.daemon = True
            self._timer.start()
