"""Transactions that do not wait for the disk: what a loss of power takes is fetched again."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pypi_web.data.session import for_writing

Result = TypeVar("Result")
Job = tuple[Callable[[Session], Any], Future[Any]]


class QuickWrites:
    """Those of a process.

    SQLite lets one write at a time, and who meets another sleeps for longer than that takes. So
    what several threads want to write is written together, by whoever comes first.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._together = engine.dialect.name == "sqlite"
        self._jobs: deque[Job] = deque()
        self._writing = threading.Lock()

    def write(self, work: Callable[[Session], Result]) -> Result:
        """What `work` gives, once its transaction is committed. It may be called twice, where that
        of others fails which it was part of."""
        if not self._together:
            return self._write_alone(work)
        answer: Future[Result] = Future()
        self._jobs.append((work, answer))
        with self._writing:
            if not answer.done():
                self._write_all()
        return answer.result()

    def _write_all(self) -> None:
        jobs = [self._jobs.popleft() for _ in range(len(self._jobs))]
        try:
            with _writing_quickly(self._engine) as db:
                results = [work(db) for work, _ in jobs]
            for (_, answer), result in zip(jobs, results, strict=True):
                answer.set_result(result)
        except OperationalError as error:  # the database cannot be written, by none of them
            for _, answer in jobs:
                answer.set_exception(error)
        except Exception:
            for job in jobs:
                self._write_job(*job)
        finally:
            for _, answer in jobs:
                answer.cancel()  # does nothing but where this thread is being ended

    def _write_job(self, work: Callable[[Session], Result], answer: "Future[Result]") -> None:
        try:
            answer.set_result(self._write_alone(work))
        except Exception as error:
            answer.set_exception(error)

    def _write_alone(self, work: Callable[[Session], Result]) -> Result:
        with _writing_quickly(self._engine) as db:
            return work(db)


@contextmanager
def _writing_quickly(engine: Engine) -> Iterator[Session]:
    """As data.session.writing. A commit that waits for the disk takes longer than all else about a
    page, and there are hundreds of pages in what one installer asks for."""
    if engine.dialect.name == "postgresql":
        with Session(engine) as session, session.begin():
            session.execute(text("SET LOCAL synchronous_commit = off"))
            yield session
        return
    with for_writing(engine).connect() as connection:
        # Past SQLAlchemy, for SQLite takes it outside of transactions alone.
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA synchronous = NORMAL")
        try:
            with Session(connection) as session, session.begin():
                yield session
        finally:
            driver.execute("PRAGMA synchronous = FULL")
