"""Texts out and in, receipts, and the questions that wait for an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "inbound_sms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier_sid", sa.String(length=64), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intent", sa.String(length=24), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("certainty", sa.Double(), nullable=False),
        sa.Column("question", sa.String(length=24), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_sms"),
        sa.UniqueConstraint("carrier_sid", name="uq_inbound_sms_carrier_sid"),
    )
    op.create_index("ix_inbound_sms_about", "inbound_sms", ["about"], unique=False)
    op.create_index("ix_inbound_sms_msisdn_received_at", "inbound_sms", ["msisdn", "received_at"], unique=False)
    op.create_table(
        "open_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_open_questions"),
    )
    op.create_index(
        "ix_open_questions_msisdn",
        "open_questions",
        ["msisdn"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "ix_open_questions_reference",
        "open_questions",
        ["kind", "reference"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbound_key", sa.String(length=32), nullable=False),
        sa.Column("carrier_sid", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("error_code", sa.String(length=16), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
        sa.UniqueConstraint("outbound_key", "status", name="uq_receipts_outbound_key_status"),
    )
    op.create_table(
        "outbound_sms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("wording", sa.String(length=48), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("urgency", sa.String(length=24), nullable=False),
        sa.Column("delivery", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("useful_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settle_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("log_asks", sa.Integer(), nullable=False),
        sa.Column("was_resent", sa.Boolean(), nullable=False),
        sa.Column("carrier_sid", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=16), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["answers_id"], ["inbound_sms.id"], name="fk_outbound_sms_answers_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbound_sms"),
        sa.UniqueConstraint("answers_id", name="uq_outbound_sms_answers_id"),
        sa.UniqueConstraint("carrier_sid", name="uq_outbound_sms_carrier_sid"),
        sa.UniqueConstraint("key", name="uq_outbound_sms_key"),
    )
    op.create_index("ix_outbound_sms_about", "outbound_sms", ["about"], unique=False)
    op.create_index(
        "ix_outbound_sms_due",
        "outbound_sms",
        ["urgency", "send_at", "id"],
        unique=False,
        postgresql_where=sa.text("delivery = 'queued'"),
    )
    op.create_index("ix_outbound_sms_msisdn_created_at", "outbound_sms", ["msisdn", "created_at"], unique=False)
    op.create_index(
        "ix_outbound_sms_unsettled",
        "outbound_sms",
        ["settle_at"],
        unique=False,
        postgresql_where=sa.text("delivery in ('sending', 'unknown')"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_outbound_sms_unsettled",
        table_name="outbound_sms",
        postgresql_where=sa.text("delivery in ('sending', 'unknown')"),
    )
    op.drop_index("ix_outbound_sms_msisdn_created_at", table_name="outbound_sms")
    op.drop_index("ix_outbound_sms_due", table_name="outbound_sms", postgresql_where=sa.text("delivery = 'queued'"))
    op.drop_index("ix_outbound_sms_about", table_name="outbound_sms")
    op.drop_table("outbound_sms")
    op.drop_table("receipts")
    op.drop_index(
        "ix_open_questions_reference", table_name="open_questions", postgresql_where=sa.text("closed_at is null")
    )
    op.drop_index(
        "ix_open_questions_msisdn", table_name="open_questions", postgresql_where=sa.text("closed_at is null")
    )
    op.drop_table("open_questions")
    op.drop_index("ix_inbound_sms_msisdn_received_at", table_name="inbound_sms")
    op.drop_index("ix_inbound_sms_about", table_name="inbound_sms")
    op.drop_table("inbound_sms")
