"""Rows of requests at a node: a ticket with its job, texts and calls, and one of its household that lies elsewhere."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from directory.models import Purpose
from ivr.models import Call, CallOutcome, CallTurn, Voicemail
from providers.models import Provider, ProviderArea, ProviderService
from providers.vetting import Standing
from sms.delivery import Delivery
from sms.models import InboundSms, OutboundSms, Outcome
from sms.urgency import Urgency
from tests.rights.world import AT, HOUR, NODES, NOWHERE, base, canary, code_at, next_to, number_at, put, stray_code_at
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import (
    Candidate,
    Dispatch,
    FollowUp,
    FollowUpState,
    Task,
    TaskKind,
    Ticket,
    TicketEvent,
    TicketKind,
)
from ticketing.models import Source as TicketSource


def plant_requests(session: Session, node: str) -> None:
    """A provider, a ticket and what became of it, a text and a call; at `NOWHERE` without a place."""
    first, words = base(node), canary(node)
    is_placed = node != NOWHERE
    put(
        session,
        Provider,
        {
            "id": first,
            "code": f"P{first}",
            "name": f"firm {first}",
            "category": "repair",
            "msisdn": f"+86165{first:08d}",
            "rating": Decimal("4.5"),
            "max_open_jobs": 3,
            "standing": Standing.ACTIVE,
        },
    )
    if is_placed:
        put(session, ProviderService, {"id": first, "provider_id": first, "service": "plumbing"})
        put(session, ProviderArea, {"id": first, "provider_id": first, "jurisdiction_code": node})
    put(session, Ticket, _ticket(first, code_at(node), node, words))
    put(
        session,
        TicketEvent,
        {
            "id": first,
            "ticket_id": first,
            "at": AT,
            "actor": f"user:{first + 100}" if is_placed else "system",
            "kind": "note",
            "note": words,
        },
    )
    put(
        session,
        Task,
        {
            "id": first,
            "kind": TaskKind.CALL_BACK,
            "cause": f"ticket:{first}",
            "reason": "person_asked",
            "ticket_id": first,
            "msisdn": number_at(node, 5),
            "due_at": AT + 50 * HOUR,
            "opened_at": AT - HOUR,
        },
    )
    put(
        session,
        Task,
        {
            "id": first + 1,
            "kind": TaskKind.CALL_BACK,
            "cause": f"call:{first}",
            "reason": "person_asked",
            "jurisdiction_code": node if is_placed else "",
            "msisdn": number_at(node, 6),
            "due_at": AT + 50 * HOUR,
            "opened_at": AT - HOUR,
        },
    )
    put(
        session,
        Dispatch,
        {
            "id": first,
            "ticket_id": first,
            "provider_id": first,
            "round": 1,
            "state": DispatchState.ACCEPTED,
            "offered_at": AT,
            "expires_at": AT + HOUR,
            "answered_at": AT,
            "by_hand_reason": words,
        },
    )
    put(session, Candidate, {"id": first, "ticket_id": first, "round": 1, "provider_id": first, "rank": 1})
    put(
        session,
        FollowUp,
        {
            "id": first,
            "ticket_id": first,
            "state": FollowUpState.ANSWERED,
            "due_at": AT + 50 * HOUR,
            "comment": words,
        },
    )
    put(
        session,
        InboundSms,
        {
            "id": first,
            "carrier_sid": f"SM{first}",
            "msisdn": number_at(node, 5),
            "body": f"{words} {number_at(node, 7).removeprefix('+86')}",
            "received_at": AT,
            "intent": "",
            "about": code_at(node),
            "outcome": Outcome.QUEUED,
        },
    )
    put(
        session,
        OutboundSms,
        {
            "id": first,
            "key": f"key{first}",
            "msisdn": number_at(node, 5),
            "lang": "zh",
            "wording": "by_hand",
            "body": words,
            "segments": 1,
            "about": code_at(node),
            "purpose": Purpose.SERVICE,
            "urgency": next(iter(Urgency)),
            "delivery": Delivery.QUEUED,
            "created_at": AT,
            "send_at": AT,
            "answers_id": first,
        },
    )
    put(
        session,
        Call,
        {
            "id": first,
            "carrier_sid": f"CA{first}",
            "direction": "in",
            "msisdn": number_at(node, 5),
            "dnis": "",
            "lang": "zh",
            "person_id": first + 1 if is_placed else None,
            "started_at": AT,
            "ended_at": AT,
            "seconds": 3,
            "node": "",
            "outcome": CallOutcome.TICKET,
            "about": code_at(node),
        },
    )
    put(
        session,
        CallTurn,
        {"id": first, "call_id": first, "step": 1, "who": "caller", "at": AT, "words": words, "node": ""},
    )
    put(
        session,
        Voicemail,
        {
            "id": first,
            "call_id": first,
            "recording_sid": f"RE{first}",
            "url": f"http://127.0.0.1:9/{words}",
            "seconds": 3,
            "at": AT,
            "about": code_at(node),
            "sha256": _sound_at(node),
            "content_type": "audio/x-wav",
        },
    )


def plant_sounds(folder: Path) -> None:
    """The files of all messages: what is heard in them is where they belong."""
    folder.mkdir(mode=0o700)
    for node in (*NODES, NOWHERE):
        (folder / _sound_at(node)).write_text(canary(node), encoding="utf-8")


def _sound_at(node: str) -> str:
    """The name of the file with the message that was left at a node."""
    return hashlib.sha256(node.encode()).hexdigest()


def plant_stray_request(session: Session, node: str) -> None:
    """A household's ticket that lies elsewhere: who sees the household does not see it for that."""
    there = next_to(node)
    first = base(node) + 50
    row = _ticket(first, stray_code_at(node), there, canary(there))
    row |= {"household_id": base(node), "person_id": base(node) + 1, "msisdn": number_at(there, 8)}
    put(session, Ticket, row)
    sent = {"id": first, "msisdn": number_at(there, 8), "about": stray_code_at(node)}
    call = {"carrier_sid": f"CA{first}", "direction": "in", "outcome": CallOutcome.TICKET, "lang": "zh"}
    put(session, Call, sent | call | {"started_at": AT, "ended_at": AT, "seconds": 3})
    text = {"carrier_sid": f"SM{first}", "body": canary(there), "received_at": AT, "outcome": Outcome.QUEUED}
    put(session, InboundSms, sent | text)
    answer = {"key": f"key{first}", "lang": "zh", "wording": "by_hand", "body": canary(there), "segments": 1}
    delivery = {"purpose": Purpose.SERVICE, "urgency": next(iter(Urgency)), "delivery": Delivery.QUEUED}
    put(session, OutboundSms, sent | answer | delivery | {"created_at": AT, "send_at": AT})


def _ticket(row_id: int, code: str, node: str, words: str) -> dict[str, Any]:
    is_placed = node != NOWHERE
    return {
        "id": row_id,
        "code": code,
        "kind": TicketKind.SERVICE,
        "state": State.ACKNOWLEDGED,
        "category": "repair",
        "service": "plumbing",
        "tier": "T3",
        "lang": "zh",
        "msisdn": number_at(node, 5),
        "notify_msisdn": number_at(node, 5),
        "person_id": base(node) + 1 if is_placed else None,
        "household_id": base(node) if is_placed else None,
        "requester_name": canary(node, "N"),
        "address": words,
        "jurisdiction_code": node if is_placed else "",
        "description": f"{words} {number_at(node, 7).removeprefix('+86')}",
        "source": TicketSource.CALL,
        "opened_at": AT - HOUR,
        "contact_by": AT + 100 * HOUR,
        "contacted_at": AT - HOUR,
        "clock_from": AT - HOUR,
        "close_by": AT + 100 * HOUR,
        "dispatched_at": AT,
        "owner_id": base(node) + 100 if is_placed else None,
        "round": 1,
        "version": 1,
    }
