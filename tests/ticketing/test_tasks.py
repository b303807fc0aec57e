"""What a person has to do: when it is due, who does it, and how it ends by itself when it is met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from tests.factories.people import RESIDENT
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, offers_of
from tests.factories.staff import a_user
from ticketing.errors import TaskNotFound, TaskTaken
from ticketing.models import Dispatch, FollowUp, Task, TaskKind, Ticket
from ticketing.promise import Window
from ticketing.service import clocks, dispatches, follow_ups, offering, quotes, tasks, tickets

Wait = Callable[[timedelta], None]


def waiting(uow: UnitOfWork) -> list[str]:
    """What still has to be done, by reason."""
    uow.session.flush()
    return sorted(uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))))


def ticket_of(uow: UnitOfWork, job: Dispatch) -> Ticket:
    return uow.session.get_one(Ticket, job.ticket_id)


@pytest.mark.parametrize(
    ("kind", "within"),
    [
        (TaskKind.CALL_BACK, timedelta(minutes=30)),
        (TaskKind.RETURN_CALL, timedelta(hours=1)),
        (TaskKind.VOICEMAIL, timedelta(hours=2)),
        (TaskKind.CHECK, timedelta(hours=24)),
        (TaskKind.FOLLOW_UP, timedelta(hours=24)),
    ],
)
def test_each_kind_has_its_time(uow: UnitOfWork, kind: TaskKind, within: timedelta) -> None:
    assert tasks.open_task(uow, kind, "call:1", "hung_up").due_at == uow.now + within


def test_a_second_person_is_told_that_somebody_does_it_already(uow: UnitOfWork) -> None:
    first, second = a_user(uow, "first"), a_user(uow, "second")
    task = tasks.open_task(uow, TaskKind.CHECK, "sms:1", "unclear_text", msisdn=RESIDENT)
    tasks.take(uow, task.id, first.id)
    tasks.take(uow, task.id, first.id)
    with pytest.raises(TaskTaken):
        tasks.take(uow, task.id, second.id)


def test_what_is_done_cannot_be_done_again(uow: UnitOfWork) -> None:
    task = tasks.open_task(uow, TaskKind.CHECK, "sms:1", "unclear_text", msisdn=RESIDENT)
    tasks.finish(uow, task.id)
    with pytest.raises(TaskNotFound):
        tasks.finish(uow, task.id)
    with pytest.raises(TaskNotFound):
        tasks.take(uow, task.id, 1)


def test_who_called_the_requester_stops_the_contact_clock(uow: UnitOfWork, wait: Wait) -> None:
    ticket = a_ticket(uow)
    wait(timedelta(hours=3))
    clocks.contact_is_late(uow, ticket.id)
    task = uow.session.scalars(select(Task)).one()
    tasks.finish(uow, task.id)
    assert ticket.contacted_at == uow.now


def test_a_call_to_the_provider_is_no_contact_with_the_requester(uow: UnitOfWork) -> None:
    a_provider(uow)
    ticket = a_ticket(uow)
    task = tasks.open_task(uow, TaskKind.CALL_BACK, "sms:1", "provider_question", msisdn=PROVIDER, ticket=ticket)
    tasks.finish(uow, task.id)
    assert ticket.contacted_at is None


def test_the_late_contact_is_met_when_the_resident_answers(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    wait(timedelta(hours=3))
    clocks.contact_is_late(uow, job.ticket_id)
    assert waiting(uow) == ["contact_late"]
    dispatches.confirm_visit(uow, job.id)
    assert waiting(uow) == []


def test_nobody_to_send_is_met_when_somebody_takes_it(uow: UnitOfWork) -> None:
    ticket = a_ticket(uow)
    offers_of(uow, ticket)
    assert waiting(uow) == ["no_provider"]
    a_provider(uow)
    offer = offering.dispatch_by_hand(uow, ticket.code, "P901", "他今天有空")
    assert waiting(uow) == ["no_provider"]
    offering.accept(uow, offer.id)
    assert waiting(uow) == []


@pytest.mark.parametrize("went_wrong", ["no_access", "incomplete"])
def test_another_visit_is_met_when_somebody_has_it_again(uow: UnitOfWork, went_wrong: str) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    getattr(dispatches, went_wrong)(uow, job.id, "没人在家")
    assert waiting(uow) == [went_wrong]
    offer = offering.dispatch_by_hand(uow, ticket_of(uow, job).code, "P901", "约好明天")
    offering.accept(uow, offer.id)
    assert waiting(uow) == []


def test_each_promise_that_is_broken_is_looked_at_and_a_new_one_meets_it(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    for _ in range(2):
        at = uow.now + timedelta(minutes=40)
        dispatches.promise(uow, job.id, Window(at, at))
        assert waiting(uow) == []
        wait(timedelta(hours=3))
        assert (dispatches.late_ones(uow), dispatches.late_ones(uow)) == (1, 0)
        assert waiting(uow) == ["no_show"]
    dispatches.arrive(uow, job.id)
    assert waiting(uow) == []


def test_who_named_no_time_and_does_not_come_is_asked_after(uow: UnitOfWork, wait: Wait) -> None:
    a_provider(uow)
    a_held_job(uow)
    wait(timedelta(hours=3))
    assert dispatches.late_ones(uow) == 1
    assert waiting(uow) == ["no_show"]


def test_a_quote_by_phone_is_met_by_the_answer(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow, a_ticket(uow, a_request(notify_msisdn=None)))
    stated = quotes.quote(uow, job.id, 300000)
    assert "quote_by_phone" in waiting(uow)
    quotes.agree(uow, stated.id)
    assert "quote_by_phone" not in waiting(uow)


def test_the_end_of_a_ticket_meets_what_was_about_it_and_not_what_somebody_asked_for(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    ticket = ticket_of(uow, job)
    tasks.open_task(uow, TaskKind.CALL_BACK, f"person:{RESIDENT}", "person_asked", msisdn=RESIDENT, ticket=ticket)
    dispatches.no_access(uow, job.id, "没人")
    tickets.cancel(uow, ticket.code, "by_phone")
    assert waiting(uow) == ["person_asked"]


def test_a_bad_score_is_followed_by_a_call_though_the_ticket_is_closed(uow: UnitOfWork) -> None:
    a_provider(uow)
    job = a_held_job(uow)
    dispatches.complete(uow, job.id, 12000)
    asked = uow.session.scalars(select(FollowUp).where(FollowUp.dispatch_id == job.id)).one()
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    follow_ups.rate(uow, asked.id, 1)
    assert waiting(uow) == ["low_rating"]
