"""Asking whether it is solved, in two steps, by day, three times, and what the answers do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from providers import queries as providers
from tests.factories.people import RESIDENT, a_place
from tests.factories.providers import a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, offers_of, texts_to
from ticketing.lifecycle import State
from ticketing.models import FollowUp, FollowUpState, Task, TaskKind, Ticket
from ticketing.service import dispatches, follow_ups, tasks, tickets

Wait = Callable[[timedelta], None]


def done(uow: UnitOfWork, ticket: Ticket | None = None) -> FollowUp:
    a_provider(uow)
    job = a_held_job(uow, ticket)
    dispatches.complete(uow, job.id, 12000)
    return uow.session.scalars(select(FollowUp)).one()


def ticket_of(uow: UnitOfWork, asked: FollowUp) -> Ticket:
    return uow.session.get_one(Ticket, asked.ticket_id)


def test_what_is_done_by_day_is_asked_about_at_once(uow: UnitOfWork) -> None:
    asked = done(uow)
    assert asked.due_at == uow.now
    follow_ups.ask(uow, asked.id)
    assert (asked.state, asked.tries) == (FollowUpState.SENT, 1)
    assert ticket_of(uow, asked).state is State.FOLLOWING_UP
    assert texts_to(uow, RESIDENT)[-1] == "resolved"


def test_what_is_done_at_night_is_asked_about_in_the_morning(uow: UnitOfWork, wait: Wait) -> None:
    wait(timedelta(hours=11, minutes=50))  # 23:50
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    assert asked.state is FollowUpState.DUE
    assert (asked.due_at - uow.now) == timedelta(hours=8, minutes=10)


def test_solved_closes_and_the_score_goes_to_the_provider(uow: UnitOfWork) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    ticket = ticket_of(uow, asked)
    assert (ticket.state, ticket.close_reason) == (State.CLOSED, "solved")
    assert follow_ups.rate(uow, asked.id, 5)
    provider = providers.by_code(uow.session, "P901")
    assert provider.ratings == 21
    assert uow.session.scalars(select(Task)).all() == []


def test_a_second_score_is_noted_and_overwrites_nothing(uow: UnitOfWork) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    follow_ups.rate(uow, asked.id, 5)
    assert not follow_ups.rate(uow, asked.id, 1)
    assert asked.score == 5
    assert providers.by_code(uow.session, "P901").ratings == 21


def test_a_low_score_goes_to_a_person(uow: UnitOfWork) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    follow_ups.rate(uow, asked.id, 2)
    task = uow.session.scalars(select(Task)).one()
    assert (task.kind, task.reason) == (TaskKind.CALL_BACK, "low_rating")
    assert ticket_of(uow, asked).is_supervised


def test_who_was_rated_low_by_a_resident_is_not_sent_there_again(uow: UnitOfWork) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    follow_ups.rate(uow, asked.id, 1)
    assert offers_of(uow, a_ticket(uow)) == []
    stranger = a_request(msisdn="+8616200000999", notify_msisdn="+8616200000999")
    assert len(offers_of(uow, a_ticket(uow, stranger))) == 1


def test_not_solved_opens_the_ticket_again_under_its_code(uow: UnitOfWork) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.not_solved(uow, asked.id)
    follow_ups.not_solved(uow, asked.id)
    ticket = ticket_of(uow, asked)
    assert (ticket.state, ticket.reopened, asked.is_solved) == (State.OPEN, 1, False)
    assert ticket.match_at == uow.now


def test_who_does_not_answer_the_text_is_called_and_after_three_tries_it_ends(uow: UnitOfWork, wait: Wait) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    for _ in range(2):
        wait(timedelta(hours=24))
        follow_ups.ask(uow, asked.id)
        call = uow.session.scalars(select(Task).where(Task.kind == TaskKind.FOLLOW_UP, Task.done_at.is_(None))).one()
        wait(timedelta(hours=48))
        follow_ups.ask(uow, asked.id)  # nobody has called yet: that is no try
        assert (asked.state, ticket_of(uow, asked).state) == (FollowUpState.CALL_DUE, State.FOLLOWING_UP)
        tasks.finish(uow, call.id)
    wait(timedelta(hours=24))
    follow_ups.ask(uow, asked.id)
    assert texts_to(uow, RESIDENT).count("resolved") == 1
    assert (asked.state, asked.is_solved) == (FollowUpState.UNREACHED, None)
    assert ticket_of(uow, asked).close_reason == "unreached"


def test_an_answer_by_text_spares_the_call(uow: UnitOfWork, wait: Wait) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    wait(timedelta(hours=24))
    follow_ups.ask(uow, asked.id)
    assert tasks.is_open(uow, f"follow_up:{asked.id}")
    follow_ups.not_solved(uow, asked.id)
    assert ticket_of(uow, asked).state is State.OPEN
    assert not tasks.is_open(uow, f"follow_up:{asked.id}")


def test_who_said_yes_may_still_say_no_for_a_week(uow: UnitOfWork, wait: Wait) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    wait(timedelta(days=6))
    follow_ups.not_solved(uow, asked.id)
    follow_ups.not_solved(uow, asked.id)
    ticket = ticket_of(uow, asked)
    assert (ticket.state, ticket.reopened, asked.is_solved) == (State.OPEN, 1, False)


def test_after_a_week_a_no_changes_nothing(uow: UnitOfWork, wait: Wait) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    wait(timedelta(days=7, minutes=1))
    follow_ups.not_solved(uow, asked.id)
    assert (ticket_of(uow, asked).state, asked.is_solved) == (State.CLOSED, True)


def test_asking_twice_in_the_same_moment_sends_one_text(uow: UnitOfWork) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.ask(uow, asked.id)
    assert texts_to(uow, RESIDENT).count("resolved") == 1


def test_where_no_text_can_go_a_person_asks_by_phone(uow: UnitOfWork) -> None:
    a_place(uow)
    asked = done(uow, a_ticket(uow, a_request(msisdn="+869785559901", notify_msisdn=None)))
    follow_ups.ask(uow, asked.id)
    assert asked.state is FollowUpState.CALL_DUE
    assert uow.session.scalars(select(Task.reason).where(Task.kind == TaskKind.FOLLOW_UP)).all() == [
        "follow_up_by_phone"
    ]
    tickets.close(uow, ticket_of(uow, asked).code, "电话里说解决了")
    uow.session.expire_all()
    assert uow.session.scalars(select(Task.done_at).where(Task.kind == TaskKind.FOLLOW_UP)).one() is not None


@pytest.mark.parametrize("score", [0, 6])
def test_only_one_to_five_is_a_score(uow: UnitOfWork, score: int) -> None:
    asked = done(uow)
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    with pytest.raises(ValueError, match="1 to 5"):
        follow_ups.rate(uow, asked.id, score)
