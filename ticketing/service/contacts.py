"""Where a job is and whom it is for, as its provider is told."""

from __future__ import annotations

from core.uow import UnitOfWork
from directory import dwelling
from directory.queries import places
from ticketing.models import Ticket


def contact_facts(uow: UnitOfWork, ticket: Ticket, lang: str) -> dict[str, object]:
    """What the winner of a job is told, and nobody before him: address, name and number."""
    return {
        "code": ticket.code,
        "address": ("" if lang == "zh" else " ").join((community(uow, ticket, lang), address(ticket, lang))).strip(),
        "name": ticket.requester_name,
        "number": ticket.msisdn or ticket.notify_msisdn or uow.settings.hotline_number,
    }


def address(ticket: Ticket, lang: str) -> str:
    """The ticket's address as somebody of this language can read it."""
    return dwelling.in_english(ticket.address) if lang == "en" else ticket.address


def community(uow: UnitOfWork, ticket: Ticket, lang: str) -> str:
    """The name of the ticket's community; empty when the place is not known."""
    return places.place_names(uow.session, ticket.jurisdiction_code)[lang]
