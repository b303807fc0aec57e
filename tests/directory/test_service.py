"""Consent, stops and loads, on the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork, unit_of_work
from directory.city_list import PlaceLine, ResidentLine
from directory.models import Channel, Consent, Contact, Household, Person, Purpose, Suppression, SuppressionScope
from directory.queries import people
from directory.service import consents, loading
from tests.factories.people import LANDLINE, RESIDENT, a_person, a_place

TANG = ResidentLine(
    source_id="R0001",
    name="唐晓东",
    sex="M",
    birth_date=date(1999, 4, 12),
    community_code="AH010201",
    address="2号楼1单元1002",
    mobile=RESIDENT,
    landline=LANDLINE,
    lang="zh",
    access_need="hearing",
    has_consent=True,
)


def why_not(uow: UnitOfWork, purpose: Purpose) -> str:
    return consents.may_write(uow, RESIDENT, purpose)


def counted(uow: UnitOfWork, table: Any) -> int:
    return uow.session.scalar(select(func.count()).select_from(table)) or 0


def test_news_of_the_own_ticket_needs_no_consent_and_notices_do(uow: UnitOfWork) -> None:
    assert why_not(uow, Purpose.SERVICE) == ""
    assert why_not(uow, Purpose.NOTICE) == "no_consent"


def test_consent_holds_until_it_is_withdrawn(uow: UnitOfWork) -> None:
    consents.record_consent(uow, RESIDENT, Purpose.NOTICE, is_given=True, evidence="sms:1")
    assert why_not(uow, Purpose.NOTICE) == ""

    uow.now += timedelta(days=1)
    consents.record_consent(uow, RESIDENT, Purpose.NOTICE, is_given=False, evidence="user:3")

    assert why_not(uow, Purpose.NOTICE) == "no_consent"
    assert counted(uow, Consent) == 2


def test_the_first_stop_ends_notices_and_job_texts_go_on(uow: UnitOfWork) -> None:
    assert consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:1") is SuppressionScope.NOTICES

    assert why_not(uow, Purpose.NOTICE) == "stopped_notices"
    assert why_not(uow, Purpose.SERVICE) == ""


def test_the_second_stop_ends_everything_but_danger_and_the_confirmation(uow: UnitOfWork) -> None:
    consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:1")

    assert consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:2") is SuppressionScope.ALL

    assert why_not(uow, Purpose.SERVICE) == why_not(uow, Purpose.NOTICE) == "stopped_all"
    assert why_not(uow, Purpose.EMERGENCY) == why_not(uow, Purpose.SYSTEM) == ""


def test_a_stop_of_the_carrier_ends_everything_at_once(uow: UnitOfWork) -> None:
    assert consents.stop(uow, RESIDENT, is_everything=True, evidence="carrier:21610") is SuppressionScope.ALL
    assert consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:2") is SuppressionScope.ALL


def test_the_same_text_handled_twice_is_one_stop(uow: UnitOfWork) -> None:
    consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:1")

    assert consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:1") is SuppressionScope.NOTICES
    assert counted(uow, Consent) == 1


def test_a_stranger_who_stops_is_remembered(uow: UnitOfWork) -> None:
    consents.stop(uow, "+12025550143", is_everything=True, evidence="sms:1")

    assert consents.may_write(uow, "+12025550143", Purpose.SERVICE) == "stopped_all"


def test_asking_for_texts_again_brings_both_kinds_back(uow: UnitOfWork) -> None:
    consents.stop(uow, RESIDENT, is_everything=True, evidence="sms:1")
    uow.now += timedelta(minutes=1)

    assert consents.resume(uow, RESIDENT, "sms:2") is True

    assert why_not(uow, Purpose.SERVICE) == why_not(uow, Purpose.NOTICE) == ""
    assert consents.resume(uow, RESIDENT, "sms:3") is False


def test_a_stop_and_a_return_within_one_moment_leave_the_last_word(uow: UnitOfWork) -> None:
    consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:1")
    consents.resume(uow, RESIDENT, "sms:2")

    assert why_not(uow, Purpose.NOTICE) == ""


@pytest.mark.usefixtures("clean")
def test_two_stops_at_the_same_moment_both_count() -> None:
    together = Barrier(2)

    def one_stop(number: int) -> None:
        with unit_of_work("test") as uow:
            together.wait()
            consents.stop(uow, RESIDENT, is_everything=False, evidence=f"sms:{number}")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(one_stop, (1, 2)))

    with unit_of_work("test") as uow:
        assert uow.session.get_one(Suppression, (RESIDENT, Channel.SMS)).scope is SuppressionScope.ALL


def test_a_resident_is_loaded_with_household_numbers_and_consent(uow: UnitOfWork) -> None:
    a_place(uow)

    assert loading.import_residents(uow, [TANG]) == 1

    person = people.persons_of(uow.session, RESIDENT)[0]
    assert (person.source_id, person.birth_date, person.access_need) == ("R0001", date(1999, 4, 12), "hearing")
    assert [(contact.msisdn, contact.kind) for contact in person.contacts] == [
        (RESIDENT, "mobile"),
        (LANDLINE, "fixed"),
    ]
    assert why_not(uow, Purpose.NOTICE) == ""


def test_loading_again_changes_nothing(uow: UnitOfWork) -> None:
    a_place(uow)
    loading.import_residents(uow, [TANG])
    before = [counted(uow, table) for table in (Person, Household, Contact, Consent)]

    assert loading.import_residents(uow, [TANG]) == 0

    assert [counted(uow, table) for table in (Person, Household, Contact, Consent)] == before


def test_loading_again_keeps_what_people_changed(uow: UnitOfWork) -> None:
    a_place(uow)
    loading.import_residents(uow, [TANG])
    people.persons_of(uow.session, RESIDENT)[0].name = "唐晓冬"
    uow.session.commit()

    loading.import_residents(uow, [TANG])

    assert people.persons_of(uow.session, RESIDENT)[0].name == "唐晓冬"


def test_a_load_never_undoes_a_stop(uow: UnitOfWork) -> None:
    a_place(uow)
    consents.stop(uow, RESIDENT, is_everything=False, evidence="sms:1")

    loading.import_residents(uow, [TANG])

    assert why_not(uow, Purpose.NOTICE) == "stopped_notices"
    assert counted(uow, Consent) == 1


def test_who_withdrew_or_was_never_asked_gets_no_notices(uow: UnitOfWork) -> None:
    a_place(uow)
    other = "+8616200000902"
    withdrawn = replace(TANG, has_consent=False)
    never_asked = replace(TANG, source_id="R0002", mobile=other, landline=None, has_consent=None)

    loading.import_residents(uow, [withdrawn, never_asked])

    assert consents.may_write(uow, RESIDENT, Purpose.NOTICE) == "no_consent"
    assert consents.may_write(uow, other, Purpose.NOTICE) == "no_consent"
    assert counted(uow, Consent) == 1


def test_two_residents_of_one_address_are_one_household(uow: UnitOfWork) -> None:
    a_place(uow)

    loading.import_residents(uow, [TANG, replace(TANG, source_id="R0002", name="罗雨桐")])

    assert counted(uow, Household) == 1


def test_a_loaded_line_reads_empty_cells_as_nothing() -> None:
    row = {
        "code": "AH", "parent_code": "", "level": "city", "kind": "", "name_zh": "安禾市", "name_en": "Anhe City",
        "households": "", "buildings": "",
    }  # fmt: skip

    assert PlaceLine.from_row(row) == PlaceLine("AH", None, "city", "", "安禾市", "Anhe City", None, None)


def test_who_moves_in_joins_the_household_of_the_address(uow: UnitOfWork) -> None:
    first, second = a_person(uow), a_person(uow, "孩子", msisdn=None)

    assert first.household_id == second.household_id
