"""Finds people by any fragment of a name, its initials, a number or an address, in the reader's area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, True_, and_, func, literal, or_, select, text, union_all
from sqlalchemy.orm import Session

from directory.fragments import Term, grams_of_scope, national, place_gram, terms
from directory.models import Contact, Flag, FlagKind, Household, Jurisdiction, Person, PersonSearch
from directory.place_words import TAILS
from directory.queries.scoping import within
from directory.scope import Scope

AT_MOST = 200
"""Persons among whom the best are chosen; who has more hits adds a word."""
PLACES_AT_MOST = 40
SHORTEST_PLACE = 2  # characters of a word that is tried as the name of a place


@dataclass(frozen=True, slots=True)
class Found:
    """One person of a search."""

    person_id: int
    name: str
    sex: str
    birth_date: date | None
    household_id: int
    address: str
    community_code: str
    community_name: dict[str, str]  # zh, en
    number: str | None  # E.164: the one that was asked for, else the first in use
    contact_id: int | None  # of that number
    marks: tuple[str, ...]  # moved, died
    flags: tuple[FlagKind, ...]  # of the household, in force today


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of a search, the best first."""

    rows: tuple[Found, ...]
    total: int  # at most AT_MOST
    is_cut: bool  # there may be more than `total`
    is_too_common: bool  # the words stand in every address: they find nothing by themselves


NOTHING = Hits((), 0, False, False)


def people(session: Session, scope: Scope, fragment: str, *, today: date, limit: int = 50, offset: int = 0) -> Hits:
    """The living and the dead of the reader's area whom the fragment finds; merged persons as whom they became.

    Always the same number of statements. `today` is the day in the city.
    """
    wanted = [term for term in terms(fragment) if not term.is_everywhere]
    if not wanted:
        return Hits((), 0, False, is_too_common=bool(terms(fragment)))
    places = _places(session, wanted)
    inside = within(Household.community_code, scope)
    narrow = () if isinstance(inside, True_) else _narrowed(scope)
    session.execute(text("set local enable_seqscan = off"))  # a scan that hopes for early hits reads a million rows
    best = _best(wanted, places, narrow).cte("best")
    ranked = session.execute(
        select(Person, Household, Jurisdiction, func.count().over().label("total"))
        .join_from(best, Person, Person.id == best.c.person_id)
        .join(Household, Household.id == Person.household_id)
        .join(Jurisdiction, Jurisdiction.code == Household.community_code)
        .where(inside, Person.merged_into_id.is_(None), Person.erased_at.is_(None))
        .order_by(best.c.rank, Person.name, Person.id)
        .limit(min(limit, AT_MOST))
        .offset(offset)
    ).all()
    session.execute(text("set local enable_seqscan = on"))
    if not ranked:
        return NOTHING
    ids = [person.id for person, *_ in ranked]
    numbers = _numbers(session, ids)
    flags = _flags(session, [home.id for _, home, *_ in ranked], today)
    digits = [term.words for term in wanted if term.words.isdecimal()]
    return Hits(
        tuple(
            _found(person, home, community, _shown(numbers[person.id], digits), flags[home.id])
            for person, home, community, _ in ranked
        ),
        total=min(ranked[0].total, AT_MOST),
        is_cut=ranked[0].total >= AT_MOST,
        is_too_common=False,
    )


def _found(
    person: Person, home: Household, community: Jurisdiction, number: tuple[int, str] | None, flags: Sequence[FlagKind]
) -> Found:
    marks = {"moved": person.left_on, "died": person.died_on}
    return Found(
        person_id=person.id,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        household_id=home.id,
        address=home.address,
        community_code=home.community_code,
        community_name={"zh": community.name_zh, "en": community.name_en},
        number=number[1] if number else None,
        contact_id=number[0] if number else None,
        marks=tuple(mark for mark, day in marks.items() if day is not None),
        flags=tuple(flags),
    )


def _best(
    wanted: Sequence[Term], places: Sequence[Sequence[int]], narrow: Sequence[ColumnElement[bool]]
) -> Select[int]:
    """Ids of the persons found with the rank of the best way that finds them: 0 is the best."""
    ranks = max(len(term.better) for term in wanted)
    branches = [_branch(rank, [_better(term, rank) for term in wanted], narrow) for rank in range(ranks)]
    loose = [_loose(term, at) for term, at in zip(wanted, places, strict=True)]
    branches.append(_branch(ranks, loose, narrow))
    found = union_all(*branches).subquery("found")
    least = func.min(found.c.rank).label("rank")
    return select(found.c.person_id, least).group_by(found.c.person_id).order_by(least).limit(AT_MOST)


def _branch(
    rank: int, conditions: Sequence[ColumnElement[bool]], narrow: Sequence[ColumnElement[bool]]
) -> Select[int, int]:
    hits = (
        select(PersonSearch.person_id, literal(rank).label("rank"))
        .where(*conditions, *narrow)
        .limit(AT_MOST)
        .subquery()
    )
    return select(hits.c.person_id, hits.c.rank)


def _better(term: Term, rank: int) -> ColumnElement[bool]:
    if not term.better:
        return _loose(term, ())
    grams = term.better[min(rank, len(term.better) - 1)]
    return and_(PersonSearch.grams.contains(list(grams)), _says(term))


def _loose(term: Term, places: Sequence[int]) -> ColumnElement[bool]:
    """Any way in which the term finds somebody, or that he lives in a place of this name."""
    ways = or_(*(PersonSearch.grams.contains(list(way)) for way in term.ways))
    found = and_(ways, _says(term))
    return or_(found, PersonSearch.grams.overlap(list(places))) if places else found


def _says(term: Term) -> ColumnElement[bool]:
    return PersonSearch.words.contains(term.words, autoescape=True)


def _narrowed(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """The reader's area as the search index knows it, so that a common name is not read for the whole city."""
    grams = grams_of_scope(scope.prefixes)
    return () if grams is None else (PersonSearch.grams.overlap(grams),)


def _places(session: Session, wanted: Sequence[Term]) -> list[list[int]]:
    """For each term the grams of the places that bear its name, whole or without its last word (社区, village)."""
    words = [term.words for term in wanted]
    names = {
        word: [word, *(word + tail.strip() for tail in TAILS)]
        for word in words
        if len(word) >= SHORTEST_PLACE and not word[0].isdecimal()
    }
    every = {name for forms in names.values() for name in forms}
    name_en = func.replace(func.lower(Jurisdiction.name_en), " ", "")
    rows = session.execute(
        select(Jurisdiction.code, Jurisdiction.name_zh, name_en)
        .where(or_(Jurisdiction.name_zh.in_(every), name_en.in_(every)))
        .limit(PLACES_AT_MOST)
    ).all()
    return [
        [gram for code, *names_of in rows if set(names_of) & set(names.get(word, ())) and (gram := place_gram(code))]
        for word in words
    ]


def _numbers(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Numbers in use by person, those of merged persons included."""
    kept = func.coalesce(Person.merged_into_id, Person.id)
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for person_id, contact_id, number in session.execute(
        select(kept, Contact.id, Contact.msisdn)
        .join(Contact, Contact.person_id == Person.id)
        .where(or_(Person.id.in_(ids), Person.merged_into_id.in_(ids)), Contact.wrong_since.is_(None))
        .order_by(Contact.id)
    ):
        found[person_id].append((contact_id, number))
    return found


def _flags(session: Session, household_ids: Sequence[int], today: date) -> dict[int, list[FlagKind]]:
    found: dict[int, list[FlagKind]] = defaultdict(list)
    for household_id, kind in session.execute(
        select(Flag.household_id, Flag.kind)
        .where(Flag.household_id.in_(household_ids), Flag.ended_at.is_(None), Flag.expires_on > today)
        .distinct()
        .order_by(Flag.kind)
    ):
        found[household_id].append(kind)
    return found


def _shown(numbers: Sequence[tuple[int, str]], digits: Sequence[str]) -> tuple[int, str] | None:
    asked = (number for number in numbers if any(one in national(number[1]) for one in digits))
    return next(asked, numbers[0] if numbers else None)
