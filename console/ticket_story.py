"""What happened to a ticket, in words: its steps, texts and calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from config import policy as policy_file
from console.privacy import without_numbers
from console.queries.tickets import Whole
from console.recordings import sound
from console.timeline import Entry, Kind, Turn, merge
from core import web
from directory.scope import Scope
from telephony.msisdn import masked
from ticketing import prompts

JOB_STEPS = frozenset(
    {
        "offered",
        "accepted",
        "refused",
        "expired",
        "withdrawn",
        "arrived",
        "completed",
        "round",
        "dispatched_by_hand",
        "no_access",
        "incomplete",
        "rescheduled",
        "cancelled_by_provider",
        "late",
        "quoted",
        "quote_agreed",
        "quote_declined",
        "transfer",
        "acknowledged",
    }
)


def story(found: Whole, scope: Scope) -> list[Entry]:
    """Steps, texts and calls of a ticket in one row, with as much of numbers in them as the reader may see."""
    entries = merge(_steps_told(found), _texts(found), _calls(found))
    return entries if scope.may("numbers.see") else [_without_numbers(entry) for entry in entries]


def _steps_told(found: Whole) -> Iterable[Entry]:
    for event in found.events:
        kind = (
            Kind.NOTE if event.note and event.kind == "note" else Kind.JOB if event.kind in JOB_STEPS else Kind.SYSTEM
        )
        facts = prompts.facts(event.data, web.lang(), policy_file.current().city.zone)
        if kind is Kind.NOTE:
            facts["who"] = _name(found, event.actor)
        yield Entry(
            event.at,
            1,
            kind,
            {"note": "note", "arrived": "pin", "refused": "x", "expired": "clock"}.get(event.kind, "wrench"),
            f"ticketing.event.{event.kind}",
            facts,
            words=event.note,
            actor=event.actor,
        )


def _texts(found: Whole) -> Iterable[Entry]:
    resident = {found.ticket.msisdn, found.ticket.notify_msisdn}
    for out in found.texts_out:
        to = "resident" if out.msisdn in resident else "provider"
        facts = {
            "number": masked(out.msisdn),
            "delivery": web.say(f"console.delivery.{out.delivery}"),
            "segments": out.segments,
        }
        yield Entry(out.created_at, 2, Kind.TEXT, "send", f"console.text.to_{to}", facts, out.body, out.lang)
    for came in found.texts_in:
        by = "resident" if came.msisdn in resident else "provider"
        read = web.say(f"console.intent.{came.intent}") if came.intent else "–"
        facts = {"number": masked(came.msisdn), "reading": read, "certainty": f"{came.certainty:.2f}"}
        yield Entry(
            came.received_at, 0, Kind.TEXT, "chat", f"console.text.from_{by}", facts, came.body, is_inbound=True
        )


def _calls(found: Whole) -> Iterable[Entry]:
    for call in found.calls:
        said = tuple(
            Turn(turn.who, turn.words, turn.digits, turn.intent, turn.certainty)
            for turn in found.turns
            if turn.call_id == call.id
        )
        sounds = tuple(sound(voicemail) for voicemail in found.voicemails if voicemail.call_id == call.id)
        facts = {
            "number": masked(call.msisdn) if call.msisdn else web.say("console.fact.withheld"),
            "seconds": call.seconds if call.seconds is not None else "–",
            "outcome": web.say(f"console.outcome.{call.outcome}"),
        }
        wording = "console.call.voicemail" if sounds else f"console.call.{call.direction}"
        look = "phone-in" if call.direction == "in" else "phone-out"
        yield Entry(call.started_at, 0, Kind.CALL, look, wording, facts, turns=said, sounds=sounds)


def _without_numbers(entry: Entry) -> Entry:
    turns = tuple(replace(turn, words=without_numbers(turn.words)) for turn in entry.turns)
    return replace(entry, words=without_numbers(entry.words), turns=turns)


def _name(found: Whole, actor_name: str) -> str:
    if actor_name.startswith("user:"):
        return found.user_names.get(actor_name, actor_name)
    return web.say("console.actor.system")
