"""Homes that follow a change of borders, with what search knows of the people behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, any_, delete, func, insert, literal, or_, select, update

from core.uow import UnitOfWork
from directory import place_words
from directory.borders import Plan
from directory.models import (
    Building,
    Dwelling,
    Household,
    Jurisdiction,
    Person,
    Placement,
    Reorganisation,
)
from directory.service import dwellings, search

QUIETLY = {"synchronize_session": False}
AT_ONCE = 10_000  # ids in one statement
LONGEST_ADDRESS = 200
LONGEST_BUILDING = 100
SEARCHED_AT_ONCE = 2_000
"""Persons whose search rows are made in the same transaction; of more, a job makes them anew. Until it has come to
somebody he is found by the address that he had."""


def enter_doors(uow: UnitOfWork, codes: Sequence[str]) -> None:
    """Give every household of these communities its dwelling, so that it has a place that can be carried."""
    homes = uow.session.execute(
        select(Household.community_code, Household.address).where(
            Household.community_code.in_(codes), Household.dwelling_id.is_(None)
        )
    )
    dwellings.ensure(uow, [(code, address) for code, address in homes], is_asked=False)


def carry_homes(
    uow: UnitOfWork, row: Reorganisation, pairs: Sequence[tuple[str, str]], plan: Plan
) -> dict[str, dict[str, Any]]:
    """Buildings, dwellings and households go to the places that follow; placements end and begin on the day.

    Where communities are joined and the same house stands in several, its name gets that of its old community before
    it. Returns what undoing needs: by old code the prefix and the ids of the rows that got it, and the buildings.
    """
    uow.session.flush()
    effects: dict[str, dict[str, Any]] = {old: {} for old, _ in pairs}
    olds = list(effects)
    for old in olds:
        ids = uow.session.scalars(select(Building.id).where(Building.community_code == old).order_by(Building.id))
        effects[old]["buildings"] = list(ids)
    joined = {old for old, new in pairs if sum(other == new for _, other in pairs) > 1}
    if joined:
        begun = {node.code: (node.name_zh, node.name_en) for node in plan.begins}
        _tell_apart(uow, sorted(joined), effects, {name for _, new in pairs for name in begun[new]})
    for old in olds:
        news = [new for one, new in pairs if one == old]
        for new in sorted(news, key=lambda code: code == plan.rest):  # the rest goes last: all that is left
            names = None if len(news) == 1 or new == plan.rest else [n for n, to in plan.houses.items() if to == new]
            _carry(uow, row, old, new, names)
    return effects


def _carry(uow: UnitOfWork, row: Reorganisation, old: str, new: str, houses: list[str] | None) -> None:
    """Carry the homes of one community to one other; `houses`: only these buildings with what is in them."""
    session = uow.session
    buildings: ColumnElement[bool] = Building.community_code == old
    if houses is not None:
        buildings = buildings & Building.name.in_(houses)
    homes: ColumnElement[bool] = Dwelling.community_code == old
    if houses is not None:
        homes = homes & Dwelling.building_id.in_(select(Building.id).where(buildings))
    ids = select(Dwelling.id).where(homes)
    session.execute(
        update(Placement).where(Placement.dwelling_id.in_(ids), Placement.until_on.is_(None)).values(until_on=row.on),
        execution_options=QUIETLY,
    )
    session.execute(
        insert(Placement).from_select(
            ["dwelling_id", "community_code", "from_on", "reorganisation_id"],
            select(Dwelling.id, literal(new), literal(row.on), literal(row.id)).where(homes),
        )
    )
    for table, wanted in (
        (Household, Household.dwelling_id.in_(ids)),
        (Dwelling, homes),
        (Building, buildings),
    ):
        session.execute(update(table).where(wanted).values(community_code=new), execution_options=QUIETLY)


def _tell_apart(
    uow: UnitOfWork, olds: list[str], effects: dict[str, dict[str, Any]], new_names: Collection[str]
) -> None:
    """Put the name of the old community before houses and doors that stand in more than one of these.

    Not where the new community goes on under that name: before a house a community's own name says nothing, so that
    nobody would find the house again.
    """
    session = uow.session
    houses = _twice(Building.name, Building.community_code, olds)
    doors = _twice(Dwelling.plain, Dwelling.community_code, olds, Dwelling.use != dwellings.NOWHERE)
    addresses = _twice(Household.address, Household.community_code, olds, Household.address != "")
    found: dict[str, tuple[list[int], list[int], list[int]]] = {}
    for old in olds:
        named = select(Building.id).where(Building.community_code == old, Building.name.in_(houses))
        same = select(Dwelling.id).where(
            Dwelling.community_code == old, or_(Dwelling.building_id.in_(named), Dwelling.plain.in_(doors))
        )
        homes = select(Household.id).where(
            Household.community_code == old, or_(Household.dwelling_id.in_(same), Household.address.in_(addresses))
        )
        found[old] = (list(session.scalars(named)), list(session.scalars(same)), list(session.scalars(homes)))
    _tell_nowhere_apart(uow, olds, effects)
    prefixes = _prefixes(uow, olds)
    own = {form for name in new_names for form in place_words.forms(name)}
    for old, (named_ids, same_ids, home_ids) in found.items():
        prefix = prefixes[old]
        if prefix.casefold() in own:
            continue
        if _is_taken(uow, prefix, olds, found[old]):
            prefix = old
        effects[old] |= {"prefix": prefix, "named": named_ids, "doors": same_ids, "households": home_ids}
        _write(uow, Building, named_ids, {"name": func.left(literal(prefix) + Building.name, LONGEST_BUILDING)})
        _write(
            uow,
            Dwelling,
            same_ids,
            {
                "address": func.left(literal(prefix) + Dwelling.address, LONGEST_ADDRESS),
                "plain": func.left(literal(prefix.casefold()) + Dwelling.plain, LONGEST_ADDRESS),
            },
        )
        _write(uow, Household, home_ids, {"address": func.left(literal(prefix) + Household.address, LONGEST_ADDRESS)})


def _tell_nowhere_apart(uow: UnitOfWork, olds: list[str], effects: dict[str, dict[str, Any]]) -> None:
    """Of several households of those who are only counted, all but the first get a name that nobody writes.

    Where each of these people was counted must still be known after the change, so they cannot become one.
    """
    rows = uow.session.execute(
        select(Household.community_code, Household.id, Household.dwelling_id)
        .where(Household.community_code.in_(olds), Household.address == "")
        .order_by(Household.community_code)
    ).all()
    for code, home_id, dwelling_id in rows[1:]:
        name = f"{dwellings.NOWHERE}:{code}"
        effects[code]["nowhere"] = [home_id, dwelling_id]
        _write(uow, Household, [home_id], {"address": name})
        _write(uow, Dwelling, [one for one in (dwelling_id,) if one], {"address": name, "plain": name})


def _prefixes(uow: UnitOfWork, olds: list[str]) -> dict[str, str]:
    """The short name of each place; its code where two have the same."""
    short = {
        place.code: place_words.shortest(place.name_zh)
        for place in uow.session.scalars(select(Jurisdiction).where(Jurisdiction.code.in_(olds)))
    }
    return {code: name if list(short.values()).count(name) == 1 else code for code, name in short.items()}


def _is_taken(uow: UnitOfWork, prefix: str, olds: list[str], ids: tuple[list[int], list[int], list[int]]) -> bool:
    """Whether one of these houses, doors or households would get a name that another one has already."""
    for column, code, wanted, words in (
        (Building.name, Building.community_code, ids[0], prefix),
        (Dwelling.plain, Dwelling.community_code, ids[1], prefix.casefold()),
        (Household.address, Household.community_code, ids[2], prefix),
    ):
        named = select(func.concat(words, column)).where(column.class_.id == any_(literal(wanted, ARRAY(Integer))))
        if uow.session.scalar(select(column).where(code.in_(olds), column.in_(named)).limit(1)) is not None:
            return True
    return False


def _twice(value: Any, code: Any, olds: list[str], *more: ColumnElement[bool]) -> Select[Any]:
    return select(value).where(code.in_(olds), *more).group_by(value).having(func.count(code.distinct()) > 1)


def _write(uow: UnitOfWork, table: Any, ids: Sequence[int], values: dict[str, Any]) -> None:
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        uow.session.execute(update(table).where(table.id.in_(part)).values(**values), execution_options=QUIETLY)


def carry_back(uow: UnitOfWork, row: Reorganisation) -> None:
    """Take the homes of an undone change back to where they were, under the names that they had."""
    session = uow.session
    moved = select(Placement.dwelling_id).where(Placement.reorganisation_id == row.id)
    session.execute(
        update(Placement).where(Placement.dwelling_id.in_(moved), Placement.until_on == row.on).values(until_on=None),
        execution_options=QUIETLY,
    )
    for old, kept in row.effects["homes"].items():
        here = select(Placement.dwelling_id).where(
            Placement.dwelling_id.in_(moved),
            Placement.community_code == old,
            Placement.until_on.is_(None),
            Placement.reorganisation_id.is_distinct_from(row.id),
        )
        homes = list(session.scalars(select(Household.id).where(Household.dwelling_id.in_(here))))
        start = len(kept.get("prefix", "")) + 1
        for table, ids, names, wording in (
            (Building, kept["buildings"], kept.get("named", ()), ("name",)),
            (Dwelling, list(session.scalars(here)), kept.get("doors", ()), ("address", "plain")),
            (Household, homes, kept.get("households", ()), ("address",)),
        ):
            prefixed = set(names)
            plain = {column: func.substr(getattr(table, column), start) for column in wording}
            _write(uow, table, [one for one in ids if one in prefixed], {"community_code": old, **plain})
            _write(uow, table, [one for one in ids if one not in prefixed], {"community_code": old})
        if "nowhere" in kept:
            home_id, dwelling_id = kept["nowhere"]
            _write(uow, Household, [home_id], {"address": ""})
            _write(uow, Dwelling, [dwelling_id], {"address": "", "plain": ""})
    session.execute(delete(Placement).where(Placement.reorganisation_id == row.id), execution_options=QUIETLY)


def renew_search(uow: UnitOfWork, codes: Collection[str]) -> None:
    """Have the people of these communities found under the places and addresses that they have now."""
    ids = list(
        uow.session.scalars(
            select(Person.id)
            .join(Household, Household.id == Person.household_id)
            .where(Household.community_code.in_(codes), Person.merged_into_id.is_(None), Person.erased_at.is_(None))
            .limit(SEARCHED_AT_ONCE + 1)
        )
    )
    if len(ids) <= SEARCHED_AT_ONCE:
        search.reindex(uow, ids)
    else:
        uow.wake("directory.index")
