"""The newest serial of a project, or of all: what tells whether a kept page is still true.

Asked with each page, and so on the driver's own connections, a few for all threads, and outside of
any transaction: what this answers was committed when it was asked.
"""

from queue import SimpleQueue
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pypi_web.data.session import connect_args

CONNECTIONS = 4
"""At most, of a process; a thread waits for one."""

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
            **(
                {"isolation_level": None, "check_same_thread": False}
                if is_sqlite
                else {"autocommit": True}
            ),
        }
        self._idle: SimpleQueue[Any] = SimpleQueue()  # None where there is no connection yet
        for _ in range(CONNECTIONS):
            self._idle.put(None)

    def reconnect(self) -> None:
        """Asks on new connections from here on."""
        for _ in range(CONNECTIONS):
            self._close(self._idle.get())
            self._idle.put(None)

    def of_project(self, normalized_name: str) -> int | None:
        """None for a project that is not here."""
        row = self._ask(self._of_project, (normalized_name,))
        return None if row is None else row[0]

    def of_all(self) -> int:
        """That of the newest act, 0 before the first."""
        serial: int = self._ask(_OF_ALL, ())[0]
        return serial

    def _ask(self, statement: str, parameters: tuple[str, ...]) -> Any:
        connection = self._idle.get()
        try:
            if connection is not None:
                try:
                    return connection.execute(statement, parameters).fetchone()
                except self._driver_error:
                    # The server may have ended it since: once more, on a new one.
                    connection = self._close(connection)
            connection = self._connect()
            return connection.execute(statement, parameters).fetchone()
        except self._driver_error as error:
            connection = self._close(connection)
            raise OperationalError(statement, None, error) from error
        finally:
            self._idle.put(connection)

    def _connect(self) -> Any:
        positional, named = self._arguments
        return self._dialect.connect(*positional, **{**named, **self._options})

    @staticmethod
    def _close(connection: Any) -> None:
        if connection is not None:
            connection.close()
