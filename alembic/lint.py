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
    "prefer-text-field": "lengths of texts are limits on what a stranger can send",
    "prefer-robust-stmts": "a revision runs in a transaction, whole or not at all",
    "require-lock-timeout": "schema.migrating sets one for all revisions, and tries again",
    "require-statement-timeout": "an index takes its time; the lock timeout is what counts",
}


def main() -> int:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    failed = [script.revision for script in scripts.walk_revisions() if not lint(script)]
    return 1 if failed else 0


def lint(script: Script) -> bool:
    """Whether squawk finds nothing in a revision that it does not waive; prints what it finds."""
    rules = [*NOT_OURS, *getattr(script.module, "waived", {})]
    squawk = subprocess.run(
        [
            BIN / "squawk",
            "--assume-in-transaction",
            "--pg-version=15.0",
            "--reporter=gcc",
            f"--exclude={','.join(rules)}",
            f"--stdin-filepath={Path(script.path).name}",
        ],
        input=_sql_of(script),
        text=True,
        check=False,
    )
    return squawk.returncode == 0


def _sql_of(script: Script) -> str:
    """The revision's SQL without the transaction round it, Alembic's own table, and rows."""
    done = subprocess.run(
        [
            BIN / "alembic",
            "upgrade",
            f"{script.down_revision or 'base'}:{script.revision}",
            "--sql",
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgresql://"},
        capture_output=True,
        text=True,
        check=True,
    )
    statements = re.split(r"(?<=;)\n", done.stdout)
    left_out = re.compile(
        r"^\s*(BEGIN|COMMIT|INSERT INTO|UPDATE alembic_version|CREATE TABLE alembic_)"
    )
    return "\n".join(each for each in statements if not left_out.match(each))


if __name__ == "__main__":
    sys.exit(main())
