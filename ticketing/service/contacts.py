"""Where a job is and whom it is for, as its provider is told."""

from __future__ import annotations

from sqlalchemy import select

from core.uow import UnitOfWork
from directory import dwelling
from directory.events import TextsGoElsewhere
from directory.models import Person
from directory.queries import people, places
from directory.scope import Scope
from ticketing.lifecycle import OVER
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


def write_elsewhere(uow: UnitOfWork, event: TextsGoElsewhere) -> None:
    """News of a person's open tickets go where his texts go now; a number that is neither stays as he chose it."""
    rows = select(Person.id).where((Person.id == event.person_id) | (Person.merged_into_id == event.person_id))
    concerned = uow.session.scalars(
        select(Ticket)
        .where(Ticket.person_id.in_(rows), Ticket.notify_msisdn.in_(event.was), Ticket.state.not_in(OVER))
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for ticket in concerned:
        ticket.notify_msisdn = event.now
    uow.session.flush()
