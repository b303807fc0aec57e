"""Tickets for tests: boring defaults, a test names only what it is about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.uow import UnitOfWork
from directory.models import Person
from sms.models import OutboundSms
from tests.factories.people import COMMUNITY, RESIDENT, a_place
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.models import Dispatch, Source, Ticket, TicketEvent, TicketKind
from ticketing.service import offering, tickets
from ticketing.service.history import locked_by_id
from ticketing.service.tickets import Request


def a_request(
    *,
    kind: TicketKind = TicketKind.SERVICE,
    service: str = "plumbing",
    person: Person | None = None,
    msisdn: str | None = RESIDENT,
    notify_msisdn: str | None = RESIDENT,
    lang: str = "zh",
    place: str = COMMUNITY,
    is_draft: bool = False,
    is_urgent: bool = False,
    wanted_by: datetime | None = None,
) -> Request:
    """A complete request for a plumber."""
    return Request(
        kind=kind,
        service=service,
        description="我家水管爆了",
        lang=lang,
        source=Source.CALL,
        msisdn=msisdn,
        notify_msisdn=notify_msisdn,
        person_id=person.id if person is not None else None,
        household_id=person.household_id if person is not None else None,
        requester_name="陈先生",
        address="8号楼2单元301",
        jurisdiction_code=place,
        is_draft=is_draft,
        is_urgent=is_urgent,
        wanted_by=wanted_by,
    )


def a_ticket(uow: UnitOfWork, request: Request | None = None) -> Ticket:
    """An open ticket in a place that exists."""
    wanted = request or a_request()
    if wanted.jurisdiction_code:
        a_place(uow, wanted.jurisdiction_code)
    return tickets.open_ticket(uow, wanted)


def offers_of(uow: UnitOfWork, ticket: Ticket) -> list[Dispatch]:
    """Make the next round; the offers that went out."""
    return offering.make_round(uow, locked_by_id(uow.session, ticket.id))


def a_held_job(uow: UnitOfWork, ticket: Ticket | None = None) -> Dispatch:
    """A job that the best provider has just taken."""
    wanted = ticket or a_ticket(uow)
    offered = offers_of(uow, wanted)[0]
    assert offering.accept(uow, offered.id)
    uow.session.refresh(offered)
    assert offered.state is DispatchState.ACCEPTED
    return offered


def texts_to(uow: UnitOfWork, msisdn: str) -> list[str]:
    """Names of the texts written to a number, in order."""
    uow.session.flush()
    return list(
        uow.session.scalars(select(OutboundSms.wording).where(OutboundSms.msisdn == msisdn).order_by(OutboundSms.id))
    )


def steps_of(uow: UnitOfWork, ticket: Ticket) -> list[str]:
    """Kinds of the steps that were written down about a ticket, in order."""
    uow.session.flush()
    return list(
        uow.session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id))
    )
