"""Where a job is and whom it is for, as its provider is told."""

from __future__ import annotations

from core.uow import UnitOfWork
from directory import queries as people
from ticketing.models import Ticket


def contact_facts(uow: UnitOfWork, ticket: Ticket, lang: str) -> dict[str, object]:
    """What the winner of a job is told, and nobody before him: address, name and number."""
    return {
        "code": ticket.code,
        "address": f"{community(uow, ticket, lang)}{'' if lang == 'zh' else ' '}{ticket.address}".strip(),
        "name": ticket.requester_name,
        "number": ticket.msisdn or ticket.notify_msisdn or uow.settings.hotline_number,
    }


def community(uow: UnitOfWork, ticket: Ticket, lang: str) -> str:
    """The name of the ticket's community; empty when the place is not known."""
    return people.place_names(uow.session, ticket.jurisdiction_code)[lang]
