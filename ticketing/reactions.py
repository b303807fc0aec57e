"""What ticketing does when a lower domain announces: tasks for people, a ticket for danger."""

from __future__ import annotations

from core.answers import Answer, Channel
from core.uow import UnitOfWork
from directory.events import (
    CorrectionSettled,
    CorrectionTold,
    PersonErased,
    PersonTraced,
    PlacesReorganised,
    TextsGoElsewhere,
)
from providers.events import ProviderBack
from sms.events import DangerTexted, PersonAsked, PicturesRemain, TextFailed, TextUnsettled, UnclearText
from ticketing import queries
from ticketing.errors import TicketNotFound
from ticketing.models import TaskKind, Ticket, TicketKind
from ticketing.service import contacts, forgetting, offering, places, requests, tasks, tickets
from understanding import Intent, Reading


def ask_who_is_back(uow: UnitOfWork, event: ProviderBack) -> None:
    """Tickets for which nobody was left to ask are looked at again when somebody comes back who may suit."""
    for ticket_id in queries.without_provider(uow.session, event.provider_id):
        tickets.match_again(uow, ticket_id)


def follow_borders(uow: UnitOfWork, event: PlacesReorganised) -> None:
    """Open tickets take the code that follows theirs."""
    places.follow_borders(uow, event)


def write_elsewhere(uow: UnitOfWork, event: TextsGoElsewhere) -> None:
    """News of a person's open tickets follow his helper, and leave who is it no more."""
    contacts.write_elsewhere(uow, event)


def check_unclear_text(uow: UnitOfWork, event: UnclearText) -> None:
    """A person reads what nobody understood."""
    ticket = _about(uow, event.about)
    tasks.open_task(uow, TaskKind.CHECK, f"sms:{event.message_id}", "unclear_text", msisdn=event.msisdn, ticket=ticket)


def check_pictures(uow: UnitOfWork, event: PicturesRemain) -> None:
    """A person sees to pictures that the carrier does not delete."""
    tasks.open_task(uow, TaskKind.CHECK, f"disposal:{event.disposal_id}", "pictures_remain")


def call_back(uow: UnitOfWork, event: PersonAsked) -> None:
    """A person calls who was asked for; one call-back a number."""
    ticket = _about(uow, event.about)
    tasks.open_task(
        uow, TaskKind.CALL_BACK, f"person:{event.msisdn}", "person_asked", msisdn=event.msisdn, ticket=ticket
    )


def check_correction(uow: UnitOfWork, event: CorrectionTold) -> None:
    """Whoever keeps the records of the community looks whether something about a person is wrong."""
    cause = f"{tasks.CORRECTION}{event.correction_id}"
    tasks.open_task(uow, TaskKind.CHECK, cause, "correction_told", place=event.community_code)


def correction_done(uow: UnitOfWork, event: CorrectionSettled) -> None:
    """He has looked."""
    tasks.meet(uow, cause=f"{tasks.CORRECTION}{event.correction_id}")


def open_emergency(uow: UnitOfWork, event: DangerTexted) -> None:
    """Danger gets a ticket of the first tier and a call at once; the advice went out already.

    What comes from there in the next hours belongs to the same danger: it is noted, and somebody calls again.
    """
    ticket = _same_danger(uow, event.msisdn)
    if ticket is not None:
        tickets.note(uow, ticket.code, event.words, key=f"sms:{event.message_id}")
    else:
        reading = Reading(Intent.EMERGENCY, {"number": event.number}, 1.0)
        answer = Answer(event.msisdn, event.words, reading, "", "", None, uow.now, Channel.SMS, event.message_id)
        ticket = tickets.open_ticket(uow, requests.by_text(uow, answer, TicketKind.EMERGENCY), tells=False)
    tasks.open_task(
        uow,
        TaskKind.CALL_BACK,
        f"danger:{ticket.id}",
        "danger",
        msisdn=event.msisdn,
        ticket=ticket,
        due_by=uow.policy.tiers[ticket.tier].contact_within,
    )


def check_unsettled_text(uow: UnitOfWork, event: TextUnsettled) -> None:
    """Nobody can tell whether a text went out: a person decides."""
    ticket = _about(uow, event.about)
    tasks.open_task(
        uow, TaskKind.CHECK, f"text:{event.outbound_id}", "text_unsettled", msisdn=event.msisdn, ticket=ticket
    )


def call_instead(uow: UnitOfWork, event: TextFailed) -> None:
    """A text will not arrive: the next provider is asked, or a person calls."""
    if event.wording == "offer":
        offered = queries.offered_by(uow.session, event.outbound_id)
        if offered is not None:
            offering.expire(uow, offered, "not_reached")
        return
    ticket = _about(uow, event.about)
    if ticket is not None:
        tasks.open_task(
            uow,
            TaskKind.CALL_BACK,
            f"ticket:{ticket.id}:text:{event.msisdn}",
            "text_failed",
            msisdn=event.msisdn,
            ticket=ticket,
        )


def tell_matters(uow: UnitOfWork, event: PersonTraced) -> None:
    """Which tickets are a person's; open ones stand against erasing him."""
    forgetting.add_matters(uow, event.traces)


def forget_tickets(uow: UnitOfWork, event: PersonErased) -> None:
    """Take out of his tickets and tasks who he was."""
    event.gone.update(forgetting.forget(uow, event.traces))


def _same_danger(uow: UnitOfWork, msisdn: str) -> Ticket | None:
    """The emergency that is open for this number, or its household, and not older than its closing clock."""
    return next(
        (
            one
            for one in tickets.open_of(uow.session, msisdn)
            if one.kind is TicketKind.EMERGENCY and uow.now <= one.close_by
        ),
        None,
    )


def _about(uow: UnitOfWork, code: str) -> Ticket | None:
    try:
        return tickets.get(uow, code) if code else None
    except TicketNotFound:
        return None
