"""Lints each revision's SQL for PostgreSQL with squawk: `python alembic/lint.py`.

A revision waives a rule, with its reason, in a dictionary `waived = {"rule": "reason"}`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

NOT_OURS = {
    "prefer-identity": "SQLAlchemy numbers rows by a sequence; on SQLite there is neither",
    "prefer-text-field": "lengths of texts are limits on what a stranger can send",
    "prefer-robust-stmts": "a revision runs in a transaction, whole or not at all",
    "require-lock-timeout": "schema.migrating sets one for all revisions, and tries again",
    "require-statement-timeout": "an index takes its time; the lock timeout is what counts",
}


def main() -> int:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).walk_revisions()
    failed = [script for script in scripts if not script.is_merge_point and not lint(script)]
    return 1 if failed else 0


def lint(script: Script) -> bool:
    """Whether squawk finds nothing in a revision that it does not waive; prints what it finds."""
    waived = getattr(script.module, "waived", {})
    if not all(waived.values()):
        print(f"{script.path}: a rule is waived without a reason")
        return False
    sql = _sql_of(script)
    options = [
        "--pg-version=15.0",
        "--reporter=gcc",
        f"--exclude={','.join((*NOT_OURS, *waived))}",
        f"--stdin-filepath={Path(script.path).name}",
    ]
    if "CONCURRENTLY" not in sql:  # which stands outside of one, by schema.indexes
        options.append("--assume-in-transaction")
    squawk = subprocess.run([BIN / "squawk", *options], input=sql, text=True, check=False)
    return squawk.returncode == 0


def _sql_of(script: Script) -> str:
    """The revision's SQL without the transaction round it, Alembic's own table, and rows."""
    steps = f"{script.down_revision or 'base'}:{script.revision}"
    done = subprocess.run(
        [BIN / "alembic", "upgrade", steps, "--sql"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgresql://"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    sql = re.sub(r"^--.*$", "", done.stdout, flags=re.M)
    statements = re.split(r"(?<=;)\n", sql)
    return "\n".join(each for each in statements if not _LEFT_OUT.match(each))


_LEFT_OUT = re.compile(
    r"\s*(BEGIN|COMMIT|SET lock_timeout|INSERT INTO|UPDATE alembic_version|CREATE TABLE alembic_)"
)


if __name__ == "__main__":
    sys.exit(main())
