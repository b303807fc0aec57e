"""Consent by channel with its evidence, and what people ask about their own data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index("ix_calls_person_id", "calls", ["person_id"], unique=False)
    op.create_table(
        "erased_keys",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_erased_keys"),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_legal_holds_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_index("ix_legal_holds_person_id", "legal_holds", ["person_id"], unique=False)
    op.create_index(
        "ix_legal_holds_in_force",
        "legal_holds",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("checked_how", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=500), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["correction_id"], ["corrections.id"], name="fk_privacy_requests_correction_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_privacy_requests_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_requests"),
    )
    op.create_index(
        "ix_privacy_requests_open",
        "privacy_requests",
        ["due_by"],
        unique=False,
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_index("ix_privacy_requests_correction_id", "privacy_requests", ["correction_id"], unique=False)
    op.create_index("ix_privacy_requests_person_id", "privacy_requests", ["person_id"], unique=False)
    op.add_column("consents", sa.Column("person_id", sa.Integer(), nullable=True))
    op.add_column("consents", sa.Column("channel", sa.String(length=24), server_default="sms", nullable=False))
    op.add_column("consents", sa.Column("wording_version", sa.String(length=64), server_default="", nullable=False))
    op.add_column("consents", sa.Column("actor", sa.String(length=64), server_default="", nullable=False))
    op.alter_column(
        "consents", "msisdn", existing_type=sa.String(length=16), type_=sa.String(length=80), existing_nullable=False
    )
    op.create_index("ix_consents_person_id", "consents", ["person_id"], unique=False)
    op.create_foreign_key("fk_consents_person_id", "consents", "persons", ["person_id"], ["id"])
    op.add_column("suppressions", sa.Column("channel", sa.String(length=24), server_default="sms", nullable=False))
    op.alter_column(
        "suppressions",
        "msisdn",
        existing_type=sa.String(length=16),
        type_=sa.String(length=80),
        existing_nullable=False,
    )
    op.drop_constraint("pk_suppressions", "suppressions", type_="primary")
    op.create_primary_key("pk_suppressions", "suppressions", ["msisdn", "channel"])


def downgrade() -> None:
    op.drop_constraint("pk_suppressions", "suppressions", type_="primary")
    op.execute("delete from suppressions where channel <> 'sms'")
    op.execute("delete from suppressions where length(msisdn) > 16")
    op.execute("delete from consents where length(msisdn) > 16")
    op.alter_column(
        "suppressions",
        "msisdn",
        existing_type=sa.String(length=80),
        type_=sa.String(length=16),
        existing_nullable=False,
    )
    op.drop_column("suppressions", "channel")
    op.create_primary_key("pk_suppressions", "suppressions", ["msisdn"])
    op.drop_constraint("fk_consents_person_id", "consents", type_="foreignkey")
    op.drop_index("ix_consents_person_id", table_name="consents")
    op.alter_column(
        "consents", "msisdn", existing_type=sa.String(length=80), type_=sa.String(length=16), existing_nullable=False
    )
    op.drop_column("consents", "actor")
    op.drop_column("consents", "wording_version")
    op.drop_column("consents", "channel")
    op.drop_column("consents", "person_id")
    op.drop_index("ix_privacy_requests_person_id", table_name="privacy_requests")
    op.drop_index("ix_privacy_requests_correction_id", table_name="privacy_requests")
    op.drop_index(
        "ix_privacy_requests_open", table_name="privacy_requests", postgresql_where=sa.text("done_at is null")
    )
    op.drop_table("privacy_requests")
    op.drop_index("ix_legal_holds_in_force", table_name="legal_holds", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("ix_legal_holds_person_id", table_name="legal_holds")
    op.drop_table("legal_holds")
    op.drop_table("erased_keys")
    op.drop_index("ix_calls_person_id", table_name="calls")
