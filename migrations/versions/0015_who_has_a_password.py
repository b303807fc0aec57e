"""Since when somebody has a password of his own: who only has a link cannot stand in for another administrator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

WHO_HAS_ONE = (
    "update users set password_since = now() where must_change_password "
    "or exists (select from sessions where user_id = users.id) "
    "or exists (select from invitations where user_id = users.id and used_at is not null) "
    "or not exists (select from invitations where user_id = users.id)"
)
"""A first password, a session, or a link that was used; without any link the password was given when he was added."""


def upgrade() -> None:
    op.add_column("users", sa.Column("password_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(WHO_HAS_ONE)


def downgrade() -> None:
    op.drop_column("users", "password_since")
