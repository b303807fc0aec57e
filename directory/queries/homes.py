"""Reads of households by the address of their door, many at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from directory import dwelling, place_words
from directory.models import Jurisdiction

Home = tuple[str, str]
"""Code of the community and the address in it, as people say it."""

BY_DOOR = text(
    "select n.place, h.id, h.head_id from unnest(cast(:places as int[]), cast(:codes as text[]), "
    "cast(:plains as text[])) as n (place, code, plain) "
    "join dwellings d on d.community_code = n.code and d.plain = n.plain join households h on h.dwelling_id = d.id "
    "order by h.id desc"
)
WITHOUT_DOOR = text(
    "select n.place, h.id, h.head_id from unnest(cast(:places as int[]), cast(:codes as text[]), "
    "cast(:addresses as text[])) as n (place, code, address) "
    "join households h on h.community_code = n.code and h.address = n.address where h.dwelling_id is null"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A household that is there."""

    household_id: int
    head_id: int | None


def plain_homes(session: Session, homes: Collection[Home]) -> dict[Home, Home]:
    """Each home in the form in which two spellings of one door are the same."""
    codes = {code for code, _ in homes}
    names = {
        place.code: frozenset(place_words.forms(place.name_zh) | place_words.forms(place.name_en))
        for place in session.scalars(select(Jurisdiction).where(Jurisdiction.code.in_(codes)))
    }
    return {home: (home[0], dwelling.plain(home[1], names.get(home[0], ()))) for home in homes}


def by_home(session: Session, homes: dict[Home, Home]) -> dict[Home, Known]:
    """The households behind these doors (home to its plain form), those that are there; two statements."""
    asked = list(homes)
    found: dict[Home, Known] = {}
    told = {"places": list(range(len(asked))), "codes": [code for code, _ in asked]}
    more = {"plains": [homes[home][1] for home in asked]}
    addresses = {"addresses": [address for _, address in asked]}
    for statement, rest in ((WITHOUT_DOOR, addresses), (BY_DOOR, more)):
        for place, household_id, head_id in session.execute(statement, {**told, **rest}):
            found[asked[place]] = Known(household_id, head_id)
    return found
