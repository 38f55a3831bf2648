"""Index files by SHA-256

Revises: ef193b526452
"""

from alembic import op

from pypi_web.schema.indexes import create_index_concurrently, drop_index_concurrently

revision = "5d1f0c6a2b37"
down_revision = "ef193b526452"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently(op, "ix_files_sha256", "files", ["sha256"])


def downgrade() -> None:
    drop_index_concurrently(op, "ix_files_sha256", "files")
