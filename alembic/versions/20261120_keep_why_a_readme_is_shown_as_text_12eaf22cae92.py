"""Keep why a README is shown as text

Revises: a94c7be1d058
"""

import sqlalchemy as sa
from alembic import op

revision = "12eaf22cae92"
down_revision = "a94c7be1d058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("descriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("problem", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("descriptions", schema=None) as batch_op:
        batch_op.drop_column("problem")
