"""The migrations make the tables that the models describe, and every one of them can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from config.settings import Settings, database_url
from core import db

ROOT = Path(__file__).parent.parent.parent
NAME = "migrations_tried"


@pytest.fixture
def alembic() -> Config:
    """Alembic as `make migrate` calls it."""
    return Config(ROOT / "alembic.ini")


@pytest.fixture
def fresh(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty database of its own, named by DATABASE_URL."""
    owner = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"drop database if exists {NAME}"))
        connection.execute(text(f"create database {NAME}"))
    address = owner.url.set(database=NAME).render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", address)
    engine = create_engine(database_url(address))
    yield engine
    engine.dispose()
    with owner.connect() as connection:
        connection.execute(text(f"drop database {NAME}"))
    owner.dispose()


def test_the_migrations_make_the_tables_of_the_models_and_guard_the_audit_log(alembic: Config, fresh: Engine) -> None:
    """Other tests make their tables from the models: what guards the log there says nothing of what is installed."""
    command.upgrade(alembic, "head")

    with fresh.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.Base.metadata) == []
        assert inspect(connection).has_sequence("ticket_numbers")
    for statement in ("update audit_entries set reason = ''", "delete from audit_entries", "truncate audit_entries"):
        with fresh.connect() as connection, pytest.raises(ProgrammingError, match="append-only"):
            connection.execute(text(statement))


def test_every_migration_can_be_undone_and_done_again(alembic: Config, fresh: Engine) -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(alembic).walk_revisions()]

    command.upgrade(alembic, "head")
    for _ in revisions:
        command.downgrade(alembic, "-1")
    with fresh.connect() as connection:
        left = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert not inspect(connection).has_sequence("ticket_numbers")
    command.upgrade(alembic, "head")

    assert revisions == sorted(revisions, reverse=True)
    assert len(revisions) >= 7
    assert left == set()


def test_the_migrations_are_numbered_without_a_gap(alembic: Config) -> None:
    numbers = sorted(int(script.revision) for script in ScriptDirectory.from_config(alembic).walk_revisions())

    assert numbers == list(range(1, len(numbers) + 1))


def test_people_who_were_there_before_have_a_dwelling_and_live_in_it(alembic: Config, fresh: Engine) -> None:
    command.upgrade(alembic, "0008")
    with fresh.begin() as connection:
        for statement in (
            "insert into jurisdictions (code, level, kind, name_zh, name_en)"
            " values ('AH', 'city', '', '安禾市', 'Anhe City')",
            "insert into households (community_code, address, note) values ('AH', '8号楼2单元301', '')",
            "insert into persons (name, sex, lang, household_id) values ('陈先生', 'M', 'zh', 1)",
            "insert into suppressions (msisdn, scope, since, evidence)"
            " values ('+8616200000901', 'all', now(), 'sms:1')",
        ):
            connection.execute(text(statement))

    command.upgrade(alembic, "head")

    with fresh.connect() as connection:
        home = connection.execute(
            text(
                "select dwellings.address, placements.community_code, residences.person_id from households "
                "join dwellings on dwellings.id = households.dwelling_id "
                "join placements on placements.dwelling_id = dwellings.id "
                "join residences on residences.household_id = households.id"
            )
        ).one()
        assert tuple(home) == ("8号楼2单元301", "AH", 1)
        assert connection.execute(text("select channel from suppressions")).scalar_one() == "sms"


def test_pictures_of_texts_that_were_emptied_before_go_and_of_the_others_the_count_is_not_known(
    alembic: Config, fresh: Engine
) -> None:
    command.upgrade(alembic, "0016")
    with fresh.begin() as connection:
        for sid, number, body in (("MM1", "", ""), ("MM2", "+8616200000901", ""), ("SM3", "+8616200000901", "您好")):
            connection.execute(
                text(
                    'insert into inbound_sms (carrier_sid, msisdn, body, received_at, intent, "values", certainty,'
                    " question, about, outcome) values (:sid, :number, :body, now(), '', '{}', 0, '', '', 'handled')"
                ),
                {"sid": sid, "number": number, "body": body},
            )

    for version in ("0017", "0016", "0017"):
        (command.downgrade if version == "0016" else command.upgrade)(alembic, version)

    with fresh.connect() as connection:
        assert connection.scalars(text("select media_count from inbound_sms")).all() == [None] * 3
        to_go = connection.execute(text("select kind, name, attempts from disposals")).all()
        assert [tuple(one) for one in to_go] == [("carrier_media", "MM1", 0)]
