"""Failed tries are counted, so that a row that always fails waits for a person; crowded homes of the look for pairs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

TABLES = ("batches", "privacy_requests", "reorganisations")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
        op.add_column(table, sa.Column("try_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "match_walks",
        sa.Column("crowded", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("match_walks", "crowded")
    for table in TABLES:
        for column in ("set_aside_at", "try_at", "tries"):
            op.drop_column(table, column)
