"""What a test's own thread asks of the database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event


@dataclass(frozen=True)
class Statement:
    """A statement with the parameters that the driver was given: of many at once, the first."""

    text: str
    parameters: Any


@contextmanager
def recorded(engine: Engine) -> Iterator[list[str]]:
    """The statements of this thread, as they are executed: batches are written by others, whenever
    their time comes."""
    statements: list[str] = []
    with _told(engine, lambda statement: statements.append(statement.text)):
        yield statements


@contextmanager
def recorded_with_parameters(engine: Engine) -> Iterator[list[Statement]]:
    statements: list[Statement] = []
    with _told(engine, statements.append):
        yield statements


@contextmanager
def _told(engine: Engine, tell: Callable[[Statement], None]) -> Iterator[None]:
    own = threading.get_ident()

    def note(
        _connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, is_many: bool
    ) -> None:
        if threading.get_ident() == own and not text.startswith("BEGIN"):
            tell(Statement(text, parameters[0] if is_many else parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", note)
