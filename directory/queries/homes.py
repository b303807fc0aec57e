"""Reads of households by the address of their door, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from directory import dwelling, houses, place_words
from directory.houses import Former, Houses
from directory.jurisdiction import path
from directory.models import AliasKind, Building, Dwelling, Jurisdiction, PlaceAlias, Placement

Home = tuple[str, str]
"""Code of the community and the address in it, as people say it."""

BY_DOOR = text(
    "select n.place, h.id, h.head_id from unnest(cast(:places as int[]), cast(:codes as text[]), "
    "cast(:plains as text[])) as n (place, code, plain) "
    "join dwellings d on d.community_code = n.code and d.plain = n.plain join households h on h.dwelling_id = d.id "
    "order by h.id desc"
)
BEFORE = text(
    "with recursive up (code, new, old) as (select new_code, new_code, old_code from successions "
    "where new_code = any(cast(:codes as text[])) union "
    "select up.code, s.new_code, s.old_code from up join successions s on s.new_code = up.old) "
    "select code, new, old from up order by code, new, old"
)
BY_ADDRESS = text(
    "select n.place, h.id, h.head_id from unnest(cast(:places as int[]), cast(:codes as text[]), "
    "cast(:addresses as text[])) as n (place, code, address) "
    "join households h on h.community_code = n.code and h.address = n.address"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A household that is there."""

    household_id: int
    head_id: int | None


@dataclass(frozen=True, slots=True)
class Door:
    """A home as it is written: the key by which two spellings are one."""

    code: str
    plain: str
    address: str
    parts: dwelling.Parts
    may_be: tuple[str, ...] = ()  # houses of which nobody can tell which one is meant

    @property
    def key(self) -> Home:
        """The home in the form in which two spellings of one door are the same."""
        return self.code, self.plain


def doors(session: Session, homes: Collection[Home]) -> dict[Home, Door]:
    """What each home means among the houses that are there; about five statements however many there are.

    Names of the community, of those above it and of those that it was before are read with their house.
    """
    codes = {code for code, _ in homes}
    before = _before(session, codes)
    names = _names(session, codes, before)
    known = _houses(session, codes, before)
    read = {home: dwelling.parts(home[1], names[home[0]]) for home in homes}
    meant: dict[Home, houses.Meant] = {}
    for code, house in sorted({(home[0], parts.building) for home, parts in read.items() if parts.building}):
        meant[code, house] = houses.meant(house, known[code])
    new: dict[str, dict[str, str]] = {
        code: houses.one_name_each(
            one.name for (at, _), one in meant.items() if at == code and one.name not in known[code].names
        )
        for code in codes
    }
    found = {}
    for home, parts in read.items():
        code, address = home
        one = meant.get((code, parts.building))
        if one is not None:
            parts = replace(parts, building=new[code].get(one.name, one.name))
        may_be = one.may_be if one is not None else ()
        found[home] = Door(code, dwelling.written(parts, address, names[code]), address, parts, may_be)
    return found


def plain_homes(session: Session, homes: Collection[Home]) -> dict[Home, Home]:
    """Each home in the form in which two spellings of one door are the same."""
    return {home: door.key for home, door in doors(session, homes).items()}


def by_home(session: Session, homes: Mapping[Home, Home]) -> dict[Home, Known]:
    """The households behind these doors (home to its plain form), those that are there; two statements."""
    asked = list(homes)
    found: dict[Home, Known] = {}
    told = {"places": list(range(len(asked))), "codes": [code for code, _ in asked]}
    more = {"plains": [homes[home][1] for home in asked]}
    addresses = {"addresses": [address for _, address in asked]}
    for statement, rest in ((BY_ADDRESS, addresses), (BY_DOOR, more)):
        for place, household_id, head_id in session.execute(statement, {**told, **rest}):
            found[asked[place]] = Known(household_id, head_id)
    return found


@dataclass(frozen=True, slots=True)
class _Before:
    """What a community was before changes of borders. Joined: at least once, several became one."""

    codes: tuple[str, ...] = ()
    is_joined: bool = False


def _before(session: Session, codes: Collection[str]) -> dict[str, _Before]:
    edges: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for code, new, old in session.execute(BEFORE, {"codes": sorted(codes)}):
        edges[code].append((new, old))
    found = {}
    for code in codes:
        news = [new for new, _ in edges[code]]
        found[code] = _Before(tuple(sorted({old for _, old in edges[code]})), len(set(news)) < len(news))
    return found


def _names(session: Session, codes: Collection[str], before: Mapping[str, _Before]) -> dict[str, frozenset[str]]:
    """What says nothing before a house in each community: its names, what it was called, and the places above.

    Not what was joined in it: there the name of before tells two houses apart.
    """
    single = {code for code in codes if not before[code].is_joined}
    former = {code: before[code].codes for code in single}
    said = _said(session, {one for code in codes for one in (*path(code), *before[code].codes)})
    called: dict[str, set[str]] = defaultdict(set)
    for code, words in session.execute(
        select(PlaceAlias.jurisdiction_code, PlaceAlias.words).where(
            PlaceAlias.jurisdiction_code.in_(single), PlaceAlias.kind == AliasKind.FORMER, PlaceAlias.until_on.is_(None)
        )
    ):
        called[code].add(words)
    found = {}
    for code in codes:
        own = {*said.get(code, ()), *called[code], *(name for one in former.get(code, ()) for name in said[one])}
        above = {name.casefold() for one in path(code)[:-1] for name in said.get(one, ())}
        found[code] = frozenset(above.union(*(place_words.forms(name) for name in own)))
    return found


def _houses(session: Session, codes: Collection[str], before: Mapping[str, _Before]) -> dict[str, Houses]:
    """The houses of each community; where communities were joined in it, also which of them each came from."""
    names: dict[str, Sequence[str]] = dict.fromkeys(codes, ())
    for code, told in session.execute(
        select(Building.community_code, func.array_agg(Building.name))
        .where(Building.community_code.in_(codes))
        .group_by(Building.community_code)
    ):
        names[code] = told
    joined = {code for code in codes if before[code].is_joined}
    if not joined:
        return {code: houses.known(names[code]) for code in codes}
    came: dict[tuple[str, str], set[str]] = defaultdict(set)
    for code, name, old in session.execute(
        select(Building.community_code, Building.name, Placement.community_code)
        .join(Dwelling, Dwelling.building_id == Building.id)
        .join(Placement, Placement.dwelling_id == Dwelling.id)
        .where(Building.community_code.in_(joined), Placement.community_code != Building.community_code)
        .distinct()
    ):
        came[code, old].add(name)
    said = _said(session, {old for code in joined for old in before[code].codes})
    former = {
        code: [_former(old, said[old], came[code, old]) for old in before[code].codes] if code in joined else []
        for code in codes
    }
    return {code: houses.known(names[code], former[code]) for code in codes}


def _former(code: str, said: Sequence[str], came: Collection[str]) -> Former:
    forms = {code.casefold(), *(form for name in said for form in place_words.forms(name))}
    return Former(
        place_words.shortest(said[0]), tuple(sorted(forms, key=lambda one: (-len(one), one))), frozenset(came)
    )


def _said(session: Session, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    places = session.scalars(select(Jurisdiction).where(Jurisdiction.code.in_(codes)))
    return {place.code: (place.name_zh, place.name_en) for place in places}
