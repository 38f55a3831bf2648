"""Seed the trove classifiers

Revises: e134c8565f45
"""

import sqlalchemy as sa
from alembic import context, op
from trove_classifiers import classifiers as trove_classifiers

revision = "343e79d2cdd6"
down_revision = "e134c8565f45"
branch_labels = None
depends_on = None


CLASSIFIERS = sa.table(
    "classifiers", sa.column("text", sa.String), sa.column("is_trove", sa.Boolean)
)


def upgrade() -> None:
    with op.batch_alter_table("classifiers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_trove", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    # Those of today; `pypi-web classifiers sync` brings in later ones. What releases have used
    # already is there, and is marked by that command.
    here = set() if context.is_offline_mode() else _read_texts()
    rows = [{"text": text, "is_trove": True} for text in sorted(trove_classifiers - here)]
    op.bulk_insert(CLASSIFIERS, rows)


def downgrade() -> None:
    # Without the column nothing tells these from others; the few that releases use stay.
    op.execute(
        "DELETE FROM classifiers WHERE is_trove AND id NOT IN"
        " (SELECT classifier_id FROM release_classifiers)"
    )
    with op.batch_alter_table("classifiers", schema=None) as batch_op:
        batch_op.drop_column("is_trove")


def _read_texts() -> set[str]:
    return set(op.get_bind().execute(sa.select(CLASSIFIERS.c.text)).scalars())
