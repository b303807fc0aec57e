"""The life of a call: begun, answered turn by turn, put through, recorded, ended. Webhooks come twice and late."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.uow import UnitOfWork
from core.wording import LANGUAGES
from ivr import dialog, hearing, prompts, queries
from ivr.dialog import Stand, Step
from ivr.errors import UnknownCall
from ivr.hearing import Answer, Question
from ivr.models import Call, CallOutcome, CallTurn
from ivr.reply import Reply, Sentence, Then
from ivr.said import Said
from ivr.service import acts, outcomes, placing, speech, voicemail, whispers
from ivr.service.speech import Turn
from ivr.tree import Ask, Dial, Do, HangUp, Meaning, Node, Record, Takes, Tree
from telephony.inbound import CallStatus, DialledLeg, DialResult, Direction, Heard, IncomingCall, RecordingDone
from telephony.statuses import CallState
from ticketing.models import Ticket
from ticketing.service import tickets

WHEN = ("date", "time", "time_to", "time_after", "time_before", "part")


def begin(uow: UnitOfWork, incoming: IncomingCall) -> Reply:
    """A call came in: a row, and the greeting. The same webhook again gets the question that is open.

    Raises UnknownCall for a request without a call's id.
    """
    if not incoming.call_sid:
        raise UnknownCall
    tree = speech.dialog()
    caller = speech.caller_of(uow, incoming.msisdn)
    reply = _first_question(uow, tree, caller.lang, is_slow=caller.prefers_person)
    row = (
        insert(Call)
        .values(
            carrier_sid=incoming.call_sid,
            direction="in",
            msisdn=incoming.msisdn,
            dnis=incoming.dnis or "",
            lang=caller.lang,
            is_slow=caller.prefers_person,
            person_id=caller.one.person_id if caller.one else None,
            started_at=uow.now,
            node=tree.start,
            reply=reply.dump(),
        )
        .on_conflict_do_nothing(index_elements=[Call.carrier_sid])
        .returning(Call.id)
    )
    if uow.session.scalar(row) is not None:
        return reply
    return again(uow, queries.known(uow.session, incoming.call_sid))


def take_answer(uow: UnitOfWork, incoming: IncomingCall, node: str, step: int, heard: Heard) -> Reply:
    """Something was pressed or said, or nothing. An answer to another question than the open one changes nothing."""
    call = queries.locked(uow.session, heard.call_sid)
    if call is None:
        return begin(uow, incoming)
    tree = speech.dialog()
    asked = tree.nodes.get(call.node)
    if call.ended_at is not None or not isinstance(asked, Ask) or node != call.node or step != call.step + 1:
        return again(uow, call)
    turn = Turn(uow, call, Said.load(call.said), tree)
    answer = hearing.hear(_question(turn, asked), heard.digits, heard.speech, heard.confidence)
    _write_down(uow, call, heard, answer)
    _note(turn, asked, answer)
    call.step = step
    following = dialog.next_step(tree, Stand(call.node, call.attempt, step), answer.meaning)
    if following is None:
        return _say_over(turn, asked, answer)
    return _go(turn, following)


def take_dial(uow: UnitOfWork, incoming: IncomingCall, step: int, result: DialResult) -> Reply:
    """The duty phone was rung: it was answered, or it was not. May come after the call's end."""
    call = queries.locked(uow.session, result.call_sid)
    if call is None:
        return begin(uow, incoming)
    tree = speech.dialog()
    node = tree.nodes.get(call.node)
    if not isinstance(node, Dial) or step != call.step + 1:
        return again(uow, call)
    turn = Turn(uow, call, Said.load(call.said), tree)
    if result.was_answered:
        turn.said.wants_person = False
        placing.withdraw(uow, call)
        outcomes.reached(uow, call, CallOutcome.PERSON)
    elif call.outcome is CallOutcome.EMERGENCY:
        placing.page_after_all(uow, call)
        if call.ended_at is not None:
            placing.page_now(uow, call)
    if call.ended_at is not None:
        call.said = turn.said.dump()
        return again(uow, call)
    return _on(turn, node, step, "answered" if result.was_answered else "unanswered")


def note_answered(uow: UnitOfWork, leg: DialledLeg, step: int) -> None:
    """The duty phone was picked up, and the talk may be long: nothing else need ring it about this meanwhile.

    What comes late, or is about an earlier ring, changes nothing. Raises UnknownCall.
    """
    call = queries.known(uow.session, leg.caller_sid)
    if leg.status is CallState.IN_PROGRESS and _is_ringing(call, step):
        placing.withdraw(uow, call)


def whisper(uow: UnitOfWork, leg: DialledLeg, step: int) -> tuple[Sentence, ...]:
    """What the one who picked up the duty phone hears first; nothing about a call that is unknown, over or further."""
    call = queries.seen(uow.session, leg.caller_sid)
    if call is None or not _is_ringing(call, step):
        return ()
    return whispers.sentences(Turn(uow, call, Said.load(call.said), speech.dialog()))


def _is_ringing(call: Call, step: int) -> bool:
    """Whether this ring of the duty phone is what the call is waiting for."""
    is_dialling = isinstance(speech.dialog().nodes.get(call.node), Dial)
    return is_dialling and call.ended_at is None and step == call.step + 1


def take_message(uow: UnitOfWork, incoming: IncomingCall, step: int, done: RecordingDone) -> Reply:
    """The caller spoke after the tone, or did not. May come after the call's end."""
    call = queries.locked(uow.session, done.call_sid)
    if call is None:
        return begin(uow, incoming)
    tree = speech.dialog()
    node = tree.nodes.get(call.node)
    turn = Turn(uow, call, Said.load(call.said), tree)
    is_kept = voicemail.keep(uow, turn, done)
    if not isinstance(node, Record) or step != call.step + 1 or call.ended_at is not None:
        call.said = turn.said.dump()
        return again(uow, call)
    return _on(turn, node, step, "kept" if is_kept else "nothing")


def note_recording(uow: UnitOfWork, done: RecordingDone) -> None:
    """The carrier tells of a recording; it may be the first we hear of it, and may come three times."""
    if not done.is_ready:
        return
    call = queries.locked(uow.session, done.call_sid) or _unseen(uow, done.call_sid, None, None, timedelta())
    turn = Turn(uow, call, Said.load(call.said), speech.dialog())
    if voicemail.keep(uow, turn, done):
        call.said = turn.said.dump()
    voicemail.ready(uow, done)


def note_status(uow: UnitOfWork, status: CallStatus) -> None:
    """A step in the life of a call. Only its end matters here; late and repeated ones change nothing."""
    call = queries.locked(uow.session, status.call_sid)
    if call is None:
        if status.direction is not Direction.INBOUND:
            return
        call = _unseen(uow, status.call_sid, status.msisdn, status.dnis, status.duration or timedelta())
    if call.msisdn is None:
        call.msisdn = status.msisdn
    if status.sequence is not None:
        if status.sequence <= call.last_sequence:
            return
        call.last_sequence = status.sequence
    if status.is_final and call.ended_at is None:
        end(uow, call, status.duration)


def end(uow: UnitOfWork, call: Call, duration: timedelta | None) -> None:
    """The call is over. What was understood and not confirmed becomes a draft; who got nothing is called back."""
    call.ended_at = uow.now
    call.seconds = round((duration if duration is not None else uow.now - call.started_at).total_seconds())
    turn = Turn(uow, call, Said.load(call.said), speech.dialog())
    said = turn.said
    is_owed = said.wants_person or call.outcome is CallOutcome.OPEN or bool(said.service or said.kind)
    if said.service or said.kind:
        acts.keep_draft(turn)
    if call.outcome is CallOutcome.EMERGENCY and said.wants_person:
        placing.page_now(uow, call)
    if is_owed:
        outcomes.owe_return_call(uow, call, _ticket_of(uow, call))
    _write_down_last(uow, call)
    call.said = said.dump()


def forgotten(uow: UnitOfWork, before: datetime, limit: int) -> list[str]:
    """The carrier's ids of calls begun before a moment whose end was never told, for asking about them."""
    return list(
        uow.session.scalars(
            select(Call.carrier_sid)
            .where(Call.ended_at.is_(None), Call.started_at < before)
            .order_by(Call.started_at)
            .limit(limit)
        )
    )


def end_by_sid(uow: UnitOfWork, call_sid: str) -> None:
    """End a call that the carrier says, or the clock tells us, is over."""
    call = queries.locked(uow.session, call_sid)
    if call is not None and call.ended_at is None:
        end(uow, call, None)


def again(uow: UnitOfWork, call: Call) -> Reply:
    """What was said last, once more, without changing anything."""
    if call.reply:
        return Reply.load(call.reply, node=call.node, step=call.step + 1, lang=call.lang, is_slow=call.is_slow)
    return _first_question(uow, speech.dialog(), call.lang, is_slow=call.is_slow)


def _first_question(uow: UnitOfWork, tree: Tree, lang: str, *, is_slow: bool) -> Reply:
    return Reply(speech.greeting(uow, tree, lang), Then.LISTEN, tree.start, 1, lang, is_slow, Takes.REQUEST)


def _unseen(uow: UnitOfWork, call_sid: str, msisdn: str | None, dnis: str | None, duration: timedelta) -> Call:
    """A call whose beginning we were never told of: the database was away, or another webhook was quicker."""
    if not call_sid:
        raise UnknownCall
    caller = speech.caller_of(uow, msisdn)
    uow.session.execute(
        insert(Call)
        .values(
            carrier_sid=call_sid,
            direction="in",
            msisdn=msisdn,
            dnis=dnis or "",
            lang=caller.lang,
            is_slow=caller.prefers_person,
            person_id=caller.one.person_id if caller.one else None,
            started_at=uow.now - duration,
            node=speech.dialog().start,
        )
        .on_conflict_do_nothing(index_elements=[Call.carrier_sid])
    )
    return queries.known(uow.session, call_sid)


def _question(turn: Turn, asked: Ask) -> Question:
    codes: tuple[str, ...] = ()
    if asked.takes is Takes.CODE and turn.call.msisdn:
        codes = tuple(one.code for one in tickets.open_of(turn.uow.session, turn.call.msisdn))
    return Question(
        takes=asked.takes,
        lang=turn.lang,
        now=turn.uow.local_now,
        confidence=turn.tree.confidence,
        region=turn.uow.policy.city.region,
        menu=turn.tree.menu,
        names=tuple(one.name for one in turn.caller.persons) if asked.takes is Takes.WHO else (),
        codes=codes,
    )


def _write_down(uow: UnitOfWork, call: Call, heard: Heard, answer: Answer) -> None:
    """The line's question and the caller's answer, together in one statement."""
    both = {"call_id": call.id, "step": call.step + 1, "at": uow.now, "node": call.node}
    said_by_line = {"who": "line", "words": _last_words(call), "digits": "", "confidence": None, "intent": ""}
    said_by_caller = {
        "who": "caller",
        "words": heard.speech,
        "digits": heard.digits,
        "confidence": heard.confidence,
        "intent": answer.intent or answer.meaning.value,
    }
    uow.session.execute(
        insert(CallTurn),
        [
            {**both, **said_by_line, "certainty": None},
            {**both, **said_by_caller, "certainty": answer.certainty if answer.intent else None},
        ],
        execution_options={"render_nulls": True},  # else rows with and without a confidence are two statements
    )


def _write_down_last(uow: UnitOfWork, call: Call) -> None:
    """What the line said last, which nobody answered."""
    if call.reply:
        uow.session.execute(
            insert(CallTurn)
            .values(
                call_id=call.id, step=call.step + 1, who="line", at=uow.now, words=_last_words(call), node=call.node
            )
            .on_conflict_do_nothing(index_elements=[CallTurn.call_id, CallTurn.step, CallTurn.who])
        )


def _last_words(call: Call) -> str:
    return " ".join(text for text, _ in call.reply.get("says", ()))


def _note(turn: Turn, asked: Ask, answer: Answer) -> None:
    """Keep of an answer what later questions and the ticket need."""
    said, values = turn.said, answer.values
    match answer.meaning:
        case Meaning.SERVICE:
            _new_matter(said, answer)
        case Meaning.OTHER if asked.takes is Takes.SERVICE_YES_NO:
            _new_matter(said, answer)
        case Meaning.OTHER | Meaning.WORDS:
            said.address, said.place = values.get("address", answer.words), ""
        case Meaning.QUESTION | Meaning.COMPLAINT:
            _new_matter(said, answer)
            said.kind = {"question": "question", "suggestion": "suggestion"}.get(answer.intent, "complaint")
        case Meaning.AGAIN:
            _new_matter(said, answer)
        case Meaning.STATUS | Meaning.CANCEL:
            said.hint, said.ticket = values.get("service", ""), values.get("ticket", "")
        case Meaning.CODE:
            said.ticket = values["ticket"]
        case Meaning.PICKED:
            said.person_id = turn.caller.persons[int(values["place"])].person_id
            said.is_someone_else = False
        case Meaning.NONE:
            said.is_someone_else = True
        case Meaning.NUMBER:
            said.mobile = values["number"]
        case Meaning.UNCLEAR if asked.takes in hearing.OPEN and answer.words:
            said.words = " ".join(filter(None, (said.words, answer.words)))
        case Meaning.NO if asked.takes is Takes.ADDRESS_YES_NO:
            said.address = said.place = ""
        case Meaning.EMERGENCY:
            said.number = values["number"]
            said.words = " ".join(filter(None, (said.words, answer.words)))
            turn.facts["danger"] = values["danger"]
        case _:
            pass


def _new_matter(said: Said, answer: Answer) -> None:
    words = " ".join(filter(None, (said.words, answer.words)))
    said.drop_matter()
    values = answer.values
    said.service, said.certainty, said.words = values.get("service", ""), answer.certainty, words
    said.is_chosen, said.is_urgent = "chosen" in values, values.get("urgency") == "urgent"
    said.wanted = {name: values[name] for name in WHEN if name in values}
    if values.get("address"):
        said.address, said.place, said.is_place_settled = values["address"], "", False


def _say_over(turn: Turn, asked: Ask, answer: Answer) -> Reply:
    """The same question again: in the other language, slower, or just once more."""
    call = turn.call
    says = tuple(Sentence(text, lang) for text, lang in call.reply["says"])
    if answer.meaning is Meaning.LANGUAGE:
        wanted = answer.values.get("lang", "")
        call.lang = wanted if wanted in LANGUAGES else prompts.other_language(call.lang, LANGUAGES)
        says = speech.compose(turn, asked.says)
    elif answer.meaning is Meaning.SLOWER:
        call.is_slow = True
    return _speak(turn, asked, says)


def _on(turn: Turn, node: Dial | Record, step: int, outcome: str) -> Reply:
    _write_down_last(turn.uow, turn.call)
    turn.call.step = step
    move = node.outcomes[outcome]
    return _go(turn, Step(move.to, move.says))


def _go(turn: Turn, step: Step) -> Reply:
    """Do what the dialog says until it asks, dials, records or hangs up."""
    call, tree = turn.call, turn.tree
    says = speech.compose(turn, step.says)
    name, node = step.to, tree.nodes[step.to]
    while isinstance(node, Do):
        outcome = acts.perform(turn, node.act)
        move = node.outcomes[outcome.name]
        says += speech.compose(turn, (*outcome.says, *move.says))
        name, node = move.to, tree.nodes[move.to]
    if not step.is_retry:
        says += speech.compose(turn, node.says)
    call.node, call.attempt = name, step.attempt
    if isinstance(node, HangUp) and call.outcome is CallOutcome.OPEN and not turn.said.wants_person:
        call.outcome = CallOutcome.SERVED
    return _speak(turn, node, says)


def _speak(turn: Turn, node: Node, says: tuple[Sentence, ...]) -> Reply:
    call = turn.call
    then = {Ask: Then.LISTEN, Dial: Then.DIAL, Record: Then.RECORD, HangUp: Then.HANG_UP}[type(node)]
    takes = node.takes if isinstance(node, Ask) else None
    is_whispered = isinstance(node, Dial) and whispers.has_any(turn)
    reply = Reply(says, then, call.node, call.step + 1, call.lang, call.is_slow, takes, is_whispered)
    call.reply, call.said = reply.dump(), turn.said.dump()
    return reply


def _ticket_of(uow: UnitOfWork, call: Call) -> Ticket | None:
    return tickets.get(uow, call.about) if call.about else None
