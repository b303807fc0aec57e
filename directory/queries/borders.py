"""The tree as of a day: who lay where and how many, and what a change of borders would make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from directory import borders
from directory.borders import Change, ChangeKind, Node, Plan, Wanted
from directory.errors import BadChange, PlaceNotFound
from directory.jurisdiction import path
from directory.models import (
    COMMUNITY,
    Building,
    Dwelling,
    Household,
    Jurisdiction,
    Person,
    Placement,
    Reorganisation,
    Residence,
)
from directory.queries.scoping import within
from directory.scope import Scope

NOWHERE = "nowhere"
PATIENCE = "set local statement_timeout = '30s'; set local work_mem = '64MB'"
"""A report of a whole city goes through everybody who lives there: it may take longer than another page."""


def is_home() -> ColumnElement[bool]:
    """The condition that a household is somebody's home: not the one of those who are only counted in a community."""
    nowhere = select(Dwelling.id).where(Dwelling.use == NOWHERE)
    return and_(Household.address != "", or_(Household.dwelling_id.is_(None), Household.dwelling_id.not_in(nowhere)))


@dataclass(frozen=True, slots=True)
class Counted:
    """A place in force on a day, under the name that it had then, with what lay in it."""

    code: str
    level: str
    names: dict[str, str]  # zh, en
    dwellings: int
    households: int  # in which somebody lived that day
    persons: int


@dataclass(frozen=True, slots=True)
class Affected:
    """How many homes a change would move."""

    dwellings: int
    households: int
    persons: int


def counted(session: Session, scope: Scope, on: date, under: str = "") -> list[Counted]:
    """Dwellings, households and persons of each place of a subtree as of a day, by the borders of that day.

    A person counts once, where a residence of his was in force that day; one who was merged into another counts as
    that one, where that one lived; an erased one still counts. A split later on changes nothing of it, and sums agree
    before and after.
    """
    session.execute(text(PATIENCE))
    nodes = _nodes_on(session, scope, on, under)
    lay = and_(
        _at(Placement.from_on, Placement.until_on, on),
        within(Placement.community_code, scope),
        Placement.community_code.startswith(under, autoescape=True),
    )
    homes = (
        select(Placement.community_code, func.count())
        .join(Dwelling, Dwelling.id == Placement.dwelling_id)
        .where(lay, Dwelling.use != NOWHERE)
        .group_by(Placement.community_code)
    )
    row = aliased(Person)
    living = (
        select(
            Person.id.label("person_id"),
            Placement.community_code,
            case((Dwelling.use != NOWHERE, Residence.household_id)).label("household_id"),
        )
        .select_from(Placement)
        .join(Dwelling, Dwelling.id == Placement.dwelling_id)
        .join(Household, Household.dwelling_id == Dwelling.id)
        .join(Residence, Residence.household_id == Household.id)
        .join(row, row.id == Residence.person_id)
        .join(Person, Person.id == func.coalesce(row.merged_into_id, row.id))
        .where(
            lay,
            _at(Residence.from_on, Residence.until_on, on),
            or_(Person.died_on.is_(None), Person.died_on > on),
        )
        .ext(distinct_on(Person.id))
        .order_by(
            Person.id, row.merged_into_id.is_not(None), Residence.from_on.desc().nulls_last(), Residence.id.desc()
        )
        .subquery()
    )
    people = select(
        living.c.community_code, func.count(living.c.household_id.distinct()), func.count(living.c.person_id)
    ).group_by(living.c.community_code)
    dwellings = _summed(dict(session.execute(homes).all()))
    rows = session.execute(people).all()
    households = _summed({code: count for code, count, _ in rows})
    persons = _summed({code: count for code, _, count in rows})
    names = _names_on(session, on)
    return [
        Counted(
            place.code,
            place.level,
            names.get(place.code) or {"zh": place.name_zh, "en": place.name_en},
            dwellings[place.code],
            households[place.code],
            persons[place.code],
        )
        for place in nodes
    ]


def homes_now(session: Session, scope: Scope, under: str = "") -> tuple[Counter[str], Counter[str]]:
    """Dwellings and households of a subtree by place as they lie today, summed up; cheap enough for every page."""
    dwellings = select(Dwelling.community_code, func.count()).where(
        within(Dwelling.community_code, scope),
        Dwelling.community_code.startswith(under, autoescape=True),
        Dwelling.use != NOWHERE,
    )
    households = select(Household.community_code, func.count()).where(
        within(Household.community_code, scope),
        Household.community_code.startswith(under, autoescape=True),
        is_home(),
    )
    return (
        _summed(dict(session.execute(dwellings.group_by(Dwelling.community_code)).all())),
        _summed(dict(session.execute(households.group_by(Household.community_code)).all())),
    )


def nodes(session: Session) -> dict[str, Node]:
    """Every place that is or was, by code."""
    return {place.code: node(place) for place in session.scalars(select(Jurisdiction))}


def node(place: Jurisdiction) -> Node:
    """A place as the rule of borders knows it."""
    return Node(
        place.code,
        place.level,
        place.kind,
        place.name_zh,
        place.name_en,
        place.area_code,
        place.valid_from,
        place.valid_until,
        place.level == COMMUNITY,
    )


def planned(session: Session, scope: Scope, change: Change, own_id: int | None = None) -> Plan:
    """What a change would make of the tree. `own_id`: the change is this one, which keeps its own codes.

    Raises PlaceNotFound, also outside the scope, or BadChange.
    """
    for code in (*change.old_codes, *(wanted.parent for wanted in change.wanted if wanted.parent)):
        if not scope.covers(code):
            raise PlaceNotFound(code)
    if change.kind is ChangeKind.RENAME:
        _refuse_rename_before_another(session, change)
    houses: Collection[str] = ()
    if change.kind is ChangeKind.SPLIT:
        houses = set(session.scalars(select(Building.name).where(Building.community_code.in_(change.old_codes))))
    return borders.plan(change, nodes(session), houses=houses, reserved=_reserved(session, own_id))


def affected(session: Session, scope: Scope, plan: Plan) -> Affected:
    """How many homes and people a change would move today."""
    ends = Dwelling.community_code.in_(plan.ends), within(Dwelling.community_code, scope)
    homes = Household.community_code.in_(plan.ends), within(Household.community_code, scope)
    people = (
        select(func.count())
        .select_from(Person)
        .join(Household, Household.id == Person.household_id)
        .where(*homes, Person.merged_into_id.is_(None))
    )
    return Affected(
        session.scalar(select(func.count()).select_from(Dwelling).where(*ends, Dwelling.use != NOWHERE)) or 0,
        session.scalar(select(func.count()).select_from(Household).where(*homes, is_home())) or 0,
        session.scalar(people) or 0,
    )


def change_of(row: Reorganisation) -> Change:
    """The change as it was asked for, with the codes that were kept for it."""
    return Change(
        row.kind,
        row.on,
        tuple(row.old_codes),
        tuple(Wanted(**{**wanted, "parts": tuple(wanted["parts"])}) for wanted in row.new_nodes),
    )


def due(session: Session, today: date, now: datetime) -> list[int]:
    """Changes whose day has come, the earliest first.

    One that failed and waits for its next try keeps later ones of the same places waiting: carried out before it, they
    would find a tree that they were not made for.
    """
    rows = session.scalars(
        select(Reorganisation)
        .where(
            Reorganisation.applied_at.is_(None),
            Reorganisation.undone_at.is_(None),
            Reorganisation.refusal == "",
            Reorganisation.on <= today,
        )
        .order_by(Reorganisation.on, Reorganisation.id)
    )
    found: list[int] = []
    held_up: set[str] = set()
    for row in rows:
        codes = {*row.old_codes, *(node["code"] for node in row.new_nodes)} - {""}
        above = {node["parent"] for node in row.new_nodes} - {""}
        is_first = row.set_aside_at is None and (row.try_at is None or row.try_at <= now)
        if is_first and not any(_hangs_on(one, codes, above) for one in held_up):
            found.append(row.id)
        else:
            held_up |= codes
    return found


def _hangs_on(code: str, codes: Collection[str], above: Collection[str]) -> bool:
    """Whether a change of these codes, below these, has to do with this place."""
    return any(one.startswith(code) or code.startswith(one) for one in codes) or any(
        one.startswith(code) for one in above
    )


def lately_moved(session: Session, since: datetime) -> list[str]:
    """The communities to which a change of borders, or its undoing, brought homes since a moment."""
    rows = session.scalars(
        select(Reorganisation).where(or_(Reorganisation.applied_at >= since, Reorganisation.undone_at >= since))
    )
    moved = {code for row in rows for code in row.effects.get("ends" if row.undone_at else "begins", [])}
    return sorted(moved)


def changes(session: Session, scope: Scope, code: str = "", limit: int = 50) -> list[Reorganisation]:
    """Changes of the tree that touch a place or what lies in it; of all places for the empty code. The newest first."""
    rows = session.scalars(select(Reorganisation).order_by(Reorganisation.on.desc(), Reorganisation.id.desc()))
    found = []
    for row in rows:
        touched = [*row.old_codes, *row.effects.get("begins", []), *row.effects.get("ends", [])]
        if all(scope.covers(one) for one in row.old_codes) and any(one.startswith(code) for one in touched):
            found.append(row)
        if len(found) == limit:
            break
    return found


def _nodes_on(session: Session, scope: Scope, on: date, under: str) -> Sequence[Jurisdiction]:
    return session.scalars(
        select(Jurisdiction)
        .where(
            _at(Jurisdiction.valid_from, Jurisdiction.valid_until, on),
            within(Jurisdiction.code, scope),
            Jurisdiction.code.startswith(under, autoescape=True),
        )
        .order_by(Jurisdiction.code)
    ).all()


def _names_on(session: Session, on: date) -> dict[str, dict[str, str]]:
    """Names that places had on a day and lost since."""
    renames = session.scalars(
        select(Reorganisation)
        .where(
            Reorganisation.kind == ChangeKind.RENAME,
            Reorganisation.on > on,
            Reorganisation.applied_at.is_not(None),
            Reorganisation.undone_at.is_(None),
        )
        .order_by(Reorganisation.on.desc(), Reorganisation.id.desc())
    )
    found: dict[str, dict[str, str]] = {}
    for row in renames:
        for code, (zh, en) in row.effects["names"].items():
            found[code] = {"zh": zh, "en": en}
    return found


def _refuse_rename_before_another(session: Session, change: Change) -> None:
    """Names are told back through the renames in the order of their days: the newest must be the last."""
    latest = session.scalar(
        select(func.max(Reorganisation.on)).where(
            Reorganisation.kind == ChangeKind.RENAME,
            Reorganisation.applied_at.is_not(None),
            Reorganisation.undone_at.is_(None),
            Reorganisation.old_codes.contains(list(change.old_codes)),
        )
    )
    if latest is not None and change.on < latest:
        raise BadChange("named_since", day=latest.isoformat())


def _reserved(session: Session, own_id: int | None) -> set[str]:
    """Codes that wait for the day of a change."""
    waiting = session.scalars(
        select(Reorganisation).where(
            Reorganisation.applied_at.is_(None), Reorganisation.undone_at.is_(None), Reorganisation.refusal == ""
        )
    )
    return {wanted["code"] for row in waiting if row.id != own_id for wanted in row.new_nodes if wanted["code"]}


def _at(from_on: Any, until_on: Any, day: date) -> ColumnElement[bool]:
    return and_(or_(from_on.is_(None), from_on <= day), or_(until_on.is_(None), until_on > day))


def _summed(by_community: Mapping[str, int]) -> Counter[str]:
    """What lies in each place with all below it."""
    found: Counter[str] = Counter()
    for code, count in by_community.items():
        for one in path(code):
            found[one] += count
    return found
