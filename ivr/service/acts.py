"""What the line does between two questions: one function an act; the dialog says where each outcome leads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

import babel.dates

from core.errors import HotlineError
from directory.caller import PersonCard
from directory.queries import people, places
from ivr import queries, reach
from ivr.models import CallOutcome
from ivr.service import outcomes, placing, speech
from ivr.service.speech import Turn
from ivr.tree import Act
from telephony import gate
from ticketing import queries as ticket_queries
from ticketing.lifecycle import State, may_move
from ticketing.models import Source, TaskKind, Ticket, TicketKind
from ticketing.service import tasks, tickets
from ticketing.service.tickets import Request
from understanding import SURE

SHORT_LIST = 3  # persons who can be read out with a key each
PLACE_CERTAINTY = 0.6
EMERGENCY_TIER = "T1"
LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act, and what is said about it beyond what the dialog says."""

    name: str
    says: tuple[str, ...] = ()


def perform(turn: Turn, act: Act) -> Outcome:
    """Do it."""
    return ACTS[act](turn)


def _weigh(turn: Turn) -> Outcome:
    """Is the matter a job, a question, or one of the caller's tickets again?"""
    said, entry = turn.said, turn.uow.catalogue.services.get(turn.said.service)
    if entry is None or not entry.is_dispatchable:
        said.kind = TicketKind.QUESTION
        return Outcome("question")
    advice = (turn.tree.advice[said.service],) if said.is_urgent and said.service in turn.tree.advice else ()
    is_sure = said.is_chosen or said.certainty >= SURE
    if is_sure and not said.is_fresh and turn.call.msisdn:
        if earlier := _same_open(turn, turn.call.msisdn, entry.code):
            turn.talk_about(earlier)
            return Outcome("same_open", advice)
        if earlier := _closed_lately(turn, entry.code):
            turn.talk_about(earlier)
            return Outcome("closed_lately", advice)
    return Outcome("chosen" if said.is_chosen else "sure" if is_sure else "maybe", advice)


def _same_open(turn: Turn, msisdn: str, service: str) -> Ticket | None:
    open_ones = tickets.open_of(turn.uow.session, msisdn)
    return next(
        (
            one
            for one in open_ones
            if one.service == service and one.kind is TicketKind.SERVICE and one.state is not State.FOLLOWING_UP
        ),
        None,
    )


def _closed_lately(turn: Turn, service: str) -> Ticket | None:
    """The ticket that "again" means: of the same service when one was named, else the only one."""
    if not turn.call.msisdn:
        return None
    since = turn.uow.now - turn.uow.policy.dispatch.reopen_within
    lately = [
        one
        for one in queries.closed_lately(turn.uow.session, turn.call.msisdn, since)
        if one.kind is TicketKind.SERVICE
    ]
    same = [one for one in lately if one.service == service]
    return same[0] if same else lately[0] if not service and len(lately) == 1 else None


def _count_doubt(turn: Turn) -> Outcome:
    turn.said.doubts += 1
    turn.said.drop_matter()
    return Outcome("once" if turn.said.doubts == 1 else "twice")


def _begin_afresh(turn: Turn) -> Outcome:
    turn.said.is_fresh = True
    turn.said.ticket = ""
    return Outcome("known" if turn.said.service else "unknown")


def _find_place(turn: Turn) -> Outcome:
    said, caller = turn.said, turn.caller
    if said.is_place_settled:
        return Outcome("given")
    if said.address:
        return Outcome("known")
    picked = next((one for one in caller.persons if one.person_id == said.person_id), None)
    if card := picked or caller.one:
        _live_at(turn, card)
        return Outcome("known")
    if not caller.persons:
        return Outcome("unknown")
    return Outcome("shared" if len(caller.persons) <= SHORT_LIST else "crowded")


def _live_at(turn: Turn, card: PersonCard) -> None:
    turn.said.person_id = card.person_id
    turn.said.address, turn.said.place = card.address, card.community_code


def _settle_place(turn: Turn) -> Outcome:
    turn.said.is_place_settled = True
    return Outcome("settled")


def _keep_address(turn: Turn) -> Outcome:
    """Keep the words; the community only when they name one. What is missing, a person types."""
    found = places.community_by_words(turn.uow.session, turn.said.address)
    turn.said.place = found[0] if found and found[1] >= PLACE_CERTAINTY else ""
    turn.said.is_place_settled = True
    return Outcome("kept")


def _find_reach(turn: Turn) -> Outcome:
    is_known = _notified(turn) is not None or turn.said.is_mobile_asked
    turn.said.is_mobile_asked = True
    return Outcome("textable" if is_known else "silent")


def _notified(turn: Turn) -> str | None:
    """The number that gets the texts: one left in this call, the helper's, the calling one, or the person's mobile."""
    if turn.said.mobile:
        return turn.said.mobile
    card = _person(turn)
    if card is not None and card.helper_mobile is not None:
        return card.helper_mobile
    msisdn = turn.call.msisdn
    if msisdn is not None:
        listed = people.is_textable(turn.uow.session, msisdn)
        if listed or (listed is None and reach.looks_textable(msisdn)):
            return msisdn
    return card.mobile if card else None


def _person(turn: Turn) -> PersonCard | None:
    picked = next((one for one in turn.caller.persons if one.person_id == turn.said.person_id), None)
    return picked or turn.caller.one


def _keep_mobile(turn: Turn) -> Outcome:
    return Outcome("kept")


def _drop_mobile(turn: Turn) -> Outcome:
    turn.said.mobile = ""
    return Outcome("dropped")


def _open_ticket(turn: Turn) -> Outcome:
    ticket = tickets.open_ticket(turn.uow, request(turn, TicketKind.SERVICE))
    notified = ticket.notify_msisdn
    _ticket_made(turn, ticket)
    if not ticket.jurisdiction_code:
        tasks.open_task(
            turn.uow,
            TaskKind.CHECK,
            f"ticket:{ticket.id}:place",
            "place_unknown",
            msisdn=turn.call.msisdn,
            ticket=ticket,
        )
    if notified is None and turn.call.msisdn is None:
        return Outcome("withheld")  # nobody can be told anything later, whatever else is missing
    if not ticket.jurisdiction_code:
        return Outcome("placeless")
    return Outcome("by_phone" if notified is None else "created")


def _register(turn: Turn) -> Outcome:
    """Questions and complaints are written down before a person is found: nothing that was said is lost."""
    _ticket_made(turn, tickets.open_ticket(turn.uow, request(turn, TicketKind(turn.said.kind or TicketKind.QUESTION))))
    return Outcome("registered")


def _ticket_made(turn: Turn, ticket: Ticket) -> None:
    turn.talk_about(ticket)
    turn.said.drop_matter()
    turn.said.draft = ""
    outcomes.reached(turn.uow, turn.call, CallOutcome.TICKET, ticket.code)


def request(turn: Turn, kind: TicketKind, *, is_draft: bool = False) -> Request:
    """The matter in hand as a request. An address on file counts only when one person has the number."""
    said, card = turn.said, _person(turn)
    is_service = kind is TicketKind.SERVICE
    address, place = said.address, said.place
    if not address and card is not None:
        address, place = card.address, card.community_code
    return Request(
        kind=kind,
        service=said.service if kind is not TicketKind.EMERGENCY else "",
        description=said.words,
        lang=turn.lang,
        source=Source.CALL,
        msisdn=turn.call.msisdn,
        notify_msisdn=_notified(turn),
        person_id=card.person_id if card else None,
        household_id=card.household_id if card else None,
        requester_name=card.name if card else "",
        address=address,
        jurisdiction_code=place,
        tier=EMERGENCY_TIER if kind is TicketKind.EMERGENCY else None,
        is_urgent=said.is_urgent or kind is TicketKind.EMERGENCY,
        call_sid=turn.call.carrier_sid,
        message_id=None,
        wanted_by=_wanted_by(turn) if is_service else None,
        is_draft=is_draft,
    )


def _wanted_by(turn: Turn) -> datetime | None:
    """The moment the caller named, when it was a full one that is still to come."""
    wanted = turn.said.wanted
    try:
        hour = time.fromisoformat(wanted.get("time") or wanted.get("time_before") or wanted["time_after"])
        day = date.fromisoformat(wanted["date"]) if "date" in wanted else turn.uow.local_now.date()
    except (KeyError, ValueError):
        return None
    moment = datetime.combine(day, hour, turn.uow.zone)
    return moment if moment > turn.uow.now else None


def _find_tickets(turn: Turn) -> Outcome:
    if turn.call.msisdn is None:
        return Outcome("withheld")
    if turn.said.ticket:
        return Outcome("named")
    open_ones = tickets.open_of(turn.uow.session, turn.call.msisdn)
    named = [one for one in open_ones if one.service and one.service == turn.said.hint]
    latest = max(named or open_ones, key=lambda one: (one.opened_at, one.id), default=None)
    if latest is None:
        return Outcome("none")
    turn.talk_about(latest)
    return Outcome("some")


def _tell_status(turn: Turn) -> Outcome:
    ticket = turn.ticket
    if ticket is None:
        turn.said.lookups += 1
        turn.said.ticket = ""
        return Outcome("missing" if turn.said.lookups == 1 else "missing_again")
    turn.talk_about(ticket)
    facts = ticket_queries.status_facts(turn.uow.session, ticket)
    turn.facts["provider"] = facts.provider_name or speech.word("status.somebody", turn.lang)
    turn.facts["eta"] = _eta(turn, facts.eta)
    turn.said.drop_matter()
    outcomes.reached(turn.uow, turn.call, CallOutcome.ANSWERED, ticket.code)
    return Outcome("told", (f"status.{ticket.state.value}",))


def _eta(turn: Turn, eta: datetime | None) -> str:
    if eta is None:
        return ""
    local = eta.astimezone(turn.uow.zone)
    days = (local.date() - turn.uow.local_now.date()).days
    if days > 1:
        day = str(
            babel.dates.format_date(local, speech.word("status.day_pattern", turn.lang), locale=LOCALES[turn.lang])
        )
    else:
        day = speech.word("status.today" if days <= 0 else "status.tomorrow", turn.lang)
    return speech.word("status.eta", turn.lang, day=day, time=f"{local:%H:%M}")


def _find_cancellable(turn: Turn) -> Outcome:
    open_ones = _cancellable(turn)
    named = [one for one in open_ones if turn.said.ticket and one.code.endswith(turn.said.ticket)]
    same = [one for one in open_ones if one.service and one.service == turn.said.hint]
    wanted = named or (same if len(same) == 1 else open_ones)
    if not wanted or (turn.said.ticket and not named):
        return Outcome("none")
    if len(wanted) > 1:
        return Outcome("several")
    turn.talk_about(wanted[0])
    return Outcome("one")


def _cancellable(turn: Turn) -> list[Ticket]:
    if turn.call.msisdn is None:
        return []
    open_ones = tickets.open_of(turn.uow.session, turn.call.msisdn)
    return [one for one in open_ones if may_move(one.state, State.CANCELLED)]


def _pick_cancellable(turn: Turn) -> Outcome:
    ticket = turn.ticket
    if ticket is None or not may_move(ticket.state, State.CANCELLED):
        return Outcome("missing")
    turn.talk_about(ticket)
    return Outcome("found")


def _cancel_ticket(turn: Turn) -> Outcome:
    ticket = turn.ticket
    if ticket is None:
        return Outcome("refused")
    try:
        with turn.uow.attempt():
            tickets.cancel(turn.uow, ticket.code, "by_phone")
    except HotlineError:
        return Outcome("refused")
    turn.said.drop_matter()
    outcomes.reached(turn.uow, turn.call, CallOutcome.TICKET, ticket.code)
    return Outcome("cancelled")


def _find_reopenable(turn: Turn) -> Outcome:
    earlier = _closed_lately(turn, turn.said.service)
    if earlier is not None:
        turn.talk_about(earlier)
        return Outcome("one")
    return Outcome("known" if turn.said.service else "none")


def _reopen_ticket(turn: Turn) -> Outcome:
    ticket = turn.ticket
    if ticket is None:
        return Outcome("refused")
    try:
        with turn.uow.attempt():
            tickets.reopen(turn.uow, ticket.code, "by_phone")
    except HotlineError:
        return Outcome("refused")
    if turn.said.words:
        tickets.note(turn.uow, ticket.code, turn.said.words)
    turn.said.drop_matter()
    outcomes.reached(turn.uow, turn.call, CallOutcome.TICKET, ticket.code)
    return Outcome("reopened")


def _hand_over(turn: Turn) -> Outcome:
    """A person helps. What was understood so far is written down first, for whoever helps and for afterwards."""
    turn.said.wants_person = True
    keep_draft(turn)
    return _duty(turn)


def keep_draft(turn: Turn) -> None:
    """Write down, as a `new` ticket, what was understood and not confirmed. Nothing is written when nothing was."""
    if not turn.said.has_matter:
        return
    kind = TicketKind(turn.said.kind or (TicketKind.SERVICE if turn.said.service else TicketKind.QUESTION))
    ticket = tickets.open_ticket(turn.uow, request(turn, kind, is_draft=True))
    turn.talk_about(ticket)
    turn.said.draft = turn.call.about = ticket.code
    turn.said.drop_matter()


def _raise_alarm(turn: Turn) -> Outcome:
    """Advice first, then a person, the ticket last: its failure must cost the caller neither of the others."""
    said = turn.said
    said.wants_person = True
    turn.call.outcome = CallOutcome.EMERGENCY
    danger = turn.facts.pop("danger")
    outcome = _duty(turn)
    if not said.emergency:
        _open_emergency(turn)
        placing.page_duty_after(turn.uow, turn.call, danger, said.emergency)
    said.drop_matter()
    return Outcome(outcome.name, (f"emergency.{danger}",))


def _open_emergency(turn: Turn) -> None:
    try:
        with turn.uow.attempt():
            ticket = tickets.open_ticket(turn.uow, request(turn, TicketKind.EMERGENCY))
    except Exception:
        log.exception("an emergency could not be written down as a ticket: call %d", turn.call.id)
        return
    turn.talk_about(ticket)
    turn.said.emergency = turn.call.about = ticket.code


def _duty(turn: Turn) -> Outcome:
    """Whether the duty phone can be rung at all: not by itself, and not before going live."""
    settings = turn.uow.settings
    is_open = gate.may_reach(settings.duty_number, settings) and turn.call.msisdn != settings.duty_number
    return Outcome("dialling" if is_open else "nobody")


ACTS: dict[Act, Callable[[Turn], Outcome]] = {
    Act.WEIGH: _weigh,
    Act.COUNT_DOUBT: _count_doubt,
    Act.BEGIN_AFRESH: _begin_afresh,
    Act.FIND_PLACE: _find_place,
    Act.SETTLE_PLACE: _settle_place,
    Act.KEEP_ADDRESS: _keep_address,
    Act.FIND_REACH: _find_reach,
    Act.KEEP_MOBILE: _keep_mobile,
    Act.DROP_MOBILE: _drop_mobile,
    Act.OPEN_TICKET: _open_ticket,
    Act.REGISTER: _register,
    Act.FIND_TICKETS: _find_tickets,
    Act.TELL_STATUS: _tell_status,
    Act.FIND_CANCELLABLE: _find_cancellable,
    Act.PICK_CANCELLABLE: _pick_cancellable,
    Act.CANCEL_TICKET: _cancel_ticket,
    Act.FIND_REOPENABLE: _find_reopenable,
    Act.REOPEN_TICKET: _reopen_ticket,
    Act.HAND_OVER: _hand_over,
    Act.RAISE_ALARM: _raise_alarm,
}
