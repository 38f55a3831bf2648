"""Indexes on large tables, for migrations: made while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.util import CommandError

from pypi_web.schema.migrating import LOCK_TIMEOUT


def create_index_concurrently(
    op: Any, name: str, table: str, columns: list[str], **kw: Any
) -> None:
    """Creates an index without locking its table (PostgreSQL; on SQLite as ever).

    Run again after a failure it repairs: an index that was left invalid is dropped first, where
    `IF NOT EXISTS` would keep it and call that a success. `op` is `alembic.op`, `kw` what
    `op.create_index` takes, such as `unique`. Raises CommandError where the revision has changed
    anything before.
    """
    if op.get_context().dialect.name != "postgresql":
        op.create_index(name, table, columns, **kw)
        return
    with _outside_of_transactions(op):
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **kw)


def drop_index_concurrently(op: Any, name: str, table: str) -> None:
    """Drops an index without locking its table (PostgreSQL; on SQLite as ever)."""
    if op.get_context().dialect.name != "postgresql":
        op.drop_index(name, table)
        return
    with _outside_of_transactions(op):
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)


@contextmanager
def _outside_of_transactions(op: Any) -> Iterator[None]:
    """PostgreSQL works on an index beside others only outside of a transaction. What the revision
    did before would be committed, and stay when the index fails: so there must be nothing.

    Such work waits for old transactions but holds up nobody, so that no lock timeout is wanted.
    """
    context = op.get_context()
    if not context.as_sql:
        changed = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
        if op.get_bind().exec_driver_sql(changed).scalar():
            raise CommandError(
                "This revision changes something before it works on an index concurrently, which"
                " could not be undone with it: put the index into a revision of its own."
            )
    with context.autocommit_block():
        op.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
