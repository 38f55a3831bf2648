"""How a database would go about a statement: which tables it would read in full."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pypi_web.data import SQLAlchemyBase
from tests.statements import Statement

BOUNDED = {"classifiers"}
"""Tables that have as many rows in a large index as in a small one."""

GROWING = set(SQLAlchemyBase.metadata.tables) - BOUNDED


@dataclass(frozen=True)
class Reading:
    """A table that is read from an end: as far as a LIMIT goes where it `ends_early`, else in full,
    since what comes first is known only when all is read."""

    table: str
    ends_early: bool


def list_readings(db: Connection, statement: Statement) -> set[Reading]:
    """The growing tables that a statement reads without looking for a row of them by an index."""
    explain = _explain_sqlite if db.dialect.name == "sqlite" else _explain_postgres
    return {reading for reading in explain(db, statement) if reading.table in GROWING}


def _explain_sqlite(db: Connection, statement: Statement) -> Iterator[Reading]:
    rows = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters).all()
    sorted_parts = {row.parent for row in rows if "TEMP B-TREE" in row.detail}
    for row in rows:
        # An automatic index is made by each execution, of all rows.
        if row.detail.startswith("SCAN ") or "AUTOMATIC" in row.detail:
            name = re.sub(r"_\d+$", "", row.detail.split()[1])
            is_limited = " LIMIT " in f" {' '.join(statement.text.split())} "
            yield Reading(name, is_limited and row.parent not in sorted_parts)


def _explain_postgres(db: Connection, statement: Statement) -> Iterator[Reading]:
    explained = db.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {statement.text}", statement.parameters
    ).scalar_one()
    plan = json.loads(explained) if isinstance(explained, str) else explained
    yield from _walk(plan[0]["Plan"], is_limited=False)


_PASSES_ON = {"Limit", "Incremental Sort", "Subquery Scan", "Nested Loop", "Result"}
"""What takes no more of its rows than is asked of it."""


def _walk(node: dict[str, Any], *, is_limited: bool) -> Iterator[Reading]:
    kind = node["Node Type"]
    if "Scan" in kind and "Relation Name" in node:
        is_found = "Index Cond" in node or kind == "Bitmap Heap Scan"
        if not is_found:
            by_index = kind in ("Index Scan", "Index Only Scan") and "Filter" not in node
            yield Reading(node["Relation Name"], is_limited and by_index)
    is_limited = kind == "Limit" or (is_limited and kind in _PASSES_ON)
    for below in node.get("Plans", ()):
        yield from _walk(below, is_limited=is_limited)
