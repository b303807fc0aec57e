"""Everything that is held about one person, from every domain, with the source of each value: for himself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, literal, or_, select
from sqlalchemy.orm import Session

from collection.models import Batch, BatchRow, Source
from console.privacy import without_numbers_of_others
from core import wording
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.events import Traces
from directory.models import (
    Contact,
    Correction,
    Flag,
    Household,
    Jurisdiction,
    Label,
    LegalHold,
    Merge,
    Person,
    PrivacyRequest,
    Provenance,
    Residence,
    Unplaced,
)
from directory.queries import consents
from directory.service import erasure
from ivr.models import Call, CallToPlace, CallTurn, Voicemail
from ivr.service import forgetting as ivr
from providers.models import Provider
from sms.models import InboundSms, OutboundSms
from sms.service import forgetting as sms
from ticketing import prompts
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.models import Dispatch, FollowUp, Task, Ticket, TicketEvent
from ticketing.service import forgetting as ticketing

Value = str | int | float | bool | date | datetime | None
LOOKS = 500  # the newest entries of the audit log about him
TOLD = (DispatchState.ACCEPTED, DispatchState.ARRIVED, DispatchState.COMPLETED)
"""A provider learns name, number and address when he takes the job."""
OF_PERSON = (
    "name",
    "sex",
    "birth_date",
    "lang",
    "access_need",
    "id_last4",
    "registered_place",
    "nationality",
    "died_on",
    "left_on",
)
FIELD_OF_SOURCE = {"id_last4": "identity", "home": "address"}
"""Where a column and its word in the rows of provenance differ."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with where it comes from; an empty source: from the record itself."""

    name: str
    value: Value
    source: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of things: each record is a list of facts, empty ones left out."""

    name: str
    records: Sequence[Sequence[Fact]]


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
        *_directory(session, traces),
        Section("tickets", _tickets(session, tickets, own)),
        Section("steps", _steps(uow, tickets, own, lang)),
        Section("handed_out", _handed_out(session, tickets)),
        Section("calls", [*_calls(calls, own), *_calls_to_come(session, traces)]),
        Section("said", _said(session, calls, own)),
        Section("recordings", _recordings(session, calls)),
        Section("texts", _texts(session, traces)),
        Section("tasks", _tasks(session, traces, tickets)),
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


def _facts(pairs: Mapping[str, Any]) -> list[Fact]:
    return [Fact(name, value) for name, value in pairs.items() if value not in (None, "")]


def _directory(session: Session, traces: Traces) -> list[Section]:
    ids = traces.person_ids
    persons = list(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)))
    rows = list(session.scalars(select(Provenance).where(Provenance.person_id.in_(ids)).order_by(Provenance.id)))
    source = _sources(rows)
    names = {
        person.id: person.name
        for person in session.scalars(
            select(Person).where(Person.id.in_([one.helper_id for one in persons if one.helper_id is not None]))
        )
    }
    homes = _homes(session, persons, ids)
    return [
        Section("person", [_person(person, source, names, homes) for person in persons]),
        Section("homes", [*_residences(session, ids, homes), *_heads(homes, ids)]),
        Section("numbers", _numbers(session, ids, source)),
        Section("consents", _consents(session, traces)),
        Section("labels", [_label(one, traces.numbers) for one in _of(session, Label, ids)]),
        Section("flags", _flags(session, homes, persons, traces.numbers)),
        Section("corrections", [_correction(one) for one in _of(session, Correction, ids)]),
        Section("merges", _merges(session, ids)),
        Section("sources", [_provenance(row, traces.numbers) for row in rows]),
    ]


def _of(session: Session, table: Any, ids: Iterable[int]) -> list[Any]:
    return list(session.scalars(select(table).where(table.person_id.in_(ids)).order_by(table.id)))


def _sources(rows: Sequence[Provenance]) -> dict[tuple[int, str], str]:
    """By person and field, which source's value was written last."""
    found: dict[tuple[int, str], str] = {}
    for row in rows:
        for field in row.taken:
            found[row.person_id, str(field)] = " · ".join(
                filter(None, (row.source, row.as_of.isoformat() if row.as_of else ""))
            )
    return found


def _homes(
    session: Session, persons: Sequence[Person], ids: Iterable[int]
) -> dict[int, tuple[Household, Jurisdiction]]:
    lived = select(Residence.household_id).where(Residence.person_id.in_(ids))
    found = session.execute(
        select(Household, Jurisdiction)
        .join(Jurisdiction, Jurisdiction.code == Household.community_code)
        .where(or_(Household.id.in_([one.household_id for one in persons]), Household.id.in_(lived)))
    )
    return {home.id: (home, place) for home, place in found}


def _person(
    person: Person,
    source: Mapping[tuple[int, str], str],
    names: Mapping[int, str],
    homes: Mapping[int, tuple[Household, Jurisdiction]],
) -> list[Fact]:
    home, place = homes[person.household_id]
    values = {name: getattr(person, name) for name in OF_PERSON}
    values |= {"home": f"{place.name_zh} {home.address}", "helper": names.get(person.helper_id or 0, "")}
    values |= {"list_id": person.source_id, "has_identity_hash": True if person.id_hash else None}
    return [
        Fact(fact.name, fact.value, source.get((person.id, FIELD_OF_SOURCE.get(fact.name, fact.name)), ""))
        for fact in _facts(values)
    ]


def _residences(
    session: Session, ids: Iterable[int], homes: Mapping[int, tuple[Household, Jurisdiction]]
) -> list[list[Fact]]:
    return [
        _facts(
            {
                "home": f"{homes[one.household_id][1].name_zh} {homes[one.household_id][0].address}",
                "as": one.kind,
                "from": one.from_on,
                "until": one.until_on,
            }
        )
        for one in _of(session, Residence, ids)
    ]


def _heads(homes: Mapping[int, tuple[Household, Jurisdiction]], ids: Collection[int]) -> list[list[Fact]]:
    return [
        _facts({"home": f"{place.name_zh} {home.address}", "is_head": True})
        for home, place in homes.values()
        if home.head_id in ids
    ]


def _numbers(session: Session, ids: Iterable[int], source: Mapping[tuple[int, str], str]) -> list[list[Fact]]:
    found = []
    for one in _of(session, Contact, ids):
        field = "landline" if one.kind == "fixed" else "mobile"
        values = {
            "extension": one.extension,
            "kind": one.kind,
            "label": one.label,
            "is_of_another": True if one.owner_id else None,
            "verified_at": one.verified_at,
            "verified_how": one.verified_how,
            "wrong_since": one.wrong_since,
        }
        found.append([Fact("number", one.msisdn, source.get((one.person_id, field), "")), *_facts(values)])
    return found


def _consents(session: Session, traces: Traces) -> list[list[Fact]]:
    told = [
        _facts(
            {
                "number": line.msisdn,
                "purpose": line.purpose,
                "channel": line.channel,
                "is_given": line.is_given,
                "at": line.at,
                "evidence": line.evidence,
                "wording_version": line.wording_version,
            }
        )
        for line in consents.history(session, traces.numbers)
    ]
    stopped = [
        _facts({"number": row.msisdn, "channel": row.channel, "stopped": row.scope, "at": row.since})
        for row in consents.stops(session, traces.numbers)
    ]
    return [*told, *stopped]


def _label(one: Label, own: Collection[str]) -> list[Fact]:
    return _facts(
        {
            "kind": one.kind,
            "basis": without_numbers_of_others(one.basis, own),
            "from": one.from_on,
            "review_by": one.review_by,
            "until": one.ended_at,
        }
    )


def _flags(
    session: Session,
    homes: Mapping[int, tuple[Household, Jurisdiction]],
    persons: Sequence[Person],
    own: Collection[str],
) -> list[list[Fact]]:
    """What is noted of the households in which he is now."""
    now = sorted({person.household_id for person in persons if person.merged_into_id is None})
    notes = [
        _facts({"kind": "note", "words": without_numbers_of_others(home.note, own), "lang": home.lang})
        for home in (homes[number][0] for number in now)
        if home.note or home.lang
    ]
    flags = session.scalars(select(Flag).where(Flag.household_id.in_(now)).order_by(Flag.id))
    return notes + [
        _facts(
            {
                "kind": one.kind,
                "words": without_numbers_of_others(one.note, own),
                "at": one.added_at,
                "expires_on": one.expires_on,
                "until": one.ended_at,
            }
        )
        for one in flags
    ]


def _correction(one: Correction) -> list[Fact]:
    return _facts({"words": one.words, "at": one.told_at, "is_right": one.is_right, "settled_at": one.settled_at})


def _merges(session: Session, ids: Iterable[int]) -> list[list[Fact]]:
    found = session.scalars(select(Merge).where(or_(Merge.kept_id.in_(ids), Merge.gone_id.in_(ids))).order_by(Merge.id))
    return [_facts({"at": one.at, "kept": one.kept_id, "gone": one.gone_id, "until": one.undone_at}) for one in found]


def _provenance(row: Provenance, own: Collection[str]) -> list[Fact]:
    """What a source said, and what stood there before."""
    told = {f"said_{name}": value for name, value in row.said.items()}
    told |= {f"before_{name}": value for name, value in row.before.items()}
    words = {name: without_numbers_of_others(str(value), own) for name, value in told.items() if value}
    return _facts({"source": row.source, "row": row.row_no, "as_of": row.as_of, "at": row.at, **words})


def _tickets(session: Session, tickets: Sequence[Ticket], own: frozenset[str]) -> list[list[Fact]]:
    ids = [one.id for one in tickets]
    asked: dict[int, list[FollowUp]] = defaultdict(list)
    for row in session.scalars(select(FollowUp).where(FollowUp.ticket_id.in_(ids)).order_by(FollowUp.id)):
        asked[row.ticket_id].append(row)
    subjects = {f"ticket:{number}": number for number in ids}
    places = {
        subjects[row.subject]: row.words
        for row in session.scalars(select(Unplaced).where(Unplaced.subject.in_(subjects)))
    }
    found = []
    for one in tickets:
        answers = asked[one.id]
        answer = answers[-1] if answers else None
        comments = " · ".join(filter(None, (each.comment for each in answers)))
        found.append(
            _facts(
                {
                    "code": one.code,
                    "kind": one.kind,
                    "service": one.service,
                    "state": one.state,
                    "opened_at": one.opened_at,
                    "closed_at": one.closed_at,
                    "name": one.requester_name,
                    "number": one.msisdn if one.msisdn in own else None,
                    "address": one.address,
                    "words": without_numbers_of_others(one.description, own),
                    "place_words": without_numbers_of_others(places.get(one.id, ""), own),
                    "reason": without_numbers_of_others(one.close_reason, own),
                    "is_solved": answer.is_solved if answer is not None else None,
                    "score": answer.score if answer is not None else None,
                    "comment": without_numbers_of_others(comments, own),
                }
            )
        )
    return found


def _steps(uow: UnitOfWork, tickets: Sequence[Ticket], own: frozenset[str], lang: str) -> list[list[Fact]]:
    codes = {one.id: one.code for one in tickets}
    steps = uow.session.scalars(select(TicketEvent).where(TicketEvent.ticket_id.in_(codes)).order_by(TicketEvent.id))
    return [
        _facts(
            {
                "code": codes[step.ticket_id],
                "at": step.at,
                "step": _sentence(uow, step, lang),
                "words": without_numbers_of_others(step.note, own),
            }
        )
        for step in steps
    ]


def _sentence(uow: UnitOfWork, step: TicketEvent, lang: str) -> str:
    told = {"who": step.actor, **prompts.facts(step.data, lang, uow.zone)}
    return wording.say("ticketing", f"event.{step.kind}", lang, **told)


def _handed_out(session: Session, tickets: Sequence[Ticket]) -> list[list[Fact]]:
    """Who got his name, number and address, and when."""
    codes = {one.id: one.code for one in tickets}
    rows = session.execute(
        select(Dispatch, Provider.name)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .where(Dispatch.ticket_id.in_(codes), Dispatch.state.in_(TOLD))
        .order_by(Dispatch.id)
    )
    return [_facts({"code": codes[row.ticket_id], "provider": name, "at": row.answered_at}) for row, name in rows]


def _calls(calls: Sequence[Call], own: Collection[str]) -> list[list[Fact]]:
    return [
        _facts(
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


def _calls_to_come(session: Session, traces: Traces) -> list[list[Fact]]:
    """Calls to his own numbers that are still to be made."""
    wanted = select(CallToPlace).where(CallToPlace.msisdn.in_(traces.own), CallToPlace.ended_at.is_(None))
    return [
        _facts(
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


def _said(session: Session, calls: Sequence[Call], own: frozenset[str]) -> list[list[Fact]]:
    turns = session.scalars(
        select(CallTurn).where(CallTurn.call_id.in_([one.id for one in calls])).order_by(CallTurn.id)
    )
    return [
        _facts(
            {
                "at": turn.at,
                "who": turn.who,
                "words": without_numbers_of_others(turn.words, own),
                "digits": turn.digits,
            }
        )
        for turn in turns
    ]


def _recordings(session: Session, calls: Sequence[Call]) -> list[list[Fact]]:
    found = session.scalars(
        select(Voicemail).where(Voicemail.call_id.in_([one.id for one in calls])).order_by(Voicemail.id)
    )
    return [
        _facts({"at": one.at, "seconds": one.seconds, "code": one.about, "is_kept": one.sha256 is not None})
        for one in found
    ]


def _texts(session: Session, traces: Traces) -> list[list[Fact]]:
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
        found.append(_facts({"at": at, **line, **masked}))
    return found


def _tasks(session: Session, traces: Traces, tickets: Sequence[Ticket]) -> list[list[Fact]]:
    his = or_(Task.ticket_id.in_([one.id for one in tickets]), Task.msisdn.in_(traces.own))
    return [
        _facts({"kind": one.kind, "reason": one.reason, "at": one.opened_at, "done_at": one.done_at})
        for one in session.scalars(select(Task).where(his).order_by(Task.id))
    ]


def _lists(session: Session, ids: Iterable[int], own: Collection[str]) -> list[list[Fact]]:
    rows = session.execute(
        select(BatchRow, Batch, Source)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .join(Source, Source.id == Batch.source_id)
        .where(BatchRow.person_id.in_(ids))
        .order_by(BatchRow.id)
    )
    return [
        _facts(
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
        _facts(
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
        for one in _of(session, PrivacyRequest, ids)
    ]
    return asked + [
        _facts({"kind": "hold", "at": one.set_at, "until": one.ended_at}) for one in _of(session, LegalHold, ids)
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
        _facts(
            {
                "at": one.at,
                "by": one.actor,
                "action": one.action,
                "reason": without_numbers_of_others(one.reason, traces.numbers),
            }
        )
        for one in entries
    ]
