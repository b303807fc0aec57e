"""Who may be sent: trades, areas, papers, absences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("rating", sa.Numeric(precision=8, scale=6), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("max_open_jobs", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=24), nullable=False),
        sa.Column("last_job_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_providers"),
        sa.UniqueConstraint("code", name="uq_providers_code"),
    )
    op.create_index("ix_providers_msisdn", "providers", ["msisdn"], unique=False)
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_absences_provider_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_absences"),
    )
    op.create_index("ix_absences_provider_id_until_at", "absences", ["provider_id", "until_at"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("seen_by", sa.String(length=64), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name="fk_credentials_provider_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("provider_id", "kind", name="uq_credentials_provider_id_kind"),
    )
    op.create_table(
        "provider_areas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction_code"], ["jurisdictions.code"], name="fk_provider_areas_jurisdiction_code"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name="fk_provider_areas_provider_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_provider_areas"),
        sa.UniqueConstraint("provider_id", "jurisdiction_code", name="uq_provider_areas_provider_id_jurisdiction_code"),
    )
    op.create_index("ix_provider_areas_jurisdiction_code", "provider_areas", ["jurisdiction_code"], unique=False)
    op.create_table(
        "provider_services",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name="fk_provider_services_provider_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_provider_services"),
        sa.UniqueConstraint("provider_id", "service", name="uq_provider_services_provider_id_service"),
    )
    op.create_index(
        "ix_provider_services_service_provider_id", "provider_services", ["service", "provider_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_provider_services_service_provider_id", table_name="provider_services")
    op.drop_table("provider_services")
    op.drop_index("ix_provider_areas_jurisdiction_code", table_name="provider_areas")
    op.drop_table("provider_areas")
    op.drop_table("credentials")
    op.drop_index("ix_absences_provider_id_until_at", table_name="absences")
    op.drop_table("absences")
    op.drop_index("ix_providers_msisdn", table_name="providers")
    op.drop_table("providers")
