"""A resident with something in every table, and who else is touched by him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

import app as house
from core.uow import UnitOfWork
from directory.models import (
    Channel,
    Contact,
    ContactKind,
    Flag,
    FlagKind,
    Label,
    LabelKind,
    Merge,
    Person,
    Provenance,
    Purpose,
    Residence,
)
from directory.service import consents
from ivr.models import Call, CallOutcome, CallTurn, Voicemail
from sms.models import Delivery, InboundSms, OpenQuestion, OutboundSms, Outcome, Urgency
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket
from ticketing.lifecycle import State
from ticketing.models import FollowUp, FollowUpState, Task, TaskKind, Ticket, TicketEvent

OWN, HOME_PHONE, MET = "+8616200000771", "+869785557712", "+8616200000773"
"""His mobile, the landline that his wife has too, and a number that only the row merged into him had."""
WORDS = "赵德海"


@dataclass(frozen=True, slots=True)
class Resident:
    """Who was made."""

    person: Person
    gone: Person  # merged into him
    wife: Person
    ticket: Ticket
    call: Call
    voicemail: Voicemail


@pytest.fixture(autouse=True)
def wired() -> None:
    """The tables that join the packages are filled."""
    house.wire()


@pytest.fixture
def resident(uow: UnitOfWork) -> Resident:
    """A man of 76 with a wife, a closed ticket and traces in every domain; each trace holds the word WORDS."""
    return a_resident(uow)


def a_resident(uow: UnitOfWork) -> Resident:
    """Make him; the unit of work is left open."""
    session = uow.session
    person = a_person(uow, WORDS, msisdn=OWN, birth_date=date(1950, 8, 17))
    person.sex, person.source_id, person.id_hash, person.id_last4 = "M", "list:77", "f" * 64, "123X"
    person.registered_place, person.nationality = f"{WORDS}村", "CN"
    gone = a_person(uow, f"{WORDS}（旧）", msisdn=MET, birth_date=date(1950, 8, 17), address="9号楼1单元101")
    gone.merged_into_id = person.id
    wife = a_person(uow, "孙玉兰", msisdn=HOME_PHONE, kind=ContactKind.FIXED, birth_date=date(1952, 1, 2))
    wife.helper_id = person.id
    person.household.note = f"{WORDS}家"
    person.household.head_id = person.id
    session.add_all(
        [
            Contact(person_id=person.id, msisdn=HOME_PHONE, kind=ContactKind.FIXED),
            Residence(person_id=person.id, household_id=person.household_id, from_on=date(2001, 1, 1)),
            Label(
                person_id=person.id,
                kind=LabelKind.LONG_ILLNESS,
                basis=WORDS,
                from_on=date(2020, 1, 1),
                added_by="user:1",
            ),
            Flag(
                household_id=person.household_id,
                kind=FlagKind.DEAF,
                note=WORDS,
                author="user:1",
                added_at=uow.now,
                expires_on=date(2030, 1, 1),
            ),
            Flag(
                household_id=gone.household_id,
                kind=FlagKind.DOG,
                note=WORDS,
                author="user:1",
                added_at=uow.now,
                expires_on=date(2030, 1, 1),
            ),
            Provenance(
                person_id=person.id,
                source="district",
                as_of=date(2026, 1, 1),
                at=uow.now,
                said={"name": WORDS, "mobile": OWN},
                taken=["name", "mobile"],
                before={},
            ),
            Merge(kept_id=person.id, gone_id=gone.id, score=0.9, reasons=[WORDS], at=uow.now, by="user:1", before={}),
        ]
    )
    consents.record_consent(uow, OWN, Purpose.NOTICE, is_given=True, evidence="import", person_id=person.id)
    consents.stop(uow, OWN, is_everything=True, evidence="sms:1")
    ticket = _closed_ticket(uow, person)
    call, voicemail = _a_call(uow, person, ticket)
    _texts(uow, ticket)
    session.flush()
    return Resident(person, gone, wife, ticket, call, voicemail)


def _closed_ticket(uow: UnitOfWork, person: Person) -> Ticket:
    request = a_request(person=person, msisdn=OWN, notify_msisdn=OWN)
    ticket = a_ticket(uow, request)
    ticket.requester_name, ticket.description = WORDS, f"{WORDS}家水管爆了"
    ticket.address, ticket.close_reason = f"{WORDS}家8号楼", f"{WORDS}说好了"
    ticket.state, ticket.closed_at, ticket.match_at = State.CLOSED, uow.now, None
    uow.session.add_all(
        [
            TicketEvent(ticket_id=ticket.id, at=uow.now, actor="user:1", kind="note", note=f"{WORDS}耳背"),
            FollowUp(
                ticket_id=ticket.id,
                state=FollowUpState.DONE,
                due_at=uow.now,
                is_solved=True,
                score=5,
                comment=f"{WORDS}满意",
            ),
            Task(
                kind=TaskKind.CALL_BACK,
                cause=f"person:{OWN}",
                reason="person_asked",
                msisdn=OWN,
                due_at=uow.now,
                opened_at=uow.now,
            ),
        ]
    )
    uow.session.flush()
    return ticket


def _a_call(uow: UnitOfWork, person: Person, ticket: Ticket) -> tuple[Call, Voicemail]:
    call = Call(
        carrier_sid="CA" + "7" * 32,
        direction="in",
        msisdn=OWN,
        dnis="+869785550156",
        lang="zh",
        person_id=person.id,
        started_at=uow.now,
        ended_at=uow.now + timedelta(minutes=2),
        seconds=120,
        node="end",
        said={"words": WORDS},
        reply={"say": WORDS},
        outcome=CallOutcome.TICKET,
        about=ticket.code,
    )
    uow.session.add(call)
    uow.session.flush()
    turn = CallTurn(call_id=call.id, step=1, who="caller", at=uow.now, words=f"我是{WORDS}", digits="1", node="matter")
    voicemail = Voicemail(
        call_id=call.id,
        recording_sid="RE77",
        url="https://example.org/RE77",
        seconds=9,
        at=uow.now,
        about=ticket.code,
        content_type="audio/wav",
        sha256="a" * 64,
    )
    uow.session.add_all([turn, voicemail])
    uow.session.flush()
    return call, voicemail


def _texts(uow: UnitOfWork, ticket: Ticket) -> None:
    def out(key: str, msisdn: str, body: str, about: str, delivery: Delivery) -> OutboundSms:
        return OutboundSms(
            key=key * 32,
            msisdn=msisdn,
            lang="zh",
            wording="visit",
            body=body,
            segments=1,
            about=about,
            purpose=Purpose.SERVICE,
            urgency=Urgency.SERVICE,
            delivery=delivery,
            created_at=uow.now,
            send_at=uow.now,
        )

    uow.session.add_all(
        [
            out("1", OWN, f"{WORDS}您好", ticket.code, Delivery.DELIVERED),
            out("2", "+8616500000001", f"{WORDS} {OWN} 8号楼", ticket.code, Delivery.DELIVERED),
            out("3", HOME_PHONE, f"{WORDS}您好，师傅到了", ticket.code, Delivery.DELIVERED),
            out("4", HOME_PHONE, "孙玉兰您好", "", Delivery.DELIVERED),
            out("5", OWN, f"{WORDS}再见", "", Delivery.QUEUED),
            InboundSms(
                carrier_sid="SM1",
                msisdn=OWN,
                body=f"我是{WORDS}",
                received_at=uow.now,
                outcome=Outcome.HANDLED,
                values={"name": WORDS},
            ),
            OpenQuestion(
                msisdn=OWN, kind="visit", about=ticket.code, asked_at=uow.now, expires_at=uow.now + timedelta(days=1)
            ),
        ]
    )
    uow.session.flush()


__all__ = ["HOME_PHONE", "MET", "OWN", "WORDS", "Channel", "Resident", "a_resident"]
