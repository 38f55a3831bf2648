"""Keep what another index says and sends

Revises: 5b0e2c9d71fa
"""

import sqlalchemy as sa
from alembic import op

revision = "2df7e55c7248"
down_revision = "5b0e2c9d71fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirror_leases",
        sa.Column(
            "name",
            sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mirror_leases")),
    )
    op.create_table(
        "mirrored_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "normalized_name",
            sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "filename",
            sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sha256",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("metadata_sha256", sa.String(length=64), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mirrored_files")),
        sa.UniqueConstraint("filename", "sha256", name=op.f("uq_mirrored_files_filename_sha256")),
    )
    with op.batch_alter_table("mirrored_files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mirrored_files_metadata_sha256"), ["metadata_sha256"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_mirrored_files_normalized_name"), ["normalized_name"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_mirrored_files_sha256"), ["sha256"], unique=False)

    op.create_table(
        "mirrored_projects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "normalized_name",
            sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("upstream", sa.Text(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=True),
        sa.Column("was_found", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mirrored_projects")),
        sa.UniqueConstraint("normalized_name", name=op.f("uq_mirrored_projects_normalized_name")),
    )


def downgrade() -> None:
    op.drop_table("mirrored_projects")
    with op.batch_alter_table("mirrored_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mirrored_files_sha256"))
        batch_op.drop_index(batch_op.f("ix_mirrored_files_normalized_name"))
        batch_op.drop_index(batch_op.f("ix_mirrored_files_metadata_sha256"))

    op.drop_table("mirrored_files")
    op.drop_table("mirror_leases")
