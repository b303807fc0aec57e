"""Reads of units and of who answers for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from directory.duties import Answering, Duty, answering, hole_from
from directory.jurisdiction import parent, path
from directory.models import HandlerUnit, Jurisdiction, Responsibility
from directory.queries.scoping import within
from directory.scope import Scope


@dataclass(frozen=True, slots=True)
class Coverage:
    """One row of the matrix: a place, and who answers there by category (None: a hole)."""

    place: Jurisdiction
    cells: dict[str, Answering | None]
    holes_from: dict[str, date]  # categories for which somebody answers now, and nobody from that day on


def responsible(session: Session, code: str, category: str, on: date) -> HandlerUnit | None:
    """The unit that answers for a category in a place on a day, inherited from above where nothing is said there."""
    if not code:
        return None
    rows = session.scalars(select(Responsibility).where(Responsibility.jurisdiction_code.in_(path(code)), _counts(on)))
    found = answering([_duty(row) for row in rows], code, category)
    return session.get(HandlerUnit, found.duty.unit_id) if found is not None else None


def coverage(session: Session, scope: Scope, on: date, categories: tuple[str, ...], under: str) -> list[Coverage]:
    """Who answers in a place and in each one right below it, by category, on a day. In three statements.

    What is inherited from above the reader's area is told, too: it holds there.
    """
    places = session.scalars(
        select(Jurisdiction)
        .where(
            or_(Jurisdiction.code == under, Jurisdiction.parent_code == under),
            within(Jurisdiction.code, scope),
            or_(Jurisdiction.valid_until.is_(None), Jurisdiction.valid_until > on),
        )
        .order_by(Jurisdiction.code)
    ).all()
    codes = {one for place in places for one in path(place.code)}
    rows = session.scalars(
        select(Responsibility).where(
            Responsibility.jurisdiction_code.in_(codes),
            or_(Responsibility.until_on.is_(None), Responsibility.until_on > on),
        )
    )
    duties = [_duty(row) for row in rows]
    return [_coverage(place, duties, categories, on) for place in places]


def _coverage(place: Jurisdiction, duties: Sequence[Duty], categories: tuple[str, ...], on: date) -> Coverage:
    today = [duty for duty in duties if duty.counts(on)]
    cells = {one: answering(today, place.code, one) for one in categories}
    ahead = {one: hole_from(duties, place.code, one, on) for one in categories if cells[one] is not None}
    return Coverage(place, cells, {one: day for one, day in ahead.items() if day is not None})


def duties_of(session: Session, scope: Scope, code: str) -> list[Responsibility]:
    """Who answered, answers or will answer in a place by its own rows, the newest first."""
    return list(
        session.scalars(
            select(Responsibility)
            .where(Responsibility.jurisdiction_code == code, within(Responsibility.jurisdiction_code, scope))
            .options(joinedload(Responsibility.unit))
            .order_by(Responsibility.category, Responsibility.from_on.desc(), Responsibility.id.desc())
        )
    )


def units_for(session: Session, scope: Scope, code: str, on: date) -> list[HandlerUnit]:
    """Units that can answer in a place: those that sit there or above it, and of those beside and below it the ones
    that the reader sees."""
    beside = HandlerUnit.jurisdiction_code.startswith(parent(code) or code, autoescape=True)
    near = or_(
        HandlerUnit.jurisdiction_code.in_(path(code)), and_(beside, within(HandlerUnit.jurisdiction_code, scope))
    )
    return list(
        session.scalars(
            select(HandlerUnit)
            .where(near, or_(HandlerUnit.until_on.is_(None), HandlerUnit.until_on > on))
            .order_by(HandlerUnit.jurisdiction_code, HandlerUnit.id)
        )
    )


def units_at(session: Session, scope: Scope, code: str) -> list[HandlerUnit]:
    """The units that sit in a place, also those that ended."""
    return list(
        session.scalars(
            select(HandlerUnit)
            .where(HandlerUnit.jurisdiction_code == code, within(HandlerUnit.jurisdiction_code, scope))
            .order_by(HandlerUnit.until_on.is_not(None), HandlerUnit.id)
        )
    )


def unit_names(session: Session, ids: set[int]) -> dict[int, dict[str, str]]:
    """Names of units in zh and en, in one statement."""
    return {
        unit.id: {"zh": unit.name_zh, "en": unit.name_en}
        for unit in session.scalars(select(HandlerUnit).where(HandlerUnit.id.in_(ids)))
    }


def _duty(row: Responsibility) -> Duty:
    return Duty(row.jurisdiction_code, row.category, row.unit_id, row.id, row.from_on, row.until_on)


def _counts(on: date) -> ColumnElement[bool]:
    until: Any = Responsibility.until_on
    return and_(Responsibility.from_on <= on, or_(until.is_(None), until > on))
