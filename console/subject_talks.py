"""What was said and written: calls, messages and texts of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.privacy import without_numbers_of_others
from console.subject_facts import Fact, facts
from directory.events import Traces
from ivr.models import Call, CallToPlace, CallTurn, Voicemail
from sms.models import InboundSms, OutboundSms
from sms.service import forgetting as sms


def of_calls(calls: Sequence[Call], own: Collection[str]) -> list[list[Fact]]:
    """Each of his calls."""
    return [
        facts(
            {
                "at": one.started_at,
                "direction": one.direction,
                "number": one.msisdn,
                "seconds": one.seconds,
                "outcome": one.outcome,
                "code": one.about,
                "understood": _understood(one.said, own),
            }
        )
        for one in calls
    ]


def calls_to_come(session: Session, traces: Traces) -> list[list[Fact]]:
    """Calls to his own numbers that are still to be made."""
    wanted = select(CallToPlace).where(CallToPlace.msisdn.in_(traces.own), CallToPlace.ended_at.is_(None))
    return [
        facts(
            {
                "at": one.due_at,
                "direction": "out",
                "number": one.msisdn,
                "code": one.about,
                "understood": _understood(one.facts, traces.numbers),
            }
        )
        for one in session.scalars(wanted.order_by(CallToPlace.id))
    ]


def _understood(values: Mapping[str, Any], own: Collection[str]) -> str:
    """The words that were made out of a call or a text, in the order in which they came."""
    words = [value for value in values.values() if isinstance(value, str)]
    return without_numbers_of_others(" · ".join(filter(None, words)), own)


def said(session: Session, calls: Sequence[Call], own: frozenset[str]) -> list[list[Fact]]:
    """What was said in his calls; a number that is not his is cut down."""
    turns = session.scalars(
        select(CallTurn).where(CallTurn.call_id.in_([one.id for one in calls])).order_by(CallTurn.id)
    )
    return [
        facts(
            {
                "at": turn.at,
                "who": turn.who,
                "words": without_numbers_of_others(turn.words, own),
                "digits": turn.digits,
            }
        )
        for turn in turns
    ]


def recordings(session: Session, calls: Sequence[Call]) -> list[list[Fact]]:
    """His recorded messages."""
    found = session.scalars(
        select(Voicemail).where(Voicemail.call_id.in_([one.id for one in calls])).order_by(Voicemail.id)
    )
    return [
        facts({"at": one.at, "seconds": one.seconds, "code": one.about, "is_kept": one.sha256 is not None})
        for one in found
    ]


def of_texts(session: Session, traces: Traces) -> list[list[Fact]]:
    """Texts to him and from him, in the order of their moments."""
    own = traces.numbers
    out = session.scalars(select(OutboundSms).where(sms.out_of(traces)).order_by(OutboundSms.id))
    come = session.scalars(select(InboundSms).where(sms.in_of(traces)).order_by(InboundSms.id))
    lines = [
        (one.created_at, {"direction": "out", "number": one.msisdn, "words": one.body, "state": one.delivery})
        for one in out
    ]
    lines += [
        (
            one.received_at,
            {
                "direction": "in",
                "number": one.msisdn,
                "words": one.body,
                "state": one.outcome,
                "understood": _understood(one.values, own),
            },
        )
        for one in come
    ]
    found = []
    for at, line in sorted(lines, key=lambda one: one[0]):
        number = str(line["number"])
        masked = {
            "number": number if number in own else without_numbers_of_others(number, own),
            "words": without_numbers_of_others(str(line["words"]), own),
        }
        found.append(facts({"at": at, **line, **masked}))
    return found
