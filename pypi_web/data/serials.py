"""The newest serial of a project, or of all: what tells whether a kept page is still true, and
whether a tool may have it.

Asked with each page, and so on the driver's own connections, a few for all threads, and outside of
any transaction: what this answers was committed when it was asked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pypi_web import clock
from pypi_web.data.session import connect_args

NOTED_EVERY = timedelta(minutes=10)
"""How old the note of a token's last use may be: an installer asks many times a second."""

CONNECTIONS = 4
"""At most, of a process; a thread waits for one."""

_OF_PROJECT = "SELECT last_serial FROM projects WHERE normalized_name = {}"
_SEEN = """
SELECT t.id,
  t.last_used_at IS NULL OR t.last_used_at < {used_before}
    OR coalesce(t.last_used_from, '') <> {address},
  p.last_serial,
  p.id IS NULL OR NOT p.is_private OR (
    (t.is_for_all OR EXISTS
      (SELECT 1 FROM token_projects tp WHERE tp.token_id = t.id AND tp.project_id = p.id))
    AND (EXISTS (SELECT 1 FROM roles r WHERE r.project_id = p.id AND r.user_id = u.id)
      OR u.is_admin AND ({without_factor}
        OR EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id))))
FROM api_tokens t JOIN users u ON u.id = t.user_id
LEFT JOIN projects p ON p.normalized_name = {name}
WHERE t.sha256 = {sha256} AND t.may_read AND (t.expires_at IS NULL OR t.expires_at > {now})
"""
_OF_ALL = "SELECT coalesce(max(id), 0) FROM journal"


@dataclass(frozen=True)
class SeenByToken:
    """A token that may read: the serial of a project, None for one that is not here; whether it may
    see that project; and whether this use is to be noted."""

    token_id: int
    is_use_news: bool
    serial: int | None
    may_see: bool


class Serials:
    """Gives serials by an engine's database; raises OperationalError where it cannot be asked."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._arguments = engine.dialect.create_connect_args(engine.url)
        self._driver_error = engine.dialect.loaded_dbapi.Error
        self._is_sqlite = is_sqlite = engine.dialect.name == "sqlite"
        self._of_project = _OF_PROJECT.format("?" if is_sqlite else "%s")
        parameters = ("used_before", "address", "without_factor", "name", "sha256", "now")
        self._seen = _SEEN.format(
            **{each: f":{each}" if is_sqlite else f"%({each})s" for each in parameters}
        )
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

    def seen_by_token(
        self, sha256: str, normalized_name: str, *, address: str, admins_need_factor: bool
    ) -> SeenByToken | None:
        """What the token of a digest, used from an address, sees of a project, by the rules of
        data.visibility; None where there is no such token, or not for reading."""
        now = clock.now()
        row = self._ask(
            self._seen,
            {
                "sha256": sha256,
                "name": normalized_name,
                "address": address,
                "without_factor": not admins_need_factor,
                "now": self._moment(now),
                "used_before": self._moment(now - NOTED_EVERY),
            },
        )
        return None if row is None else SeenByToken(row[0], bool(row[1]), row[2], bool(row[3]))

    def _moment(self, moment: datetime) -> object:
        """As base.UtcDateTime keeps it."""
        if not self._is_sqlite:
            return moment
        return moment.replace(tzinfo=None).isoformat(" ", "microseconds")

    def of_all(self) -> int:
        """That of the newest act, 0 before the first."""
        serial: int = self._ask(_OF_ALL, ())[0]
        return serial

    def _ask(self, statement: str, parameters: tuple[str, ...] | dict[str, object]) -> Any:
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
