"""A carrier that was away: news that waited does not arrive after the news that undid it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from sms import jobs as sms_jobs
from telephony.carrier import CarrierAway
from tests.factories.people import RESIDENT
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_ticket, offers_of
from tests.phone_line import PhoneLine
from ticketing.models import Dispatch, Ticket
from ticketing.service import dispatches, offering, tickets

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
TextIn = Callable[[str, str], None]
Act = Callable[[UnitOfWork, Ticket, Dispatch], object]


def cancelled(uow: UnitOfWork, ticket: Ticket, held: Dispatch) -> object:
    """The resident calls it off."""
    return tickets.cancel(uow, ticket.code, "by_phone")


def released(uow: UnitOfWork, ticket: Ticket, held: Dispatch) -> object:
    """A person gives the job to somebody else."""
    return offering.dispatch_by_hand(uow, ticket.code, "P902", "the first one cannot")


def given_back(uow: UnitOfWork, ticket: Ticket, held: Dispatch) -> object:
    """The provider cannot come after all."""
    return dispatches.cancel_by_provider(uow, held.id, "sick")


@pytest.fixture
def taken(work: Work, text_in: TextIn, phone_line: PhoneLine) -> str:
    """The code of a job that a provider has taken while the carrier is away: what follows from it still waits."""
    with work() as uow:
        a_provider(uow)
        ticket = a_ticket(uow)
        offers_of(uow, ticket)
        a_provider(uow, "P902", msisdn="+8616500000902")
    sms_jobs.deliver()
    phone_line.fails_with = CarrierAway()
    text_in("1 40分钟到", PROVIDER)
    sms_jobs.deliver()
    return ticket.code


@pytest.mark.parametrize("undone", [cancelled, released, given_back])
def test_a_job_that_ended_while_the_carrier_was_away_is_not_told_as_won_afterwards(
    undone: Act, taken: str, work: Work, phone_line: PhoneLine, at: At, noon: datetime
) -> None:
    already = len(phone_line.sent)
    with work() as uow:
        undone(uow, tickets.get(uow, taken), uow.session.scalars(select(Dispatch)).one())
    phone_line.fails_with = None
    for minutes in (0, 30, 60):
        at(noon + timedelta(minutes=minutes))
        sms_jobs.deliver()

    late = phone_line.texts[already:]
    to_provider = [body for number, body in late if number == PROVIDER]
    to_resident = [body for number, body in late if number == RESIDENT]
    assert not any("8号楼" in body or "陈" in body for body in to_provider), to_provider
    assert not any("12:40" in body for body in to_resident), to_resident
    assert len(to_provider) == (0 if undone is given_back else 1)
    assert to_resident


def test_a_ticket_called_off_before_its_first_text_went_out_is_told_once(
    work: Work, phone_line: PhoneLine, at: At, noon: datetime
) -> None:
    at(noon)
    with work() as uow:
        ticket = a_ticket(uow)
    with work() as uow:
        tickets.cancel(uow, ticket.code, "by_phone")
    sms_jobs.deliver()

    assert [number for number, _ in phone_line.texts] == [RESIDENT]
    assert ticket.code in phone_line.texts[0][1]
    assert "取消" in phone_line.texts[0][1]
