"""Where a database stands, beside the code."""

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, select, table
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

_DEFAULT_INI = "development.ini"

_HOW = "run `alembic upgrade head`, or `pypi-web schema upgrade` where there is no checkout"

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

    @property
    def sentence(self) -> str:
        """How the database stands, and what to do about it."""
        return _SENTENCES[self]

    def sentence_for(self, ini: str | None) -> str:
        """The same for who works on the site of an ini that the commands take only when told."""
        if ini is None or Path(ini).name == _DEFAULT_INI:
            return self.sentence
        path = min(ini, os.path.relpath(ini), key=len)
        commands = {
            "`alembic ": f"`alembic -c {path} ",
            "`pypi-web ": f"`pypi-web --config {path} ",
        }
        sentence = self.sentence
        for command, with_ini in commands.items():
            sentence = sentence.replace(command, with_ini)
        return sentence


_SENTENCES = {
    State.EMPTY: f"The database is empty: {_HOW}.",
    State.BEHIND: f"The database is behind this code: {_HOW}.",
    State.CURRENT: "The database is where this code is.",
    State.AHEAD: "The database is ahead of this code: a newer release has migrated it.",
}


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
        if not _says_no_such_table(error):
            raise
        db.rollback()
        return frozenset()


def _says_no_such_table(error: DBAPIError) -> bool:
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate == "42P01" or "no such table" in str(error.orig)


def find_state(db: Connection) -> State:
    return read_schema().state_of(find_revisions(db))
