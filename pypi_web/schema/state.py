"""Where a database stands, beside the code."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, select, table
from sqlalchemy.exc import OperationalError, ProgrammingError

_VERSION_TABLE = table("alembic_version", column("version_num"))


class State(StrEnum):
    EMPTY = "empty"
    """It was never migrated."""
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"
    """A newer release has migrated it; this one goes on working (docs/migrations.md)."""

    @property
    def is_ready(self) -> bool:
        return self in (State.CURRENT, State.AHEAD)


@dataclass(frozen=True)
class Schema:
    """The revisions that this code knows, and the last of them."""

    known: frozenset[str]
    heads: frozenset[str]

    def state_of(self, revisions: frozenset[str]) -> State:
        """How a database at `revisions` stands to this code."""
        if not revisions:
            return State.EMPTY
        if revisions == self.heads:
            return State.CURRENT
        return State.BEHIND if revisions <= self.known else State.AHEAD


def find_scripts() -> Path:
    """The folder of the migrations: beside the package in a checkout, within it when installed."""
    package = Path(__file__).parents[1]
    installed = package / "alembic"
    return installed if installed.is_dir() else package.parent / "alembic"


@cache
def read_schema() -> Schema:
    """The migrations that are here, read once."""
    config = Config()
    config.set_main_option("script_location", str(find_scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return Schema(known=known, heads=frozenset(scripts.get_heads()))


def find_revisions(db: Connection) -> frozenset[str]:
    """The revisions that a database is at; none where it was never migrated."""
    try:
        return frozenset(db.execute(select(_VERSION_TABLE.c.version_num)).scalars())
    except (OperationalError, ProgrammingError) as error:
        if "alembic_version" not in str(error.orig):
            raise
        db.rollback()
        return frozenset()


def find_state(db: Connection) -> State:
    return read_schema().state_of(find_revisions(db))
