"""Requests written down, found again, completed, called off, closed and reopened, on the real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from directory.service import merges
from tests.factories.people import RESIDENT, a_person, a_place
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, offers_of, steps_of, texts_to
from tests.factories.staff import a_user
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.errors import ChangedMeanwhile, IllegalMove, ReasonMissing, TicketNotFound, TooLateToReopen
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Task, TaskKind, Ticket, TicketEvent, TicketKind
from ticketing.service import dispatches, follow_ups, tasks, tickets

Wait = Callable[[timedelta], None]


def test_a_complete_request_opens_is_told_and_goes_to_the_matcher(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow)
    assert ticket.state is State.OPEN
    assert ticket.tier == "T2"
    assert ticket.match_at == uow.now
    assert "ticketing.match" in uow.wakes
    assert texts_to(uow, RESIDENT) == ["ticket_opened"]
    assert steps_of(uow, ticket) == ["opened"]


def test_a_request_without_a_place_stays_new_until_somebody_fills_it_in(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(place=""))
    assert (ticket.state, ticket.match_at) == (State.NEW, None)
    tickets.set_facts(uow, ticket.code, jurisdiction_code=a_place(uow))
    assert ticket.state is State.OPEN
    assert ticket.match_at is not None
    assert texts_to(uow, RESIDENT) == ["ticket_noted", "ticket_opened"]


def test_a_draft_is_not_matched_before_a_person_has_confirmed_it(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(is_draft=True))
    assert (ticket.state, ticket.match_at) == (State.NEW, None)
    assert texts_to(uow, RESIDENT) == []
    tickets.set_facts(uow, ticket.code, version=ticket.version)
    assert ticket.state is State.OPEN


def test_a_question_goes_to_a_person(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service="policy"))
    assert (ticket.state, ticket.match_at) == (State.OPEN, None)
    assert texts_to(uow, RESIDENT) == ["ticket_noted"]


def test_a_question_that_is_a_job_after_all_becomes_one(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service=""))
    tickets.set_facts(uow, ticket.code, service="plumbing")
    assert ticket.kind is TicketKind.SERVICE
    assert ticket.match_at is not None


def test_an_emergency_is_of_the_first_tier_and_gets_no_text(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.EMERGENCY, service=""))
    assert ticket.tier == "T1"
    assert texts_to(uow, RESIDENT) == []


def test_codes_are_looked_up_among_ones_own_tickets_only(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow)
    assert tickets.own(uow.session, ticket.code.lower(), RESIDENT) is ticket
    assert tickets.own(uow.session, ticket.code[1:], RESIDENT) is ticket
    assert tickets.own(uow.session, ticket.code, "+8616200000999") is None
    assert tickets.own(uow.session, ticket.code, None) is None
    assert tickets.own(uow.session, "%", RESIDENT) is None


def test_the_household_shares_its_tickets(uow: UnitOfWork) -> None:
    person = a_person(uow)
    ticket = a_ticket(uow, a_request(person=person, msisdn="+8616200000955", notify_msisdn=None))
    assert tickets.open_of(uow.session, RESIDENT) == [ticket]


def test_somebody_who_stood_in_the_base_twice_has_the_tickets_of_both_homes(uow: UnitOfWork) -> None:
    kept = a_person(uow, msisdn="+8616200000123")
    gone = a_person(uow, msisdn="+8616200000456", address="9号楼101")
    neighbour = a_person(uow, "王芳", msisdn="+8616200000789", address="9号楼102")
    ticket = a_ticket(uow, a_request(person=gone, msisdn="+869785550999", notify_msisdn=None))
    assert tickets.open_of(uow.session, "+8616200000123") == []

    done = merges.merge(uow, kept.id, gone.id)

    for msisdn in ("+8616200000123", "+8616200000456"):
        assert tickets.open_of(uow.session, msisdn) == [ticket]
        assert tickets.own(uow.session, ticket.code, msisdn) is ticket
    assert tickets.open_of(uow.session, neighbour.contacts[0].msisdn) == []
    merges.unmerge(uow, done.id)
    uow.session.expire_all()
    assert tickets.open_of(uow.session, "+8616200000123") == []
    assert tickets.open_of(uow.session, "+8616200000456") == [ticket]


def test_two_agents_do_not_take_the_same_ticket(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow)
    first, second = a_user(uow, "g01"), a_user(uow, "g02")
    seen = ticket.version
    tickets.take(uow, ticket.code, first.id, seen)
    uow.session.flush()
    with pytest.raises(ChangedMeanwhile):
        tickets.take(uow, ticket.code, second.id, seen)
    assert ticket.owner_id == first.id


def test_the_same_form_twice_notes_once(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow)
    for _ in range(2):
        tickets.note(uow, ticket.code, "住户说门禁密码变了", key="k1")
    tickets.note(uow, ticket.code, "又一条")
    kept = uow.session.scalars(
        select(TicketEvent.note).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "note")
    ).all()
    assert kept == ["住户说门禁密码变了", "又一条"]


def test_calling_off_tells_whoever_holds_the_job(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    ticket = tickets.cancel(uow, _code(uow, job), "住户自己修好了")
    assert ticket.state is State.CANCELLED
    assert job.state is DispatchState.CANCELLED
    assert texts_to(uow, PROVIDER)[-1] == "job_cancelled"
    assert texts_to(uow, RESIDENT)[-1] == "ticket_cancelled"


def test_calling_off_needs_a_reason_and_a_ticket_that_can_be_called_off(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    code = _code(uow, job)
    with pytest.raises(ReasonMissing):
        tickets.cancel(uow, code, "")
    dispatches.complete(uow, job.id, 12000)
    with pytest.raises(IllegalMove):
        tickets.cancel(uow, code, "太晚了")
    with pytest.raises(TicketNotFound):
        tickets.cancel(uow, "Z0000", "没有")


def test_a_question_answered_at_first_contact_closes_from_open(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service="policy"))
    task = tasks.open_task(uow, TaskKind.CHECK, "x", "unclear_text", ticket=ticket)
    tickets.close(uow, ticket.code, "电话里答复了")
    uow.session.refresh(task)
    assert ticket.state is State.CLOSED
    assert task.done_at == uow.now
    assert texts_to(uow, RESIDENT)[-1] == "ticket_closed"


def test_a_reopened_ticket_keeps_its_code_gets_a_new_clock_and_asks_the_same_provider_first(
    uow: UnitOfWork, wait: Wait
) -> None:
    a_provider(uow, "P901", areas=("AH01",))
    job = a_held_job(uow)
    a_provider(uow, "P902", areas=("AH010201",), msisdn="+8616500000902")  # nearer, but somebody else
    code = _code(uow, job)
    dispatches.complete(uow, job.id, 12000)
    asked = follow_ups.plan(uow, tickets.get(uow, code), job)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    wait(timedelta(days=6))
    ticket = tickets.reopen(uow, code, "又漏了")
    assert (ticket.state, ticket.code, ticket.reopened) == (State.OPEN, code, 1)
    assert ticket.close_by == uow.now + timedelta(hours=24)
    again = offers_of(uow, ticket)
    assert [one.provider_id for one in again] == [job.provider_id]


def test_after_the_guarantee_a_new_ticket_is_needed_and_the_code_is_free_again(uow: UnitOfWork, wait: Wait) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service="policy"))
    tickets.close(uow, ticket.code, "答复了")
    wait(timedelta(days=91))
    with pytest.raises(TooLateToReopen):
        tickets.reopen(uow, ticket.code, "再问一次")
    assert tickets.release_codes(uow) == 1
    with pytest.raises(TicketNotFound):
        tickets.get(uow, ticket.code)


def test_one_cause_opens_one_task_and_a_met_one_may_come_again(uow: UnitOfWork) -> None:
    first = tasks.open_task(uow, TaskKind.RETURN_CALL, "call:7", "hung_up", msisdn=RESIDENT)
    assert tasks.open_task(uow, TaskKind.RETURN_CALL, "call:7", "hung_up", msisdn=RESIDENT).id == first.id
    assert first.due_at == uow.now + timedelta(hours=1)
    assert tasks.meet(uow, msisdn=RESIDENT, kinds={TaskKind.RETURN_CALL}) == 1
    assert tasks.meet(uow, msisdn=RESIDENT, kinds={TaskKind.RETURN_CALL}) == 0
    assert tasks.open_task(uow, TaskKind.RETURN_CALL, "call:7", "hung_up", msisdn=RESIDENT).id != first.id
    assert uow.session.scalars(select(Task.done_at).order_by(Task.id)).all() == [uow.now, None]


def _code(uow: UnitOfWork, job: Dispatch) -> str:
    uow.session.flush()
    return uow.session.scalars(select(Ticket.code).where(Ticket.id == job.ticket_id)).one()
