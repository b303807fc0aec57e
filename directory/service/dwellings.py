"""Doors behind which people live: entered in bulk with their houses, their place in the tree and their household."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Integer, String, any_, func, literal, select, tuple_, update

from core.bulk import copy_in, insert_missing, insert_missing_ids
from core.uow import UnitOfWork
from directory.errors import HouseUnsure, NoCommunity, PlaceEnded, PlaceNotFound
from directory.models import COMMUNITY, Building, Dwelling, Household, Jurisdiction, Placement
from directory.queries import homes as queries
from directory.queries.homes import Door, Home

AT_ONCE = 1000
NOWHERE = "nowhere"
"""Use of a dwelling without an address: it holds who is only counted in a community, and is no dwelling to count."""
Item = TypeVar("Item")


def ensure(uow: UnitOfWork, homes: Iterable[Home], *, is_asked: bool = True) -> dict[Home, int]:
    """The household behind each door, entered where it is missing with its building, dwelling and place in the tree.

    Two spellings of one door (8号楼2单元301, "Building 8, unit 2, room 301") lead to the same household. A few
    statements for each 1,000 homes, and safe beside another load of the same homes. `is_asked`: somebody is there who
    can say which house he means; else one of which nobody can tell is entered as it is called. Raises PlaceNotFound,
    PlaceEnded (no longer in force today), NoCommunity or HouseUnsure, and enters nothing then.
    """
    asked = sorted(set(homes))
    if not asked:
        return {}
    communities = _communities(uow, {code for code, _ in asked})
    uow.session.flush()
    doors = queries.doors(uow.session, asked)
    unsure = next((door for door in doors.values() if door.may_be), None)
    if unsure is not None and is_asked:
        raise HouseUnsure(unsure.may_be)
    one_each = {door.key: door for door in reversed(doors.values())}
    wanted = [one_each[key] for key in sorted(one_each)]
    known = _dwellings(uow, wanted)
    missing = [door for door in wanted if door.key not in known]
    if missing:
        known |= _by_words(uow, missing)
        missing = [door for door in missing if door.key not in known]
    if missing:
        _enter(uow, missing, communities)
        known |= _dwellings(uow, missing)
    households = _households(uow, known)
    return {home: households[known[door.key][0]] for home, door in doors.items()}


def _communities(uow: UnitOfWork, codes: Collection[str]) -> dict[str, Jurisdiction]:
    """The communities of these codes, held as they are until the transaction ends: a reorganisation waits."""
    found = {
        place.code: place
        for place in uow.session.scalars(
            select(Jurisdiction)
            .where(Jurisdiction.code.in_(codes))
            .order_by(Jurisdiction.code)
            .with_for_update(read=True, key_share=True)
            .execution_options(populate_existing=True)
        )
    }
    today = uow.local_now.date()
    for code in sorted(codes):
        if code not in found:
            raise PlaceNotFound(code)
        if found[code].level != COMMUNITY:
            raise NoCommunity(code)
        until = found[code].valid_until
        if until is not None and until <= today:
            raise PlaceEnded(code)
    return found


def _dwellings(uow: UnitOfWork, doors: Sequence[Door]) -> dict[Home, tuple[int, str]]:
    """Id and address of the dwellings that are there, by code and plain address."""
    found: dict[Home, tuple[int, str]] = {}
    for part in _parts(doors):
        rows = uow.session.execute(
            select(Dwelling.id, Dwelling.community_code, Dwelling.plain, Dwelling.address).where(
                _among(Dwelling.community_code, Dwelling.plain, [door.key for door in part])
            )
        )
        found |= {(code, plain): (number, address) for number, code, plain, address in rows}
    return found


def _by_words(uow: UnitOfWork, doors: Sequence[Door]) -> dict[Home, tuple[int, str]]:
    """Likewise of homes that stand there in these very words, whatever was made of them when they were entered."""
    found: dict[Home, tuple[int, str]] = {}
    for part in _parts(doors):
        at = {(door.code, door.address): door.key for door in part}
        rows = uow.session.execute(
            select(Household.community_code, Household.address, Household.dwelling_id).where(
                _among(Household.community_code, Household.address, list(at)), Household.dwelling_id.is_not(None)
            )
        )
        found |= {at[code, address]: (number, address) for code, address, number in rows if number is not None}
    return found


def _enter(uow: UnitOfWork, doors: Sequence[Door], communities: dict[str, Jurisdiction]) -> None:
    """Enter houses and dwellings, in one order everywhere: two loads wait for each other, and never in a ring."""
    houses = sorted({(door.code, door.parts.building) for door in doors if door.parts.building})
    insert_missing(
        uow.session,
        Building,
        [{"community_code": code, "name": name, "has_lift": None, "access_note": ""} for code, name in houses],
        "community_code",
        "name",
    )
    ids: dict[Home, int] = {}
    for names in _parts(houses):
        rows = uow.session.execute(
            select(Building.community_code, Building.name, Building.id).where(
                _among(Building.community_code, Building.name, names)
            )
        )
        ids |= {(code, name): number for code, name, number in rows}
    for part in _parts(doors):
        wanted = [_row(door, ids.get((door.code, door.parts.building))) for door in part]
        made = insert_missing_ids(uow.session, Dwelling, wanted, "community_code", "plain")
        placements = [(made[key], key[0], communities[key[0]].valid_from) for key in sorted(made)]
        copy_in(uow.session, Placement, ("dwelling_id", "community_code", "from_on"), placements)


def _row(door: Door, building_id: int | None) -> dict[str, Any]:
    return {
        "community_code": door.code,
        "address": door.address,
        "plain": door.plain,
        "building_id": building_id,
        "unit": door.parts.unit,
        "floor": door.parts.floor,
        "door": door.parts.door,
        "use": "home" if door.plain else NOWHERE,
    }


def _households(uow: UnitOfWork, dwellings: dict[Home, tuple[int, str]]) -> dict[int, int]:
    """The household of each dwelling, by the dwelling's id. One that was entered without a dwelling gets it now."""
    found = _by_dwelling(uow, [number for number, _ in dwellings.values()])
    missing = sorted(
        (code, address, number) for (code, _), (number, address) in dwellings.items() if number not in found
    )
    if not missing:
        return found
    insert_missing(
        uow.session,
        Household,
        [
            {"community_code": code, "address": address, "dwelling_id": number, "note": ""}
            for code, address, number in missing
        ],
        "community_code",
        "address",
    )
    for part in _parts(missing):
        at = {(code, address): number for code, address, number in part}
        for number, code, address, dwelling_id in uow.session.execute(
            select(Household.id, Household.community_code, Household.address, Household.dwelling_id).where(
                _among(Household.community_code, Household.address, list(at))
            )
        ):
            found[at[code, address]] = number
            if dwelling_id is None:
                uow.session.execute(
                    update(Household).where(Household.id == number).values(dwelling_id=at[code, address])
                )
    return found


def _by_dwelling(uow: UnitOfWork, dwelling_ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in _parts(dwelling_ids):
        rows = uow.session.execute(
            select(Household.dwelling_id, Household.id)
            .where(Household.dwelling_id == any_(literal(part, ARRAY(Integer))))
            .order_by(Household.id.desc())
        )
        found |= {dwelling_id: number for dwelling_id, number in rows if dwelling_id is not None}
    return found


def _among(code: Any, words: Any, pairs: Sequence[Home]) -> ColumnElement[bool]:
    """The condition that two columns are one of these pairs; one array a column, see `core.bulk`."""
    codes, others = literal([one for one, _ in pairs], ARRAY(String)), literal([one for _, one in pairs], ARRAY(String))
    listed = func.unnest(codes, others).table_valued("code", "words", name="listed").render_derived()
    return tuple_(code, words).in_(select(listed.c.code, listed.c.words))


def _parts(rows: Sequence[Item]) -> Iterator[list[Item]]:
    left = iter(rows)
    while part := list(islice(left, AT_ONCE)):
        yield part
