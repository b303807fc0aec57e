"""What an answer does: an offer taken, arrived, done, a price agreed, solved or not, a score; and free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from core.answers import Answer, Ask, Channel, Reply, Taken
from core.errors import HotlineError
from core.uow import UnitOfWork
from directory import language
from directory.queries import people
from providers import prices
from providers import queries as providers
from ticketing import duplicates, queries
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.errors import OfferGone
from ticketing.lifecycle import State, may_move
from ticketing.models import Dispatch, TaskKind, Ticket, TicketKind
from ticketing.promise import Window, read_window
from ticketing.service import contacts, dispatches, follow_ups, offering, quotes, requests, tasks, telling, tickets
from ticketing.service.history import record
from understanding import SURE, Intent, read
from understanding.codes import find_codes
from understanding.folding import fold

FREE = "resident:none"
IS_IT_SOLVED = "resident:resolved"
PLAIN = 0.8
"""From this certainty on it was said in words of trouble, not by a mere no (0.75)."""
IN_HAND = "provider:accepted"
CHARGED = "provider:amount"
WRITTEN_DOWN = {
    Intent.QUESTION: TicketKind.QUESTION,
    Intent.COMPLAINT: TicketKind.COMPLAINT,
    Intent.SUGGESTION: TicketKind.SUGGESTION,
}
FOR_A_PERSON = {
    Intent.ADDRESS_CHANGE: "address_change",
    Intent.PHONE_CHANGE: "phone_change",
    Intent.WRONG_NUMBER: "wrong_number",
}
KEEPS_OPEN = False


def take_offer(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """A provider answers a job offer: yes with a time, no with a reason, somebody else, or a question."""
    dispatch, ticket = _job(uow, answer)
    if dispatch.state is not DispatchState.OFFERED:
        return _too_late(answer, dispatch, ticket)
    match answer.reading.intent:
        case Intent.ACCEPT:
            promised = _window(uow, answer)
            if not offering.accept(uow, dispatch.id, promised):
                uow.session.refresh(dispatch)
                return _too_late(answer, dispatch, ticket)
            provider = providers.by_id(uow.session, dispatch.provider_id)
            lang = language.of_person(provider.lang)
            return Taken(Reply("offer_won", contacts.contact_facts(uow, ticket, lang), ticket.code))
        case Intent.REJECT:
            offering.refuse(uow, dispatch.id, answer.reading.values.get("reason", ""))
            return _reply("offer_refused_ok", ticket)
        case Intent.TRANSFER:
            offering.refuse(uow, dispatch.id, "transfer")
            record(uow, ticket, "transfer", note=answer.words)
            return _reply("offer_refused_ok", ticket)
        case Intent.ACK:
            record(uow, ticket, "acknowledged")
            return Taken(closes=KEEPS_OPEN)
        case Intent.QUESTION:
            return _for_a_person(uow, answer, ticket, "provider_question")
        case _:
            return None


def take_job(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """A provider tells how a job goes that he holds."""
    dispatch, ticket = _job(uow, answer)
    if dispatch.state not in HOLDING:
        return _after_the_end(uow, answer, dispatch, ticket)
    match answer.reading.intent:
        case Intent.ARRIVE:
            dispatches.arrive(uow, dispatch.id)
            return _reply("job_noted", ticket, closes=KEEPS_OPEN)
        case Intent.ETA | Intent.RESCHEDULE:
            return _new_time(uow, answer, dispatch, ticket)
        case Intent.COMPLETE:
            return _completed(uow, answer, dispatch, ticket)
        case Intent.QUOTE:
            return _quoted(uow, answer, dispatch, ticket)
        case Intent.INCOMPLETE:
            dispatches.incomplete(uow, dispatch.id, answer.words)
            return _reply("job_noted", ticket)
        case Intent.NO_ACCESS:
            dispatches.no_access(uow, dispatch.id, answer.words)
            return _reply("job_noted", ticket)
        case Intent.CANCELLED:
            dispatches.called_off_at_the_door(uow, dispatch.id, answer.words)
            return _reply("job_noted", ticket)
        case Intent.REJECT | Intent.TRANSFER:
            return _given_back(uow, answer, dispatch, ticket)
        case Intent.ACK:
            return Taken(closes=KEEPS_OPEN)
        case Intent.COMPLAINT:
            return _for_a_person(uow, answer, ticket, "provider_complaint")
        case Intent.QUESTION:
            return _for_a_person(uow, answer, ticket, "provider_question")
        case _:
            return None


def take_visit(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """A resident answers who comes and when: it suits, another time, no visit."""
    dispatch, ticket = _job(uow, answer)
    if dispatch.state not in HOLDING:
        return take_free_text(uow, answer.msisdn, answer.words, answer.at, answer.message_id)
    match answer.reading.intent:
        case Intent.AFFIRM:
            dispatches.confirm_visit(uow, dispatch.id)
            return _reply("visit_ok", ticket, at=dispatch.promised_at, until=dispatch.promised_until)
        case Intent.RESCHEDULE:
            return _other_time(uow, answer, dispatch, ticket)
        case Intent.CANCEL:
            return _cancelled(uow, ticket)
        case Intent.STATUS_QUERY:
            return _status(uow, ticket, closes=KEEPS_OPEN)
        case Intent.QUESTION:
            return _for_a_person(uow, answer, ticket, "resident_question")
        case Intent.ADDRESS_CHANGE:
            return _for_a_person(uow, answer, ticket, "address_change")
        case Intent.THANKS:
            return Taken(closes=KEEPS_OPEN)
        case _:
            return None


def take_quote(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """A resident agrees to a price, or not."""
    if answer.reference is None:
        return None
    try:
        match answer.reading.intent:
            case Intent.AFFIRM:
                stated = quotes.agree(uow, answer.reference)
                return Taken(Reply("quote_ok", {"code": answer.about, "total": stated.amount}, answer.about))
            case Intent.DENY:
                quotes.decline(uow, answer.reference)
                return Taken(Reply("ticket_cancelled", {"code": answer.about}, answer.about))
            case Intent.QUESTION:
                return _for_a_person(uow, answer, tickets.get(uow, answer.about), "resident_question")
            case _:
                return None
    except OfferGone:
        return _status(uow, tickets.get(uow, answer.about))


def take_resolved(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """A resident says whether it is really solved. Solved closes the ticket and asks for a score."""
    if answer.reference is None:
        return None
    match answer.reading.intent:
        case Intent.RESOLVED | Intent.AFFIRM:
            asked = follow_ups.solved(uow, answer.reference)
            if not asked.is_solved or asked.score is not None:
                return _status(uow, tickets.get(uow, answer.about))
            return Taken(
                Reply("csat", {"code": answer.about}, answer.about, Ask("rating", answer.about, answer.reference))
            )
        case Intent.UNRESOLVED | Intent.DENY:
            asked = follow_ups.not_solved(uow, answer.reference)
            if asked.is_solved is not False:
                return _status(uow, tickets.get(uow, answer.about))
            return Taken(Reply("sorry_not_solved", {"code": answer.about}, answer.about))
        case _:
            return None


def take_rating(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """A resident gives a score, or does not care to."""
    if answer.reference is None:
        return None
    if answer.reading.intent is Intent.DENY:
        return Taken()
    if answer.reading.intent is not Intent.RATE or "score" not in answer.reading.values:
        return None
    score = int(answer.reading.values["score"])
    follow_ups.rate(uow, answer.reference, score)
    is_low = score <= uow.policy.follow_up.low_score
    return Taken(Reply("sorry_low_rating" if is_low else "thanks_rating", {"code": answer.about}, answer.about))


def take_free_text(uow: UnitOfWork, msisdn: str, words: str, at: datetime, message_id: int | None) -> Taken | None:
    """Act on a text that answers no open question: status, a new request, a wish about a ticket, an opinion.

    None when it is not sure enough what is wanted: the sender is asked, then a person reads it.
    """
    caller = people.caller(
        uow.session, msisdn, today=uow.local_now.date(), from_age=uow.policy.ivr.prefer_person_from_age
    )
    own = tickets.open_of(uow.session, msisdn)
    reading = read(
        words,
        context=FREE,
        lang=caller.lang,
        now=at.astimezone(uow.zone),
        open_codes=tuple(one.code for one in own),
    )
    answer = Answer(msisdn, words, reading, "", "", None, at, Channel.SMS, message_id)
    if reading.certainty < SURE:
        return _comes_back(uow, answer) if _says_not_solved(uow, answer, caller.lang) else None
    match reading.intent:
        case Intent.STATUS_QUERY:
            return _status_asked(uow, answer, own)
        case Intent.CANCEL:
            coming = [one for one in own if may_move(one.state, State.CANCELLED)]
            return _one_of(uow, answer, own if answer.reading.values.get("ticket") else coming or own, _cancelled)
        case Intent.RESCHEDULE:
            return _other_time_asked(uow, answer, own)
        case Intent.UNRESOLVED:
            return _comes_back(uow, answer)
        case Intent.NEW_REQUEST:
            return _new_request(uow, answer, own)
        case Intent.THANKS:
            return Taken()
        case intent if intent in WRITTEN_DOWN:
            return _write_down(uow, answer, WRITTEN_DOWN[intent])
        case intent if intent in FOR_A_PERSON:
            return _for_a_person(uow, answer, own[0] if len(own) == 1 else None, FOR_A_PERSON[intent])
        case _:
            return None


def _job(uow: UnitOfWork, answer: Answer) -> tuple[Dispatch, Ticket]:
    """The dispatch that the question was about, and its ticket, locked. Only its provider's number may tell."""
    if answer.reference is None:
        raise OfferGone(answer.about)
    dispatch = uow.session.get_one(Dispatch, answer.reference)
    ticket = tickets.get(uow, answer.about)
    uow.session.refresh(dispatch)
    return dispatch, ticket


def _too_late(answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    """The answer came after the end of the offer.

    Losers were told when they lost: nobody gets the same news twice. Who says yes to an offer that ran
    out, or that he refused, must not believe that he has the job.
    """
    wants_it = answer.reading.intent is Intent.ACCEPT
    ran_out = dispatch.state in (DispatchState.EXPIRED, DispatchState.OFFERED)  # its drain may come any moment
    if ran_out or (wants_it and dispatch.state is DispatchState.REFUSED):
        return _reply("offer_over", ticket)
    return Taken()


def _after_the_end(uow: UnitOfWork, answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    """News of a job that is over: the same once more, a way that can be saved, or a matter for a person."""
    amount = _fen(answer.reading.values, "amount")
    match answer.reading.intent:
        case Intent.COMPLETE if dispatch.state is DispatchState.COMPLETED and amount in (None, dispatch.amount):
            return _reply("job_done_noted", ticket, amount=dispatch.amount)
        case Intent.ARRIVE | Intent.ETA | Intent.RESCHEDULE if dispatch.state is DispatchState.CANCELLED:
            return _reply("job_cancelled", ticket)
        case Intent.ACK | Intent.REJECT | Intent.TRANSFER | Intent.CANCELLED:
            return Taken()
        case _:
            return _for_a_person(uow, answer, ticket, "provider_question")


def _new_time(uow: UnitOfWork, answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    window = _window(uow, answer, dispatch.promised_at)
    if window is None:
        return _reply("ask_eta", ticket, closes=KEEPS_OPEN)
    dispatches.promise(uow, dispatch.id, window)
    return _reply("job_noted", ticket, closes=KEEPS_OPEN)


def _completed(uow: UnitOfWork, answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    """Done counts once the amount is known, the resident need not agree to it first, and the code was named.

    The amount is asked for after the code of completion was named, so that its answer need not name the code again.
    """
    values, service = answer.reading.values, uow.catalogue.services[ticket.service]
    if ticket.completion_pin:
        rest = _without_pin(answer.words, ticket)
        if rest is None and answer.question != "amount":
            return _reply("pin_ask", ticket, closes=KEEPS_OPEN)
        if rest is not None:
            context = CHARGED if answer.question == "amount" else IN_HAND
            values = read(rest, context=context, lang=ticket.lang, now=answer.at.astimezone(uow.zone)).values
    amount = _fen(values, "amount")
    if amount is None and service.price_model != "free":
        return _reply("amount_ask", ticket, closes=KEEPS_OPEN, asks=Ask("amount", ticket.code, dispatch.id))
    most = prices.most_without_asking(service)
    agreed = quotes.amount_agreed(uow, dispatch.id)
    tolerance = uow.policy.sms.wide_price_tolerance_percent
    if (
        amount is not None
        and most is not None
        and not prices.is_within_band(service, amount, agreed, tolerance_percent=tolerance)
    ):
        record(uow, ticket, "above_band", amount=amount)
        ticket.is_supervised = True
        return _reply("quote_needed", ticket, closes=KEEPS_OPEN, limit=max(most, agreed or 0))
    dispatches.complete(uow, dispatch.id, amount, _fen(values, "labour"), _fen(values, "parts"))
    return _reply("job_done_noted", ticket, amount=amount)


def _without_pin(words: str, ticket: Ticket) -> str | None:
    """The words without code and digits of completion, which else are taken for a sum; None when those are missing."""
    _, rest = find_codes(fold(words), (ticket.code,))
    found = re.search(rf"(?<![\d.]){ticket.completion_pin}(?![\d.])", rest)
    return f"{rest[: found.start()]} {rest[found.end() :]}" if found is not None else None


def _quoted(uow: UnitOfWork, answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    values = answer.reading.values
    amount = _fen(values, "amount")
    if amount is None:
        return _reply("quote_ask", ticket, closes=KEEPS_OPEN, asks=Ask("quote_amount", ticket.code, dispatch.id))
    quotes.quote(uow, dispatch.id, amount, _fen(values, "labour"), _fen(values, "parts"))
    return _reply("quote_noted", ticket, closes=answer.question == "quote_amount", total=amount)


def _given_back(uow: UnitOfWork, answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    if dispatch.state is DispatchState.ARRIVED:
        dispatches.incomplete(uow, dispatch.id, answer.words)
    else:
        dispatches.cancel_by_provider(uow, dispatch.id, answer.reading.values.get("reason", "") or "none")
    return _reply("offer_refused_ok", ticket)


def _other_time(uow: UnitOfWork, answer: Answer, dispatch: Dispatch, ticket: Ticket) -> Taken:
    window = _window(uow, answer)
    if window is None and not any(key in answer.reading.values for key in ("date", "part")):
        return _reply("ask_time", ticket, closes=KEEPS_OPEN)
    dispatches.ask_to_reschedule(uow, dispatch.id, window, answer.words)
    return _reply("change_passed_on", ticket, closes=KEEPS_OPEN)


def _cancelled(uow: UnitOfWork, ticket: Ticket) -> Taken:
    try:
        tickets.cancel(uow, ticket.code, "by_text", tells=False)
    except HotlineError:
        return _status(uow, ticket)
    return _reply("ticket_cancelled", ticket)


def _status(uow: UnitOfWork, ticket: Ticket, *, closes: bool = True) -> Taken:
    known = queries.status_facts(uow.session, ticket)
    return _reply("status", ticket, closes=closes, state=known.state.value, provider=known.provider_name, eta=known.eta)


def _status_asked(uow: UnitOfWork, answer: Answer, own: list[Ticket]) -> Taken:
    named = answer.reading.values.get("ticket", "")
    if not named:
        return _one_of(uow, answer, own, _status)
    ticket = tickets.own(uow.session, named, answer.msisdn)
    if ticket is not None:
        return _status(uow, ticket)
    held = next((one for one in queries.held_by(uow.session, answer.msisdn) if one[1].code == named.upper()), None)
    if held is not None:
        provider = providers.by_id(uow.session, held[0].provider_id)
        facts = contacts.contact_facts(uow, held[1], language.of_person(provider.lang))
        return Taken(Reply("offer_won", facts, held[1].code))
    return Taken(Reply("code_not_found"))


def _other_time_asked(uow: UnitOfWork, answer: Answer, own: list[Ticket]) -> Taken | None:
    coming = [(one, held) for one in own if (held := queries.held_for(uow.session, one)) is not None]
    if len(coming) != 1:
        return _one_of(uow, answer, own, _status) if own else None
    ticket, dispatch = coming[0]
    return _other_time(uow, answer, dispatch, ticket)


def _says_not_solved(uow: UnitOfWork, answer: Answer, lang: str) -> bool:
    """Whether the words, read as a late answer to the last question of a job, say that it is not solved.

    A digit alone answers nothing any more.
    """
    if not any(one.isalpha() for one in answer.words):
        return False
    late = read(answer.words, context=IS_IT_SOLVED, lang=lang, now=answer.at.astimezone(uow.zone), open_codes=())
    return late.intent is Intent.UNRESOLVED and late.certainty >= PLAIN


def _comes_back(uow: UnitOfWork, answer: Answer) -> Taken | None:
    """Not solved, said some days later: the named ticket, or the only job that was closed lately, is open again."""
    lately = tickets.closed_lately(uow, answer.msisdn, answer.reading.values.get("ticket", "").upper())
    if len(lately) != 1:
        return None
    tickets.reopen(uow, lately[0].code, "by_text", tells=False)
    return _reply(telling.reopened_wording(lately[0]), lately[0])


def _new_request(uow: UnitOfWork, answer: Answer, own: list[Ticket]) -> Taken | None:
    if providers.by_msisdn(uow.session, answer.msisdn) and not people.persons_of(uow.session, answer.msisdn):
        return None  # a provider who names his trade asks for nothing
    entry = uow.catalogue.services.get(answer.reading.values.get("service", ""))
    if entry is None or not entry.is_dispatchable:
        return _write_down(uow, answer, TicketKind.QUESTION)
    earlier = duplicates.same_matter(own, entry.code)
    if earlier is not None:
        return _status(uow, earlier)
    return _write_down(uow, answer, TicketKind.SERVICE, entry.code)


def _write_down(uow: UnitOfWork, answer: Answer, kind: TicketKind, service: str = "") -> Taken:
    ticket = tickets.open_ticket(uow, requests.by_text(uow, answer, kind, service), tells=False)
    if ticket.state is State.NEW:
        tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:place", "place_unknown", ticket=ticket)
    wording, facts = telling.opened_words(uow, ticket)
    if ticket.notify_msisdn != answer.msisdn:
        telling.tell_requester(uow, ticket, wording, **facts)  # a helper, who gets all that follows
    return Taken(Reply(wording, facts, ticket.code))


def _one_of(uow: UnitOfWork, answer: Answer, own: list[Ticket], act: Callable[[UnitOfWork, Ticket], Taken]) -> Taken:
    """Act on the only ticket there is, or the one that was named; else say what there is."""
    named = answer.reading.values.get("ticket", "").upper()
    wanted = [one for one in own if not named or one.code == named]
    if len(wanted) == 1:
        return act(uow, wanted[0])
    if wanted:
        return Taken(Reply("status_many", {"codes": [one.code for one in wanted]}))
    return Taken(Reply("code_not_found" if named else "status_none"))


def _for_a_person(uow: UnitOfWork, answer: Answer, ticket: Ticket | None, reason: str) -> Taken:
    cause = f"sms:{answer.message_id}" if answer.message_id is not None else f"{reason}:{answer.msisdn}"
    tasks.open_task(uow, TaskKind.CALL_BACK, cause, reason, msisdn=answer.msisdn, ticket=ticket)
    return Taken(Reply("person_called", {}, ticket.code if ticket is not None else ""), closes=KEEPS_OPEN)


def _window(uow: UnitOfWork, answer: Answer, agreed: datetime | None = None) -> Window | None:
    return read_window(answer.reading.values, answer.at.astimezone(uow.zone), agreed)


def _reply(wording: str, ticket: Ticket, *, closes: bool = True, asks: Ask | None = None, **facts: object) -> Taken:
    return Taken(Reply(wording, {"code": ticket.code, **facts}, ticket.code, asks), closes=closes)


def _fen(values: Mapping[str, str], key: str) -> int | None:
    return round(float(values[key]) * 100) if key in values else None
