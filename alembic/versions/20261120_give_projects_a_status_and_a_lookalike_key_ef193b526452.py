"""Give projects a status and a lookalike key

Revises: 343e79d2cdd6
"""

import sqlalchemy as sa
from alembic import op

revision = "ef193b526452"
down_revision = "343e79d2cdd6"
branch_labels = None
depends_on = None

waived = {
    "require-concurrent-index-creation": "a site has thousands of projects, indexed in no time",
    "constraint-missing-not-valid": "as many rows are checked in no time; to write the keys of"
    " 100,000 projects holds up readers for 0.7 s",
}

# As `standards.names.lookalike_key` has it on this day.
LOOKALIKE_KEY = "replace(normalized_name, '-', '')"
for shown, alike in (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l")):
    LOOKALIKE_KEY = f"replace({LOOKALIKE_KEY}, '{shown}', '{alike}')"


def upgrade() -> None:
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "lookalike_key",
                sa.String(length=128).with_variant(
                    sa.String(length=128, collation="C"), "postgresql"
                ),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column(
                "status",
                sa.Enum(
                    "active",
                    "deprecated",
                    "archived",
                    "quarantined",
                    name="status",
                    native_enum=False,
                    length=32,
                ),
                server_default="active",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("status_reason", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_projects_lookalike_key"), ["lookalike_key"], unique=False
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_projects_status"),
            "status IN ('active', 'deprecated', 'archived', 'quarantined')",
        )
    op.execute(f"UPDATE projects SET lookalike_key = {LOOKALIKE_KEY}")  # noqa: S608 (it is above)


def downgrade() -> None:
    # Archived and quarantined projects are open again: what is below knows no status.
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_projects_status"), type_="check")
        batch_op.drop_index(batch_op.f("ix_projects_lookalike_key"))
        batch_op.drop_column("status_reason")
        batch_op.drop_column("status")
        batch_op.drop_column("lookalike_key")
