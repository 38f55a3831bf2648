"""The newest serial of a project, or of all: what tells whether a kept page is still true.

Asked with each page, and so on the driver's own connection, one a thread and outside of any
transaction: what this answers was committed when it was asked.
"""

import threading
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pypi_web.data.session import connect_args

_OF_PROJECT = "SELECT last_serial FROM projects WHERE normalized_name = {}"
_OF_ALL = "SELECT coalesce(max(id), 0) FROM journal"


class Serials:
    """Gives serials by an engine's database; raises OperationalError where it cannot be asked."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._arguments = engine.dialect.create_connect_args(engine.url)
        self._driver_error = engine.dialect.loaded_dbapi.Error
        is_sqlite = engine.dialect.name == "sqlite"
        self._of_project = _OF_PROJECT.format("?" if is_sqlite else "%s")
        self._options: dict[str, Any] = {
            **connect_args(engine.url),
            **({"isolation_level": None} if is_sqlite else {"autocommit": True}),
        }
        self._threads = threading.local()
        self._connections: list[Any] = []

    def reconnect(self) -> None:
        """Has each thread ask on a new connection, once none asks on an old one."""
        self._threads = threading.local()
        while self._connections:
            self._connections.pop().close()

    def of_project(self, normalized_name: str) -> int | None:
        """None for a project that is not here."""
        row = self._ask(self._of_project, (normalized_name,))
        return None if row is None else row[0]

    def of_all(self) -> int:
        """That of the newest act, 0 before the first."""
        serial: int = self._ask(_OF_ALL, ())[0]
        return serial

    def _ask(self, statement: str, parameters: tuple[str, ...]) -> Any:
        if getattr(self._threads, "connection", None) is not None:
            try:
                return self._threads.connection.execute(statement, parameters).fetchone()
            except self._driver_error:
                self._close()  # the server may have ended it since: once more, on a new one
        try:
            self._connect()
            return self._threads.connection.execute(statement, parameters).fetchone()
        except self._driver_error as error:
            self._close()
            raise OperationalError(statement, None, error) from error

    def _connect(self) -> None:
        positional, named = self._arguments
        connection = self._dialect.connect(*positional, **{**named, **self._options})
        self._threads.connection = connection
        self._connections.append(connection)

    def _close(self) -> None:
        """Closes this thread's connection, if it has one."""
        connection = getattr(self._threads, "connection", None)
        if connection is not None:
            self._threads.connection = None
            self._connections.remove(connection)
            connection.close()
