"""Who is asked and why not, from rows; and how many statements the work on a ticket takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork
from providers import service as provider_service
from providers.eligibility import Cause
from providers.models import Credential, Provider
from providers.vetting import Standing
from tests.factories.providers import a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, offers_of
from tests.statements import counted
from ticketing.lifecycle import State
from ticketing.matching import Choice
from ticketing.models import Candidate, FollowUp, Ticket
from ticketing.service import dispatches, follow_ups, offering
from ticketing.service.ranking import rank_for

T = TypeVar("T")
OTHER = "+8616200000955"


def firm(uow: UnitOfWork, n: int, **more: object) -> Provider:
    """The n-th plumber, the earlier the better rated."""
    given = {"rating": str(5 - n / 100), "ratings": 500, **more}
    return a_provider(uow, f"P{n + 600}", name=f"第{n}家", msisdn=f"+86165000{n + 20000}", **given)  # type: ignore[arg-type]


def busy_with(uow: UnitOfWork, provider: Provider, jobs: int) -> None:
    """The provider holds so many jobs of other people."""
    for _ in range(jobs):
        ticket = a_ticket(uow, a_request(msisdn=OTHER, notify_msisdn=OTHER))
        job = offering.dispatch_by_hand(uow, ticket.code, provider.code, "test")
        assert offering.accept(uow, job.id)


def found(uow: UnitOfWork, ticket: Ticket) -> dict[str, Choice]:
    return {one.facts.code: one for one in rank_for(uow, ticket)}


def test_every_candidate_keeps_the_reason_for_his_place(uow: UnitOfWork) -> None:
    firm(uow, 1)
    firm(uow, 2, standing=Standing.SUSPENDED)
    on_trial = firm(uow, 3, standing=Standing.TRIAL)
    unpapered, away, full, rude, declined = (firm(uow, n) for n in (4, 5, 6, 8, 9))
    firm(uow, 7, opens=time(18), closes=time(20))
    busy_with(uow, on_trial, 1)
    busy_with(uow, full, 3)
    provider_service.be_absent(uow, away.id, until=None, told_by="test")
    papers = select(Credential).where(Credential.provider_id == unpapered.id)
    for paper in uow.session.scalars(papers).all():
        uow.session.delete(paper)
    quarrelled = a_ticket(uow)
    spoilt = offering.dispatch_by_hand(uow, quarrelled.code, rude.code, "test")
    offering.accept(uow, spoilt.id)
    dispatches.complete(uow, spoilt.id, 12000)
    asked = uow.session.scalars(select(FollowUp).where(FollowUp.dispatch_id == spoilt.id)).one()
    follow_ups.ask(uow, asked.id)
    follow_ups.solved(uow, asked.id)
    follow_ups.rate(uow, asked.id, 1)

    ticket = a_ticket(uow)
    refused = offering.dispatch_by_hand(uow, ticket.code, declined.code, "test")
    offering.refuse(uow, refused.id, "busy")
    offers_of(uow, ticket)
    kept = uow.session.execute(
        select(Provider.code, Candidate.rank, Candidate.cause)
        .join(Provider, Provider.id == Candidate.provider_id)
        .where(Candidate.ticket_id == ticket.id)
    ).all()
    assert {row[0]: row[1] or row[2] for row in kept} == {
        "P601": 1,
        "P602": Cause.NOT_ACTIVE,
        "P603": Cause.TRIAL_CAP,
        "P604": Cause.PAPERS,
        "P605": Cause.ABSENT,
        "P606": Cause.FULL,
        "P607": Cause.CLOSED,
        "P608": Cause.DISPUTE,
        "P609": Cause.DECLINED,
    }
    facts = uow.session.scalars(select(Candidate.facts).where(Candidate.ticket_id == ticket.id, Candidate.rank == 1))
    assert facts.one() == {"distance": 2, "load": 0, "cap": 3, "rating": pytest.approx(5, abs=0.2), "idle_days": None}


def test_a_quarrel_with_a_neighbour_is_no_quarrel_with_me(uow: UnitOfWork) -> None:
    firm(uow, 1)
    job = a_held_job(uow, a_ticket(uow, a_request(msisdn=OTHER, notify_msisdn=OTHER)))
    dispatches.complete(uow, job.id, 12000)
    asked = uow.session.scalars(select(FollowUp).where(FollowUp.dispatch_id == job.id)).one()
    follow_ups.ask(uow, asked.id)
    follow_ups.rate(uow, asked.id, 1)
    assert found(uow, a_ticket(uow))["P601"].cause is None
    assert found(uow, a_ticket(uow, a_request(msisdn=OTHER, notify_msisdn=OTHER)))["P601"].cause is Cause.DISPUTE


def test_a_busier_provider_comes_after_an_idle_one_as_near(uow: UnitOfWork) -> None:
    busy, idle = firm(uow, 1), firm(uow, 2)
    busy_with(uow, busy, 1)
    ranks = found(uow, a_ticket(uow))
    assert (ranks[idle.code].rank, ranks[busy.code].rank, ranks[busy.code].load) == (1, 2, 1)


def cost(uow: UnitOfWork, act: Callable[[], T]) -> tuple[int, T]:
    """How many statements it takes when nothing is loaded yet, and what comes of it."""
    uow.session.flush()
    uow.session.expire_all()
    with counted() as sent:
        made = act()
        uow.session.flush()
    return len(sent), made


@pytest.mark.parametrize("many", [3, 60])
def test_ranking_takes_two_statements_however_many_there_are(uow: UnitOfWork, many: int) -> None:
    for n in range(many):
        firm(uow, n)
    ticket = a_ticket(uow)
    uow.session.flush()
    with counted() as sent:
        assert len(rank_for(uow, ticket)) == many
    assert len(sent) == 2


def test_a_round_and_a_yes_cost_the_same_with_few_candidates_and_many(uow: UnitOfWork) -> None:
    costs = []
    for first, many in ((0, 2), (10, 60)):
        for n in range(first, first + many):
            firm(uow, n)
        ticket = a_ticket(uow, a_request(msisdn=None, notify_msisdn=OTHER))
        by_round, offers = cost(uow, partial(offers_of, uow, ticket))
        by_yes, has_won = cost(uow, partial(offering.accept, uow, offers[0].id))
        assert has_won
        assert ticket.state is State.ACKNOWLEDGED
        assert uow.session.scalars(select(func.count()).where(Candidate.ticket_id == ticket.id)).one() >= many
        costs.append((by_round, by_yes))
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 40, costs
