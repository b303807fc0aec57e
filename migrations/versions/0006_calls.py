"""Calls, what was said in them, calls to place, voicemail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "calls_to_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("wording", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("placing", sa.String(length=24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("dialled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("carrier_sid", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calls_to_place"),
        sa.UniqueConstraint("carrier_sid", name="uq_calls_to_place_carrier_sid"),
        sa.UniqueConstraint("cause", name="uq_calls_to_place_cause"),
    )
    op.create_index(
        "ix_calls_to_place_due",
        "calls_to_place",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("\"placing\" = 'due'"),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier_sid", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=True),
        sa.Column("dnis", sa.String(length=32), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("is_slow", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("said", JSONB(), nullable=False),
        sa.Column("reply", JSONB(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_calls_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("carrier_sid", name="uq_calls_carrier_sid"),
    )
    op.create_index("ix_calls_about", "calls", ["about"], unique=False)
    op.create_index("ix_calls_msisdn_started_at", "calls", ["msisdn", "started_at"], unique=False)
    op.create_index(
        "ix_calls_open", "calls", ["started_at"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "call_turns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("digits", sa.String(length=32), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("intent", sa.String(length=24), nullable=False),
        sa.Column("certainty", sa.Double(), nullable=True),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_turns_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_call_turns"),
        sa.UniqueConstraint("call_id", "step", "who", name="uq_call_turns_call_id_step_who"),
    )
    op.create_table(
        "voicemails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("recording_sid", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("content_type", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("fetch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_voicemails_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_voicemails"),
        sa.UniqueConstraint("recording_sid", name="uq_voicemails_recording_sid"),
    )
    op.create_index("ix_voicemails_call_id", "voicemails", ["call_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_voicemails_call_id", table_name="voicemails")
    op.drop_table("voicemails")
    op.drop_table("call_turns")
    op.drop_index("ix_calls_open", table_name="calls", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("ix_calls_msisdn_started_at", table_name="calls")
    op.drop_index("ix_calls_about", table_name="calls")
    op.drop_table("calls")
    op.drop_index("ix_calls_to_place_due", table_name="calls_to_place", postgresql_where=sa.text("\"placing\" = 'due'"))
    op.drop_table("calls_to_place")
