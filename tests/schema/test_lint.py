"""The SQL of new revisions is linted for what holds up others on PostgreSQL."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.conftest import ROOT


@pytest.fixture
def site(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns(".*", "var", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, tmp_path / "site", ignore=ignored)
    return tmp_path / "site"


def lint(site: Path, upgrade: str, waived: str = "{}") -> subprocess.CompletedProcess[str]:
    """Lints the project's revisions and one more."""
    path = site / "alembic" / "versions" / "new.py"
    path.unlink(missing_ok=True)
    path.write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "from pypi_web.schema.indexes import create_index_concurrently\n\n"
        f"revision, down_revision, waived = 'new', {_head(site)!r}, {waived}\n\n\n"
        f"def upgrade():\n    {upgrade}\n"
    )
    return subprocess.run(
        [sys.executable, site / "alembic" / "lint.py"],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=site,
        capture_output=True,
        text=True,
        timeout=120,
    )


def _head(site: Path) -> str:
    head = ScriptDirectory.from_config(Config(site / "alembic.ini")).get_current_head()
    assert head is not None
    return head


@pytest.mark.parametrize(
    ("upgrade", "rule"),
    [
        ('op.create_index("ix_new", "files", ["size"])', "require-concurrent-index-creation"),
        ('op.drop_column("files", "md5")', "ban-drop-column"),
        ('op.alter_column("files", "md5", new_column_name="md6")', "renaming-column"),
    ],
)
def test_what_holds_up_others_is_found(site: Path, upgrade: str, rule: str):
    result = lint(site, upgrade)

    assert result.returncode == 1
    assert rule in result.stdout


def test_an_index_made_by_the_helper_is_fine(site: Path):
    result = lint(site, 'create_index_concurrently(op, "ix_new", "files", ["size"])')

    assert result.returncode == 0, result.stdout


def test_a_rule_is_waived_with_a_reason_alone(site: Path):
    drop = 'op.drop_column("files", "md5")'

    with_reason = lint(site, drop, '{"ban-drop-column": "no release has read it since 1.0"}')
    without = lint(site, drop, '{"ban-drop-column": ""}')

    assert with_reason.returncode == 0, with_reason.stdout
    assert without.returncode == 1
    assert "without a reason" in without.stdout
