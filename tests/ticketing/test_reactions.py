"""What lower domains announce, once or twice: one effect, and nothing that nobody minds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork
from sms.events import DangerTexted, PersonAsked, TextFailed, TextUnsettled, UnclearText
from sms.models import OutboundSms
from tests.factories.people import RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_ticket, offers_of, steps_of
from ticketing import reactions
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import Task, TaskKind, Ticket, TicketEvent, TicketKind
from ticketing.service import offering, tasks, tickets

Wait = Callable[[timedelta], None]


def danger(message_id: int = 1, words: str = "家里着火了") -> DangerTexted:
    return DangerTexted(message_id, RESIDENT, kind="fire", number="119", words=words)


@pytest.mark.parametrize(
    ("react", "event", "kind", "reason"),
    [
        (reactions.check_unclear_text, UnclearText(1, RESIDENT, ""), TaskKind.CHECK, "unclear_text"),
        (reactions.call_back, PersonAsked(1, RESIDENT, ""), TaskKind.CALL_BACK, "person_asked"),
        (reactions.open_emergency, danger(), TaskKind.CALL_BACK, "danger"),
        (reactions.check_unsettled_text, TextUnsettled(1, about="", msisdn=RESIDENT), TaskKind.CHECK, "text_unsettled"),
    ],
)
def test_the_same_news_twice_is_one_task(
    uow: UnitOfWork, react: Callable[[UnitOfWork, object], None], event: object, kind: TaskKind, reason: str
) -> None:
    for _ in range(2):
        react(uow, event)
    assert uow.session.execute(select(Task.kind, Task.reason)).all() == [(kind, reason)]


def test_news_of_a_ticket_that_is_no_more_is_still_a_task(uow: UnitOfWork) -> None:
    reactions.check_unclear_text(uow, UnclearText(1, RESIDENT, "Z9999"))
    assert uow.session.scalars(select(Task.ticket_id)).all() == [None]


def test_an_offer_that_cannot_arrive_goes_to_the_next_once(uow: UnitOfWork) -> None:
    a_provider(uow)
    ticket = a_ticket(uow)
    offer = offers_of(uow, ticket)[0]
    text_id = uow.session.scalars(select(OutboundSms.id).where(OutboundSms.wording == "offer")).one()
    for _ in range(2):
        reactions.call_instead(uow, TextFailed(text_id, about=ticket.code, msisdn=PROVIDER, wording="offer"))
    uow.session.refresh(offer)
    assert (offer.state, offer.reason) == (DispatchState.EXPIRED, "not_reached")
    assert (ticket.state, ticket.match_at) == (State.OPEN, uow.now)
    assert steps_of(uow, ticket).count("expired") == 1


def test_the_text_of_an_earlier_offer_that_failed_late_leaves_the_new_offer_alone(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    ticket = a_ticket(uow)
    first = offers_of(uow, ticket)[0]
    wait(timedelta(minutes=40))
    offering.expire(uow, first.id)
    again = offering.dispatch_by_hand(uow, ticket.code, "P901", "he rang: ask him once more")
    old, new = uow.session.scalars(
        select(OutboundSms.id).where(OutboundSms.wording == "offer").order_by(OutboundSms.id)
    ).all()
    reactions.call_instead(uow, TextFailed(old, about=ticket.code, msisdn=PROVIDER, wording="offer"))
    uow.session.refresh(again)
    assert (again.state, ticket.state) == (DispatchState.OFFERED, State.DISPATCHED)
    reactions.call_instead(uow, TextFailed(new, about=ticket.code, msisdn=PROVIDER, wording="offer"))
    uow.session.refresh(again)
    assert (again.state, again.reason) == (DispatchState.EXPIRED, "not_reached")


def test_danger_that_is_texted_again_is_one_ticket_with_every_word(uow: UnitOfWork) -> None:
    reactions.open_emergency(uow, danger())
    called = uow.session.scalars(select(Task)).one()
    tasks.finish(uow, called.id)
    for _ in range(2):
        reactions.open_emergency(uow, danger(2, "快来，火大了"))
    ticket = uow.session.scalars(select(Ticket)).one()
    assert (ticket.kind, ticket.tier) == (TicketKind.EMERGENCY, "T1")
    assert uow.session.scalars(select(TicketEvent.note).where(TicketEvent.kind == "note")).all() == ["快来，火大了"]
    assert uow.session.scalars(select(Task.due_at).where(Task.done_at.is_(None))).all() == [
        uow.now + timedelta(minutes=30)
    ]


def test_danger_of_another_day_is_another_ticket(uow: UnitOfWork, wait: Wait) -> None:
    reactions.open_emergency(uow, danger())
    wait(timedelta(hours=3))
    reactions.open_emergency(uow, danger(2))
    assert uow.session.scalars(select(func.count()).select_from(Ticket)).one() == 2


def test_danger_of_somebody_on_the_list_names_where_he_lives(uow: UnitOfWork) -> None:
    person = a_person(uow)
    reactions.open_emergency(uow, danger())
    ticket = uow.session.scalars(select(Ticket)).one()
    assert (ticket.person_id, ticket.address) == (person.id, person.household.address)


def test_a_ticket_called_off_by_text_leaves_the_call_about_danger_owed(uow: UnitOfWork) -> None:
    reactions.open_emergency(uow, danger())
    tickets.cancel(uow, uow.session.scalars(select(Ticket.code)).one(), "by_text")
    assert uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))).all() == ["danger"]
