"""No page takes more statements for more rows: every page is read in a small city and in a larger one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from werkzeug.routing import Rule

from config.settings import Settings
from core import clock, db, jobs
from core.uow import unit_of_work
from staff.permissions import GIVES, Role
from tests.rights.filling import forms_of, unknown_parts
from tests.rights.planting import plant, plant_readers
from tests.rights.walk import Ask, House, guarded_rules, needed, path_of
from tests.rights.world import NODES, NOWHERE, Reader
from tests.statements import counted

FEW = ("AH", "AH010101")
"""Rows of every kind at two nodes; then at all of them and without a place. Users and the audit log are there from the
beginning: their lists have tests of their own."""


@pytest.fixture(scope="module")
def house(engine: Engine, settings: Settings) -> Iterator[House]:
    """The whole house on one connection; nothing of it is ever committed."""
    from app import create_app

    app = create_app()
    db.sessions.kw["bind"].dispose()
    doorbell = list(jobs._doorbell)
    jobs._doorbell.clear()  # nobody is to run what a request woke
    with engine.connect() as connection:
        city = connection.begin()
        db.sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        with db.sessions.begin() as session:
            session.add(clock.ClockOffset(id=1, ahead=timedelta()))
        with unit_of_work("test") as uow:
            plant_readers(uow)
            plant(uow, FEW)
        yield House(app, connection)
        city.rollback()
    db.sessions.configure(bind=engine, join_transaction_mode="conditional_savepoint")
    jobs._doorbell[:] = doorbell


def test_no_page_takes_more_statements_for_more_rows(house: House) -> None:
    pages = [one for rule in guarded_rules(house.app) for one in _reads(house, rule)]
    few = {one: _statements(house, one) for one in pages}
    with unit_of_work("test") as uow:
        plant(uow, [node for node in (*NODES, NOWHERE) if node not in FEW])
    many = {one: _statements(house, one) for one in pages}

    grown = [
        f"{one}: {few[one][1]} statements, {many[one][1]} with more rows" for one in pages if many[one][1] > few[one][1]
    ]

    assert not grown, "\n".join(["", *grown])
    assert sum(many[one][0] == 200 for one in pages) > 0.9 * len(pages) > 30


def _reads(house: House, rule: Rule) -> Iterator[Ask]:
    """A page as whoever may do the most in the whole city sees it; with words to find where it takes any."""
    if "GET" not in (rule.methods or ()) or unknown_parts(rule):
        return
    wanted = needed(house.app, rule.endpoint)
    role = max((role for role in Role if wanted is None or wanted in GIVES[role]), key=lambda role: len(GIVES[role]))
    has_words = "q" in forms_of(rule.endpoint, house.app.view_functions[rule.endpoint])[0]
    yield Ask(Reader(role, "AH"), rule.endpoint, "GET", path_of(rule, "AH") + ("?q=QZAH" if has_words else ""))


def _statements(house: House, one: Ask) -> tuple[int, int]:
    """Status, and how many statements it took."""
    with counted() as sent:
        answer = house.ask(one)
    return answer.status, len(sent)
