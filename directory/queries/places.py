"""Reads of the tree: names, paths, communities, what words name."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from config import policy as policy_file
from config import settings as environment
from core import clock
from directory import place_words
from directory.errors import PlaceNotFound
from directory.jurisdiction import path
from directory.models import (
    COMMUNITY,
    AliasKind,
    Building,
    Dwelling,
    Household,
    Jurisdiction,
    PlaceAlias,
    Succession,
    Unplaced,
)
from directory.place_words import Alias, Place, Resolved
from directory.queries.scoping import within
from directory.scope import Scope

PAGE = 50
MOST_DWELLINGS = 1000  # of one house on a page


def place_names(session: Session, code: str) -> dict[str, str]:
    """The name of a place in zh and en; two empty names for the empty code (place not known).

    Raises PlaceNotFound for a code that is not in the tree.
    """
    if not code:
        return {"zh": "", "en": ""}
    place = session.get(Jurisdiction, code)
    if place is None:
        raise PlaceNotFound(code)
    return names(place)


def names(place: Jurisdiction) -> dict[str, str]:
    """The names of a place by language."""
    return {"zh": place.name_zh, "en": place.name_en}


def names_of(session: Session, codes: Collection[str]) -> dict[str, dict[str, str]]:
    """Names in zh and en of many places in one statement; codes that are not in the tree are left out."""
    if not codes:
        return {}
    return {place.code: names(place) for place in session.scalars(_places(codes))}


def jurisdiction_path(session: Session, code: str) -> list[Jurisdiction]:
    """The places from the city down to this one. Raises PlaceNotFound."""
    places = list(session.scalars(_places(path(code)).order_by(Jurisdiction.code)))
    if not places or places[-1].code != code:
        raise PlaceNotFound(code)
    return places


def communities(session: Session, scope: Scope) -> list[Jurisdiction]:
    """The communities and villages in force today that a reader sees, by code."""
    return list(
        session.scalars(
            select(Jurisdiction)
            .where(
                Jurisdiction.level == COMMUNITY,
                in_force(Jurisdiction, today(session)),
                within(Jurisdiction.code, scope),
            )
            .order_by(Jurisdiction.code)
        )
    )


def community_by_words(session: Session, text: str) -> tuple[str, float] | None:
    """The community that the words name, with a certainty of 0 to 1; None when none or more than one is named."""
    found = resolve(session, text)
    return None if found.code is None else (found.code, found.certainty)


def resolve(session: Session, words: str, within_code: str = "") -> Resolved:
    """The community that an estate, a road, an alias or a name in the words leads to, with a certainty of 0 to 1.

    Several candidates are told and none is chosen. Names and aliases count from their day until before their last;
    `within_code`: only communities below this code.
    """
    return place_words.resolve(words, gazetteer(session), within_code)


def gazetteer(session: Session) -> list[Place]:
    """Every place in force today with its names and other names, for `place_words.resolve`, in two statements."""
    day = today(session)
    aliases: dict[str, list[Alias]] = {}
    for one in session.scalars(select(PlaceAlias).where(_counts(PlaceAlias.from_on, PlaceAlias.until_on, day))):
        aliases.setdefault(one.jurisdiction_code, []).append(
            Alias(
                one.words,
                one.certainty,
                is_road=one.kind is AliasKind.STREET,
                is_name=one.kind is AliasKind.FORMER,
            )
        )
    return [
        Place(place.code, (place.name_zh, place.name_en), place.level == COMMUNITY, tuple(aliases.get(place.code, ())))
        for place in session.scalars(select(Jurisdiction).where(in_force(Jurisdiction, day)))
    ]


def area_code_of(session: Session, code: str) -> str:
    """The area code of landlines of a place: its own, else that of the nearest place above, else the policy's."""
    return area_codes_of(session, [code])[code]


def area_codes_of(session: Session, codes: Collection[str]) -> dict[str, str]:
    """The area code of many places in one statement; see `area_code_of`."""
    above = {one for code in codes for one in path(code)}
    stated = select(Jurisdiction.code, Jurisdiction.area_code).where(
        Jurisdiction.code.in_(above), Jurisdiction.area_code != ""
    )
    own = dict(list(session.execute(stated))) if above else {}
    of_city = policy_file.current().city.area_code
    return {code: next((own[one] for one in reversed(path(code)) if one in own), of_city) for code in codes}


def today(session: Session) -> date:
    """This day in the city."""
    now = clock.now(session, is_demo=environment.current().is_demo_clock)
    return now.astimezone(policy_file.current().city.zone).date()


def in_force(node: type[Jurisdiction], day: date) -> ColumnElement[bool]:
    """The condition that a place counts on a day."""
    return _counts(node.valid_from, node.valid_until, day)


def _counts(from_on: Any, until_on: Any, day: date) -> ColumnElement[bool]:
    return and_(or_(from_on.is_(None), from_on <= day), or_(until_on.is_(None), until_on > day))


def successors(session: Session, code: str) -> list[Succession]:
    """What followed a place, and from which day, by code."""
    return list(session.scalars(select(Succession).where(Succession.old_code == code).order_by(Succession.new_code)))


def unplaced(session: Session, scope: Scope, *, after: tuple[datetime, int] | None = None) -> list[Unplaced]:
    """A page of what needs a place, the oldest first; `after` are moment and id of the last row of the page before."""
    wanted = select(Unplaced).where(Unplaced.settled_at.is_(None), within(Unplaced.within_code, scope))
    if after is not None:
        wanted = wanted.where(tuple_(Unplaced.found_at, Unplaced.id) > after)
    return list(session.scalars(wanted.order_by(Unplaced.found_at, Unplaced.id).limit(PAGE)))


def place(session: Session, scope: Scope, code: str) -> Jurisdiction:
    """One place, also one that ended. Raises PlaceNotFound, also outside the scope."""
    found = session.scalar(select(Jurisdiction).where(Jurisdiction.code == code, within(Jurisdiction.code, scope)))
    if found is None:
        raise PlaceNotFound(code)
    return found


def tree(session: Session, scope: Scope) -> list[Jurisdiction]:
    """Every place of the reader's area that is or was, by code."""
    return list(
        session.scalars(select(Jurisdiction).where(within(Jurisdiction.code, scope)).order_by(Jurisdiction.code))
    )


def following(session: Session, codes: Collection[str]) -> dict[str, list[str]]:
    """What followed each of these places, by old code."""
    found: dict[str, list[str]] = {}
    rows = session.execute(
        select(Succession.old_code, Succession.new_code)
        .where(Succession.old_code.in_(codes))
        .order_by(Succession.old_code, Succession.new_code)
    )
    for old, new in rows:
        found.setdefault(old, []).append(new)
    return found


def in_force_now(session: Session, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What each of these places is today: itself while it is in force, else all that followed it, however often."""
    found: dict[str, tuple[str, ...]] = {code: (code,) for code in codes}
    news = set(found)
    while followed := following(session, news):
        found = {code: tuple(new for old in olds for new in followed.get(old, [old])) for code, olds in found.items()}
        news = {new for olds in followed.values() for new in olds}
    return {code: tuple(dict.fromkeys(news)) for code, news in found.items()}


def aliases(session: Session, scope: Scope, code: str) -> list[PlaceAlias]:
    """Other names of a place, those in use first."""
    return list(
        session.scalars(
            select(PlaceAlias)
            .where(PlaceAlias.jurisdiction_code == code, within(PlaceAlias.jurisdiction_code, scope))
            .order_by(PlaceAlias.until_on.is_not(None), PlaceAlias.kind, PlaceAlias.words, PlaceAlias.id)
        )
    )


def buildings(session: Session, scope: Scope, code: str) -> list[tuple[int | None, str, int]]:
    """The houses of a community with id, name and count of dwellings; those without a house come last, without id."""
    counted = (
        select(Building.id, Building.name, func.count(Dwelling.id))
        .outerjoin(Dwelling, Dwelling.building_id == Building.id)
        .where(Building.community_code == code, within(Building.community_code, scope))
        .group_by(Building.id, Building.name)
    )
    loose = (
        select(func.count())
        .select_from(Dwelling)
        .where(
            Dwelling.community_code == code,
            within(Dwelling.community_code, scope),
            Dwelling.building_id.is_(None),
            Dwelling.address != "",
        )
    )
    found = [(number, name, count) for number, name, count in session.execute(counted)]
    found.sort(key=lambda one: _natural(one[1]))
    rest = session.scalar(loose) or 0
    return [*found, *([(None, "", rest)] if rest else [])]


def dwellings_of(
    session: Session, scope: Scope, code: str, building_id: int | None
) -> list[tuple[Dwelling, int | None]]:
    """The dwellings of one house (None: of no house), by unit and door, each with its household's id."""
    rows = session.execute(
        select(Dwelling, func.min(Household.id))
        .outerjoin(Household, Household.dwelling_id == Dwelling.id)
        .where(
            Dwelling.community_code == code,
            within(Dwelling.community_code, scope),
            Dwelling.building_id == building_id if building_id is not None else Dwelling.building_id.is_(None),
            Dwelling.address != "",
        )
        .group_by(Dwelling.id)
        .limit(MOST_DWELLINGS)
    ).all()
    return sorted(((one, home) for one, home in rows), key=lambda row: (_natural(row[0].unit), _natural(row[0].door)))


def _natural(words: str) -> list[tuple[int, str]]:
    """So that 2号楼 comes before 10号楼."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", words)]


def _places(codes: Collection[str]) -> Any:
    return select(Jurisdiction).where(Jurisdiction.code.in_(codes))
