"""Where a job is and whom it is for, as its provider is told."""

from __future__ import annotations

from core.uow import UnitOfWork
from directory import dwelling
from directory.queries import people, places
from directory.scope import Scope
from ticketing.models import Ticket


def contact_facts(uow: UnitOfWork, ticket: Ticket, lang: str) -> dict[str, object]:
    """What the winner of a job is told, and nobody before him: address, name and number, and what he must mind there.

    Of the notes about a household he is told the kinds that the policy names, never what was written with them.
    """
    return {
        "code": ticket.code,
        "address": ("" if lang == "zh" else " ").join((community(uow, ticket, lang), address(ticket, lang))).strip(),
        "name": ticket.requester_name,
        "number": ticket.msisdn or ticket.notify_msisdn or uow.settings.hotline_number,
        "flags": _flags_told(uow, ticket),
    }


def _flags_told(uow: UnitOfWork, ticket: Ticket) -> list[str]:
    told = uow.policy.directory.flags_told
    if ticket.household_id is None or not told:
        return []
    standing = people.flags_of(uow.session, Scope.system(), ticket.household_id, uow.local_now.date())
    return [kind for kind in told if any(flag.kind == kind for flag in standing)]


def address(ticket: Ticket, lang: str) -> str:
    """The ticket's address as somebody of this language can read it."""
    return dwelling.in_english(ticket.address) if lang == "en" else ticket.address


def community(uow: UnitOfWork, ticket: Ticket, lang: str) -> str:
    """The name of the ticket's community; empty when the place is not known."""
    return places.place_names(uow.session, ticket.jurisdiction_code)[lang]
