"""People who died or moved away long ago: proposed one by one, erased by nobody but a person; papers that ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import app as house
from core import retaining, retention
from core.retention import RetentionRun
from core.uow import unit_of_work
from directory.models import Person, PrivacyRequest, RequestState
from directory.service import erasure, privacy
from providers.models import Credential
from staff.permissions import Role
from tests.conftest import NOON
from tests.console.conftest import Desk
from tests.factories.people import a_person
from tests.factories.providers import a_provider
from tests.factories.staff import a_user, sign_in

DAY = timedelta(days=1)
LIST = "/console/privacy/gone"
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def at_noon(at: Callable[[datetime], None], noon: datetime, app: Flask, clean: None) -> None:
    """It is noon in the city at the beginning of every test."""
    at(noon)
    house.wire()


@pytest.fixture
def people() -> dict[str, int]:
    """Two who are gone longer than five years, and others who are not; ids by name."""
    with unit_of_work("test") as uow:
        made = {
            name: a_person(uow, name, msisdn=f"+86162000007{place:02d}", birth_date=date(1940, 1, 1))
            for place, name in enumerate(("早逝", "迁走", "新逝", "健在", "受保", "并入", "已删"))
        }
        long_ago = TODAY - 1_900 * DAY
        made["早逝"].died_on = date(2018, 3, 4)
        made["迁走"].left_on = long_ago
        made["新逝"].died_on, made["新逝"].left_on = TODAY - 100 * DAY, long_ago
        for name in ("受保", "并入", "已删"):
            made[name].died_on = long_ago
        made["并入"].merged_into_id = made["健在"].id
        uow.session.flush()
        ids = {name: one.id for name, one in made.items()}
        privacy.set_hold(uow, ids["受保"], "case")
    with unit_of_work("test") as uow:
        assert erasure.erase(uow, ids["已删"]).obstacles == []
    return ids


def steward(app: Flask, place: str = "AH", login: str = "steward") -> Desk:
    with unit_of_work("test") as uow:
        a_user(uow, login, name="周文", role=Role.DATA_STEWARD, place=place)
    client = app.test_client()
    assert sign_in(client, login).status_code == 303
    return Desk(client)


def requests() -> list[tuple[int, str, str]]:
    with unit_of_work("test") as uow:
        asked = uow.session.scalars(select(PrivacyRequest).order_by(PrivacyRequest.id))
        return [(one.person_id, one.checked_how, one.state) for one in asked]


def test_those_gone_for_longer_than_they_are_kept_are_listed_and_nobody_else(
    app: Flask, people: dict[str, int]
) -> None:
    desk = steward(app)

    words = desk.reads(LIST)

    assert words.index("早逝 ") < words.index("迁走 梧桐里")
    assert "2018-03-04 去世" in words
    assert "已满 1826 天" in words
    assert not [name for name in ("新逝", "健在", "受保", "并入") if name in words]
    assert "more than 1826 days ago" in desk.reads(LIST, "en")
    assert f'href="{LIST}"' in desk.open("/console/privacy").text


def test_one_is_proposed_looked_at_and_erased_by_a_person(app: Flask, people: dict[str, int]) -> None:
    desk = steward(app)
    answer = desk.sends(f"/console/privacy/people/{people['早逝']}/propose")

    page = desk.reads_after(answer)
    assert "保存期满，无人申请" in page
    assert "永久删除 早逝 的信息" in page
    assert "已核实此人确已去世或迁走多年" in page
    assert requests() == [(people["早逝"], "kept_over", RequestState.OPEN)]
    assert "早逝" not in desk.reads(LIST)
    assert desk.sends(f"/console/privacy/people/{people['早逝']}/propose").status_code == 409

    assert "已删除" in desk.reads_after(desk.sends(f"{answer.location}/erase", confirmed="yes"))
    with unit_of_work("test") as uow:
        assert uow.session.get_one(Person, people["早逝"]).name == ""


@pytest.mark.parametrize("name", ["新逝", "健在", "受保", "已删"])
def test_nobody_else_is_proposed_by_a_forged_form(app: Flask, people: dict[str, int], name: str) -> None:
    assert steward(app).sends(f"/console/privacy/people/{people[name]}/propose").status_code == 409

    assert requests() == []


def test_those_of_another_area_are_not_there(app: Flask, people: dict[str, int]) -> None:
    other = steward(app, "AH02", "other")

    assert "没有保存期满的人" in other.reads(LIST)
    assert other.sends(f"/console/privacy/people/{people['早逝']}/propose").status_code == 404


def test_the_job_erases_nobody_and_the_table_counts_them(app: Flask, people: dict[str, int]) -> None:
    retaining.retain()

    with unit_of_work("test") as uow:
        assert retention.would_remove(uow.session, uow.now)["people_gone"] == (2, 1)
        assert uow.session.get_one(Person, people["早逝"]).name == "早逝"
        assert "people_gone" not in set(uow.session.scalars(select(RetentionRun.kind)))
    desk = steward(app)
    assert f'href="{LIST}"' in desk.open("/console/retention").text
    assert "去世或迁走的人" in desk.reads("/console/retention?count=1")


def test_with_other_days_others_are_proposed_and_for_ever_nobody(app: Flask, people: dict[str, int]) -> None:
    desk = steward(app)
    desk.sends("/console/retention/people_gone", days="3000")
    assert "早逝" in (words := desk.reads(LIST))
    assert "迁走 " not in words.replace("去世或迁走", "")
    assert "364" not in desk.reads_after(desk.sends("/console/retention/people_gone", days="364"))

    desk.sends("/console/retention/people_gone", days="")

    assert "不提出任何人" in desk.reads(LIST)
    assert desk.sends(f"/console/privacy/people/{people['早逝']}/propose").status_code == 409


def test_a_long_list_goes_on_behind_the_last_one(app: Flask) -> None:
    with unit_of_work("test") as uow:
        for number in range(53):
            made = a_person(uow, f"甲{number:02d}", msisdn=f"+86162000008{number:02d}")
            made.left_on = date(2015, 1, 1)
    desk = steward(app)

    first = desk.open(LIST).text
    (href,) = [part.split('"')[0] for part in first.split('href="') if part.startswith(f"{LIST}?after")]
    rest = desk.reads(href.replace("&amp;", "&"))

    assert "甲49" in first
    assert "甲50" not in first
    assert [f"甲{number}" in rest for number in (49, 50, 52)] == [False, True, True]


def test_papers_that_ended_long_ago_go(app: Flask) -> None:
    with unit_of_work("test") as uow:
        provider = a_provider(uow, "P901")
        for number, ended in enumerate((1_097, 1_095)):
            uow.session.add(
                Credential(
                    provider_id=provider.id,
                    kind=f"paper{number}",
                    valid_until=TODAY - ended * DAY,
                    seen_by="user:1",
                    seen_on=TODAY - 2_000 * DAY,
                )
            )

    retaining.retain()

    with unit_of_work("test") as uow:
        kinds = set(uow.session.scalars(select(Credential.kind)))
    assert "paper0" not in kinds
    assert "paper1" in kinds
