"""Who answers for what: inheritance, holes, dates, units; and other names with their days."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork, unit_of_work
from directory.duties import EVERY, Duty, Span, answering, free
from directory.errors import BadAlias, BadDuty, NoCommunity, PlaceEnded, PlaceNotFound, UnitNotFound
from directory.models import AliasKind, HandlerUnit, Jurisdiction, PlaceAlias, Responsibility
from directory.queries import duties as queries
from directory.queries import places as place_queries
from directory.scope import Scope
from directory.service import duties, places
from tests.factories.people import COMMUNITY, a_place

ALL = Scope.system()
STREET, DISTRICT = "AH0102", "AH01"
NEW_YEAR = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("said", "category", "unit_id", "is_own"),
    [
        ([Duty(COMMUNITY, "repair", 1)], "repair", 1, True),
        ([Duty(STREET, "repair", 2)], "repair", 2, False),
        ([Duty(STREET, "repair", 2), Duty(COMMUNITY, EVERY, 3)], "repair", 3, True),
        ([Duty(STREET, EVERY, 2), Duty(STREET, "repair", 4)], "repair", 4, False),
        ([Duty("AH", EVERY, 5), Duty(DISTRICT, "medical", 6)], "repair", 5, False),
    ],
)
def test_the_nearest_place_answers_and_there_its_category_first(
    said: list[Duty], category: str, unit_id: int, is_own: bool
) -> None:
    found = answering(said, COMMUNITY, category)

    assert found is not None
    assert (found.duty.unit_id, found.is_own) == (unit_id, is_own)


@pytest.mark.parametrize(
    "said", [[], [Duty("AH0103", EVERY, 1)], [Duty("AH01020101", EVERY, 1)], [Duty(STREET, "medical", 1)]]
)
def test_what_nobody_is_named_for_is_a_hole(said: list[Duty]) -> None:
    assert answering(said, COMMUNITY, "repair") is None


def unit(uow: UnitOfWork, code: str = STREET, name: str = "城管科") -> HandlerUnit:
    a_place(uow)
    return duties.add_unit(uow, ALL, code, "department", name, "Urban Management")


def test_a_new_unit_takes_over_on_its_day_and_the_old_one_stays_in_the_record(uow: UnitOfWork) -> None:
    old, new = unit(uow), unit(uow, name="新科")
    duties.set_duty(uow, ALL, STREET, "repair", old.id, NEW_YEAR)

    duties.set_duty(uow, ALL, STREET, "repair", new.id, date(2026, 7, 1))

    on = [queries.responsible(uow.session, COMMUNITY, "repair", day) for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert on == [old, new]
    assert queries.responsible(uow.session, COMMUNITY, "repair", date(2025, 12, 31)) is None
    assert len(queries.duties_of(uow.session, ALL, STREET)) == 2


def test_an_ended_duty_lets_the_one_above_answer_again(uow: UnitOfWork) -> None:
    street, committee = unit(uow), unit(uow, COMMUNITY, "居委会")
    duties.set_duty(uow, ALL, STREET, EVERY, street.id, NEW_YEAR)
    own = duties.set_duty(uow, ALL, COMMUNITY, "repair", committee.id, NEW_YEAR)

    duties.end_duty(uow, ALL, own.id, date(2026, 11, 1))

    today = uow.local_now.date()
    assert queries.responsible(uow.session, COMMUNITY, "repair", date(2026, 10, 31)) is committee
    assert queries.responsible(uow.session, COMMUNITY, "repair", today) is street
    row = next(one for one in queries.coverage(uow.session, ALL, today, ("repair",), COMMUNITY))
    assert row.cells["repair"] is not None
    assert row.cells["repair"].is_own is False


def test_duties_that_make_no_sense_are_refused(uow: UnitOfWork) -> None:
    one = unit(uow)
    elsewhere = duties.add_unit(uow, ALL, a_place(uow, "AH0203"), "other", "云台", "Yuntai")
    duties.set_duty(uow, ALL, STREET, "repair", one.id, date(2026, 12, 1))

    for code, category, unit_id, from_on, until_on, error in (
        (STREET, "nonsense", one.id, NEW_YEAR, None, BadDuty),
        (STREET, "repair", one.id, NEW_YEAR, NEW_YEAR, BadDuty),
        (STREET, "repair", one.id, NEW_YEAR, None, BadDuty),
        (STREET, "repair", elsewhere.id, NEW_YEAR, None, BadDuty),
        (STREET, "repair", 999, NEW_YEAR, None, UnitNotFound),
        ("ZZ", "repair", one.id, NEW_YEAR, None, PlaceNotFound),
    ):
        with pytest.raises(error):
            duties.set_duty(uow, ALL, code, category, unit_id, from_on, until_on)
    with pytest.raises(BadDuty, match="in_use"):
        duties.end_unit(uow, ALL, one.id)
    with pytest.raises(PlaceNotFound):
        duties.add_unit(uow, Scope(("AH02",), frozenset("*")), STREET, "other", "甲", "A")


@pytest.mark.usefixtures("clean")
def test_two_who_set_the_same_duty_at_the_same_moment_leave_one() -> None:
    with unit_of_work("test") as uow:
        unit_id = unit(uow).id
    together = Barrier(2)

    def set_it(_number: int) -> bool:
        try:
            with unit_of_work("test") as uow:
                together.wait()
                duties.set_duty(uow, ALL, STREET, "repair", unit_id, NEW_YEAR)
        except BadDuty:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(set_it, (1, 2))) == [False, True]
    with unit_of_work("test") as uow:
        assert uow.session.scalar(select(func.count()).select_from(Responsibility)) == 1


# Other names


def test_a_name_counts_from_its_day_until_before_its_last(uow: UnitOfWork) -> None:
    a_place(uow)
    today = place_queries.today(uow.session)
    ahead = places.add_alias(uow, ALL, COMMUNITY, "新名", AliasKind.ALIAS, from_on=today + timedelta(days=1))
    now = places.add_alias(uow, ALL, COMMUNITY, "老布厂", AliasKind.ALIAS, certainty=0.6)

    assert place_queries.resolve(uow.session, "新名").candidates == ()
    assert place_queries.community_by_words(uow.session, "老布厂3号楼") == (COMMUNITY, 0.6)
    places.end_alias(uow, ALL, now.id, today)
    assert place_queries.community_by_words(uow.session, "老布厂3号楼") is None
    assert ahead.until_on is None


def test_a_community_that_ended_is_not_resolved_and_takes_no_name(uow: UnitOfWork) -> None:
    a_place(uow)
    uow.session.get_one(Jurisdiction, COMMUNITY).valid_until = date(2026, 1, 1)
    uow.session.flush()

    assert place_queries.resolve(uow.session, "梧桐里8号楼").code is None
    assert place_queries.communities(uow.session, ALL) == []
    with pytest.raises(PlaceEnded):
        places.add_alias(uow, ALL, COMMUNITY, "老布厂", AliasKind.ALIAS)


def test_names_that_make_no_sense_are_refused(uow: UnitOfWork) -> None:
    a_place(uow)
    made = places.add_alias(uow, ALL, COMMUNITY, "老布厂", AliasKind.ALIAS, from_on=date(2026, 1, 1))

    for words, certainty in (("甲", 0.8), ("长" * 65, 0.8), ("新名", 0.0), ("新名", 1.5), (" 老布厂 ", 0.8)):
        with pytest.raises(BadAlias):
            places.add_alias(uow, ALL, COMMUNITY, words, AliasKind.ALIAS, certainty=certainty)
    with pytest.raises(NoCommunity):
        places.add_alias(uow, ALL, STREET, "老街", AliasKind.ALIAS)
    with pytest.raises(BadAlias, match="before"):
        places.end_alias(uow, ALL, made.id, date(2025, 1, 1))
    with pytest.raises(BadAlias, match="unknown"):
        places.end_alias(uow, Scope(("AH02",), frozenset("*")), made.id, date(2026, 2, 1))


def test_an_ended_name_can_be_taken_up_again(uow: UnitOfWork) -> None:
    a_place(uow)
    first = places.add_alias(uow, ALL, COMMUNITY, "老布厂", AliasKind.ALIAS)
    places.end_alias(uow, ALL, first.id, date(2026, 2, 1))

    places.add_alias(uow, ALL, COMMUNITY, "老布厂", AliasKind.ESTATE)

    assert uow.session.scalar(select(func.count()).select_from(PlaceAlias)) == 2
    assert place_queries.resolve(uow.session, "老布厂").certainty == 0.9


def test_a_duty_that_ended_is_not_ended_again_on_a_later_day(uow: UnitOfWork) -> None:
    old, new = unit(uow), unit(uow, name="新科")
    ended = duties.set_duty(uow, ALL, STREET, "repair", old.id, NEW_YEAR)
    duties.set_duty(uow, ALL, STREET, "repair", new.id, date(2026, 7, 1))

    with pytest.raises(BadDuty, match="duty_over"):
        duties.end_duty(uow, ALL, ended.id, date(2026, 12, 1))

    assert ended.until_on == date(2026, 7, 1)


def test_who_stands_in_for_a_time_leaves_no_hole(uow: UnitOfWork) -> None:
    a_place(uow)
    usual, stand_in = unit(uow), unit(uow, name="代管办")
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    duties.set_duty(uow, ALL, STREET, "repair", usual.id, date(2026, 1, 1), date(2027, 1, 1))

    duties.set_duty(uow, ALL, STREET, "repair", stand_in.id, july, august)

    days = (july - timedelta(days=1), july, august - timedelta(days=1), august, date(2026, 12, 31))
    found = [queries.responsible(uow.session, STREET, "repair", day) for day in days]
    assert found == [usual, stand_in, stand_in, usual, usual]
    assert queries.responsible(uow.session, STREET, "repair", date(2027, 1, 1)) is None


def test_a_hole_that_lies_ahead_is_seen_today(uow: UnitOfWork) -> None:
    a_place(uow)
    one, other = unit(uow), unit(uow, name="代管办")
    today, august = date(2026, 7, 1), date(2026, 8, 1)
    duties.set_duty(uow, ALL, STREET, "repair", one.id, date(2026, 1, 1), august)
    duties.set_duty(uow, ALL, STREET, "info", one.id, date(2026, 1, 1), august)
    duties.set_duty(uow, ALL, STREET, "info", other.id, august)

    rows = queries.coverage(uow.session, ALL, today, ("repair", "info", "delivery"), STREET)

    assert [(row.place.code, row.holes_from) for row in rows] == [
        (STREET, {"repair": august}),
        (COMMUNITY, {"repair": august}),
    ]


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ([], [(1, 9)]),
        ([(1, 9)], []),
        ([(3, 5)], [(1, 3), (5, 9)]),
        ([(3, None)], [(1, 3)]),
        ([(9, None)], [(1, 9)]),
        ([(1, 2), (4, 9)], [(2, 4)]),
    ],
)
def test_days_that_are_taken_leave_the_others(
    taken: list[tuple[int, int | None]], left: list[tuple[int, int | None]]
) -> None:
    def span(days: tuple[int, int | None]) -> Span:
        return date(2026, 1, days[0]), date(2026, 1, days[1]) if days[1] is not None else None

    assert free(span((1, 9)), [span(days) for days in taken]) == [span(days) for days in left]


def test_a_unit_beside_ones_own_area_cannot_be_made_to_answer(uow: UnitOfWork) -> None:
    beside = unit(uow, a_place(uow, "AH0103"), name="邻街")
    a_place(uow)

    with pytest.raises(BadDuty, match="duty_elsewhere"):
        duties.set_duty(uow, Scope((STREET,), frozenset({"*"})), STREET, "repair", beside.id, NEW_YEAR)
