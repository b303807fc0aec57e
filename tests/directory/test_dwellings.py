"""Doors are entered in bulk with house, place and household, on the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork, unit_of_work
from directory.errors import NoCommunity, PlaceEnded, PlaceNotFound
from directory.models import Building, Dwelling, Household, Jurisdiction, Placement
from directory.service import dwellings
from tests.factories.people import COMMUNITY, a_place
from tests.statements import counted

HOME = (COMMUNITY, "8号楼2单元301")


def total(uow: UnitOfWork, table: Any) -> int:
    return uow.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_home_gets_house_dwelling_place_and_household(uow: UnitOfWork) -> None:
    a_place(uow)

    made = dwellings.ensure(uow, [HOME])

    home = uow.session.get_one(Household, made[HOME])
    assert (home.community_code, home.address) == HOME
    assert home.dwelling is not None
    assert home.dwelling.building is not None
    assert home.dwelling.building.name == "8号楼"
    assert (home.dwelling.unit, home.dwelling.floor, home.dwelling.door) == ("2", "3", "301")
    placed = uow.session.scalars(select(Placement)).one()
    assert (placed.dwelling_id, placed.community_code, placed.from_on) == (home.dwelling_id, COMMUNITY, None)


def test_spellings_of_one_door_are_one_household(uow: UnitOfWork) -> None:
    a_place(uow)
    spellings = [HOME, (COMMUNITY, "Building 8, Unit 2, Room 301"), (COMMUNITY, "梧桐里8号楼2单元301室")]

    at_once = dwellings.ensure(uow, spellings)
    later = dwellings.ensure(uow, [(COMMUNITY, "8-2-301")])

    assert len({*at_once.values(), *later.values()}) == 1
    assert set(at_once) == set(spellings)
    assert (total(uow, Household), total(uow, Dwelling), total(uow, Building)) == (1, 1, 1)


def test_a_household_that_is_there_keeps_its_row_and_gets_its_dwelling(uow: UnitOfWork) -> None:
    a_place(uow)
    old = Household(community_code=COMMUNITY, address="8号楼2单元301", note="钥匙在门卫")
    uow.session.add(old)
    uow.session.flush()

    assert dwellings.ensure(uow, [HOME]) == {HOME: old.id}

    uow.session.refresh(old)
    assert old.dwelling_id is not None
    assert old.note == "钥匙在门卫"


def test_entering_again_changes_nothing(uow: UnitOfWork) -> None:
    a_place(uow)
    before = dwellings.ensure(uow, [HOME])

    assert dwellings.ensure(uow, [HOME, HOME]) == before
    assert (total(uow, Dwelling), total(uow, Placement)) == (1, 1)


def test_nobody_is_put_into_a_place_that_is_unknown_over_or_no_community(uow: UnitOfWork) -> None:
    a_place(uow)
    uow.session.get_one(Jurisdiction, COMMUNITY).valid_until = date(2026, 11, 25)
    uow.session.flush()

    with pytest.raises(PlaceEnded):
        dwellings.ensure(uow, [HOME])
    with pytest.raises(PlaceNotFound):
        dwellings.ensure(uow, [("ZZ", "1号楼101")])
    with pytest.raises(NoCommunity):
        dwellings.ensure(uow, [("AH0102", "1号楼101")])
    assert total(uow, Dwelling) == 0


def test_the_count_of_statements_does_not_grow_with_the_homes(uow: UnitOfWork) -> None:
    a_place(uow)

    with counted() as few:
        dwellings.ensure(uow, [(COMMUNITY, f"1号楼1单元{number}01") for number in range(1, 4)])
    with counted() as many:
        dwellings.ensure(
            uow, [(COMMUNITY, f"2号楼{unit}单元{door}") for unit in range(1, 10) for door in range(101, 211)]
        )

    assert len(many) <= len(few) + 1 <= 15


@pytest.mark.usefixtures("clean")
def test_two_loads_of_the_same_homes_at_the_same_moment_agree() -> None:
    with unit_of_work("test") as uow:
        a_place(uow)
    homes = [(COMMUNITY, f"{house}号楼1单元{door}") for house in range(1, 9) for door in range(101, 141)]
    together = Barrier(2)

    def load(order: int) -> dict[tuple[str, str], int]:
        with unit_of_work("test") as uow:
            together.wait()
            return dwellings.ensure(uow, homes[::order])

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(load, (1, -1))

    assert one == other
    with unit_of_work("test") as uow:
        assert total(uow, Dwelling) == total(uow, Household) == total(uow, Placement) == len(homes)
