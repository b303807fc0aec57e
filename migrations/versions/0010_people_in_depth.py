"""People in depth: residence, helpers, labels, flags, where values came from, merges, search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_flags_household_id"),
        sa.PrimaryKeyConstraint("id", name="pk_flags"),
    )
    op.create_index("ix_flags_household_id", "flags", ["household_id"], unique=False)
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_labels_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_labels"),
    )
    op.create_index("ix_labels_person_id", "labels", ["person_id"], unique=False)
    op.create_index(
        "ix_labels_due", "labels", ["review_by"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("told_by", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_corrections_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_person_id", "corrections", ["person_id"], unique=False)
    op.create_index(
        "ix_corrections_open",
        "corrections",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("settled_at is null"),
    )
    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["gone_id"], ["persons.id"], name="fk_merges_gone_id"),
        sa.ForeignKeyConstraint(["kept_id"], ["persons.id"], name="fk_merges_kept_id"),
        sa.PrimaryKeyConstraint("id", name="pk_merges"),
    )
    op.create_index("ix_merges_gone_id", "merges", ["gone_id"], unique=False)
    op.create_index("ix_merges_kept_id", "merges", ["kept_id"], unique=False)
    op.create_table(
        "person_searches",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=600), nullable=False),
        sa.Column("grams", sa.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_person_searches_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_person_searches"),
    )
    op.create_index("ix_person_searches_grams", "person_searches", ["grams"], unique=False, postgresql_using="gin")
    op.create_table(
        "provenances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("taken", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_provenances_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_provenances"),
    )
    op.create_index(
        "ix_provenances_batch_id",
        "provenances",
        ["batch_id"],
        unique=False,
        postgresql_where=sa.text("batch_id is not null"),
    )
    op.create_index("ix_provenances_person_id", "provenances", ["person_id"], unique=False)
    op.create_table(
        "residences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_residences_household_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_residences_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_residences"),
    )
    op.create_index("ix_residences_household_id", "residences", ["household_id"], unique=False)
    op.create_index("ix_residences_person_id", "residences", ["person_id"], unique=False)
    op.add_column("contacts", sa.Column("extension", sa.String(length=8), server_default="", nullable=False))
    op.add_column("contacts", sa.Column("label", sa.String(length=32), server_default="", nullable=False))
    op.add_column("contacts", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_contacts_owner_id", "contacts", "persons", ["owner_id"], ["id"])
    op.add_column("contacts", sa.Column("verified_how", sa.String(length=100), server_default="", nullable=False))
    op.add_column("households", sa.Column("lang", sa.String(length=16), server_default="", nullable=False))
    op.add_column("tasks", sa.Column("jurisdiction_code", sa.String(length=32), server_default="", nullable=False))
    op.add_column("households", sa.Column("dwelling_id", sa.Integer(), nullable=True))
    op.add_column("households", sa.Column("head_id", sa.Integer(), nullable=True))
    op.alter_column(
        "households",
        "community_code",
        existing_type=sa.String(length=16),
        type_=sa.String(length=32),
        existing_nullable=False,
    )
    op.create_index(
        "ix_households_community_prefix",
        "households",
        ["community_code"],
        unique=False,
        postgresql_ops={"community_code": "text_pattern_ops"},
    )
    op.create_index("ix_households_dwelling_id", "households", ["dwelling_id"], unique=False)
    op.create_index("ix_households_head_id", "households", ["head_id"], unique=False)
    op.create_foreign_key("fk_households_head_id", "households", "persons", ["head_id"], ["id"])
    op.create_foreign_key("fk_households_dwelling_id", "households", "dwellings", ["dwelling_id"], ["id"])
    op.add_column("persons", sa.Column("id_hash", sa.String(length=64), nullable=True))
    op.add_column("persons", sa.Column("id_last4", sa.String(length=4), server_default="", nullable=False))
    op.add_column("persons", sa.Column("registered_place", sa.String(length=100), server_default="", nullable=False))
    op.add_column("persons", sa.Column("nationality", sa.String(length=2), server_default="", nullable=False))
    op.add_column("persons", sa.Column("died_on", sa.Date(), nullable=True))
    op.add_column("persons", sa.Column("left_on", sa.Date(), nullable=True))
    op.add_column("persons", sa.Column("helper_id", sa.Integer(), nullable=True))
    op.add_column("persons", sa.Column("merged_into_id", sa.Integer(), nullable=True))
    op.add_column("persons", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column(
        "persons", "source_id", existing_type=sa.String(length=32), type_=sa.String(length=64), existing_nullable=True
    )
    op.create_index("ix_persons_helper_id", "persons", ["helper_id"], unique=False)
    op.create_index("ix_persons_id_hash", "persons", ["id_hash"], unique=False)
    op.create_index(
        "ix_persons_merged_into_id",
        "persons",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id is not null"),
    )
    op.create_index("ix_persons_same", "persons", ["birth_date", "name"], unique=False)
    op.create_foreign_key("fk_persons_merged_into_id", "persons", "persons", ["merged_into_id"], ["id"])
    op.create_foreign_key("fk_persons_helper_id", "persons", "persons", ["helper_id"], ["id"])
    op.execute(
        "update households set dwelling_id = dwellings.id from dwellings "
        "where dwellings.community_code = households.community_code and dwellings.address = households.address"
    )
    op.execute("insert into residences (person_id, household_id, kind) select id, household_id, 'unknown' from persons")


def downgrade() -> None:
    op.drop_constraint("fk_persons_helper_id", "persons", type_="foreignkey")
    op.drop_constraint("fk_persons_merged_into_id", "persons", type_="foreignkey")
    op.drop_index("ix_persons_same", table_name="persons")
    op.drop_index(
        "ix_persons_merged_into_id", table_name="persons", postgresql_where=sa.text("merged_into_id is not null")
    )
    op.drop_index("ix_persons_id_hash", table_name="persons")
    op.drop_index("ix_persons_helper_id", table_name="persons")
    op.alter_column(
        "persons", "source_id", existing_type=sa.String(length=64), type_=sa.String(length=32), existing_nullable=True
    )
    op.drop_column("persons", "erased_at")
    op.drop_column("persons", "merged_into_id")
    op.drop_column("persons", "helper_id")
    op.drop_column("persons", "left_on")
    op.drop_column("persons", "died_on")
    op.drop_column("persons", "nationality")
    op.drop_column("persons", "registered_place")
    op.drop_column("persons", "id_last4")
    op.drop_column("persons", "id_hash")
    op.drop_constraint("fk_households_dwelling_id", "households", type_="foreignkey")
    op.drop_constraint("fk_households_head_id", "households", type_="foreignkey")
    op.drop_index("ix_households_head_id", table_name="households")
    op.drop_index("ix_households_dwelling_id", table_name="households")
    op.drop_index(
        "ix_households_community_prefix", table_name="households", postgresql_ops={"community_code": "text_pattern_ops"}
    )
    op.alter_column(
        "households",
        "community_code",
        existing_type=sa.String(length=32),
        type_=sa.String(length=16),
        existing_nullable=False,
    )
    op.drop_column("households", "head_id")
    op.drop_column("households", "dwelling_id")
    op.drop_column("tasks", "jurisdiction_code")
    op.drop_column("households", "lang")
    op.drop_column("contacts", "verified_how")
    op.drop_constraint("fk_contacts_owner_id", "contacts", type_="foreignkey")
    op.drop_column("contacts", "owner_id")
    op.drop_column("contacts", "label")
    op.drop_column("contacts", "extension")
    op.drop_index("ix_residences_person_id", table_name="residences")
    op.drop_index("ix_residences_household_id", table_name="residences")
    op.drop_table("residences")
    op.drop_index("ix_provenances_person_id", table_name="provenances")
    op.drop_index("ix_provenances_batch_id", table_name="provenances", postgresql_where=sa.text("batch_id is not null"))
    op.drop_table("provenances")
    op.drop_index("ix_person_searches_grams", table_name="person_searches", postgresql_using="gin")
    op.drop_table("person_searches")
    op.drop_index("ix_merges_kept_id", table_name="merges")
    op.drop_index("ix_merges_gone_id", table_name="merges")
    op.drop_table("merges")
    op.drop_index("ix_corrections_open", table_name="corrections", postgresql_where=sa.text("settled_at is null"))
    op.drop_index("ix_corrections_person_id", table_name="corrections")
    op.drop_table("corrections")
    op.drop_index("ix_labels_due", table_name="labels", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("ix_labels_person_id", table_name="labels")
    op.drop_table("labels")
    op.drop_index("ix_flags_household_id", table_name="flags")
    op.drop_table("flags")
