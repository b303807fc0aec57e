"""The sample city: loaded whole, loaded once, and its first user can sign in."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

import seed
from core.uow import UnitOfWork, unit_of_work
from directory.borders import Change, ChangeKind, Wanted
from directory.jurisdiction import depth
from directory.models import Contact, Household, Jurisdiction, Person, Purpose
from directory.queries import people
from directory.scope import Scope
from directory.service import consents, reorganising
from providers import queries as firms
from providers.eligibility import CandidateFacts, Cause, Dealings, why_not
from providers.models import Credential, Provider
from staff import queries as users
from staff import service as staff_service
from staff.permissions import Permission, Role, scope_for

TANG = "+8616200000001"


def told(*options: str) -> str:
    outcome = CliRunner().invoke(seed.seed, list(options), catch_exceptions=False)
    assert outcome.exit_code == 0
    return outcome.output


def plumbers(uow: UnitOfWork, place: str) -> list[CandidateFacts]:
    papers = uow.catalogue.services["plumbing"].papers
    return firms.candidate_facts(
        uow.session, service="plumbing", community_code=place, papers=papers, now=uow.now, zone=uow.zone
    )


def test_the_whole_city_is_loaded(uow: UnitOfWork) -> None:
    counts = seed.load_city(uow)

    assert counts == {
        "places": (33, 0),
        "other names": (33, 0),
        "units": (14, 0),
        "residents": (120, 0),
        "providers": (40, 0),
    }
    depths = [depth(code) for code in uow.session.scalars(select(Jurisdiction.code))]
    assert [depths.count(level) for level in (1, 2, 3, 4)] == [1, 3, 8, 21]


def test_loading_twice_makes_nothing_twice(uow: UnitOfWork) -> None:
    seed.load_city(uow)
    tables = (Jurisdiction, Household, Person, Contact, Provider, Credential)
    before = [uow.session.scalar(select(func.count()).select_from(table)) for table in tables]

    assert seed.load_city(uow) == {
        "places": (0, 33),
        "other names": (0, 33),
        "units": (0, 14),
        "residents": (0, 120),
        "providers": (0, 40),
    }
    assert [uow.session.scalar(select(func.count()).select_from(table)) for table in tables] == before


def test_the_newcomers_resident_is_recognised_at_his_address(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    caller = people.caller(uow.session, TANG, today=uow.local_now.date(), from_age=65)

    assert caller.one is not None
    assert (caller.one.name, caller.one.community_code, caller.one.address) == ("唐晓东", "AH010102", "2号楼1单元1002")
    assert not caller.prefers_person


def test_the_family_with_one_number_is_asked_who_calls(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    caller = people.caller(uow.session, "+8616200000060", today=uow.local_now.date(), from_age=65)

    assert caller.is_shared
    assert {person.name for person in caller.persons} == {"唐明亮", "罗雨桐"}


def test_consent_is_as_the_list_says(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    why = {number: consents.may_write(uow, f"+86162000000{number}", Purpose.NOTICE) for number in ("01", "03", "10")}

    assert why == {"01": "", "03": "no_consent", "10": "no_consent"}


@pytest.mark.parametrize("days", [0, 500, -90])
def test_papers_run_out_as_many_days_after_the_load_as_in_the_list(uow: UnitOfWork, days: int) -> None:
    uow.now += timedelta(days=days)

    seed.load_city(uow)

    until = uow.session.scalars(
        select(Credential.valid_until).join(Provider).where(Provider.code == "P001").distinct()
    ).all()
    assert until == [date(2027, 5, 28) + timedelta(days=days)]


def test_birth_dates_stay_as_they_are(uow: UnitOfWork) -> None:
    uow.now += timedelta(days=500)

    seed.load_city(uow)

    assert people.persons_of(uow.session, TANG)[0].birth_date == date(1999, 4, 12)


def test_a_burst_pipe_of_the_newcomer_finds_plumbers(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    may_go = [
        facts.code
        for facts in plumbers(uow, "AH010102")
        if why_not(facts, Dealings(), at=uow.local_now.time(), trial_cap=1) is None
    ]

    assert may_go == ["P001", "P002", "P006"]


def test_the_firm_with_expired_papers_is_left_out(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    (facts,) = plumbers(uow, "AH030101")

    assert facts.code == "P039"
    assert not facts.has_papers
    assert why_not(facts, Dealings(), at=uow.local_now.time(), trial_cap=1) is Cause.NOT_ACTIVE


def test_every_dispatchable_service_with_a_provider_has_one_with_all_papers(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    for provider in uow.session.scalars(select(Provider)):
        held = {paper.kind for paper in provider.credentials}
        for offered in provider.services:
            assert set(uow.catalogue.services[offered.service].papers) <= held, provider.code


@pytest.mark.usefixtures("clean")
def test_the_printed_first_password_opens_the_door_and_stays_the_same() -> None:
    first, second = (json.loads(told("--json")) for _ in range(2))

    assert first == second
    assert first["username"] == "agent"
    with unit_of_work("test") as uow:
        outcome = staff_service.sign_in(uow, "agent", first["password"], "")
        assert outcome.must_change_password
        current = users.user_of_token(uow.session, outcome.token or "", uow.now)
        assert current is not None
        scope = scope_for(current.grants, Permission.TICKETS_DISPATCH, uow.now)
        assert scope.prefixes == ("AH",)
        assert [grant.role for grant in current.grants] == [Role.AGENT]


@pytest.mark.usefixtures("clean")
def test_after_the_first_password_was_replaced_none_is_told() -> None:
    first = json.loads(told("--json"))["password"]
    with unit_of_work("test") as uow:
        user = users.user_by_login(uow.session, "agent")
        assert user is not None
        staff_service.change_password(uow, user.id, first, "a sentence to remember", "a sentence to remember", "")

    assert json.loads(told("--json")) == {"username": "agent", "password": None}
    assert "first sign-in" not in told()


@pytest.mark.usefixtures("clean")
def test_a_repeated_load_says_so() -> None:
    assert "residents: 120 created, 0 unchanged" in told()
    assert "residents: 0 created, 120 unchanged" in told()


@pytest.mark.usefixtures("clean")
def test_the_telephones_of_the_city_begin_with_the_newcomers() -> None:
    told()

    listed = json.loads(CliRunner().invoke(seed.contacts, ["--json"], catch_exceptions=False).output)

    assert listed[0] == {
        "number": TANG,
        "name": "唐晓东",
        "label": {"zh": "唐晓东 · 小井社区", "en": "唐晓东 · Xiaojing"},
        "kind": "resident",
        "lang": "zh",
    }
    kinds = [telephone["kind"] for telephone in listed]
    assert kinds == ["resident"] * (len(listed) - 41) + ["provider"] * 40 + ["duty"]
    assert listed[-1]["number"] == "+8616700000110"
    numbers = [telephone["number"] for telephone in listed]
    assert len(set(numbers)) == len(numbers)
    shared = next(telephone for telephone in listed if telephone["number"] == "+8616200000060")
    assert " / " in shared["name"]


def test_no_number_of_the_list_is_outside_the_blocks_for_samples(uow: UnitOfWork) -> None:
    seed.load_city(uow)

    for telephone in seed.telephones(uow):
        assert telephone.number.startswith(("+861620000", "+861650000", "+861670000", "+86978555"))


def test_a_load_after_the_borders_changed_brings_nothing_back(uow: UnitOfWork) -> None:
    seed.load_city(uow)
    joined = Wanted("桐桂社区", "Tonggui")
    change = Change(ChangeKind.MERGE, date(2026, 10, 1), ("AH010201", "AH010202"), (joined,))
    reorganising.decide(uow, Scope.system(), change)

    again = seed.load_city(uow)

    assert {made for made, _ in again.values()} == {0}
