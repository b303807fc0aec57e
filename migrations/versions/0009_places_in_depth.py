"""The tree in depth: dates, other names, changes, dwellings, and who answers for what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from directory.dwelling import parts, plain

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "reorganisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("old_codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("new_nodes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=64), nullable=False),
        sa.Column("effects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reorganisations"),
    )
    op.create_table(
        "buildings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("has_lift", sa.Boolean(), nullable=True),
        sa.Column("access_note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["community_code"], ["jurisdictions.code"], name="fk_buildings_community_code"),
        sa.PrimaryKeyConstraint("id", name="pk_buildings"),
        sa.UniqueConstraint("community_code", "name", name="uq_buildings_community_code_name"),
    )
    op.create_table(
        "handler_units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("msisdn", sa.String(length=16), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["jurisdiction_code"], ["jurisdictions.code"], name="fk_handler_units_jurisdiction_code"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_handler_units"),
    )
    op.create_index("ix_handler_units_jurisdiction_code", "handler_units", ["jurisdiction_code"], unique=False)
    op.create_table(
        "place_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("plain", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("certainty", sa.Float(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction_code"], ["jurisdictions.code"], name="fk_place_aliases_jurisdiction_code"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_place_aliases"),
    )
    op.create_index(
        "uq_place_aliases_open",
        "place_aliases",
        ["plain", "jurisdiction_code"],
        unique=True,
        postgresql_where=sa.text("until_on is null"),
    )
    op.create_index("ix_place_aliases_jurisdiction_code", "place_aliases", ["jurisdiction_code"], unique=False)
    op.create_table(
        "successions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reorganisation_id", sa.Integer(), nullable=False),
        sa.Column("old_code", sa.String(length=32), nullable=False),
        sa.Column("new_code", sa.String(length=32), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["new_code"], ["jurisdictions.code"], name="fk_successions_new_code"),
        sa.ForeignKeyConstraint(["old_code"], ["jurisdictions.code"], name="fk_successions_old_code"),
        sa.ForeignKeyConstraint(["reorganisation_id"], ["reorganisations.id"], name="fk_successions_reorganisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_successions"),
        sa.UniqueConstraint("old_code", "new_code", "on", name="uq_successions_old_code_new_code_on"),
    )
    op.create_index("ix_successions_new_code", "successions", ["new_code"], unique=False)
    op.create_index("ix_successions_old_code", "successions", ["old_code"], unique=False)
    op.create_index("ix_successions_reorganisation_id", "successions", ["reorganisation_id"], unique=False)
    op.create_table(
        "unplaced",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("within_code", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("guess_code", sa.String(length=32), nullable=True),
        sa.Column("certainty", sa.Float(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_code", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["guess_code"], ["jurisdictions.code"], name="fk_unplaced_guess_code"),
        sa.ForeignKeyConstraint(["settled_code"], ["jurisdictions.code"], name="fk_unplaced_settled_code"),
        sa.PrimaryKeyConstraint("id", name="pk_unplaced"),
        sa.UniqueConstraint("subject", name="uq_unplaced_subject"),
    )
    op.create_index(
        "ix_unplaced_open", "unplaced", ["found_at"], unique=False, postgresql_where=sa.text("settled_at is null")
    )
    op.create_table(
        "dwellings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("plain", sa.String(length=200), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("floor", sa.String(length=10), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("use", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name="fk_dwellings_building_id"),
        sa.ForeignKeyConstraint(["community_code"], ["jurisdictions.code"], name="fk_dwellings_community_code"),
        sa.PrimaryKeyConstraint("id", name="pk_dwellings"),
        sa.UniqueConstraint("community_code", "plain", name="uq_dwellings_community_code_plain"),
    )
    op.create_index("ix_dwellings_building_id", "dwellings", ["building_id"], unique=False)
    op.create_table(
        "responsibilities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction_code"], ["jurisdictions.code"], name="fk_responsibilities_jurisdiction_code"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["handler_units.id"], name="fk_responsibilities_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_responsibilities"),
    )
    op.create_index(
        "ix_responsibilities_jurisdiction_code_category",
        "responsibilities",
        ["jurisdiction_code", "category"],
        unique=False,
    )
    op.create_table(
        "placements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dwelling_id", sa.Integer(), nullable=False),
        sa.Column("community_code", sa.String(length=32), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["community_code"], ["jurisdictions.code"], name="fk_placements_community_code"),
        sa.Column("reorganisation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dwelling_id"], ["dwellings.id"], name="fk_placements_dwelling_id"),
        sa.ForeignKeyConstraint(["reorganisation_id"], ["reorganisations.id"], name="fk_placements_reorganisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_placements"),
    )
    op.create_index("ix_placements_community_code_from_on", "placements", ["community_code", "from_on"], unique=False)
    op.create_index("ix_placements_dwelling_id", "placements", ["dwelling_id"], unique=False)
    op.create_index("ix_placements_reorganisation_id", "placements", ["reorganisation_id"], unique=False)
    op.add_column("jurisdictions", sa.Column("area_code", sa.String(length=8), server_default="", nullable=False))
    op.add_column("jurisdictions", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("jurisdictions", sa.Column("valid_until", sa.Date(), nullable=True))
    op.alter_column(
        "jurisdictions", "code", existing_type=sa.String(length=16), type_=sa.String(length=32), existing_nullable=False
    )
    op.alter_column(
        "jurisdictions",
        "parent_code",
        existing_type=sa.String(length=16),
        type_=sa.String(length=32),
        existing_nullable=True,
    )
    op.create_index(
        "ix_jurisdictions_code_prefix",
        "jurisdictions",
        ["code"],
        unique=False,
        postgresql_ops={"code": "text_pattern_ops"},
    )
    op.alter_column(
        "provider_areas",
        "jurisdiction_code",
        existing_type=sa.String(length=16),
        type_=sa.String(length=32),
        existing_nullable=False,
    )
    op.alter_column(
        "tickets",
        "jurisdiction_code",
        existing_type=sa.String(length=16),
        type_=sa.String(length=32),
        existing_nullable=False,
    )
    op.drop_index("ix_tickets_jurisdiction_code", table_name="tickets")
    op.create_index(
        "ix_tickets_jurisdiction_prefix",
        "tickets",
        ["jurisdiction_code"],
        unique=False,
        postgresql_ops={"jurisdiction_code": "text_pattern_ops"},
    )
    op.add_column("tickets", sa.Column("unit_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_tickets_unit_id", "tickets", "handler_units", ["unit_id"], ["id"])
    op.create_index("ix_tickets_unit_id", "tickets", ["unit_id"], postgresql_where=sa.text("unit_id is not null"))
    _enter_dwellings()
    op.execute("insert into placements (dwelling_id, community_code) select id, community_code from dwellings")


def _enter_dwellings() -> None:
    """Every household gets its dwelling, and every house that an address names is entered."""
    here = op.get_bind()
    homes = here.execute(sa.text("select community_code, address from households order by id")).all()
    read = [(code, address, parts(address), plain(address)) for code, address in homes]
    for code, name in sorted({(code, found.building) for code, _, found, _ in read if found.building}):
        here.execute(
            sa.text("insert into buildings (community_code, name, access_note) values (:code, :name, '')"),
            {"code": code, "name": name},
        )
    for code, address, found, written in read:
        here.execute(
            sa.text(
                "insert into dwellings (community_code, address, plain, building_id, unit, floor, door, use) "
                "values (cast(:code as varchar), :address, :plain, "
                "(select id from buildings where community_code = cast(:code as varchar) and name = :building), "
                ":unit, :floor, :door, 'home') on conflict do nothing"
            ),
            {"code": code, "address": address, "plain": written, "building": found.building}
            | {"unit": found.unit, "floor": found.floor, "door": found.door},
        )


def downgrade() -> None:
    op.drop_index("ix_tickets_unit_id", table_name="tickets", postgresql_where=sa.text("unit_id is not null"))
    op.drop_constraint("fk_tickets_unit_id", "tickets", type_="foreignkey")
    op.drop_column("tickets", "unit_id")
    op.drop_index(
        "ix_tickets_jurisdiction_prefix", table_name="tickets", postgresql_ops={"jurisdiction_code": "text_pattern_ops"}
    )
    op.create_index("ix_tickets_jurisdiction_code", "tickets", ["jurisdiction_code"], unique=False)
    op.alter_column(
        "tickets",
        "jurisdiction_code",
        existing_type=sa.String(length=32),
        type_=sa.String(length=16),
        existing_nullable=False,
    )
    op.alter_column(
        "provider_areas",
        "jurisdiction_code",
        existing_type=sa.String(length=32),
        type_=sa.String(length=16),
        existing_nullable=False,
    )
    op.drop_index(
        "ix_jurisdictions_code_prefix", table_name="jurisdictions", postgresql_ops={"code": "text_pattern_ops"}
    )
    op.alter_column(
        "jurisdictions",
        "parent_code",
        existing_type=sa.String(length=32),
        type_=sa.String(length=16),
        existing_nullable=True,
    )
    op.alter_column(
        "jurisdictions", "code", existing_type=sa.String(length=32), type_=sa.String(length=16), existing_nullable=False
    )
    op.drop_column("jurisdictions", "valid_until")
    op.drop_column("jurisdictions", "valid_from")
    op.drop_column("jurisdictions", "area_code")
    op.drop_index("ix_placements_reorganisation_id", table_name="placements")
    op.drop_index("ix_placements_dwelling_id", table_name="placements")
    op.drop_index("ix_placements_community_code_from_on", table_name="placements")
    op.drop_table("placements")
    op.drop_index("ix_responsibilities_jurisdiction_code_category", table_name="responsibilities")
    op.drop_table("responsibilities")
    op.drop_index("ix_dwellings_building_id", table_name="dwellings")
    op.drop_table("dwellings")
    op.drop_index("ix_unplaced_open", table_name="unplaced", postgresql_where=sa.text("settled_at is null"))
    op.drop_table("unplaced")
    op.drop_index("ix_successions_reorganisation_id", table_name="successions")
    op.drop_index("ix_successions_old_code", table_name="successions")
    op.drop_index("ix_successions_new_code", table_name="successions")
    op.drop_table("successions")
    op.drop_index("uq_place_aliases_open", table_name="place_aliases", postgresql_where=sa.text("until_on is null"))
    op.drop_index("ix_place_aliases_jurisdiction_code", table_name="place_aliases")
    op.drop_table("place_aliases")
    op.drop_index("ix_handler_units_jurisdiction_code", table_name="handler_units")
    op.drop_table("handler_units")
    op.drop_table("buildings")
    op.drop_table("reorganisations")
