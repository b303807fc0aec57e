"""A request written down, taken, noted upon, completed, called off, closed and opened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from core.uow import UnitOfWork
from directory.queries import people
from sms import service as sms
from ticketing import reference, sla, tier
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.errors import IllegalMove, ReasonMissing, TooLateToReopen
from ticketing.lifecycle import OVER, State
from ticketing.models import (
    Dispatch,
    FollowUp,
    FollowUpState,
    Source,
    TaskKind,
    Ticket,
    TicketEvent,
    TicketKind,
    ticket_numbers,
)
from ticketing.service import tasks
from ticketing.service.history import locked, locked_by_id, move, record
from ticketing.service.telling import (
    COURSE_NEWS,
    opened_words,
    reopened_wording,
    tell_holder,
    tell_provider,
    tell_requester,
    withdraw_from_requester,
    withdraw_news,
)

MATCH = "ticketing.match"
SUPERVISED_FROM = 3  # reopenings
MET_BY_THE_END = frozenset({TaskKind.CHECK, TaskKind.FOLLOW_UP, TaskKind.RETURN_CALL})
"""Tasks that nobody need do any more once a ticket is over; a call-back that was asked for is still owed."""
KEYED_REASONS = frozenset({"by_phone", "by_text", "quote_declined", "solved", "unreached", "not_solved"})


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, as the channel understood it. Empty service or place: not known yet."""

    kind: TicketKind
    service: str
    description: str
    lang: str
    source: Source
    msisdn: str | None
    notify_msisdn: str | None
    person_id: int | None
    household_id: int | None
    requester_name: str
    address: str
    jurisdiction_code: str
    tier: str | None = None  # None: by the service and the urgency
    is_urgent: bool = False
    call_sid: str | None = None
    message_id: int | None = None
    wanted_by: datetime | None = None
    is_draft: bool = False


def open_ticket(uow: UnitOfWork, request: Request, *, tells: bool = True) -> Ticket:
    """Write the request down, give it a code and its deadlines, and send it for matching when it is complete.

    `tells`: the requester gets a text with the code; not for drafts and emergencies, whose channel speaks itself.
    """
    service = uow.catalogue.services.get(request.service)
    level = request.tier or tier.tier_of(request.kind, service, is_urgent=request.is_urgent)
    limits = uow.policy.tiers[level]
    deadlines = sla.at_opening(uow.now, limits, uow.policy.dispatch.closing_clock_starts_after)
    ticket = Ticket(
        code=_next_code(uow),
        kind=request.kind,
        state=State.NEW,
        category=service.category if service is not None else "",
        service=service.code if service is not None else "",
        tier=level,
        lang=request.lang,
        msisdn=request.msisdn,
        notify_msisdn=request.notify_msisdn,
        person_id=request.person_id,
        household_id=request.household_id,
        requester_name=request.requester_name,
        address=request.address,
        jurisdiction_code=request.jurisdiction_code,
        description=request.description,
        source=request.source,
        call_sid=request.call_sid,
        message_id=request.message_id,
        is_draft=request.is_draft,
        opened_at=uow.now,
        contact_by=deadlines.contact_by,
        clock_from=deadlines.clock_from,
        close_by=deadlines.close_by,
        wanted_by=request.wanted_by,
    )
    uow.session.add(ticket)
    uow.session.flush()
    record(uow, ticket, "opened", source=request.source.value, tier=level)
    open_when_complete(uow, ticket)
    if tells and not request.is_draft and request.kind is not TicketKind.EMERGENCY:
        wording, facts = opened_words(uow, ticket)
        sms.tell(uow, ticket.notify_msisdn, wording, lang=ticket.lang, about=ticket.code, facts=facts)
    return ticket


def open_when_complete(uow: UnitOfWork, ticket: Ticket) -> None:
    """A new ticket whose matter and place are known opens; a job is sent for matching, the rest goes to a person."""
    if ticket.state is not State.NEW or ticket.is_draft:
        return
    if ticket.kind is TicketKind.SERVICE:
        if ticket.service not in uow.catalogue.services or not ticket.jurisdiction_code:
            return
        move(ticket, State.OPEN)
        if _is_for_the_matcher(uow, ticket):
            match_now(uow, ticket)
    else:
        move(ticket, State.OPEN)


def match_now(uow: UnitOfWork, ticket: Ticket) -> None:
    """Let the matcher look for somebody as soon as this has committed."""
    ticket.match_at = uow.now
    uow.wake(MATCH)


def match_again(uow: UnitOfWork, ticket_id: int) -> None:
    """Begin the rounds anew for an open ticket that nobody looks for any more."""
    ticket = locked_by_id(uow.session, ticket_id)
    if ticket.state is State.OPEN and ticket.match_at is None and _is_for_the_matcher(uow, ticket):
        ticket.rounds_before = ticket.round
        match_now(uow, ticket)


def get(uow: UnitOfWork, code: str) -> Ticket:
    """The ticket that holds this code, locked for a change. Raises TicketNotFound."""
    return locked(uow.session, code)


def own(session: Session, digits_or_code: str, msisdn: str | None) -> Ticket | None:
    """The newest of somebody's own tickets with this code or these last four digits; a neighbour's is never found."""
    wanted = digits_or_code.strip().upper()
    if msisdn is None or not reference.FORM.fullmatch(wanted):
        return None
    matches = Ticket.code == wanted if len(wanted) > reference.DIGITS else Ticket.code.endswith(wanted)
    return session.scalar(
        select(Ticket)
        .where(owned_by(session, msisdn), matches, Ticket.released_at.is_(None))
        .order_by(Ticket.id.desc())
        .limit(1)
    )


def open_of(session: Session, msisdn: str) -> list[Ticket]:
    """What somebody, or his household, has open; the newest first."""
    return list(
        session.scalars(
            select(Ticket)
            .where(owned_by(session, msisdn), Ticket.state.not_in(OVER))
            .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        )
    )


def closed_lately(uow: UnitOfWork, msisdn: str, code: str = "") -> list[Ticket]:
    """Somebody's jobs that were closed, or reported done, within the days for reopening; the newest first.

    With a code only that ticket, which need not be a job.
    """
    since = uow.now - uow.policy.dispatch.reopen_within
    return list(
        uow.session.scalars(
            select(Ticket)
            .where(
                owned_by(uow.session, msisdn),
                Ticket.code == code if code else Ticket.kind == TicketKind.SERVICE,
                or_(
                    Ticket.state.in_((State.DONE, State.FOLLOWING_UP)),
                    (Ticket.state == State.CLOSED) & (Ticket.closed_at >= since),
                ),
            )
            .order_by(Ticket.id.desc())
        )
    )


def take(uow: UnitOfWork, code: str, user_id: int, version: int | None = None) -> Ticket:
    """An agent makes the ticket his own. Raises ChangedMeanwhile when somebody else was quicker."""
    ticket = locked(uow.session, code, version)
    if ticket.owner_id != user_id:
        ticket.owner_id = user_id
        record(uow, ticket, "taken")
    return ticket


def note(uow: UnitOfWork, code: str, words: str, *, key: str = "") -> None:
    """Keep somebody's own words with the ticket; never sent to anybody. The same `key` twice does it once."""
    ticket = locked(uow.session, code)
    if key:
        done = select(TicketEvent.id).where(TicketEvent.ticket_id == ticket.id, TicketEvent.data["key"].astext == key)
        if uow.session.scalar(done) is not None:
            return
    record(uow, ticket, "note", note=words, **({"key": key} if key else {}))


def set_facts(
    uow: UnitOfWork,
    code: str,
    *,
    service: str | None = None,
    address: str | None = None,
    jurisdiction_code: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Fill in what was not understood; with service and place known the ticket opens and is matched.

    Who holds the job already is told where it is now.
    """
    ticket = locked(uow.session, code, version)
    if service:
        entry = uow.catalogue.services[service]
        ticket.service, ticket.category = entry.code, entry.category
        if ticket.kind is TicketKind.QUESTION and entry.is_dispatchable:
            ticket.kind = TicketKind.SERVICE
    ticket.address = address or ticket.address
    ticket.jurisdiction_code = jurisdiction_code or ticket.jurisdiction_code
    record(uow, ticket, "facts_set")
    if address or jurisdiction_code:
        tell_holder(uow, ticket)
    was_new, ticket.is_draft = ticket.state is State.NEW, False
    open_when_complete(uow, ticket)
    if was_new and ticket.state is State.OPEN:
        tasks.meet(uow, cause=f"ticket:{ticket.id}:place")
        wording, facts = opened_words(uow, ticket)
        sms.tell(uow, ticket.notify_msisdn, wording, lang=ticket.lang, about=ticket.code, facts=facts)
    elif ticket.state is State.OPEN and ticket.match_at is None and _is_for_the_matcher(uow, ticket):
        ticket.rounds_before = ticket.round
        match_now(uow, ticket)
    return ticket


def mark_contacted(uow: UnitOfWork, ticket: Ticket) -> None:
    """A person spoke to the requester, or he answered a text: the contact clock stops."""
    if ticket.contacted_at is None:
        ticket.contacted_at = uow.now
        tasks.meet(uow, cause=f"ticket:{ticket.id}:contact")


def cancel(uow: UnitOfWork, code: str, reason: str, version: int | None = None, *, tells: bool = True) -> Ticket:
    """The requester calls it off: whoever was asked or holds the job is told, questions and tasks end.

    Raises IllegalMove once the work is reported done.
    """
    if not reason:
        raise ReasonMissing
    ticket = locked(uow.session, code, version)
    move(ticket, State.CANCELLED)
    call_off_dispatches(uow, ticket, "cancelled")
    _end(uow, ticket, "cancelled", reason)
    if tells:
        tell_requester(uow, ticket, "ticket_cancelled")
    return ticket


def close(uow: UnitOfWork, code: str, reason: str, version: int | None = None, *, tells: bool = True) -> Ticket:
    """Answered at first contact, or confirmed solved. Raises IllegalMove while somebody works on it."""
    if not reason:
        raise ReasonMissing
    ticket = locked(uow.session, code, version)
    move(ticket, State.CLOSED)
    call_off_dispatches(uow, ticket, "cancelled")
    _end(uow, ticket, "closed", reason)
    if tells and ticket.kind is not TicketKind.EMERGENCY:
        tell_requester(uow, ticket, "ticket_closed", days=uow.policy.dispatch.reopen_within.days)
    return ticket


def reopen(uow: UnitOfWork, code: str, reason: str, version: int | None = None, *, tells: bool = True) -> Ticket:
    """The same matter again: the ticket keeps its code, counts, gets a new closing clock and is matched anew.

    What no provider can be sent to goes to a person. Raises IllegalMove when it is not done, followed up or closed,
    TooLateToReopen after the guarantee.
    """
    ticket = locked(uow.session, code, version)
    if ticket.closed_at is not None and uow.now - ticket.closed_at > uow.policy.dispatch.guarantee:
        raise TooLateToReopen(code)
    if ticket.state is State.DONE:
        move(ticket, State.FOLLOWING_UP)  # told before we asked
    if ticket.state not in (State.CLOSED, State.FOLLOWING_UP):
        raise IllegalMove(ticket.state, State.OPEN)  # the other ways back release a provider first
    move(ticket, State.OPEN)
    _end_follow_ups(uow, ticket)
    limits = uow.policy.tiers[ticket.tier]
    ticket.reopened += 1
    ticket.is_supervised = ticket.is_supervised or ticket.reopened >= SUPERVISED_FROM
    ticket.clock_from, ticket.close_by = uow.now, uow.now + limits.close_within
    ticket.warned, ticket.is_overdue = 0, False
    ticket.done_at = ticket.closed_at = None
    ticket.close_reason = ""
    ticket.rounds_before = ticket.round
    record(uow, ticket, "reopened", **_reason(reason), note=_words(reason))
    if _is_for_the_matcher(uow, ticket):
        match_now(uow, ticket)
    else:
        tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:reopened", "reopened", ticket=ticket)
    if tells:
        tell_requester(uow, ticket, reopened_wording(ticket))
    return ticket


def call_off_dispatches(uow: UnitOfWork, ticket: Ticket, reason: str) -> None:
    """End what is offered or held, and tell those people. Open questions about the ticket end too."""
    active = uow.session.scalars(
        select(Dispatch).where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_((*HOLDING, DispatchState.OFFERED)))
    ).all()
    for dispatch in active:
        is_held = dispatch.state in HOLDING
        dispatch.state = DispatchState.CANCELLED if is_held else DispatchState.WITHDRAWN
        dispatch.reason, dispatch.ended_at = reason, uow.now
        withdraw_news(uow, ticket, dispatch.provider_id)
        tell_provider(uow, ticket, dispatch.provider_id, "job_cancelled" if is_held else "offer_lost")
    withdraw_from_requester(uow, ticket, COURSE_NEWS)
    sms.close_questions(uow, about=ticket.code)
    uow.session.flush()


def release_codes(uow: UnitOfWork) -> int:
    """Give back the codes of tickets that were over long ago. Returns how many."""
    before = uow.now - uow.policy.dispatch.code_rest
    released = uow.session.scalars(
        update(Ticket)
        .where(Ticket.released_at.is_(None), Ticket.state.in_(OVER), Ticket.closed_at < before)
        .values(released_at=uow.now, version=Ticket.version + 1)
        .returning(Ticket.id)
    ).all()
    return len(released)


def _end(uow: UnitOfWork, ticket: Ticket, kind: str, reason: str) -> None:
    ticket.closed_at = uow.now
    ticket.match_at = None
    ticket.close_reason = reason
    _end_follow_ups(uow, ticket)
    record(uow, ticket, kind, **_reason(reason), note=_words(reason))
    uow.session.flush()
    tasks.meet(uow, ticket=ticket, kinds=MET_BY_THE_END)
    tasks.meet_all(uow, ticket)


def _end_follow_ups(uow: UnitOfWork, ticket: Ticket) -> None:
    """What was not answered is not asked again; what was answered stays as it is."""
    waiting = (FollowUpState.DUE, FollowUpState.SENT, FollowUpState.CALL_DUE)
    for asked in uow.session.scalars(
        select(FollowUp).where(FollowUp.ticket_id == ticket.id, FollowUp.state.in_(waiting))
    ):
        asked.state = FollowUpState.DONE
        tasks.meet(uow, cause=f"follow_up:{asked.id}")
    sms.close_questions(uow, about=ticket.code, kind="resolved")


def _is_for_the_matcher(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether providers can be asked: a service that somebody comes for, at a known place."""
    entry = uow.catalogue.services.get(ticket.service)
    return (
        ticket.kind is TicketKind.SERVICE
        and entry is not None
        and entry.is_dispatchable
        and bool(ticket.jurisdiction_code)
    )


def _reason(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason in KEYED_REASONS else {}


def _words(reason: str) -> str:
    return "" if reason in KEYED_REASONS else reason


def owned_by(session: Session, msisdn: str) -> ColumnElement[bool]:
    """That a ticket is of whoever has the number, of a row that was merged into him, or of his household."""
    persons = people.persons_of(session, msisdn)
    ids = {row.id for person in persons for row in (person, *person.absorbed)}
    households = {person.household_id for person in persons}
    mine = or_(Ticket.msisdn == msisdn, Ticket.notify_msisdn == msisdn)
    return or_(mine, Ticket.person_id.in_(ids), Ticket.household_id.in_(households)) if persons else mine


def _next_code(uow: UnitOfWork) -> str:
    """A code that no ticket holds; the unique index stands behind it."""
    while True:
        code = reference.code_of(uow.session.scalar(ticket_numbers.next_value()), uow.settings.hash_key)
        held = select(Ticket.id).where(Ticket.code == code, Ticket.released_at.is_(None))
        if uow.session.scalar(held) is None:
            return code
