"""Texts remember how many pictures came with them; those of texts that were emptied before go at the carrier too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("inbound_sms", sa.Column("media_count", sa.Integer(), nullable=True))  # of those there: not known
    op.alter_column("inbound_sms", "media_count", server_default="0")
    op.execute(
        "insert into disposals (kind, name, due_at, attempts) "
        "select 'carrier_media', carrier_sid, now(), 0 from inbound_sms where body = '' and msisdn = '' "
        "on conflict (kind, name) do nothing"
    )


def downgrade() -> None:
    # What must go at the carrier stays noted: the version before leaves such rows alone, the next one goes on.
    op.drop_column("inbound_sms", "media_count")
