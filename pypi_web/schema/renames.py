"""Renames for `alembic revision --autogenerate`: hints on the models, and no guessing without one.

Alembic takes a renamed column or table for one that went and another that came, and the data goes
with the first. So the one who renames says it on the model:

    class Project(SQLAlchemyBase):
        __tablename__ = "projects"
        __table_args__ = {"info": {"renamed_from": "packages"}}
        description: Mapped[str] = mapped_column(info={"renamed_from": "summary"})

The revision then begins with `op.rename_table` and `op.alter_column(new_column_name=)`, and holds
besides only what differs from the renamed database; its downgrade does the same backwards.

A hint counts only where the database has the old name and not the new one. It may therefore stay
when the rename is done, and says nothing of a table that is made anew, nor of two that exist side
by side. These are refused, with an `alembic.util.CommandError` that says what to write instead:

* two hints that count and name the same old one;
* a hint whose old one is still in the models, and is not itself renamed from yet another;
* a hint on a new column of a table that has no column of the old name: a slip of the pen;
* no hint, but a column that goes and one of like type that comes in the same table, or a table
  that goes and one that comes with half or more of their columns in common. Where it is no
  rename, two revisions say so. `alembic check` says the same sentence instead of its list of
  differences: both mean that a revision is missing.

It works by renaming in a savepoint, and by taking that back when all is compared. Meanwhile
PostgreSQL keeps others from the renamed tables: generate revisions on a database for development.
Names that Alembic does not compare stay: those of primary keys, foreign keys and sequences.
"""

from itertools import combinations, product

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations, ops
from alembic.runtime.plugins import Plugin
from alembic.util import CommandError, DispatchPriority, PriorityDispatchResult
from sqlalchemy import Column, Connection, Table, inspect
from sqlalchemy.engine import Dialect

NAME = "pypi_web.renames"
"""To be listed in `autogenerate_plugins` of `context.configure()`."""

HINT = "renamed_from"


class RenameTable(ops.RenameTableOp):
    """Alembic's own, which cannot be turned round, written down or listed."""

    def reverse(self) -> "RenameTable":
        return RenameTable(self.new_table_name, self.table_name)

    def to_diff_tuple(self) -> tuple[str, str, str]:
        return ("rename_table", self.table_name, self.new_table_name)


class RenameColumn(ops.AlterColumnOp):
    """Alembic's own, which forgets the new name when it is turned round."""

    def __init__(self, table: str, old: str, new: str) -> None:
        super().__init__(table, old, modify_name=new)
        self.new_name = new

    def reverse(self) -> "RenameColumn":
        return RenameColumn(self.table_name, self.new_name, self.column_name)

    def to_diff_tuple(self) -> tuple[str, str, str, str]:
        return ("rename_column", self.table_name, self.column_name, self.new_name)


Rename = RenameTable | RenameColumn


@renderers.dispatch_for(RenameTable)
def _render(context: AutogenContext, op: RenameTable) -> str:
    prefix = context.opts["alembic_module_prefix"] or ""
    return f"{prefix}rename_table({op.table_name!r}, {op.new_table_name!r})"


def _rename(context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
    """Renames what is hinted in a savepoint, so that all that follows sees the renamed database."""
    assert context.connection is not None
    renames = _find_renames(context, context.connection)
    if renames:
        context.connection.begin_nested()
        operations = Operations(context.migration_context)
        for rename in renames:
            operations.invoke(rename)
        upgrade.ops.extend(renames)
    return PriorityDispatchResult.CONTINUE


def _restore(context: AutogenContext, upgrade: ops.UpgradeOps) -> PriorityDispatchResult:
    """Takes the renames back, and refuses what looks like one without a hint."""
    assert context.connection is not None
    if any(isinstance(op, Rename) for op in upgrade.ops):
        savepoint = context.connection.get_nested_transaction()
        assert savepoint is not None
        savepoint.rollback()
        external = context.migration_context._in_external_transaction
        if context.dialect.name == "sqlite" and not external:
            # SQLite counts even a savepoint that was rolled back as a change when it commits, and
            # writes its file. The transaction is Alembic's own, and holds nothing else.
            context.connection.connection.rollback()
    _refuse_lost_columns(context.dialect, upgrade)
    _refuse_lost_tables(context.dialect, upgrade)
    return PriorityDispatchResult.CONTINUE


_plugin = Plugin(NAME)
for _step, _priority in ((_rename, DispatchPriority.FIRST), (_restore, DispatchPriority.LAST)):
    _plugin.add_autogenerate_comparator(_step, "autogenerate", "renames", priority=_priority)


def _find_renames(context: AutogenContext, connection: Connection) -> list[Rename]:
    inspector = inspect(connection)
    models = {table.name: table for table in context.sorted_tables if table.schema is None}
    tables = set(inspector.get_table_names())
    olds = {new: old for old, new in _choose(_find_hints(models), set(models), tables)}
    renames: list[Rename] = [RenameTable(old, new) for new, old in olds.items()]
    for table in models.values():
        name = olds.get(table.name, table.name)
        wanted = {column.name: column for column in table.columns}
        hints = _find_hints(wanted)
        if not hints or name not in tables:
            continue
        columns = {column["name"] for column in inspector.get_columns(name)}
        where = f"{table.name}."
        for new, old in hints.items():
            if old not in columns and new not in columns:
                raise CommandError(
                    f'{where}{new} says {HINT}="{old}", but the table has no column of that name:'
                    " correct the hint, or take it away if the column is new."
                )
        chosen = _choose(hints, set(wanted), columns, where)
        renames += [RenameColumn(table.name, old, new) for old, new in chosen]
    return renames


def _find_hints(models: dict[str, Table] | dict[str, Column[object]]) -> dict[str, str]:
    """Old names by new ones."""
    return {name: model.info[HINT] for name, model in models.items() if HINT in model.info}


def _choose(
    hints: dict[str, str], wanted: set[str], existing: set[str], where: str = ""
) -> list[tuple[str, str]]:
    """Old and new name of what is to be renamed, in an order in which each new name is free."""
    names, chosen = set(existing), dict[str, str]()
    while ready := [new for new, old in hints.items() if old in names and new not in names]:
        for one, other in combinations(ready, 2):
            if hints[one] == hints[other]:
                raise CommandError(
                    f"{where}{one} and {where}{other} both say that they were"
                    f" {where}{hints[one]}: take the hint away from the one that is new."
                )
        for new in ready:
            chosen[new] = hints[new]
            names = names - {hints[new]} | {new}
    for new, old in chosen.items():
        if old in wanted and old not in chosen:
            raise CommandError(
                f"{where}{new} says that it was {where}{old}, which is still in the models:"
                " take the hint away if it is new, or the old one if it was renamed."
            )
    return [(old, new) for new, old in chosen.items()]


def _refuse_lost_columns(dialect: Dialect, upgrade: ops.UpgradeOps) -> None:
    for table in (op for op in upgrade.ops if isinstance(op, ops.ModifyTableOps)):
        gone = [op.to_column() for op in table.ops if isinstance(op, ops.DropColumnOp)]
        come = [op.to_column() for op in table.ops if isinstance(op, ops.AddColumnOp)]
        for new, old in product(come, sorted(gone, key=lambda column: column.name)):
            if _kind(old, dialect) is _kind(new, dialect):
                name = table.table_name
                raise CommandError(
                    f"{name}.{new.name} may be {name}.{old.name} renamed: write"
                    f' info={{"{HINT}": "{old.name}"}} on the column if it is, or drop the old one'
                    " and add the new one in two revisions if it is not."
                )


def _refuse_lost_tables(dialect: Dialect, upgrade: ops.UpgradeOps) -> None:
    gone = [op.to_table() for op in upgrade.ops if isinstance(op, ops.DropTableOp)]
    come = [op.to_table() for op in upgrade.ops if isinstance(op, ops.CreateTableOp)]
    for new, old in product(come, sorted(gone, key=lambda table: table.name)):
        ours = {(column.name, _kind(column, dialect)) for column in new.columns}
        theirs = {(column.name, _kind(column, dialect)) for column in old.columns}
        if 2 * len(ours & theirs) >= max(len(ours), len(theirs)):
            raise CommandError(
                f"The table {new.name} may be {old.name} renamed: write"
                f' __table_args__ = {{"info": {{"{HINT}": "{old.name}"}}}} on its model if it is,'
                " or drop the old one and add the new one in two revisions if it is not."
            )


def _kind(column: Column[object], dialect: Dialect) -> type | None:
    """What SQLAlchemy holds to be alike: all texts, all whole numbers, all moments."""
    return column.type.dialect_impl(dialect)._type_affinity
