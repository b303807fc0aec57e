"""Texts about a ticket to its requester and to providers, and what is no longer to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from core.uow import UnitOfWork
from directory import language
from providers import queries as providers
from sms import service as sms
from sms.models import OutboundSms
from ticketing.dispatch_lifecycle import HOLDING
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Ticket, TicketKind
from ticketing.service.contacts import contact_facts

VISIT_NEWS = ("visit_told", "eta_told", "rescheduled")
"""Texts to the requester that no longer hold once the job is over or somebody else's."""
COURSE_NEWS = (*VISIT_NEWS, "ticket_opened", "ticket_noted", "reopened", "provider_changed", "nobody_found")
"""Texts to the requester that no longer hold once the ticket is over."""


def opened_words(uow: UnitOfWork, ticket: Ticket) -> tuple[str, Mapping[str, object]]:
    """The text that tells the requester what was written down, and its facts."""
    if ticket.state is State.OPEN and ticket.kind is TicketKind.SERVICE:
        return "ticket_opened", {"code": ticket.code, "service": service_name(uow, ticket)}
    return "ticket_noted", {"code": ticket.code}


def reopened_wording(ticket: Ticket) -> str:
    """The text that says that the ticket is open again: somebody comes for a job, staff see to the rest."""
    return "reopened" if ticket.kind is TicketKind.SERVICE else "ticket_noted"


def tell_requester(uow: UnitOfWork, ticket: Ticket, wording: str, **facts: object) -> OutboundSms | None:
    """A text about the ticket to whoever gets its texts; None when nobody can."""
    known = {"code": ticket.code, **facts}
    return sms.tell(uow, ticket.notify_msisdn, wording, lang=ticket.lang, about=ticket.code, facts=known)


def tell_provider(uow: UnitOfWork, ticket: Ticket, provider_id: int, wording: str, **facts: object) -> None:
    """A text about the ticket to a provider."""
    msisdn, lang = provider_contact(uow, provider_id)
    sms.tell(uow, msisdn, wording, lang=lang, about=ticket.code, facts={"code": ticket.code, **facts})


def withdraw_news(uow: UnitOfWork, ticket: Ticket, provider_id: int) -> None:
    """A dispatch is over: what still waits to be sent about it would arrive after the news of its end.

    The provider gets none of it; the requester not who comes and when.
    """
    sms.withdraw_unsent(uow, about=ticket.code, msisdn=provider_contact(uow, provider_id)[0])
    withdraw_from_requester(uow, ticket, VISIT_NEWS)


def provider_contact(uow: UnitOfWork, provider_id: int) -> tuple[str, str]:
    """A provider's number and the language of his texts."""
    provider = providers.by_id(uow.session, provider_id)
    return provider.msisdn, language.of_person(provider.lang)


def service_name(uow: UnitOfWork, ticket: Ticket, lang: str | None = None) -> str:
    """The name of the ticket's service, in the requester's language unless another is named; empty when unknown."""
    entry = uow.catalogue.services.get(ticket.service)
    return entry.name[lang or ticket.lang] if entry is not None else ""


def withdraw_from_requester(uow: UnitOfWork, ticket: Ticket, wordings: Sequence[str]) -> None:
    """Texts of these wordings that still wait to be sent to him are not sent any more."""
    if ticket.notify_msisdn is not None:
        for wording in wordings:
            sms.withdraw_unsent(uow, about=ticket.code, wording=wording, msisdn=ticket.notify_msisdn)


def tell_holder(uow: UnitOfWork, ticket: Ticket) -> None:
    """Whoever has the job is told once more whom and where; nobody when nobody has it."""
    held = uow.session.scalar(
        select(Dispatch.provider_id).where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_(HOLDING))
    )
    if held is not None:
        _, lang = provider_contact(uow, held)
        tell_provider(uow, ticket, held, "offer_won", **contact_facts(uow, ticket, lang))
