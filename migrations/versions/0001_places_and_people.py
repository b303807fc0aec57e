"""Where people live, how they are reached, and what they agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_msisdn_purpose_at", "consents", ["msisdn", "purpose", "at"], unique=False)
    op.create_table(
        "jurisdictions",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("parent_code", sa.String(length=16), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("buildings", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["jurisdictions.code"], name="fk_jurisdictions_parent_code"),
        sa.PrimaryKeyConstraint("code", name="pk_jurisdictions"),
    )
    op.create_index("ix_jurisdictions_parent_code", "jurisdictions", ["parent_code"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("msisdn", name="pk_suppressions"),
    )
    op.create_table(
        "households",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["community_code"], ["jurisdictions.code"], name="fk_households_community_code"),
        sa.PrimaryKeyConstraint("id", name="pk_households"),
        sa.UniqueConstraint("community_code", "address", name="uq_households_community_code_address"),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("access_need", sa.String(length=24), nullable=True),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_persons_household_id"),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
        sa.UniqueConstraint("source_id", name="uq_persons_source_id"),
    )
    op.create_index("ix_persons_household_id", "persons", ["household_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrong_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_contacts_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("person_id", "msisdn", name="uq_contacts_person_id_msisdn"),
    )
    op.create_index("ix_contacts_msisdn", "contacts", ["msisdn"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_contacts_msisdn", table_name="contacts")
    op.drop_table("contacts")
    op.drop_index("ix_persons_household_id", table_name="persons")
    op.drop_table("persons")
    op.drop_table("households")
    op.drop_table("suppressions")
    op.drop_index("ix_jurisdictions_parent_code", table_name="jurisdictions")
    op.drop_table("jurisdictions")
    op.drop_index("ix_consents_msisdn_purpose_at", table_name="consents")
    op.drop_table("consents")
