"""A small city with a canary at every node, in every kind of row that belongs to a place, and one user a role and node.

A canary names its node (`QZAH0102ZQ`), so that a word found in an answer says by itself whose row leaked. Ids are
given, not drawn, so that the same rows have the same ids however much of the city is planted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from collection.models import Batch, BatchRow, BatchState, ImportNote, MatchCandidate, MatchWalk, Source
from collection.models import Outcome as RowOutcome
from core import audit
from core.uow import UnitOfWork
from directory.jurisdiction import depth, path
from directory.models import (
    AliasKind,
    Building,
    ChangeKind,
    Consent,
    Contact,
    ContactKind,
    Correction,
    Dwelling,
    Flag,
    FlagKind,
    HandlerUnit,
    Household,
    Jurisdiction,
    Label,
    LabelKind,
    LegalHold,
    Merge,
    Person,
    PlaceAlias,
    Placement,
    PrivacyRequest,
    Provenance,
    Purpose,
    Reorganisation,
    RequestKind,
    RequestState,
    Residence,
    ResidenceKind,
    Responsibility,
    Suppression,
    SuppressionScope,
    Unplaced,
)
from directory.service import search
from ivr.models import Call, CallOutcome, CallTurn, Voicemail
from providers.models import Provider, ProviderArea, ProviderService
from providers.vetting import Standing
from sms.delivery import Delivery
from sms.models import InboundSms, OutboundSms, Outcome
from sms.urgency import Urgency
from staff.models import Grant, SignedIn, User
from staff.permissions import Role
from staff.queries import token_hash
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

NODES = (
    "AH",
    *("AH01", "AH02"),
    *("AH0101", "AH0102", "AH0201"),
    *("AH010101", "AH010102", "AH010201", "AH020101"),
)
"""A city, two districts, two streets and one, two communities and one each: every node has a neighbour, or has none."""
NOWHERE = "NOWHERE"
"""Where rows lie whose place is not known: only who sees the whole city sees them."""
COMPARED = ("AH010102", "AH0201")
"""Where pages are read twice: with the rest of the city and without it. Not a figure may differ."""
LEVELS = ("", "city", "district", "street", "community")

CANARY = re.compile(r"Q([ZNLPU])((?:AH\d*)|NOWHERE)\1Q", re.IGNORECASE)
"""Z: any words; N: the name of a person; L: a sensitive label. P (a place, a unit that answers for it) and U (somebody
who works there) may be told to whoever works below: it is for them that they are there."""
NUMBER = re.compile(r"1620[ \-\u00a0]?0000[ \-\u00a0]?\d{3}|162[ \-\u00a0]?0000[ \-\u00a0]?\d{4}")
CODE = re.compile(r"\b[KS]00\d\d\b")
AT = datetime(2026, 11, 25, 4, 0, 30, tzinfo=UTC)
"""Noon in the city and half a minute: the moment of every request."""
HOUR = timedelta(hours=1)
DAY = date(2026, 11, 1)
NEVER_USED = "x" * 40
ROOM = 1000
"""Ids of a node begin at its index times this."""


def canary(node: str, kind: str = "Z") -> str:
    """The word that only rows of this node hold."""
    return f"Q{kind}{node}{kind}Q"


def number_at(node: str, more: int = 0) -> str:
    """A resident's number at a node, E.164."""
    return f"+861620000{base(node) // ROOM * 10 + more:04d}"


def base(node: str) -> int:
    """Ids of a node's rows are this plus a small number."""
    if node == "?":
        return 900 * ROOM  # of nobody
    return ((NODES.index(node) if node in NODES else len(NODES)) + 1) * ROOM


def code_at(node: str) -> str:
    """The code of the node's ticket."""
    return f"K{base(node) // ROOM:04d}"


def stray_code_at(node: str) -> str:
    """The code of the ticket about the node's household that lies in the next node."""
    return f"S{base(node) // ROOM:04d}"


def node_of_code(code: str) -> str:
    """Where the ticket of this code lies."""
    index = int(code[1:]) - 1
    if not 0 <= index < len(NODES):
        return NOWHERE
    return next_to(NODES[index]) if code.startswith("S") else NODES[index]


@dataclass(frozen=True, slots=True)
class Reader:
    """One role at one node, signed in."""

    role: Role
    node: str

    @property
    def user_id(self) -> int:
        """Id of the user."""
        return base(self.node) + 100 + list(Role).index(self.role)

    @property
    def token(self) -> str:
        """What his browser holds."""
        return f"{self.role}-{self.node}"

    def sees(self, node: str) -> bool:
        """Whether a row of this node lies in his part of the tree."""
        return self.node == "AH" if node == NOWHERE else node.startswith(self.node)


READERS = tuple(Reader(role, node) for node in NODES for role in Role)


def put(session: Session, model: Any, *rows: dict[str, Any]) -> None:
    """Insert rows; columns that must not be empty and have no default are filled with something boring."""
    full = [_boring(model, row) | row for row in rows]
    if full:
        session.execute(insert(model), full)


def _boring(model: Any, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in model.__mapper__.columns:
        name = model.__mapper__.get_property_by_column(column).key
        if name in row or column.nullable or column.default is not None or column.server_default is not None:
            continue
        if column.primary_key and column.autoincrement is not False:
            continue
        kind = column.type.python_type
        found[name] = AT if kind is datetime else DAY if kind is date else kind()
    return found


def plant_readers(uow: UnitOfWork) -> None:
    """The tree, all users and the audit log: these are there whatever else is planted."""
    session = uow.session
    for node in NODES:
        put(
            session,
            Jurisdiction,
            {
                "code": node,
                "parent_code": node[:-2] or None,
                "level": LEVELS[depth(node)],
                "kind": "",
                "name_zh": canary(node, "P"),
                "name_en": canary(node, "P"),
            },
        )
    put(
        session,
        User,
        *(
            {
                "id": one.user_id,
                "login": one.token,
                "name": canary(one.node, "U"),
                "password_hash": NEVER_USED,
                "totp_salt": NEVER_USED,
                "totp_since": AT - HOUR,
            }
            for one in READERS
        ),
    )
    put(
        session,
        Grant,
        *(
            {
                "id": one.user_id,
                "user_id": one.user_id,
                "role": one.role,
                "jurisdiction_code": one.node,
                "from_at": AT - HOUR,
                "granted_by": "cli:staff",
            }
            for one in READERS
        ),
    )
    put(
        session,
        SignedIn,
        *(
            {
                "id": one.user_id,
                "token_hash": token_hash(one.token),
                "user_id": one.user_id,
                "began_at": AT - timedelta(minutes=5),
                "ends_at": AT + 9 * HOUR,
                "second_factor_at": AT - timedelta(minutes=5),
                "last_seen_at": AT - timedelta(seconds=10),
                "device": canary(one.node),
            }
            for one in READERS
        ),
    )
    put(session, Source, {"id": 1, "name": "list", "kind": "committee"})
    put(session, MatchWalk, {"id": 1, "begun_at": AT, "crowded": [base(node) for node in NODES]})
    _audited(uow, (*NODES, NOWHERE))


def plant(uow: UnitOfWork, nodes: Sequence[str]) -> None:
    """Rows of every kind at each of these nodes (`NOWHERE`: without a place)."""
    for node in nodes:
        if node != NOWHERE:
            _places(uow.session, node)
            _people(uow.session, node)
            _collected(uow.session, node)
            _privacy(uow.session, node)
        _requests(uow.session, node)
        if node != NOWHERE and next_to(node) not in inside_of_compared():
            _stray_request(uow.session, node)
    uow.session.flush()
    search.reindex(uow, [base(node) + more for node in nodes if node != NOWHERE for more in (1, 2, 3, 4)])


def inside(node: str) -> list[str]:
    """The nodes that lie in this one, itself first."""
    return [one for one in NODES if one.startswith(node)]


def inside_of_compared() -> set[str]:
    """Every node whose rows are planted alone once, to compare pages with and without the rest of the city."""
    return {one for node in COMPARED for one in inside(node)}


def next_to(node: str) -> str:
    """Where a request about this node's household lies that is not in its part."""
    return NODES[(NODES.index(node) + 1) % len(NODES)]


def plant_above(session: Session, node: str) -> None:
    """Who answers above a node: that is told to all below, so it is there when the node is read alone, too."""
    for one in path(node)[:-1]:
        _answering(session, one)


def _places(session: Session, node: str) -> None:
    first, words = base(node), canary(node)
    _answering(session, node)
    put(
        session,
        PlaceAlias,
        {
            "id": first,
            "jurisdiction_code": node,
            "words": words,
            "plain": words.casefold(),
            "kind": AliasKind.ESTATE,
            "certainty": 0.9,
            "added_by": "user:1",
            "added_at": AT,
        },
    )
    put(
        session,
        Building,
        {"id": first, "community_code": node, "name": words, "access_note": words},
    )
    put(
        session,
        Dwelling,
        {"id": first, "community_code": node, "address": f"{words}1", "building_id": first, "door": "1"},
    )
    put(session, Placement, {"id": first, "dwelling_id": first, "community_code": node})
    put(
        session,
        Reorganisation,
        {
            "id": first,
            "kind": ChangeKind.RENAME,
            "on": DAY + timedelta(days=100),
            "old_codes": [node],
            "new_nodes": [],
            "note": words,
            "decided_by": "user:1",
            "decided_at": AT,
        },
    )
    put(
        session,
        Unplaced,
        {"id": first, "subject": f"batch_row:{first}", "within_code": node, "words": words, "found_at": AT},
    )


def _answering(session: Session, node: str) -> None:
    first = base(node)
    put(
        session,
        HandlerUnit,
        {
            "id": first,
            "jurisdiction_code": node,
            "kind": "committee",
            "name_zh": canary(node, "P"),
            "name_en": canary(node, "P"),
        },
    )
    put(
        session,
        Responsibility,
        {
            "id": first,
            "jurisdiction_code": node,
            "category": "*",
            "unit_id": first,
            "from_on": DAY,
            "set_by": "user:1",
        },
    )


def _people(session: Session, node: str) -> None:
    first, words, name = base(node), canary(node), canary(node, "N")
    put(
        session,
        Household,
        {"id": first, "community_code": node, "address": f"{words}1", "dwelling_id": first, "note": words},
    )
    put(
        session,
        Person,
        *(
            {
                "id": first + more,
                "name": f"{name}{more}",
                "sex": "F",
                "birth_date": date(1950 + more, 1, 1),
                "household_id": first,
                "registered_place": words,
            }
            for more in (1, 2, 3)
        ),
        {"id": first + 4, "name": f"{name}4", "household_id": first, "merged_into_id": first + 1},
    )
    put(
        session,
        Contact,
        *(
            {
                "id": first + more,
                "person_id": first + more,
                "msisdn": number_at(node, more),
                "kind": ContactKind.MOBILE,
                "label": words,
            }
            for more in (1, 2, 3, 4)
        ),
    )
    put(
        session,
        Residence,
        {"id": first, "person_id": first + 1, "household_id": first, "kind": ResidenceKind.OWNER},
    )
    put(
        session,
        Label,
        {
            "id": first,
            "person_id": first + 1,
            "kind": LabelKind.LOW_INCOME,
            "basis": canary(node, "L"),
            "from_on": DAY,
            "review_by": DAY,
            "added_by": f"user:{first + 100}",
        },
    )
    put(
        session,
        Correction,
        {"id": first, "person_id": first + 1, "words": words, "told_by": f"user:{first + 100}", "told_at": AT},
    )
    put(
        session,
        Flag,
        {
            "id": first,
            "household_id": first,
            "kind": FlagKind.DOG,
            "note": words,
            "author": f"user:{first + 100}",
            "added_at": AT,
            "expires_on": DAY + timedelta(days=365),
        },
    )
    put(
        session,
        Provenance,
        {
            "id": first,
            "person_id": first + 1,
            "source": words,
            "at": AT,
            "said": {"name": name, "address": words},
            "taken": ["name"],
            "before": {"name": name},
        },
    )
    put(
        session,
        Consent,
        {
            "id": first,
            "msisdn": number_at(node, 1),
            "person_id": first + 1,
            "purpose": Purpose.NOTICE,
            "is_given": True,
            "at": AT,
            "evidence": words,
        },
    )
    put(
        session,
        Suppression,
        {"msisdn": number_at(node, 2), "scope": SuppressionScope.NOTICES, "since": AT, "evidence": words},
    )
    put(
        session,
        Merge,
        {
            "id": first,
            "kept_id": first + 1,
            "gone_id": first + 4,
            "score": 0.9,
            "reasons": [],
            "at": AT,
            "by": f"user:{first + 100}",
            "before": {},
        },
    )


def _collected(session: Session, node: str) -> None:
    first, words = base(node), canary(node)
    put(
        session,
        Batch,
        {
            "id": first,
            "source_id": 1,
            "file_name": f"{words}.csv",
            "file_hash": hashlib.sha256(node.encode()).hexdigest(),
            "file_path": "",
            "jurisdiction_code": node,
            "as_of": DAY,
            "state": BatchState.CHECKED,
            "received_at": AT,
            "received_by": f"user:{first + 100}",
            "rows": 1,
            "done": 1,
            "headings": [words],
            "counts": {"refuse": 1},
            "checked_at": AT,
        },
    )
    put(
        session,
        BatchRow,
        {
            "id": first + 1,
            "batch_id": first,
            "row_no": 2,
            "cells": [words],
            "outcome": RowOutcome.REFUSE,
            "reasons": [],
        },
    )
    put(
        session,
        Batch,
        {
            "id": first + 1,
            "source_id": 1,
            "file_name": f"{words}.csv",
            "file_hash": hashlib.sha256(f"{node}+".encode()).hexdigest(),
            "file_path": "",
            "jurisdiction_code": node,
            "as_of": DAY,
            "state": BatchState.APPLIED,
            "received_at": AT,
            "received_by": f"user:{first + 100}",
            "rows": 1,
            "done": 1,
            "headings": [words],
            "counts": {"needs_match": 1},
            "applied_at": AT,
        },
    )
    put(
        session,
        BatchRow,
        {
            "id": first,
            "batch_id": first + 1,
            "row_no": 2,
            "cells": [words],
            "outcome": RowOutcome.NEEDS_MATCH,
            "reasons": [{"key": "may_be", "person_id": base(one) + 1} for one in dict.fromkeys((node, *NODES))],
            "values": {"name": words, "address": words, "community_code": node},
        },
    )
    put(
        session,
        ImportNote,
        {"id": first, "batch_id": first, "wording": "note.sheets_left_out", "facts": {"sheets": words}},
    )
    put(
        session,
        MatchCandidate,
        {
            "id": first,
            "low_id": first + 1,
            "high_id": first + 2,
            "score": 0.8,
            "reasons": [],
            "found_at": AT,
        },
    )


def _privacy(session: Session, node: str) -> None:
    first, words = base(node), canary(node)
    put(
        session,
        PrivacyRequest,
        {
            "id": first,
            "kind": RequestKind.ACCESS,
            "person_id": first + 1,
            "asked_at": AT,
            "due_by": AT + 100 * HOUR,
            "channel": "desk",
            "checked_how": "desk",
            "state": RequestState.OPEN,
            "opened_by": f"user:{first + 100}",
            "outcome": words,
        },
    )
    put(
        session,
        LegalHold,
        {
            "id": first,
            "person_id": first + 2,
            "reason": words,
            "set_by": f"user:{first + 100}",
            "set_at": AT,
        },
    )


def _requests(session: Session, node: str) -> None:
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
        },
    )


def _stray_request(session: Session, node: str) -> None:
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


def _audited(uow: UnitOfWork, nodes: Iterable[str]) -> None:
    for node in nodes:
        place = "" if node == NOWHERE else node
        note = audit.Note("household.read", f"household:{base(node)}", place, canary(node), {})
        audit.append(uow.session, [note], at=AT, actor=f"user:{base(place or 'AH') + 100}", key=uow.settings.hash_key)
