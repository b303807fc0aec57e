"""Reads of the tree: names, paths, communities, what words name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import place_words
from directory.errors import PlaceNotFound
from directory.jurisdiction import path
from directory.models import COMMUNITY, Jurisdiction
from directory.queries.scoping import within
from directory.scope import Scope


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
    """The communities and villages in force that a reader sees, by code."""
    return list(
        session.scalars(
            select(Jurisdiction)
            .where(
                Jurisdiction.level == COMMUNITY,
                Jurisdiction.valid_until.is_(None),
                within(Jurisdiction.code, scope),
            )
            .order_by(Jurisdiction.code)
        )
    )


def community_by_words(session: Session, text: str) -> tuple[str, float] | None:
    """The community that the words name, with a certainty of 0 to 1; None when none or more than one is named."""
    return place_words.find(
        text,
        [
            place_words.Place(place.code, (place.name_zh, place.name_en), place.level == COMMUNITY)
            for place in session.scalars(select(Jurisdiction))
        ],
    )


def _places(codes: Collection[str]) -> Any:
    return select(Jurisdiction).where(Jurisdiction.code.in_(codes))
