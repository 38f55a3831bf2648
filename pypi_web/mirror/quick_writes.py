"""Transactions that do not wait for the disk: what a loss of power takes is fetched again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from pypi_web.data.session import for_writing


@contextmanager
def writing_quickly(engine: Engine) -> Iterator[Session]:
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
