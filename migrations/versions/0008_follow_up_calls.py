"""Follow-ups that wait for a person's call are looked at again, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

BEFORE = "state in ('due', 'sent')"
SINCE = "state in ('due', 'sent', 'call_due')"


def upgrade() -> None:
    _index_anew(BEFORE, SINCE)


def downgrade() -> None:
    _index_anew(SINCE, BEFORE)


def _index_anew(old: str, new: str) -> None:
    op.drop_index("ix_follow_ups_due", table_name="follow_ups", postgresql_where=sa.text(old))
    op.create_index("ix_follow_ups_due", "follow_ups", ["due_at"], unique=False, postgresql_where=sa.text(new))
