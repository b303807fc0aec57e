"""Second factors, recovery codes, invitations, and sessions that one can see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.String(length=64), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_invitations_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
    )
    op.create_index("ix_invitations_user_id", "invitations", ["user_id"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("user_id", "code_hash", name="uq_recovery_codes_user_id_code_hash"),
    )
    op.add_column("grants", sa.Column("ended_by", sa.String(length=64), server_default="", nullable=False))
    op.alter_column(
        "grants",
        "jurisdiction_code",
        existing_type=sa.String(length=16),
        type_=sa.String(length=32),
        existing_nullable=False,
    )
    op.add_column("sessions", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("device", sa.String(length=100), server_default="", nullable=False))
    op.add_column("users", sa.Column("totp_salt", sa.String(length=64), server_default="", nullable=False))
    op.add_column("users", sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.execute("update users set lang = ''")  # nobody could choose it so far: pages go on as the browser asks


def downgrade() -> None:
    op.execute("update users set lang = 'zh' where lang = ''")
    op.drop_column("users", "totp_last_step")
    op.drop_column("users", "totp_since")
    op.drop_column("users", "totp_salt")
    op.drop_column("sessions", "device")
    op.drop_column("sessions", "last_seen_at")
    op.drop_column("sessions", "second_factor_at")
    op.alter_column(
        "grants",
        "jurisdiction_code",
        existing_type=sa.String(length=32),
        type_=sa.String(length=16),
        existing_nullable=False,
    )
    op.drop_column("grants", "ended_by")
    op.drop_table("recovery_codes")
    op.drop_index("ix_invitations_user_id", table_name="invitations")
    op.drop_table("invitations")
