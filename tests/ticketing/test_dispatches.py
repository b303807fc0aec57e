"""Offers in rounds, the race for a job, and how a job goes, on the real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import events as announcements
from core.uow import UnitOfWork
from directory.service import consents
from providers import queries as provider_queries
from providers.vetting import Standing
from sms.models import OpenQuestion, OutboundSms
from tests.factories.people import LANDLINE, RESIDENT, a_place
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, offers_of, steps_of, texts_to
from ticketing import events
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.errors import NotEligible, OfferGone, ReasonMissing
from ticketing.lifecycle import State
from ticketing.models import Candidate, Dispatch, Task, TaskKind, Ticket, TicketEvent
from ticketing.promise import Window
from ticketing.service import dispatches, offering, quotes, tasks, tickets

Wait = Callable[[timedelta], None]
SECOND, THIRD, FOURTH = (f"+861650000090{n}" for n in (2, 3, 4))


def four_providers(uow: UnitOfWork) -> None:
    for n, msisdn in enumerate((PROVIDER, SECOND, THIRD, FOURTH), start=1):
        a_provider(uow, f"P90{n}", name=f"第{n}家", msisdn=msisdn, rating=str(5 - n / 10), ratings=100)


def ticket_of(uow: UnitOfWork, job: Dispatch) -> Ticket:
    return uow.session.get_one(Ticket, job.ticket_id)


def test_the_best_one_is_asked_first_and_told_neither_door_nor_name_nor_number(uow: UnitOfWork) -> None:
    four_providers(uow)
    ticket = a_ticket(uow)
    offers = offers_of(uow, ticket)
    assert ticket.state is State.DISPATCHED
    assert ticket.dispatched_at == uow.now
    assert offers[0].expires_at == uow.now + timedelta(minutes=10)
    body = uow.session.scalars(select(OutboundSms.body).where(OutboundSms.msisdn == PROVIDER)).one()
    assert ticket.code in body
    assert "8号楼" in body
    assert not any(secret in body for secret in ("301", "单元", "陈", RESIDENT[3:]))
    assert texts_to(uow, SECOND) == []


def test_everybody_considered_is_kept_with_rank_or_reason(uow: UnitOfWork) -> None:
    four_providers(uow)
    a_provider(uow, "P905", msisdn="+8616500000905", standing=Standing.SUSPENDED)
    a_provider(uow, "P906", msisdn="+8616500000906", services=("electrical",))
    a_provider(uow, "P907", msisdn="+8616500000907", areas=("AH02",))
    ticket = a_ticket(uow)
    offers_of(uow, ticket)
    kept = uow.session.execute(select(Candidate.rank, Candidate.cause).order_by(Candidate.rank.nulls_last())).all()
    assert [tuple(row) for row in kept] == [(1, ""), (2, ""), (3, ""), (4, ""), (None, "not_active")]
    rest = uow.session.scalars(select(TicketEvent.data).where(TicketEvent.kind == "round")).one()
    assert rest["left_out"] == {"other_service": 1, "other_area": 1}


def test_a_refusal_asks_the_next_three_at_once_and_never_the_same_again(uow: UnitOfWork) -> None:
    four_providers(uow)
    ticket = a_ticket(uow)
    first = offers_of(uow, ticket)[0]
    assert offering.refuse(uow, first.id, "busy")
    assert ticket.state is State.OPEN
    assert ticket.match_at == uow.now
    second = offers_of(uow, ticket)
    assert len(second) == 3
    assert first.provider_id not in {one.provider_id for one in second}


def test_after_everybody_has_passed_a_person_decides_and_the_resident_hears_the_truth(uow: UnitOfWork) -> None:
    heard: list[object] = []
    announcements.subscribe({events.NobodyToSend: (lambda uow, event: heard.append(event),)})
    a_provider(uow)
    ticket = a_ticket(uow)
    offering.refuse(uow, offers_of(uow, ticket)[0].id)
    assert offers_of(uow, ticket) == []
    task = uow.session.scalars(select(Task)).one()
    assert (task.kind, task.reason, task.ticket_id) == (TaskKind.CHECK, "no_provider", ticket.id)
    assert texts_to(uow, RESIDENT)[-1] == "nobody_found"
    assert heard == [events.NobodyToSend(ticket.code, f"nobody:{task.id}")]
    assert ticket.match_at is None


def test_three_rounds_are_the_last_word(uow: UnitOfWork) -> None:
    for n in range(1, 10):
        a_provider(uow, f"P91{n}", msisdn=f"+861650000091{n}")
    ticket = a_ticket(uow)
    asked = []
    for _ in range(4):
        offered = offers_of(uow, ticket)
        asked.append(len(offered))
        for one in offered:
            offering.refuse(uow, one.id)
    assert asked == [1, 3, 3, 0]


def test_what_can_wait_is_offered_again_when_somebody_opens(uow: UnitOfWork) -> None:
    a_provider(uow, services=("cleaning",), opens=time(14), closes=time(18))
    ticket = a_ticket(uow, a_request(service="cleaning"))
    assert offers_of(uow, ticket) == []
    assert ticket.match_at == uow.now + timedelta(hours=2)
    assert uow.session.scalars(select(Task)).all() == []
    uow.now += timedelta(hours=2)
    assert len(offers_of(uow, ticket)) == 1


def test_an_offer_runs_out_by_its_row_whatever_process_died(uow: UnitOfWork, wait: Wait) -> None:
    four_providers(uow)
    ticket = a_ticket(uow)
    offer = offers_of(uow, ticket)[0]
    wait(timedelta(minutes=10))
    assert not offering.accept(uow, offer.id)
    assert offering.expire(uow, offer.id)
    assert not offering.expire(uow, offer.id)
    assert (offer.state, ticket.state) == (DispatchState.EXPIRED, State.OPEN)
    assert len(offers_of(uow, ticket)) == 3


def test_taking_the_job_tells_the_winner_the_losers_and_the_resident_once_each(uow: UnitOfWork) -> None:
    four_providers(uow)
    ticket = a_ticket(uow)
    offering.refuse(uow, offers_of(uow, ticket)[0].id)
    winner, *losers = offers_of(uow, ticket)
    promised = Window(uow.now + timedelta(minutes=40), uow.now + timedelta(minutes=40))
    assert offering.accept(uow, winner.id, promised)
    assert not any(offering.accept(uow, one.id) for one in losers)
    for one in losers:
        uow.session.refresh(one)
    assert {(one.state, one.reason) for one in losers} == {(DispatchState.WITHDRAWN, "taken")}
    assert ticket.state is State.ACKNOWLEDGED
    assert texts_to(uow, THIRD) == ["offer", "offer_lost"]
    assert texts_to(uow, RESIDENT) == ["ticket_opened", "visit_told"]
    open_kinds = uow.session.scalars(select(OpenQuestion.kind).where(OpenQuestion.closed_at.is_(None))).all()
    assert sorted(open_kinds) == ["job", "visit"]


def test_the_database_itself_refuses_a_second_holder(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    second = a_provider(uow, "P902", msisdn=SECOND)
    uow.session.add(
        Dispatch(
            ticket_id=job.ticket_id,
            provider_id=second.id,
            round=1,
            state=DispatchState.ARRIVED,
            offered_at=uow.now,
            expires_at=uow.now,
        )
    )
    with pytest.raises(IntegrityError, match="uq_dispatches_one_holder"):
        uow.session.flush()


def test_a_provider_who_stopped_our_texts_is_passed_over(uow: UnitOfWork) -> None:
    four_providers(uow)
    consents.stop(uow, PROVIDER, is_everything=True, evidence="sms:1")
    ticket = a_ticket(uow)
    offers = offers_of(uow, ticket)
    assert [offers[0].provider_id] == [provider_queries.by_code(uow.session, "P902").id]
    assert "expired" in steps_of(uow, ticket)


def test_a_choice_by_hand_needs_a_reason_and_keeps_it(uow: UnitOfWork) -> None:
    four_providers(uow)
    ticket = a_ticket(uow)
    offers_of(uow, ticket)
    with pytest.raises(ReasonMissing):
        offering.dispatch_by_hand(uow, ticket.code, "P904", " ")
    dispatch = offering.dispatch_by_hand(uow, ticket.code, "p904", "住户认识这家")
    assert dispatch.by_hand_reason == "住户认识这家"
    assert texts_to(uow, PROVIDER) == ["offer", "offer_lost"]
    assert texts_to(uow, FOURTH) == ["offer"]
    assert ticket.state is State.DISPATCHED


def test_a_person_may_override_hours_but_not_papers_trade_or_area(uow: UnitOfWork) -> None:
    a_provider(uow, opens=time(14), closes=time(18))
    a_provider(uow, "P902", msisdn=SECOND, standing=Standing.SUSPENDED)
    a_provider(uow, "P903", msisdn=THIRD, services=("electrical",))
    a_provider(uow, "P904", msisdn=FOURTH, areas=("AH02",))
    ticket = a_ticket(uow)
    for code, cause in (("P902", "not_active"), ("P903", "other_service"), ("P904", "other_area")):
        with pytest.raises(NotEligible) as refused:
            offering.dispatch_by_hand(uow, ticket.code, code, "试试")
        assert refused.value.facts["cause"] == cause
    assert offering.dispatch_by_hand(uow, ticket.code, "P901", "他说能来").state is DispatchState.OFFERED


def test_by_hand_a_silent_holder_is_released_and_told(uow: UnitOfWork) -> None:
    four_providers(uow)
    job = a_held_job(uow)
    ticket = ticket_of(uow, job)
    offering.dispatch_by_hand(uow, ticket.code, "P902", "联系不上")
    assert job.state is DispatchState.CANCELLED
    assert texts_to(uow, PROVIDER)[-1] == "job_cancelled"
    assert texts_to(uow, RESIDENT)[-1] == "provider_changed"
    assert ticket.state is State.DISPATCHED


def test_done_without_arrived_fills_the_gap_marked_as_assumed(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.complete(uow, job.id, 12000)
    ticket = ticket_of(uow, job)
    assert job.is_arrival_assumed
    assert (job.state, job.amount, ticket.state) == (DispatchState.COMPLETED, 12000, State.DONE)
    assert steps_of(uow, ticket)[-2:] == ["arrival_assumed", "completed"]
    assert "ticketing.follow_up" in uow.wakes
    with pytest.raises(OfferGone):
        dispatches.arrive(uow, job.id)


def test_arrived_twice_is_told_once(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.arrive(uow, job.id)
    dispatches.arrive(uow, job.id)
    assert texts_to(uow, RESIDENT).count("arrived_told") == 1


def test_a_provider_who_gives_the_job_back_is_replaced(uow: UnitOfWork) -> None:
    four_providers(uow)
    job = a_held_job(uow)
    dispatches.cancel_by_provider(uow, job.id, "sick")
    ticket = ticket_of(uow, job)
    assert ticket.state is State.OPEN
    assert texts_to(uow, RESIDENT)[-1] == "provider_changed"
    assert job.provider_id not in {one.provider_id for one in offers_of(uow, ticket)}


@pytest.mark.parametrize(
    ("tell", "state", "reason", "told"),
    [
        (dispatches.no_access, DispatchState.NO_ACCESS, "no_access", "no_access_told"),
        (dispatches.incomplete, DispatchState.INCOMPLETE, "incomplete", "incomplete_told"),
    ],
)
def test_what_went_wrong_at_the_door_goes_to_a_person(
    uow: UnitOfWork, tell: Callable[[UnitOfWork, int, str], Dispatch], state: DispatchState, reason: str, told: str
) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    tell(uow, job.id, "门口没人")
    ticket = ticket_of(uow, job)
    assert (job.state, ticket.state, ticket.match_at) == (state, State.OPEN, None)
    assert uow.session.scalars(select(Task.reason)).all() == [reason]
    assert texts_to(uow, RESIDENT)[-1] == told


def test_somebody_who_never_came_is_shown_not_judged(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.promise(uow, job.id, Window(uow.now + timedelta(minutes=30), uow.now + timedelta(minutes=30)))
    wait(timedelta(hours=3))
    assert dispatches.late_ones(uow) == 1
    assert dispatches.late_ones(uow) == 0
    assert job.state is DispatchState.ACCEPTED
    assert uow.session.scalars(select(Task.reason)).all() == ["no_show"]
    dispatches.arrive(uow, job.id)
    uow.session.expire_all()
    assert uow.session.scalars(select(Task.done_at)).one() is not None


def test_no_work_is_done_above_the_band_without_the_residents_yes(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    stated = quotes.quote(uow, job.id, 32000, 12000, 20000)
    ticket = ticket_of(uow, job)
    meanwhile = ticket.state
    assert meanwhile is State.WAITING_QUOTE
    assert texts_to(uow, RESIDENT)[-1] == "quote"
    quotes.agree(uow, stated.id)
    quotes.agree(uow, stated.id)
    assert ticket.state is State.IN_PROGRESS
    assert texts_to(uow, PROVIDER).count("quote_agreed") == 1
    assert quotes.amount_agreed(uow, job.id) == 32000


def test_a_declined_quote_ends_the_ticket_and_stops_the_work(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    stated = quotes.quote(uow, job.id, 90000)
    quotes.decline(uow, stated.id)
    assert ticket_of(uow, job).state is State.CANCELLED
    assert texts_to(uow, PROVIDER)[-1] == "quote_declined"
    assert texts_to(uow, PROVIDER).count("job_cancelled") == 0


def test_where_no_text_can_go_a_person_tells_the_resident(uow: UnitOfWork) -> None:
    a_provider(uow)
    a_place(uow)
    a_held_job(uow, a_ticket(uow, a_request(msisdn="+869785559901", notify_msisdn=None)))
    assert uow.session.scalars(select(Task.reason)).all() == ["tell_visit"]


def test_who_gets_no_texts_hears_every_change_from_a_person(uow: UnitOfWork) -> None:
    a_provider(uow)
    ticket = a_ticket(uow, a_request(msisdn=LANDLINE, notify_msisdn=None))
    job = a_held_job(uow, ticket)

    def owed() -> list[str]:
        """What is to be said by phone, which is then done."""
        calls = uow.session.scalars(select(Task).where(Task.kind == TaskKind.CALL_BACK, Task.done_at.is_(None))).all()
        for one in calls:
            tasks.finish(uow, one.id)
        return [one.reason for one in calls]

    tomorrow = Window(uow.now + timedelta(days=1), uow.now + timedelta(days=1))
    soon = Window(uow.now + timedelta(minutes=40), uow.now + timedelta(minutes=40))
    assert owed() == ["tell_visit"]
    for promised in (tomorrow, soon):
        for _ in range(2):
            dispatches.promise(uow, job.id, promised)
        assert owed() == ["tell_visit"]
    dispatches.promise(uow, job.id, tomorrow)
    dispatches.cancel_by_provider(uow, job.id, "sick")
    assert owed() == ["text_failed"], "who was to come does not: one call says so"
    assert offers_of(uow, ticket) == []
    assert owed() == ["text_failed"]


def test_a_holder_released_by_hand_is_told_by_phone_where_no_text_can_go(uow: UnitOfWork) -> None:
    four_providers(uow)
    ticket = a_ticket(uow, a_request(msisdn=LANDLINE, notify_msisdn=None))
    job = a_held_job(uow, ticket)
    other = uow.session.scalars(select(Candidate.provider_id).where(Candidate.rank == 2)).one()
    code = provider_queries.by_id(uow.session, other).code
    offer = offering.dispatch_by_hand(uow, ticket.code, code, "the first one is silent")
    still_owed = select(Task.reason).where(Task.done_at.is_(None))
    assert (job.state, uow.session.scalars(still_owed).all()) == (DispatchState.CANCELLED, ["text_failed"])
    assert offering.accept(uow, offer.id)
    assert uow.session.scalars(still_owed).all() == ["tell_visit"]


def test_a_text_that_fails_for_good_asks_the_next_provider_or_a_person(uow: UnitOfWork) -> None:
    from sms.events import TextFailed

    four_providers(uow)
    ticket = a_ticket(uow)
    offer = offers_of(uow, ticket)[0]
    text_id = uow.session.scalars(select(OutboundSms.id).where(OutboundSms.wording == "offer")).one()
    uow.announce(TextFailed(text_id, ticket.code, PROVIDER, "offer"))
    assert (offer.state, offer.reason) == (DispatchState.EXPIRED, "not_reached")
    uow.announce(TextFailed(2, ticket.code, RESIDENT, "visit_told"))
    uow.announce(TextFailed(3, ticket.code, RESIDENT, "arrived_told"))
    assert uow.session.scalars(select(Task.reason)).all() == ["text_failed"]
    assert tasks.meet(uow, ticket=tickets.get(uow, ticket.code)) == 1
