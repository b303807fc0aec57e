"""Everything that is held about somebody is told to him: a canary in every column of words, in file and page."""

from __future__ import annotations

import json
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Enum, String, select
from sqlalchemy.dialects.postgresql import JSONB

from collection.models import Batch, BatchRow, Source
from console import subject
from console.subject_words import parts
from core.audit import AuditEntry
from core.db import Base
from core.uow import UnitOfWork
from directory.models import (
    Consent,
    Contact,
    Correction,
    Flag,
    Household,
    Label,
    LegalHold,
    Merge,
    Person,
    PrivacyRequest,
    Provenance,
    RequestKind,
    Suppression,
    Unplaced,
)
from directory.service import corrections, privacy
from ivr.models import Call, CallToPlace, CallTurn, Voicemail
from sms.models import InboundSms, OutboundSms
from tests.privacy.conftest import OWN, Resident
from ticketing.models import Dispatch, FollowUp, FollowUpState, Task, Ticket, TicketEvent

OF_HIM = (
    *(Person, Household, Contact, Label, Flag, Correction, Provenance, Merge, Consent, Suppression),
    *(PrivacyRequest, LegalHold, Ticket, TicketEvent, Dispatch, FollowUp, Task, Unplaced),
    *(Call, CallTurn, CallToPlace, Voicemail, InboundSms, OutboundSms, BatchRow, AuditEntry),
)
"""Tables with rows about a person."""
OURS = "a code, a key or the id of somebody of ours, not his words"
SHOWN = "a code or a number of his, told and tested elsewhere"
COPY = "a copy of what another row tells"
NOT_TOLD = MappingProxyType(
    {
        "persons": {"source_id": SHOWN, "sex": SHOWN, "lang": SHOWN, "nationality": SHOWN, "id_hash": "a keyed hash"},
        "households": {"community_code": SHOWN, "lang": SHOWN},
        "contacts": {"msisdn": SHOWN},
        "labels": {"added_by": OURS, "ended_by": OURS},
        "flags": {"author": OURS, "ended_by": OURS},
        "corrections": {"told_by": OURS, "settled_by": OURS},
        "provenances": {"taken": OURS},
        "merges": {"reasons": OURS, "by": OURS, "before": COPY, "undone_by": OURS},
        "consents": {"msisdn": SHOWN, "actor": OURS},
        "suppressions": {"msisdn": SHOWN, "evidence": "that of the wish, which is told"},
        "privacy_requests": {"channel": SHOWN, "opened_by": OURS, "done_by": OURS},
        "legal_holds": {"reason": "of an authority: that there is a hold is told", "set_by": OURS, "ended_by": OURS},
        "tickets": {
            **dict.fromkeys(("code", "msisdn", "notify_msisdn", "service"), SHOWN),
            **dict.fromkeys(("category", "tier", "lang", "call_sid", "jurisdiction_code", "completion_pin"), OURS),
        },
        "ticket_events": {"actor": SHOWN, "kind": OURS, "data": "told as a sentence"},
        "dispatches": {"reason": OURS, "by_hand_reason": "the note of its step"},
        "tasks": {"cause": OURS, "reason": SHOWN, "jurisdiction_code": OURS, "msisdn": SHOWN, "done_by": OURS},
        "unplaced": dict.fromkeys(("subject", "within_code", "guess_code", "settled_code", "settled_by"), OURS),
        "calls": {
            **dict.fromkeys(("direction", "msisdn", "about"), SHOWN),
            **dict.fromkeys(("carrier_sid", "dnis", "lang", "node"), OURS),
            "reply": "what the line says, told as a turn",
        },
        "call_turns": {"who": SHOWN, "intent": OURS, "node": OURS},
        "calls_to_place": {
            **dict.fromkeys(("msisdn", "about"), SHOWN),
            **dict.fromkeys(("wording", "cause", "lang", "carrier_sid"), OURS),
        },
        "voicemails": {
            "about": SHOWN,
            **dict.fromkeys(("recording_sid", "url", "content_type", "sha256"), OURS),
        },
        "inbound_sms": {
            **dict.fromkeys(("msisdn", "about"), SHOWN),
            **dict.fromkeys(("carrier_sid", "intent", "question"), OURS),
        },
        "outbound_sms": {
            **dict.fromkeys(("msisdn", "about"), SHOWN),
            **dict.fromkeys(("key", "lang", "wording", "carrier_sid", "error_code"), OURS),
        },
        "batch_rows": {"reasons": OURS, "values": COPY, "keys": "short hashes"},
        "audit_entries": {
            **dict.fromkeys(("subject", "place"), "how it was found"),
            **dict.fromkeys(("data", "seal"), OURS),
            **dict.fromkeys(("actor", "action"), SHOWN),
        },
    }
)
"""Columns that the report leaves out, and why. Whoever adds a column of words to a table of people decides here."""


@pytest.fixture
def person_id(uow: UnitOfWork, resident: Resident) -> int:
    """The resident, with also what only some have."""
    session, person, ticket = uow.session, resident.person, resident.ticket
    source = Source(name="list", kind="committee")
    session.add(source)
    session.flush()
    batch = Batch(
        source_id=source.id,
        file_name="list.csv",
        file_hash="a" * 64,
        file_path="",
        jurisdiction_code=person.household.community_code,
        as_of=uow.now.date(),
        received_by="user:1",
        received_at=uow.now,
    )
    session.add(batch)
    session.flush()
    asked = privacy.open_request(uow, person.id, RequestKind.ACCESS, channel="desk", checked_how="document")
    privacy.refuse(uow, asked.id, "because")
    privacy.set_hold(uow, person.id, "a court asked")
    corrections.tell_mistake(uow, person.id, "the door is another one")
    session.add_all(
        [
            FollowUp(ticket_id=ticket.id, state=FollowUpState.DONE, due_at=uow.now, comment="at the second visit"),
            Unplaced(subject=f"ticket:{ticket.id}", words="by the old mill", found_at=uow.now),
            CallToPlace(msisdn=OWN, wording="follow_up", cause="x", facts={"words": "x"}, lang="zh", due_at=uow.now),
            BatchRow(batch_id=batch.id, row_no=2, cells=["x"], person_id=person.id),
        ]
    )
    person.household.head_id = person.id
    uow.audit("number.revealed", f"contact:{person.contacts[0].id}", reason="asked for it")
    uow.write_audit()
    session.flush()
    return person.id


class Canaries:
    """Words that stand in one column of one row each."""

    def __init__(self) -> None:
        self.where: dict[str, str] = {}

    def another(self, where: str) -> str:
        """A word of four letters, short enough for every column."""
        number = len(self.where)
        word = "".join(chr(ord("A") + number // 26**place % 26) for place in (2, 1, 0)) + "ź"
        self.where[word] = where
        return word

    def plant(self, row: Any) -> None:
        """One in every column of words of this row."""
        table = row.__table__
        for column in table.columns:
            if column.name in NOT_TOLD.get(table.name, {}) or isinstance(column.type, Enum):
                continue
            name = row.__mapper__.get_property_by_column(column).key
            where = f"{table.name}.{column.name}"
            if isinstance(column.type, JSONB):
                is_list = isinstance(getattr(row, name), list)
                setattr(row, name, [self.another(where)] if is_list else {"name": self.another(where)})
            elif isinstance(column.type, String):
                setattr(row, name, self.another(where))


def rows_of(uow: UnitOfWork, resident: Resident) -> list[Any]:
    """Every row that is about the resident alone."""
    found = [row for table in OF_HIM for row in uow.session.scalars(select(table))]
    left_out = {resident.wife.id}
    return [
        row
        for row in found
        if getattr(row, "person_id", None) not in left_out
        and row is not resident.wife
        and not (isinstance(row, Household) and row.id != resident.person.household_id)
        and not (isinstance(row, Flag) and row.household_id != resident.person.household_id)
        and not (isinstance(row, OutboundSms) and (row.msisdn != OWN and not row.about))
        and not isinstance(row, AuditEntry)
    ]


def test_every_column_of_words_is_told_in_the_file_and_on_the_page(
    app: Flask, uow: UnitOfWork, resident: Resident, person_id: int
) -> None:
    canaries = Canaries()
    for row in rows_of(uow, resident):
        canaries.plant(row)
    uow.session.flush()
    uow.session.expire_all()
    with app.test_request_context():
        held = subject.held(uow, uow.session.get_one(Person, person_id), "en")
        file = json.dumps(held.as_json(uow.now), ensure_ascii=False)
        page = json.dumps(
            [[(fact.label, fact.value) for fact in record] for part in parts(uow, held) for record in part.records],
            ensure_ascii=False,
        )

    assert len(canaries.where) > 50
    assert [where for word, where in canaries.where.items() if word not in file] == []
    assert [where for word, where in canaries.where.items() if word not in page] == []


def test_who_had_a_number_of_his_shown_stands_among_those_who_looked(
    app: Flask, uow: UnitOfWork, resident: Resident, person_id: int
) -> None:
    for subject_of in (f"call:{resident.call.id}", f"ticket_texts:{resident.ticket.id}", "text:1", "text_out:1"):
        uow.audit("number.revealed", subject_of, reason=f"for {subject_of}")
    uow.audit("recording.heard", f"voicemail:{resident.voicemail.id}", reason="for the message")
    uow.write_audit()

    looks = next(one.records for one in subject.held(uow, resident.person, "en").sections if one.name == "looks")

    told = {fact.value for record in looks for fact in record if fact.name == "reason"}
    assert told >= {"asked for it", f"for call:{resident.call.id}", "for text:1", "for text_out:1", "for the message"}


def test_every_column_left_out_is_there_and_every_table_about_people_is_searched() -> None:
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    about_people = {
        name
        for name, table in tables.items()
        if {"person_id", "msisdn", "household_id", "ticket_id", "call_id"} & set(table.columns.keys())
    }
    known = {one.__table__.name for one in OF_HIM}  # type: ignore[attr-defined]
    elsewhere = {
        "residences": "dates and a home",
        "person_searches": "made from what is told",
        "candidates": "which providers were weighed",
        "open_questions": "that we wait for the answer to a text that is told",
        "providers": "a business",
        "handler_units": "an office",
    }

    assert about_people - known - set(elsewhere) == set()
    for name, columns in NOT_TOLD.items():
        assert set(columns) <= set(tables[name].columns.keys()), name


def test_texts_at_a_number_that_is_no_longer_his_are_not_told_to_him(uow: UnitOfWork, resident: Resident) -> None:
    contact = uow.session.scalars(
        select(Contact).where(Contact.person_id == resident.person.id, Contact.msisdn == OWN)
    ).one()
    contact.wrong_since = uow.now
    uow.session.add(
        InboundSms(
            carrier_sid="SM2",
            msisdn=OWN,
            body="from whoever has the number now",
            received_at=uow.now + timedelta(days=9),
            outcome="handled",
            values={},
        )
    )
    uow.session.flush()

    told = json.dumps(subject.held(uow, resident.person, "en").as_json(uow.now), ensure_ascii=False)

    assert "from whoever has the number now" not in told
    assert "家水管爆了" in told
