"""Everything that is held about one person, from every domain, with the source of each value: for himself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, literal, or_, select
from sqlalchemy.orm import Session

from collection.models import Batch, BatchRow, Source
from console.privacy import without_numbers_of_others
from console.subject_directory import of_directory
from console.subject_facts import Fact, Section, Value, facts, rows_of
from console.subject_talks import calls_to_come, of_calls, of_texts, recordings, said
from console.subject_tickets import handed_out, of_tasks, of_tickets, steps
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.events import Traces
from directory.models import (
    Contact,
    LegalHold,
    Person,
    PrivacyRequest,
)
from directory.service import erasure
from ivr.models import Call, Voicemail
from ivr.service import forgetting as ivr
from sms.models import InboundSms, OutboundSms
from sms.service import forgetting as sms
from ticketing.models import Task, Ticket
from ticketing.service import forgetting as ticketing

LOOKS = 500  # the newest entries of the audit log about him


@dataclass(frozen=True, slots=True)
class Held:
    """What is held about one person."""

    person: Person
    traces: Traces
    sections: Sequence[Section]

    def as_json(self, made_at: datetime) -> dict[str, Any]:
        """The same as plain values; moments in ISO form, UTC."""
        return {
            "person_id": self.person.id,
            "made_at": made_at.isoformat(),
            "shared_numbers": sorted(self.traces.shared & self.traces.numbers),
            "sections": {section.name: [_as_json(record) for record in section.records] for section in self.sections},
        }


def held(uow: UnitOfWork, person: Person, lang: str) -> Held:
    """Everything that is held about a person and whoever was merged into him; a fixed number of statements.

    Of a number that somebody else has too only what is about the person's own tickets is his. Numbers of others are cut
    down in what was said and written. Steps of tickets are told in `lang`.
    """
    session, traces = uow.session, erasure.trace(uow, person.id)
    ids, own = traces.person_ids, traces.numbers
    tickets = list(session.scalars(select(Ticket).where(ticketing.tickets_of(traces)).order_by(Ticket.id)))
    calls = list(session.scalars(select(Call).where(ivr.calls_of(traces)).order_by(Call.id)))
    sections = [
        *of_directory(session, traces),
        Section("tickets", of_tickets(session, tickets, own)),
        Section("steps", steps(uow, tickets, own, lang)),
        Section("handed_out", handed_out(session, tickets)),
        Section("calls", [*of_calls(calls, own), *calls_to_come(session, traces)]),
        Section("said", said(session, calls, own)),
        Section("recordings", recordings(session, calls)),
        Section("texts", of_texts(session, traces)),
        Section("tasks", of_tasks(session, traces, tickets)),
        Section("lists", _lists(session, ids, own)),
        Section("requests", _requests(session, ids)),
        Section("looks", _looks(session, person, traces, tickets, calls)),
    ]
    return Held(person, traces, sections)


def _as_json(record: Sequence[Fact]) -> dict[str, Any]:
    """Values by name; where a source is known, the value with its source."""
    return {
        fact.name: {"value": _plain(fact.value), "source": fact.source} if fact.source else _plain(fact.value)
        for fact in record
    }


def _plain(value: Value) -> Value:
    return value.isoformat() if isinstance(value, date) else value


def _lists(session: Session, ids: Iterable[int], own: Collection[str]) -> list[list[Fact]]:
    rows = session.execute(
        select(BatchRow, Batch, Source)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .join(Source, Source.id == Batch.source_id)
        .where(BatchRow.person_id.in_(ids))
        .order_by(BatchRow.id)
    )
    return [
        facts(
            {
                "source": source.name,
                "purpose": source.purpose,
                "basis": source.basis,
                "row": row.row_no,
                "at": batch.received_at,
                "words": without_numbers_of_others(" · ".join(str(cell) for cell in row.cells if cell), own),
            }
        )
        for row, batch, source in rows
    ]


def _requests(session: Session, ids: Iterable[int]) -> list[list[Fact]]:
    asked = [
        facts(
            {
                "kind": one.kind,
                "channel": one.channel,
                "checked": one.checked_how,
                "at": one.asked_at,
                "state": one.state,
                "done_at": one.done_at,
                "reason": one.outcome,
            }
        )
        for one in rows_of(session, PrivacyRequest, ids)
    ]
    return asked + [
        facts({"kind": "hold", "at": one.set_at, "until": one.ended_at}) for one in rows_of(session, LegalHold, ids)
    ]


def _looks(
    session: Session, person: Person, traces: Traces, tickets: Sequence[Ticket], calls: Sequence[Call]
) -> list[list[Fact]]:
    """Who looked at him or changed something, and why; the newest first. Also who had a number of his shown in full."""
    subjects = [f"household:{person.household_id}", *(f"person:{number}" for number in sorted(traces.person_ids))]
    subjects += [f"{kind}:{one.id}" for one in tickets for kind in ("ticket", "ticket_texts")]
    subjects += [f"call:{one.id}" for one in calls]
    his_calls = [one.id for one in calls]
    his_task = or_(Task.ticket_id.in_([one.id for one in tickets]), Task.msisdn.in_(traces.own))
    for kind, wanted in (
        ("contact", select(Contact.id).where(Contact.person_id.in_(traces.person_ids))),
        ("task", select(Task.id).where(his_task)),
        ("voicemail", select(Voicemail.id).where(Voicemail.call_id.in_(his_calls))),
        ("text", select(InboundSms.id).where(sms.in_of(traces))),
        ("text_out", select(OutboundSms.id).where(sms.out_of(traces))),
    ):
        subjects += [f"{kind}:{number}" for number in session.scalars(wanted)]
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == any_(literal(subjects, ARRAY(String))))
        .order_by(AuditEntry.number.desc())
        .limit(LOOKS)
    )
    return [
        facts(
            {
                "at": one.at,
                "by": one.actor,
                "action": one.action,
                "reason": without_numbers_of_others(one.reason, traces.numbers),
            }
        )
        for one in entries
    ]
