"""Indexes on large tables, for migrations: made while others go on writing."""

from typing import Any


def create_index_concurrently(
    op: Any, name: str, table: str, columns: list[str], **kw: Any
) -> None:
    """Creates an index without locking its table (PostgreSQL; on SQLite as ever).

    Run again after a failure it repairs: an index that was left invalid is dropped first, where
    `IF NOT EXISTS` would keep it and call that a success. `op` is `alembic.op`, `kw` what
    `op.create_index` takes, such as `unique`.
    """
    if op.get_context().dialect.name != "postgresql":
        op.create_index(name, table, columns, **kw)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **kw)


def drop_index_concurrently(op: Any, name: str, table: str) -> None:
    """Drops an index without locking its table (PostgreSQL; on SQLite as ever)."""
    if op.get_context().dialect.name != "postgresql":
        op.drop_index(name, table)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
