"""What went wrong with a migration, in one sentence for the one who ran it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from pypi_web.settings import SettingsError


@contextmanager
def explained() -> Iterator[None]:
    """Makes a CommandError, which Alembic prints as one line, of what can go wrong in the block.

    `alembic --raiseerr` shows the stack behind it.
    """
    try:
        yield
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except CommandError as error:
        raise CommandError(_explain_command_error(str(error))) from error
    except DBAPIError as error:
        raise CommandError(explain_database_error(error)) from error


def explain_database_error(error: DBAPIError) -> str:
    """A sentence for what a database answered: the cause, and what to do."""
    cause = " ".join(str(error.orig).split())
    lowered = cause.lower()
    if "readonly" in lowered or "read-only" in lowered:
        return f"The database is read-only ({cause}): make its file and folder writable."
    if "unable to open database file" in lowered:
        return f"The database's file cannot be opened ({cause}): make its folder writable."
    if "is not a database" in lowered:
        return f"The file is no SQLite database ({cause}): look at DATABASE_URL and sqlalchemy.url."
    if "does not exist" in lowered and 'database "' in lowered:
        return f"{cause[:1].upper()}{cause[1:]}: make it first, with createdb."
    if error.statement is None:
        return (
            f"The database cannot be reached ({cause}): see that the server runs, and that"
            " DATABASE_URL or sqlalchemy.url says where."
        )
    statement = " ".join((error.statement or "").split())[:200]
    return (
        f"A migration failed and was rolled back whole: {cause} [{statement}]. Mend the migration"
        " or the rows in its way and start again; --raiseerr shows where it failed."
    )


def _explain_command_error(message: str) -> str:
    unknown = re.match(r"Can't locate revision identified by '(\w+)'", message)
    if unknown:
        return (
            f"This code knows no revision {unknown[1]}. If you wrote it, `alembic history` lists"
            " those there are; if the database is at it, a newer release has migrated it: deploy"
            " that release, or go back with it first."
        )
    if message.startswith("Multiple head revisions"):
        return (
            "There are two heads: two revisions follow the same one. See them with `alembic heads`,"
            ' and join them with `alembic merge heads -m "…"`.'
        )
    return message
