"""Every step that is ever written down can be read by people, in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

from core import wording
from core.uow import UnitOfWork
from tests.factories.providers import a_provider
from tests.factories.requests import a_ticket, offers_of
from ticketing import prompts
from ticketing.models import FollowUp, Source, TaskKind, TicketEvent, TicketKind
from ticketing.service import clocks, dispatches, follow_ups, offering, quotes, tickets

HOUSE = Path(__file__).parent.parent.parent
DOMAINS = ("ticketing", "ivr", "console", "sms", "providers")
GIVEN = ("sick", "far", "skill", "price", "busy", "transfer", "none")  # as a provider's refusal is read
BOTH = pytest.mark.parametrize("lang", ["zh", "en"])


def keys(function: str, place: int) -> set[str]:
    """The words that stand in the sources as the n-th argument of a function."""
    found = set()
    for domain in DOMAINS:
        for path in (HOUSE / domain).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and len(node.args) > place:
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if name == function:
                        found |= {one.value for one in ast.walk(node.args[place]) if isinstance(one, ast.Constant)}
    return {one for one in found if isinstance(one, str) and one.isidentifier()}


@BOTH
def test_every_kind_of_step_and_every_task_has_its_sentence(lang: str) -> None:
    known = wording.catalogue("ticketing", lang)
    steps, reasons = keys("record", 2), keys("open_task", 3)
    assert {"opened", "accepted", "overdue"} <= steps
    assert {"contact_late", "unclear_text"} <= reasons
    assert {one for one in steps if f"event.{one}" not in known} == set()
    assert {one for one in reasons if f"task.{one}" not in known} == set()


@BOTH
def test_every_reason_that_a_provider_can_give_has_its_words(lang: str) -> None:
    known = wording.catalogue("ticketing", lang)
    assert {one for one in (*GIVEN, *tickets.KEYED_REASONS) if f"reason.{one}" not in known} == set()


@BOTH
def test_every_source_and_kind_has_its_name(lang: str) -> None:
    known = wording.catalogue("ticketing", lang)
    wanted = {f"source.{one}" for one in Source} | {f"kind.{one}" for one in TicketKind}
    assert wanted | {f"task_kind.{one}" for one in TaskKind} <= set(known)


@BOTH
def test_an_eventful_ticket_can_be_told_from_beginning_to_end(uow: UnitOfWork, lang: str) -> None:
    for n in range(4):
        a_provider(uow, f"P90{n}", msisdn=f"+861650000090{n}")
    ticket = a_ticket(uow)
    first = offers_of(uow, ticket)[0]
    offering.refuse(uow, first.id, "busy")
    second, third, fourth = offers_of(uow, ticket)
    offering.refuse(uow, third.id)
    offering.expire(uow, fourth.id)
    offering.accept(uow, second.id)
    clocks.contact_is_late(uow, ticket.id)
    dispatches.arrive(uow, second.id)
    stated = quotes.quote(uow, second.id, 32050)
    quotes.agree(uow, stated.id)
    dispatches.complete(uow, second.id, 32050)
    asked = uow.session.scalars(select(FollowUp)).one()
    follow_ups.ask(uow, asked.id)
    follow_ups.not_solved(uow, asked.id)
    tickets.note(uow, ticket.code, "住户很急")
    again = offering.dispatch_by_hand(uow, ticket.code, "P900", "住户要他")
    offering.accept(uow, again.id)
    dispatches.cancel_by_provider(uow, again.id, "none")
    tickets.cancel(uow, ticket.code, "by_phone")
    uow.session.flush()
    steps = uow.session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)).all()
    told = [sentence(step, lang, uow) for step in steps]
    assert len(told) > 18
    assert all(told)
    assert any("320.50" in one for one in told)


def sentence(step: TicketEvent, lang: str, uow: UnitOfWork) -> str:
    facts = prompts.facts(step.data, lang, uow.zone)
    return wording.say("ticketing", f"event.{step.kind}", lang, who="", **facts)


@pytest.mark.parametrize(
    ("fen", "shown"), [(12000, "120"), (12050, "120.50"), (1234567, "12345.67"), (99999900, "999999"), (None, "–")]
)
def test_sums_are_told_to_the_fen(uow: UnitOfWork, fen: int | None, shown: str) -> None:
    assert prompts.facts({"amount": fen}, "zh", uow.zone)["amount"] == shown


def test_moments_are_told_on_the_citys_clocks(uow: UnitOfWork) -> None:
    assert prompts.facts({"when": uow.now.isoformat()}, "zh", uow.zone)["when"] == "11-25 12:00"
