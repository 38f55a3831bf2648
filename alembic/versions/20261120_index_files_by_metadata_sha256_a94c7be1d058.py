"""Index files by the SHA-256 of their metadata

Revises: 5d1f0c6a2b37
"""

from alembic import op

from pypi_web.schema.indexes import create_index_concurrently, drop_index_concurrently

revision = "a94c7be1d058"
down_revision = "5d1f0c6a2b37"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently(op, "ix_files_metadata_sha256", "files", ["metadata_sha256"])


def downgrade() -> None:
    drop_index_concurrently(op, "ix_files_metadata_sha256", "files")
