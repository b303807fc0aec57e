"""Which house an address means, where one house has several names: other words, and names of before a change."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

import app as house
from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Wanted
from directory.errors import HouseUnsure
from directory.houses import Former, Houses, Meant, known, meant, one_name_each
from directory.models import Building, Household
from directory.queries.homes import by_home, plain_homes
from directory.scope import Scope
from directory.service import dwellings, reorganising
from tests.factories.people import a_person, a_place

ALL = Scope.system()
JULY = date(2026, 7, 1)
WUTONG, GUIHUA, NEW = "AH010201", "AH010202", "AH010203"
WUTONGLI = Former("梧桐里", ("wutongli", "梧桐里社区", "梧桐里"), frozenset({"1号楼", "梧桐里2号楼"}))
GUIHUANONG = Former("桂花弄", ("桂花弄社区", "桂花弄"), frozenset({"3栋", "桂花弄2号楼"}))
JOINED = known({"1号楼", "3栋", "梧桐里2号楼", "桂花弄2号楼"}, (WUTONGLI, GUIHUANONG))


@pytest.fixture(autouse=True)
def wired() -> None:
    """What hangs on borders follows them."""
    house.wire()


@pytest.mark.parametrize(
    ("said", "houses", "name"),
    [
        ("8栋", known({"8号楼"}), "8号楼"),
        ("8号楼", known({"8幢"}), "8幢"),
        ("A座", known({"A栋"}), "A栋"),
        ("8栋", known({"8号楼", "8栋"}), "8栋"),
        ("8栋", known(()), "8栋"),
        ("12号院3栋", known({"3号楼", "12号院3号楼"}), "12号院3号楼"),
        ("1号楼", JOINED, "1号楼"),
        ("梧桐里1号楼", JOINED, "1号楼"),
        ("梧桐里社区1栋", JOINED, "1号楼"),
        ("梧桐里小区2号楼", JOINED, "梧桐里2号楼"),
        ("wutongli 2号楼", JOINED, "梧桐里2号楼"),
        ("桂花弄社区2幢", JOINED, "桂花弄2号楼"),
        ("桂花弄社区1号楼", JOINED, "桂花弄1号楼"),  # that of the same name came from the other community
        ("4号楼", JOINED, "4号楼"),
        (
            "2号楼",
            known({"1号楼", "桂花弄2号楼"}, (WUTONGLI, GUIHUANONG)),
            "桂花弄2号楼",
        ),  # a split took the other away
    ],
)
def test_one_house_is_known_by_all_its_names(said: str, houses: Houses, name: str) -> None:
    assert meant(said, houses) == Meant(name)


@pytest.mark.parametrize(
    ("said", "houses", "may_be"),
    [
        ("2号楼", JOINED, ("桂花弄2号楼", "梧桐里2号楼")),
        ("2栋", JOINED, ("桂花弄2号楼", "梧桐里2号楼")),
        ("8号楼", known({"8栋", "8幢"}), ("8幢", "8栋")),
    ],
)
def test_where_nobody_can_tell_all_that_may_be_meant_are_named(said: str, houses: Houses, may_be: tuple[str]) -> None:
    assert meant(said, houses).may_be == may_be


def test_houses_that_come_together_get_one_name_each() -> None:
    names = one_name_each(["8栋", "8号楼", "9幢", "10号楼"])

    assert names == {"8栋": "8号楼", "8号楼": "8号楼", "9幢": "9幢", "10号楼": "10号楼"}


def two_communities(uow: UnitOfWork) -> dict[str, int]:
    """1号楼 and 2号楼 in one, 2号楼 and 3号楼 in the other; the household of each, by community and house."""
    a_place(uow, GUIHUA)
    a_place(uow, WUTONG)
    homes = [(WUTONG, "1号楼101"), (WUTONG, "2号楼101"), (GUIHUA, "2号楼101"), (GUIHUA, "3号楼101")]
    found = dwellings.ensure(uow, homes)
    return {f"{code} {address[0]}": found[code, address] for code, address in homes}


def join(uow: UnitOfWork, name: str = "桐桂社区") -> None:
    reorganising.decide(uow, ALL, Change(ChangeKind.MERGE, JULY, (WUTONG, GUIHUA), (Wanted(name, "Tonggui"),)))


def test_after_a_merger_the_names_of_before_lead_to_the_same_doors(uow: UnitOfWork) -> None:
    homes = two_communities(uow)
    join(uow)

    for words, door in (
        ("梧桐里1号楼101", f"{WUTONG} 1"),
        ("梧桐里社区2号楼101室", f"{WUTONG} 2"),
        ("Wutongli, Building 2, Room 101", f"{WUTONG} 2"),
        ("桂花弄社区2栋101", f"{GUIHUA} 2"),
        ("临溪区石桥街道桐桂社区桂花弄3号楼101", f"{GUIHUA} 3"),
        ("3号楼101", f"{GUIHUA} 3"),
    ):
        assert dwellings.ensure(uow, [(NEW, words)]) == {(NEW, words): homes[door]}, words
    assert len(uow.session.scalars(select(Building)).all()) == 4


def test_after_a_merger_a_house_that_may_be_two_is_asked_about(uow: UnitOfWork) -> None:
    two_communities(uow)
    join(uow)

    with pytest.raises(HouseUnsure) as refused:
        dwellings.ensure(uow, [(NEW, "2号楼101")])

    assert refused.value.facts == {"houses": "桂花弄2号楼 / 梧桐里2号楼"}
    assert len(uow.session.scalars(select(Household)).all()) == 4


def test_a_house_is_told_apart_also_where_another_has_that_very_name(uow: UnitOfWork) -> None:
    homes = two_communities(uow)
    other = dwellings.ensure(uow, [(GUIHUA, "梧桐里2号楼101")])[GUIHUA, "梧桐里2号楼101"]

    join(uow)

    names = {one.id: one.address for one in uow.session.scalars(select(Household))}
    assert (names[homes[f"{WUTONG} 2"]], names[other]) == (f"{WUTONG}2号楼101", "梧桐里2号楼101")


def test_where_a_name_goes_on_its_own_house_is_meant(uow: UnitOfWork) -> None:
    homes = two_communities(uow)
    join(uow, "梧桐里社区")

    assert dwellings.ensure(uow, [(NEW, "2号楼101"), (NEW, "梧桐里2号楼101")]) == {
        (NEW, "2号楼101"): homes[f"{WUTONG} 2"],
        (NEW, "梧桐里2号楼101"): homes[f"{WUTONG} 2"],
    }


def test_after_a_split_or_a_new_name_the_old_name_leads_to_the_same_door(uow: UnitOfWork) -> None:
    homes = two_communities(uow)
    reorganising.decide(uow, ALL, Change(ChangeKind.RENAME, JULY, (WUTONG,), (Wanted("新村社区", "Xincun"),)))
    assert dwellings.ensure(uow, [(WUTONG, "梧桐里1号楼101")]) == {(WUTONG, "梧桐里1号楼101"): homes[f"{WUTONG} 1"]}

    parts = (Wanted("新村东社区", "Xincun East", parts=("1号楼",)), Wanted("新村西社区", "Xincun West", is_rest=True))
    reorganising.decide(uow, ALL, Change(ChangeKind.SPLIT, date(2026, 8, 1), (WUTONG,), parts))

    for words in ("新村社区1号楼101", "梧桐里1号楼101", "1栋101"):
        assert dwellings.ensure(uow, [(NEW, words)]) == {(NEW, words): homes[f"{WUTONG} 1"]}, words


def test_the_dry_run_finds_the_household_that_loading_finds(uow: UnitOfWork) -> None:
    two_communities(uow)
    join(uow)
    asked = [(NEW, words) for words in ("梧桐里1号楼101", "桂花弄社区2栋101", "3幢101", "桂花弄9号楼101")]

    before = by_home(uow.session, plain_homes(uow.session, asked))
    found = dwellings.ensure(uow, asked)

    assert {home: one.household_id for home, one in before.items()} == {home: found[home] for home in asked[:3]}
    assert asked[3] not in before


def test_a_home_that_stands_in_these_very_words_is_that_one(uow: UnitOfWork) -> None:
    """Whatever an earlier reading made of them."""
    person = a_person(uow, address="8号楼2单元301")
    assert person.household.dwelling is not None
    person.household.dwelling.plain = "as it was read before"
    uow.session.flush()
    home = (WUTONG, "8号楼2单元301")

    assert dwellings.ensure(uow, [home]) == {home: person.household_id}
    assert by_home(uow.session, plain_homes(uow.session, [home]))[home].household_id == person.household_id
