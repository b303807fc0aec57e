"""Whole calls, turn by turn, as they were written for this line: each prompt in its place, each outcome as expected.

What the queue, the agents' desk and the later systems say in them (C12 the call-back offer, C15 the time bank, C16 the
roll) is not asked for here: those callers reach a person, and what they want is written down.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.uow import UnitOfWork
from directory.models import AccessNeed, ContactKind, Person
from ivr.models import CallOutcome
from tests.factories.ivr import Phone
from tests.factories.people import COMMUNITY, a_person, a_place
from tests.factories.providers import a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket
from tests.ivr.conftest import Book, NewPhone, Work
from ticketing.models import Ticket
from ticketing.service import tickets

LINES = (Path(__file__).parent / "calls.jsonl").read_text(encoding="utf-8").splitlines()
CALLS: dict[str, dict[str, Any]] = {call["id"]: call for call in map(json.loads, LINES)}
NODES: dict[str, set[str]] = {
    "greeting": {"open"},
    "reprompt": {"open", "menu"},
    "to_agent": {"duty"},
    "confirm_category": {"confirm_service"},
    "confirm_address": {"confirm_address"},
    "ask_address": {"address"},
    "ticket_created": {"another"},
    "emergency": {"duty_now"},
    "ask_ticket_code_digits": {"code", "code_or_latest"},
    "ticket_status": {"another"},
    "reopen_offer": {"offer_reopen"},
    "ticket_reopened": {"another"},
    "confirm_cancel": {"confirm_cancel"},
    "cancelled": {"another"},
}
LATER_SYSTEMS = {"C12", "C15", "C16"}
ANSWERED = ("agent_answered", "agent_priority")


Replayed = Callable[[str], tuple[Phone, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class CameTo:
    """What a call leaves behind: its outcome, the tickets (kind, service, tier, state), the open tasks."""

    outcome: CallOutcome
    tickets: list[tuple[str, str, str, str]]
    tasks: tuple[str, ...] = ()


PLUMBING = ("service", "plumbing", "T2", "open")
EXPECTED = {
    "C01": CameTo(CallOutcome.TICKET, [PLUMBING]),
    "C02": CameTo(CallOutcome.PERSON, []),
    "C03": CameTo(CallOutcome.TICKET, [PLUMBING]),
    "C04": CameTo(CallOutcome.PERSON, [("question", "policy", "T3", "open")]),
    "C05": CameTo(CallOutcome.EMERGENCY, [("emergency", "", "T1", "open")]),
    "C06": CameTo(CallOutcome.RETURN_CALL, [], ("return_call",)),
    "C07": CameTo(CallOutcome.ANSWERED, [("service", "plumbing", "T2", "acknowledged")]),
    "C08": CameTo(CallOutcome.PERSON, [("service", "drain", "T2", "closed"), ("complaint", "drain", "T3", "open")]),
    "C09": CameTo(CallOutcome.TICKET, [PLUMBING]),
    "C10": CameTo(CallOutcome.PERSON, []),
    "C11": CameTo(CallOutcome.PERSON, []),
    "C12": CameTo(CallOutcome.RETURN_CALL, [("service", "electrical", "T2", "new")], ("return_call",)),
    "C13": CameTo(CallOutcome.TICKET, [("service", "cleaning", "T3", "cancelled")]),
    "C14": CameTo(CallOutcome.EMERGENCY, [("emergency", "", "T1", "open")]),
    "C15": CameTo(CallOutcome.PERSON, [("question", "community", "T3", "open")]),
    "C16": CameTo(CallOutcome.PERSON, [("question", "community", "T3", "open")]),
}


def prepare(uow: UnitOfWork, call: dict[str, Any]) -> None:
    """Put on file what the call presupposes."""
    setup = call.get("setup", {})
    a_place(uow)
    a_provider(uow, services=("plumbing", "drain", "cleaning"))
    person = _resident(uow, call, setup["resident"]) if "resident" in setup else None
    if "ticket" in setup:
        _ticket(uow, setup["ticket"], person)


def _resident(uow: UnitOfWork, call: dict[str, Any], known: dict[str, Any]) -> Person:
    born = known.get("birth_date")
    return a_person(
        uow,
        known.get("name", "周女士"),
        msisdn=call["from_number"],
        kind=ContactKind.FIXED if "landline" in known else ContactKind.MOBILE,
        community_code=known.get("community", COMMUNITY),
        address=known.get("address", "8号楼2单元301"),
        birth_date=date.fromisoformat(born) if born else date(1980, 5, 1),
        access_need=AccessNeed(known["access_need"]) if "access_need" in known else None,
    )


def _ticket(uow: UnitOfWork, known: dict[str, Any], person: Person | None) -> Ticket:
    wanted = a_request(
        service=known.get("service", "plumbing"),
        msisdn=known["reporter"],
        notify_msisdn=known["reporter"],
        person=person,
        is_urgent="provider" in known,
    )
    ticket = a_ticket(uow, wanted)
    ticket.code = known["code"]
    if known["state"] == "acknowledged":
        a_held_job(uow, ticket)
    if known["state"] == "closed":
        tickets.close(uow, ticket.code, "solved", tells=False)
    return ticket


def replay(phone: Phone, book: Book, call: dict[str, Any]) -> None:
    """Speak and press what the caller does; the agent's words are not ours to test."""
    is_answered = False
    phone.dial()
    for turn in call["turns"]:
        if turn.get("from") == "ivr" and call["id"] not in LATER_SYSTEMS:
            _check_prompt(phone, book, turn["prompt"])
        elif turn.get("from") == "caller" and phone.heard is not None and phone.heard.verb == "Gather":
            _answer(phone, turn)
        elif turn.get("event") in ANSWERED:
            assert phone.heard is not None
            assert phone.heard.verb == "Dial", phone.transcript
            is_answered = True
        elif turn.get("event") == "hangup":
            break
    if phone.heard is not None and phone.heard.verb == "Dial" and (is_answered or call["id"] in LATER_SYSTEMS):
        phone.duty("completed")
    phone.hang_up()


def _answer(phone: Phone, turn: dict[str, Any]) -> None:
    if "say" in turn:
        phone.say(turn["say"], turn.get("asr_confidence", 0.92))
    elif "dtmf" in turn:
        phone.press(turn["dtmf"].removesuffix("#"))
    else:
        phone.keep_silent()


def _check_prompt(phone: Phone, book: Book, prompt: str) -> None:
    name, _, about = prompt.partition(":")
    row = book.call(phone)
    assert row.node in NODES[name], phone.transcript
    if name == "confirm_category":
        assert row.said["service"] == about
    elif name in ("ticket_status", "reopen_offer", "confirm_cancel"):
        assert f"{about[0]}，{about[1:3]}，{about[3:]}" in phone.words


@pytest.fixture
def replayed(new_phone: NewPhone, book: Book, work: Work, at: Callable[[datetime], None]) -> Replayed:
    """`replayed("C01")`: the call as it went, and what was expected of it."""

    def go(call_id: str) -> tuple[Phone, dict[str, Any]]:
        call = CALLS[call_id]
        at(datetime.fromisoformat(call["started_at"]))
        with work() as uow:
            prepare(uow, call)
        phone = new_phone(call["from_number"])
        replay(phone, book, call)
        return phone, call["expected"]

    return go


def test_every_sample_call_is_expected_to_come_to_something() -> None:
    assert list(CALLS) == list(EXPECTED)


@pytest.mark.parametrize("call_id", list(CALLS))
def test_a_sample_call_goes_as_written(call_id: str, replayed: Replayed, book: Book) -> None:
    phone, _ = replayed(call_id)

    found = [(one.kind.value, one.service, one.tier, one.state.value) for one in book.tickets()]
    came_to = CameTo(book.outcome(phone), found, tuple(kind for kind, _ in book.tasks() if kind != "check"))
    assert came_to == EXPECTED[call_id], "\n".join(phone.transcript)


def test_a_burst_pipe_is_told_which_valve_to_close(replayed: Replayed) -> None:
    phone, expected = replayed("C01")

    assert expected["safety_advice"] == "close_main_valve"
    assert any("进水总阀" in line for line in phone.transcript)


def test_an_english_caller_hears_english_to_the_end(replayed: Replayed, book: Book) -> None:
    phone, expected = replayed("C03")

    assert phone.heard is not None
    assert set(phone.heard.langs) == {"en"}
    assert [(one.lang, one.address) for one in book.tickets()] == [("en", expected["address"])]


def test_the_status_names_the_provider_and_never_the_address(replayed: Replayed) -> None:
    phone, _ = replayed("C07")

    status = next(line for line in phone.transcript if "A，10，23" in line and "快修水电" in line)
    assert "8号楼" not in status


@pytest.mark.parametrize(("call_id", "number"), [("C05", "119"), ("C14", "110")])
def test_the_emergency_number_comes_before_everything(call_id: str, number: str, replayed: Replayed) -> None:
    phone, expected = replayed(call_id)

    assert expected["number"] == number
    line = next(line for line in phone.transcript if number in line)
    assert phone.transcript.index(line) == 3  # the answer to the caller's first sentence
    assert "[Dial]" in line


def test_a_reopened_ticket_keeps_its_code(replayed: Replayed, book: Book) -> None:
    replayed("C09")

    assert [(one.code, one.reopened) for one in book.tickets()] == [("A1023", 1)]
