"""Index files by their digests

Revises: ef193b526452
"""

from alembic import op

revision = "a94c7be1d058"
down_revision = "ef193b526452"
branch_labels = None
depends_on = None

waived = {
    "require-concurrent-index-creation": "no release of this application has filled the table yet",
}


def upgrade() -> None:
    op.create_index("ix_files_sha256", "files", ["sha256"])
    op.create_index("ix_files_metadata_sha256", "files", ["metadata_sha256"])


def downgrade() -> None:
    op.drop_index("ix_files_metadata_sha256", "files")
    op.drop_index("ix_files_sha256", "files")
