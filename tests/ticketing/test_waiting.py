"""What nobody answers, names no hour or was ticked off: a person hears of it, once, and is told when it is met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from tests.factories.people import COMMUNITY, RESIDENT
from tests.factories.providers import a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, offers_of, texts_to
from ticketing import queries
from ticketing.errors import IllegalMove, NotEligible
from ticketing.lifecycle import State
from ticketing.models import Task, TaskKind, Ticket, TicketKind
from ticketing.promise import Window
from ticketing.service import clocks, dispatches, follow_ups, offering, quotes, tasks, tickets

Wait = Callable[[timedelta], None]


def open_reasons(uow: UnitOfWork) -> list[str]:
    uow.session.flush()
    return sorted(uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))))


def ticket_of(uow: UnitOfWork, ticket_id: int) -> Ticket:
    return uow.session.get_one(Ticket, ticket_id)


def test_an_hour_at_which_everybody_is_closed_is_agreed_upon_by_a_person_not_waited_for(uow: UnitOfWork) -> None:
    open_now = uow.local_now.replace(hour=8).time()
    a_provider(uow, services=("cleaning",), opens=open_now, closes=uow.local_now.replace(hour=18).time())
    ticket = a_ticket(uow, a_request(service="cleaning", wanted_by=uow.now + timedelta(hours=9)))
    assert offers_of(uow, ticket) == []
    assert ticket.match_at is None
    assert open_reasons(uow) == ["no_provider"]
    assert texts_to(uow, RESIDENT)[-1] == "nobody_found"


def test_a_wish_of_the_past_is_no_hour_of_a_visit(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow, services=("cleaning",), opens=uow.local_now.replace(hour=8).time(), closes=uow.local_now.time())
    ticket = a_ticket(uow, a_request(service="cleaning", wanted_by=uow.now - timedelta(hours=2)))
    assert offers_of(uow, ticket) == [], "he closed at noon, whatever was wanted at ten"
    wait(timedelta(hours=22))
    assert len(offers_of(uow, ticket)) == 1


def test_who_takes_a_job_and_names_no_time_is_asked_after_two_hours_later(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    a_held_job(uow)
    wait(timedelta(hours=1, minutes=59))
    assert dispatches.late_ones(uow) == 0
    wait(timedelta(minutes=2))
    assert dispatches.late_ones(uow) == 1
    assert open_reasons(uow) == ["no_show"]


def test_who_names_no_time_is_not_late_before_the_hour_that_the_resident_wanted(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    a_held_job(uow, a_ticket(uow, a_request(wanted_by=uow.now + timedelta(hours=5))))
    wait(timedelta(hours=6, minutes=59))
    assert dispatches.late_ones(uow) == 0
    wait(timedelta(minutes=2))
    assert dispatches.late_ones(uow) == 1


def test_a_price_that_nobody_answers_is_asked_about_by_phone_once(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    quotes.quote(uow, job.id, 90000)
    stated = quotes.quote(uow, job.id, 80000)
    assert quotes.unanswered(uow) == 0
    wait(timedelta(minutes=31))
    assert quotes.unanswered(uow) == 1
    assert quotes.unanswered(uow) == 0
    task = uow.session.scalars(select(Task)).one()
    assert (task.kind, task.reason, task.cause) == (TaskKind.CALL_BACK, "quote_by_phone", f"quote:{stated.id}")
    quotes.agree(uow, stated.id)
    assert open_reasons(uow) == []


def test_a_price_that_was_answered_is_not_asked_about(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    stated = quotes.quote(uow, a_held_job(uow).id, 90000)
    quotes.agree(uow, stated.id)
    wait(timedelta(hours=1))
    assert quotes.unanswered(uow) == 0


def test_a_question_that_comes_back_is_shown_to_a_person(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service="policy"))
    tickets.close(uow, ticket.code, "答复了")
    tickets.reopen(uow, ticket.code, "还是不明白")
    assert (ticket.state, ticket.match_at) == (State.OPEN, None)
    assert open_reasons(uow) == ["reopened"]
    tickets.close(uow, ticket.code, "讲清楚了")
    assert open_reasons(uow) == []


def test_a_service_that_nobody_is_sent_for_is_not_offered_to_anybody(uow: UnitOfWork) -> None:
    unsent = next(code for code, one in sorted(uow.catalogue.services.items()) if not one.is_dispatchable)
    ticket = a_ticket(uow, a_request(service=unsent))
    tickets.set_facts(uow, ticket.code, address="9号楼1单元101")
    assert (ticket.state, ticket.match_at) == (State.OPEN, None)


def test_not_solved_is_heard_before_the_question_was_asked(uow: UnitOfWork, wait: Wait) -> None:
    wait(timedelta(hours=11))  # at night the question waits for the morning
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.complete(uow, job.id, 12000)
    ticket = ticket_of(uow, job.ticket_id)
    assert ticket.state is State.DONE
    assert tickets.closed_lately(uow, RESIDENT) == [ticket]
    tickets.reopen(uow, ticket.code, "by_text", tells=False)
    assert (ticket.state, ticket.reopened) == (State.OPEN, 1)
    wait(timedelta(hours=12))
    assert queries.to_follow_up(uow.session, uow.now, 9) == []


def test_what_was_ticked_off_and_did_not_move_is_shown_again_a_day_later(uow: UnitOfWork, wait: Wait) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.REPORT, service="", is_urgent=True))
    wait(timedelta(hours=25))
    clocks.warn(uow, ticket.id)
    assert open_reasons(uow) == ["overdue"]
    tasks.finish(uow, uow.session.scalars(select(Task.id)).one())
    wait(timedelta(hours=23))
    assert queries.left_lying(uow.session, uow.now, 9) == []
    wait(timedelta(hours=2))
    assert queries.left_lying(uow.session, uow.now, 9) == [ticket.id]
    clocks.remind(uow, ticket.id)
    assert queries.left_lying(uow.session, uow.now, 9) == []
    assert open_reasons(uow) == ["left_lying"]


def test_a_closed_ticket_is_not_reminded_of(uow: UnitOfWork, wait: Wait) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service="policy"))
    tickets.close(uow, ticket.code, "答复了")
    wait(timedelta(days=60))
    assert queries.left_lying(uow.session, uow.now, 9) == []
    clocks.remind(uow, ticket.id)
    assert open_reasons(uow) == []


def test_tasks_close_when_what_they_asked_for_has_happened(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    a_provider(uow, "P902", msisdn="+8616500000902")
    ticket = a_ticket(uow, a_request(msisdn="+869785559901", notify_msisdn=None))
    wait(timedelta(hours=3))
    clocks.contact_is_late(uow, ticket.id)
    job = a_held_job(uow, ticket)
    assert open_reasons(uow) == ["contact_late", "tell_visit"]
    dispatches.arrive(uow, job.id)
    assert open_reasons(uow) == []
    dispatches.incomplete(uow, job.id, "缺件")
    assert open_reasons(uow) == ["incomplete"]
    again = offering.dispatch_by_hand(uow, ticket.code, "P902", "约好了")
    assert open_reasons(uow) == ["incomplete"], "an offer is not yet somebody who comes"
    assert offering.accept(uow, again.id)
    assert open_reasons(uow) == ["tell_visit"]


def test_a_call_that_somebody_asked_for_is_owed_after_the_end_too(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(kind=TicketKind.QUESTION, service="policy"))
    tasks.open_task(uow, TaskKind.CALL_BACK, f"person:{RESIDENT}", "person_asked", msisdn=RESIDENT, ticket=ticket)
    tickets.close(uow, ticket.code, "答复了")
    assert open_reasons(uow) == ["person_asked"]


@pytest.mark.parametrize("request_", [a_request(place=""), a_request(is_draft=True)])
def test_nobody_is_named_by_hand_for_a_ticket_that_is_not_open(uow: UnitOfWork, request_: tickets.Request) -> None:
    a_provider(uow)
    ticket = a_ticket(uow, request_)
    with pytest.raises(IllegalMove):
        offering.dispatch_by_hand(uow, ticket.code, "P901", "试试")


def test_nobody_is_named_by_hand_for_a_matter_without_a_service(uow: UnitOfWork) -> None:
    a_provider(uow)
    ticket = a_ticket(uow, a_request(kind=TicketKind.COMPLAINT, service=""))
    with pytest.raises(NotEligible):
        offering.dispatch_by_hand(uow, ticket.code, "P901", "试试")


@pytest.mark.parametrize("keyed", ["", " ", "1", "102", "10233", "%", "_____", "A", "A102", "I1023", "A1O23"])
def test_what_is_no_code_finds_nothing(uow: UnitOfWork, keyed: str) -> None:
    a_ticket(uow)
    assert tickets.own(uow.session, keyed, RESIDENT) is None


def test_late_for_everybody_is_counted_in_the_time_of_the_visit_not_of_the_offer(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.promise(uow, job.id, Window(uow.now + timedelta(hours=3), uow.now + timedelta(hours=6)))
    wait(timedelta(hours=7, minutes=59))
    assert dispatches.late_ones(uow) == 0
    wait(timedelta(minutes=2))
    assert dispatches.late_ones(uow) == 1


def test_a_place_that_is_filled_in_meets_its_task(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow, a_request(place=""))
    tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:place", "place_unknown", ticket=ticket)
    a_ticket(uow)  # that the place exists
    tickets.set_facts(uow, ticket.code, jurisdiction_code=COMMUNITY)
    assert open_reasons(uow) == []


def test_a_follow_up_that_was_answered_leaves_no_task(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.complete(uow, job.id, 12000)
    (asked,) = queries.to_follow_up(uow.session, uow.now, 9)
    follow_ups.ask(uow, asked)
    follow_ups.solved(uow, asked)
    assert open_reasons(uow) == []
