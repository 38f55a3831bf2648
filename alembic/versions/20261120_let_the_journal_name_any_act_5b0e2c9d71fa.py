"""Let the journal name any act

Revises: 12eaf22cae92
"""

from alembic import op

revision = "5b0e2c9d71fa"
down_revision = "12eaf22cae92"
branch_labels = None
depends_on = None

waived = {
    "ban-drop-constraint": "who wrote the two acts it allowed goes on to, and nobody reads others",
}

KNOWN_BELOW = "action IN ('add file', 'import')"

# A table made anew on SQLite must still never give a deleted row's id again.
NUMBERED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("journal", schema=None, table_kwargs=NUMBERED) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_journal_action"), type_="check")


def downgrade() -> None:
    # What is below knows two acts; of any other it must know that something has changed.
    op.execute(f"UPDATE journal SET action = 'import' WHERE NOT ({KNOWN_BELOW})")  # noqa: S608
    with op.batch_alter_table("journal", schema=None, table_kwargs=NUMBERED) as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_journal_action"), KNOWN_BELOW)
