"""What an offer tells, over the whole sample city: the place and the matter, never who it is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

import seed
from core.uow import UnitOfWork
from directory.models import Household, Person
from providers.models import Provider
from sms.models import OutboundSms
from ticketing import jobs
from ticketing.models import Source, Ticket, TicketKind
from ticketing.service import tickets
from ticketing.service.tickets import Request

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
LEAST = 60  # offers that the sample city must make for this to mean something
BUILDING = re.compile(r"^\d+号楼")


@pytest.fixture
def asked(work: Work, at: At, noon: datetime) -> None:
    """Every resident of the sample wants something, and all rounds have been made."""
    at(noon)
    with work() as uow:
        seed.load_city(uow)
        wanted = [one for one in uow.catalogue.services.values() if one.is_dispatchable]
        people = uow.session.execute(select(Person, Household).join(Person.household).order_by(Person.id)).all()
        for n, (person, household) in enumerate(people):
            number = person.contacts[0].msisdn if person.contacts else None
            tickets.open_ticket(
                uow,
                Request(
                    kind=TicketKind.SERVICE,
                    service=wanted[n % len(wanted)].code,
                    description=f"我是{person.name}，{household.address}，电话{number}，请来看看",
                    lang="zh",
                    source=Source.CALL,
                    msisdn=number,
                    notify_msisdn=number,
                    person_id=person.id,
                    household_id=household.id,
                    requester_name=person.name,
                    address=household.address,
                    jurisdiction_code=household.community_code,
                ),
            )
    for later in (0, 65, 130, 195):
        at(noon + timedelta(minutes=later))
        jobs.expire_offers()
        jobs.match()


def test_no_offer_of_the_whole_city_names_name_number_or_flat(work: Work, asked: None) -> None:
    with work() as uow:
        told = uow.session.execute(
            select(OutboundSms.wording, OutboundSms.body, Ticket)
            .join(Ticket, Ticket.code == OutboundSms.about)
            .join(Provider, Provider.msisdn == OutboundSms.msisdn)
        ).all()
        assert [wording for wording, _, _ in told].count("offer") > LEAST
        for _, body, ticket in told:
            flat, number = BUILDING.sub("", ticket.address), (ticket.msisdn or "").removeprefix("+86")
            assert flat
            assert ticket.code in body
            assert not re.search(r"\b(?:unit|room|group) \d", body)
            assert not any(secret in body for secret in {ticket.requester_name, flat, number} - {""})


@pytest.mark.parametrize(
    "address",
    ["307室8号楼", "307 8号楼", "2单元307，8号楼", "Room 307, Building 8", "307 Building 8", "Apt 307 of Block 8"],
)
def test_no_offer_tells_a_flat_that_stands_before_the_house(work: Work, at: At, noon: datetime, address: str) -> None:
    at(noon)
    with work() as uow:
        seed.load_city(uow)
        service = next(one for one in uow.catalogue.services.values() if one.is_dispatchable)
        household = uow.session.scalars(select(Household).order_by(Household.id)).first()
        assert household is not None
        tickets.open_ticket(
            uow,
            Request(
                kind=TicketKind.SERVICE,
                service=service.code,
                description="请来看看",
                lang="zh",
                source=Source.CALL,
                msisdn=None,
                notify_msisdn=None,
                person_id=None,
                household_id=household.id,
                requester_name="",
                address=address,
                jurisdiction_code=household.community_code,
            ),
        )
    jobs.match()

    with work() as uow:
        offers = uow.session.scalars(select(OutboundSms.body).where(OutboundSms.wording == "offer")).all()
    assert offers
    assert all("8" in offer and "307" not in offer for offer in offers)
