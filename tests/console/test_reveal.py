"""A masked number is shown in full to who says why, and that is written down first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import policy as policy_file
from console import masking
from core.audit import AuditEntry
from core.uow import unit_of_work
from directory.scope import Scope
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket

WHY = "回电核对门牌"


@pytest.fixture
def ticket(clean: None) -> Any:
    """A ticket in AH010201 whose requester has the number 162 0000 0901."""
    with unit_of_work("test") as uow:
        return a_ticket(uow, a_request())


@pytest.fixture
def officer(desk_of: Callable[..., Desk]) -> Desk:
    """The officer of the ticket's street: sees numbers masked, may reveal one."""
    return desk_of(Role.STREET_OFFICER, "AH0102", "officer")


def entries(session: Session, action: str = "number.revealed") -> list[AuditEntry]:
    """What was written down."""
    session.expire_all()
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_who_may_see_numbers_sees_them(desk_of: Callable[..., Desk], ticket: Any) -> None:
    page = desk_of(Role.AGENT, "AH").reads(f"/console/tickets/{ticket.code}")

    assert "162 0000 0901" in page
    assert "显示并记录原因" not in page


def test_who_may_not_sees_four_digits_and_how_to_see_more(officer: Desk, ticket: Any) -> None:
    page = officer.reads(f"/console/tickets/{ticket.code}")

    assert "162 •••• 0901" in page
    assert "0000 0901" not in page
    assert "显示并记录原因" in page


def test_who_may_not_even_reveal_is_not_offered_it(desk_of: Callable[..., Desk], ticket: Any) -> None:
    auditor = desk_of(Role.AUDITOR, "AH", "auditor")

    page = auditor.reads(f"/console/tickets/{ticket.code}")

    assert "162 •••• 0901" in page
    assert "显示并记录原因" not in page
    answer = auditor.sends("/console/reveal", subject=f"ticket:{ticket.id}", reason=WHY)
    assert answer.status_code == 403


def test_a_reason_shows_the_number_and_is_written_down(officer: Desk, ticket: Any, session: Session) -> None:
    answer = officer.sends(
        "/console/reveal", subject=f"ticket:{ticket.id}", reason=f" {WHY}  16200000901 ", back="/console/tickets"
    )

    assert answer.status_code == 200
    assert "162 0000 0901" in answer.text
    assert 'href="/console/tickets"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    (entry,) = entries(session)
    assert (entry.subject, entry.place) == (f"ticket:{ticket.id}", "AH010201")
    assert entry.reason == f"{WHY} •••• 0901"  # a number that somebody wrote there does not go in whole
    assert entry.actor.startswith("user:")


def test_a_script_gets_the_number_alone(officer: Desk, ticket: Any, session: Session) -> None:
    form = {"subject": f"ticket:{ticket.id}", "reason": WHY}
    token = officer.client.get("/console/tickets").text.split('name="csrf_token" value="')[1].split('"')[0]

    answer = officer.client.post(
        "/console/reveal", data={**form, "csrf_token": token}, headers={"Accept": "application/json"}
    )

    assert answer.get_json() == {"number": "162 0000 0901"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(entries(session)) == 1


@pytest.mark.parametrize("reason", ["", "   ", "....", "1234567", "哦哦哦哦哦哦", "aaaa", "看看"])
def test_a_reason_that_says_nothing_shows_nothing(officer: Desk, ticket: Any, session: Session, reason: str) -> None:
    answer = officer.sends("/console/reveal", subject=f"ticket:{ticket.id}", reason=reason)

    assert answer.status_code == 422
    assert "请写明原因" in answer.text
    assert "0000 0901" not in answer.text
    assert entries(session) == []


@pytest.mark.parametrize(
    ("reason", "is_one"),
    [
        ("A1023 投诉", True),
        ("回电核对", True),
        ("投诉", False),
        ("A1023", False),
        ("16200000901", False),
        ("回电回电", False),
    ],
)
def test_the_code_of_a_ticket_and_a_word_are_a_reason(reason: str, is_one: bool) -> None:
    assert masking.is_a_reason(reason) is is_one


def test_nobody_reads_a_whole_street_number_by_number(
    officer: Desk, ticket: Any, session: Session, at: Callable[[datetime], None], noon: datetime
) -> None:
    most = policy_file.current().privacy.reveals_an_hour
    with unit_of_work("user:1") as uow:
        for number in range(most - 1):
            uow.audit("number.revealed", f"contact:{number + 1}", place="AH0102", reason=WHY)
    ask = {"subject": f"ticket:{ticket.id}", "reason": WHY, "back": "/console/"}

    last, one_more = officer.sends("/console/reveal", **ask), officer.sends("/console/reveal", **ask)
    at(noon + timedelta(minutes=61))
    later = officer.sends("/console/reveal", **ask)

    assert [one.status_code for one in (last, one_more, later)] == [200, 422, 200]
    assert "162 0000 0901" in last.text
    assert "0000 0901" not in one_more.text
    assert f"最多看 {most} 个" in one_more.text
    assert len(entries(session)) == most + 1


def test_a_reason_of_a_letter_s_length_is_not_cut_off_in_silence(officer: Desk, ticket: Any, session: Session) -> None:
    answer = officer.sends("/console/reveal", subject=f"ticket:{ticket.id}", reason=WHY * 40)

    assert answer.status_code == 422
    assert entries(session) == []


@pytest.mark.parametrize(
    "subject", ["ticket:999999", "ticket:", "ticket:x", "person:1", "", ":", "ticket:1;x", "task:0"]
)
def test_what_is_not_there_is_not_found(officer: Desk, ticket: Any, session: Session, subject: str) -> None:
    answer = officer.sends("/console/reveal", subject=subject, reason=WHY)

    assert answer.status_code == 404
    assert entries(session) == []


def test_what_lies_elsewhere_is_not_found_either(desk_of: Callable[..., Desk], ticket: Any, session: Session) -> None:
    elsewhere = desk_of(Role.STREET_OFFICER, "AH0203", "other")

    answer = elsewhere.sends("/console/reveal", subject=f"ticket:{ticket.id}", reason=WHY)

    assert answer.status_code == 404
    assert entries(session) == []


def test_a_number_of_a_resident_is_revealed_by_its_contact(officer: Desk, session: Session) -> None:
    with unit_of_work("test") as uow:
        contact_id = a_person(uow, msisdn="+869785559901").contacts[0].id

    answer = officer.sends("/console/reveal", subject=f"contact:{contact_id}", reason=WHY)

    assert "0978 555 9901" in answer.text
    assert entries(session)[0].place == "AH010201"


def test_the_way_back_leads_to_our_own_pages_only(officer: Desk, ticket: Any) -> None:
    answer = officer.sends(
        "/console/reveal", subject=f"ticket:{ticket.id}", reason=WHY, back="https://elsewhere.example/"
    )

    assert "elsewhere.example" not in answer.text


@pytest.mark.parametrize(
    ("full", "shown"), [("唐晓东", "唐**"), ("Tom Smith", "T***"), ("", ""), ("  ", ""), ("欧", "欧**")]
)
def test_a_name_is_cut_to_its_first_letter(full: str, shown: str) -> None:
    assert masking.partly(full) == shown


@pytest.mark.parametrize(
    ("e164", "shown"),
    [("+8616200000901", "162 0000 0901"), ("+869785559901", "0978 555 9901"), ("+442079460018", "+44 20 7946 0018")],
)
def test_a_number_in_full_is_written_as_its_country_does(e164: str, shown: str) -> None:
    assert masking.in_full(e164) == shown


def test_names_are_whole_for_who_works_with_the_people(officer: Desk, ticket: Any) -> None:
    assert masking.name("陈先生", Scope(("AH",), frozenset({"people.freely"}))) == "陈先生"
    assert "陈先生" not in officer.reads("/console/tickets")
    assert "陈**" in officer.reads("/console/tickets")
