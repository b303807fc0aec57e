"""Lists of people: sources, batches, rows, pairs that may be one person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("authority", sa.Integer(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("name", name="uq_sources_name"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("file_path", sa.String(length=200), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=32), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("refusal", sa.String(length=64), nullable=False),
        sa.Column("refusal_facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("at_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.String(length=64), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["jurisdiction_code"], ["jurisdictions.code"], name="fk_batches_jurisdiction_code"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_batches_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_source_id", "batches", ["source_id"], unique=False)
    op.create_index(
        "ix_batches_working",
        "batches",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state in ('received', 'checking', 'applying', 'undoing')"),
    )
    op.create_index(
        "uq_batches_counts",
        "batches",
        ["source_id", "file_hash"],
        unique=True,
        postgresql_where=sa.text("state in ('received', 'checking', 'checked', 'applying')"),
    )
    op.create_table(
        "batch_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("keys", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_rows_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_batch_rows"),
        sa.UniqueConstraint("batch_id", "row_no", name="uq_batch_rows_batch_id_row_no"),
    )
    op.create_index(
        "ix_batch_rows_batch_id_outcome_row_no", "batch_rows", ["batch_id", "outcome", "row_no"], unique=False
    )
    op.create_index(
        "ix_batch_rows_person_id",
        "batch_rows",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("person_id is not null"),
    )
    op.create_table(
        "batch_makings",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("made_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_makings_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "kind", "made_id", name="pk_batch_makings"),
    )
    op.create_table(
        "import_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("wording", sa.String(length=64), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_import_notes_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_import_notes"),
    )
    op.create_index("ix_import_notes_batch_id", "import_notes", ["batch_id"], unique=False)
    op.create_table(
        "match_candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("low_id", sa.Integer(), nullable=False),
        sa.Column("high_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=24), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("merge_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_match_candidates_batch_id"),
        sa.ForeignKeyConstraint(["high_id"], ["persons.id"], name="fk_match_candidates_high_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["low_id"], ["persons.id"], name="fk_match_candidates_low_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_match_candidates"),
        sa.UniqueConstraint("low_id", "high_id", name="uq_match_candidates_low_id_high_id"),
    )
    op.create_index("ix_match_candidates_high_id", "match_candidates", ["high_id"], unique=False)
    op.create_index(
        "ix_match_candidates_open",
        "match_candidates",
        ["score"],
        unique=False,
        postgresql_where=sa.text("decision is null"),
    )
    op.create_table(
        "match_walks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_match_walks"),
    )


def downgrade() -> None:
    op.drop_table("match_walks")
    op.drop_index(
        "ix_match_candidates_open", table_name="match_candidates", postgresql_where=sa.text("decision is null")
    )
    op.drop_index("ix_match_candidates_high_id", table_name="match_candidates")
    op.drop_table("match_candidates")
    op.drop_index("ix_import_notes_batch_id", table_name="import_notes")
    op.drop_table("import_notes")
    op.drop_table("batch_makings")
    op.drop_index("ix_batch_rows_person_id", table_name="batch_rows", postgresql_where=sa.text("person_id is not null"))
    op.drop_index("ix_batch_rows_batch_id_outcome_row_no", table_name="batch_rows")
    op.drop_table("batch_rows")
    op.drop_index(
        "uq_batches_counts",
        table_name="batches",
        postgresql_where=sa.text("state in ('received', 'checking', 'checked', 'applying')"),
    )
    op.drop_index(
        "ix_batches_working",
        table_name="batches",
        postgresql_where=sa.text("state in ('received', 'checking', 'applying', 'undoing')"),
    )
    op.drop_index("ix_batches_source_id", table_name="batches")
    op.drop_table("batches")
    op.drop_table("sources")
