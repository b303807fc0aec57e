"""Requests, their history, dispatches, quotes, follow-ups and tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("ticket_numbers")))
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("tier", sa.String(length=2), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=True),
        sa.Column("notify_msisdn", sa.String(length=16), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("requester_name", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=16), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contact_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("close_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rounds_before", sa.Integer(), nullable=False),
        sa.Column("match_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("is_overdue", sa.Boolean(), nullable=False),
        sa.Column("is_supervised", sa.Boolean(), nullable=False),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("close_reason", sa.String(length=200), nullable=False),
        sa.Column("completion_pin", sa.String(length=4), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_tickets_household_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_tickets_owner_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_tickets_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_code", "tickets", ["code"], unique=False)
    op.create_index("ix_tickets_household_id", "tickets", ["household_id"], unique=False)
    op.create_index("ix_tickets_jurisdiction_code", "tickets", ["jurisdiction_code"], unique=False)
    op.create_index("ix_tickets_msisdn_opened_at", "tickets", ["msisdn", "opened_at"], unique=False)
    op.create_index("ix_tickets_person_id", "tickets", ["person_id"], unique=False)
    op.create_index(
        "ix_tickets_queue",
        "tickets",
        ["close_by", "id"],
        unique=False,
        postgresql_where=sa.text("state not in ('closed', 'cancelled')"),
    )
    op.create_index(
        "ix_tickets_to_match", "tickets", ["match_at"], unique=False, postgresql_where=sa.text("match_at is not null")
    )
    op.create_index(
        "uq_tickets_code_in_use", "tickets", ["code"], unique=True, postgresql_where=sa.text("released_at is null")
    )
    op.create_table(
        "candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_candidates_provider_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_candidates_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_candidates"),
        sa.UniqueConstraint("ticket_id", "round", "provider_id", name="uq_candidates_ticket_id_round_provider_id"),
    )
    op.create_table(
        "dispatches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_arrival_assumed", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("labour", sa.Integer(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("by_hand_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_dispatches_provider_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_dispatches_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispatches"),
    )
    op.create_index(
        "ix_dispatches_load",
        "dispatches",
        ["provider_id"],
        unique=False,
        postgresql_where=sa.text("state in ('accepted', 'arrived')"),
    )
    op.create_index(
        "ix_dispatches_open_offers",
        "dispatches",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_index("ix_dispatches_ticket_id_id", "dispatches", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_dispatches_one_holder",
        "dispatches",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("state in ('accepted', 'arrived')"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("msisdn", sa.String(length=16), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_tasks_owner_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_tasks_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_msisdn", "tasks", ["msisdn"], unique=False)
    op.create_index("ix_tasks_open", "tasks", ["due_at"], unique=False, postgresql_where=sa.text("done_at is null"))
    op.create_index("ix_tasks_ticket_id", "tasks", ["ticket_id"], unique=False)
    op.create_index(
        "uq_tasks_open_cause", "tasks", ["kind", "cause"], unique=True, postgresql_where=sa.text("done_at is null")
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_events_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_events"),
    )
    op.create_index("ix_ticket_events_ticket_id_id", "ticket_events", ["ticket_id", "id"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_solved", sa.Boolean(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name="fk_follow_ups_dispatch_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_follow_ups_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
    )
    op.create_index(
        "ix_follow_ups_due",
        "follow_ups",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('due', 'sent')"),
    )
    op.create_index("ix_follow_ups_ticket_id", "follow_ups", ["ticket_id"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("labour", sa.Integer(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_agreed", sa.Boolean(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name="fk_quotes_dispatch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
    )
    op.create_index("ix_quotes_dispatch_id", "quotes", ["dispatch_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_quotes_dispatch_id", table_name="quotes")
    op.drop_table("quotes")
    op.drop_index("ix_follow_ups_ticket_id", table_name="follow_ups")
    op.drop_index("ix_follow_ups_due", table_name="follow_ups", postgresql_where=sa.text("state in ('due', 'sent')"))
    op.drop_table("follow_ups")
    op.drop_index("ix_ticket_events_ticket_id_id", table_name="ticket_events")
    op.drop_table("ticket_events")
    op.drop_index("uq_tasks_open_cause", table_name="tasks", postgresql_where=sa.text("done_at is null"))
    op.drop_index("ix_tasks_ticket_id", table_name="tasks")
    op.drop_index("ix_tasks_open", table_name="tasks", postgresql_where=sa.text("done_at is null"))
    op.drop_index("ix_tasks_msisdn", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(
        "uq_dispatches_one_holder",
        table_name="dispatches",
        postgresql_where=sa.text("state in ('accepted', 'arrived')"),
    )
    op.drop_index("ix_dispatches_ticket_id_id", table_name="dispatches")
    op.drop_index("ix_dispatches_open_offers", table_name="dispatches", postgresql_where=sa.text("state = 'offered'"))
    op.drop_index(
        "ix_dispatches_load", table_name="dispatches", postgresql_where=sa.text("state in ('accepted', 'arrived')")
    )
    op.drop_table("dispatches")
    op.drop_table("candidates")
    op.drop_index("uq_tickets_code_in_use", table_name="tickets", postgresql_where=sa.text("released_at is null"))
    op.drop_index("ix_tickets_to_match", table_name="tickets", postgresql_where=sa.text("match_at is not null"))
    op.drop_index(
        "ix_tickets_queue", table_name="tickets", postgresql_where=sa.text("state not in ('closed', 'cancelled')")
    )
    op.drop_index("ix_tickets_person_id", table_name="tickets")
    op.drop_index("ix_tickets_msisdn_opened_at", table_name="tickets")
    op.drop_index("ix_tickets_jurisdiction_code", table_name="tickets")
    op.drop_index("ix_tickets_household_id", table_name="tickets")
    op.drop_index("ix_tickets_code", table_name="tickets")
    op.drop_table("tickets")
    op.execute(sa.schema.DropSequence(sa.Sequence("ticket_numbers")))
