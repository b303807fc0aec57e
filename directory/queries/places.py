"""Reads of the tree: names, paths, communities, what words name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from config import policy as policy_file
from config import settings as environment
from core import clock
from directory import place_words
from directory.errors import PlaceNotFound
from directory.jurisdiction import path
from directory.models import COMMUNITY, AliasKind, Jurisdiction, PlaceAlias, Succession
from directory.place_words import Alias, Place, Resolved
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


def _places(codes: Collection[str]) -> Any:
    return select(Jurisdiction).where(Jurisdiction.code.in_(codes))
