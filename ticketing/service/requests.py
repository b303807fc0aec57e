"""What somebody wants, put together from what we know of the sender."""

from __future__ import annotations

from core.answers import Answer
from core.uow import UnitOfWork
from directory.queries import people
from ticketing.models import Source, TicketKind
from ticketing.promise import read_window
from ticketing.service.tickets import Request


def by_text(uow: UnitOfWork, answer: Answer, kind: TicketKind, service: str = "") -> Request:
    """What somebody texted as a request. The address on file counts only when one person has the number.

    Who has a helper gets the answer to his own text, and the helper the news of what follows.
    """
    caller = people.caller(
        uow.session, answer.msisdn, today=uow.local_now.date(), from_age=uow.policy.ivr.prefer_person_from_age
    )
    card = caller.one
    wanted = read_window(answer.reading.values, answer.at.astimezone(uow.zone)) if kind is TicketKind.SERVICE else None
    return Request(
        kind=kind,
        service=service,
        description=answer.words,
        lang=caller.lang,
        source=Source.SMS,
        msisdn=answer.msisdn,
        notify_msisdn=card.helper_mobile if card is not None and card.helper_mobile else answer.msisdn,
        person_id=card.person_id if card is not None else None,
        household_id=card.household_id if card is not None else None,
        requester_name=card.name if card is not None else "",
        address=card.address if card is not None else "",
        jurisdiction_code=card.community_code if card is not None else "",
        is_urgent=answer.reading.values.get("urgency") == "urgent",
        message_id=answer.message_id,
        wanted_by=wanted.until if wanted is not None else None,
    )
