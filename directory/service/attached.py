"""What is attached to places and goes on with them when borders change: other names, units and duties, guesses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select, update

from core.uow import UnitOfWork
from directory.borders import Plan
from directory.duties import Span, free
from directory.jurisdiction import parent
from directory.models import (
    AliasKind,
    HandlerUnit,
    Jurisdiction,
    PlaceAlias,
    Reorganisation,
    Responsibility,
    Unplaced,
)
from directory.service import places


def carry_aliases(
    uow: UnitOfWork, row: Reorganisation, homes: list[tuple[str, str]], lives: set[str]
) -> dict[str, list[int]]:
    """Other names go on to all that follow, and the old name becomes one of them."""
    following = _following(homes)
    ended, made = [], []
    old_names = {
        place.code: (place.name_zh, place.name_en)
        for place in uow.session.scalars(select(Jurisdiction).where(Jurisdiction.code.in_(lives)))
    }
    known = uow.session.scalars(
        select(PlaceAlias)
        .where(PlaceAlias.jurisdiction_code.in_(lives), PlaceAlias.until_on.is_(None))
        .order_by(PlaceAlias.id)
    ).all()
    for alias in known:
        alias.until_on = row.on
        ended.append(alias.id)
        for code in following[alias.jurisdiction_code]:
            one = places.remember_name(uow, code, alias.words, alias.kind, alias.certainty, row.on, by(row))
            made += [one.id] if one else []
    for old, names in sorted(old_names.items()):
        for code in following[old]:
            new = uow.session.get_one(Jurisdiction, code)
            for name in names:
                if name in (new.name_zh, new.name_en):
                    continue
                one = places.remember_name(uow, code, name, AliasKind.FORMER, 0.85, row.on, by(row))
                made += [one.id] if one else []
    return {"ended": ended, "made": made}


def aliases_back(uow: UnitOfWork, row: Reorganisation) -> None:
    """Other names lead to where they led before an undone change."""
    effects = row.effects.get("aliases", {})
    uow.session.execute(delete(PlaceAlias).where(PlaceAlias.id.in_(effects.get("made", []))))
    uow.session.execute(update(PlaceAlias).where(PlaceAlias.id.in_(effects.get("ended", []))).values(until_on=None))


def carry_duties(uow: UnitOfWork, row: Reorganisation, plan: Plan) -> dict[str, Any]:
    """Units move with the place where they sit (of a split, to where the rest goes); who answers stays who it was."""
    following = _following(list(plan.pairs))
    seats: dict[str, str] = {}
    for unit in uow.session.scalars(select(HandlerUnit).where(HandlerUnit.jurisdiction_code.in_(plan.ends))):
        seats[str(unit.id)] = unit.jurisdiction_code
        codes = following[unit.jurisdiction_code]
        unit.jurisdiction_code = codes[0] if len(codes) == 1 else plan.rest
    ended, made = [], []
    duties = uow.session.scalars(
        select(Responsibility)
        .where(
            Responsibility.jurisdiction_code.in_(plan.ends),
            or_(Responsibility.until_on.is_(None), Responsibility.until_on > row.on),
        )
        .order_by(Responsibility.jurisdiction_code, Responsibility.from_on, Responsibility.id)
    ).all()
    taken: dict[tuple[str, str], list[Span]] = {}
    for duty in duties:
        for code in following[duty.jurisdiction_code]:
            # where two places were joined the first one's units answer, and the other's when these do not
            said = taken.setdefault((code, duty.category), [])
            left = free((max(duty.from_on, row.on), duty.until_on), said)
            said += left
            for from_on, until_on in left:
                new = Responsibility(
                    jurisdiction_code=code,
                    category=duty.category,
                    unit_id=duty.unit_id,
                    from_on=from_on,
                    until_on=until_on,
                    set_by=by(row),
                )
                uow.session.add(new)
                uow.session.flush()
                made.append(new.id)
        ended.append([duty.id, duty.until_on.isoformat() if duty.until_on else None])
        duty.until_on = max(row.on, duty.from_on)
    return {"seats": seats, "ended": ended, "made": made}


def duties_back(uow: UnitOfWork, row: Reorganisation) -> None:
    """Units sit and answer where they did before an undone change."""
    effects = row.effects["duties"]
    uow.session.execute(delete(Responsibility).where(Responsibility.id.in_(effects["made"])))
    for duty_id, until in effects["ended"]:
        duty = uow.session.get_one(Responsibility, duty_id)
        duty.until_on = date.fromisoformat(until) if until else None
    for unit_id, code in effects["seats"].items():
        uow.session.get_one(HandlerUnit, int(unit_id)).jurisdiction_code = code


def carry_guesses(uow: UnitOfWork, pairs: tuple[tuple[str, str], ...]) -> None:
    """What waits for a place keeps its guess where one place follows, and loses it where several do.

    The area in which it is known to lie becomes what followed it, or what lies above, so that somebody can settle it.
    """
    waits = Unplaced.settled_at.is_(None)
    for old, codes in _following(list(pairs)).items():
        guess = codes[0] if len(codes) == 1 else None
        area = guess or parent(old)
        uow.session.execute(update(Unplaced).where(Unplaced.guess_code == old, waits).values(guess_code=guess))
        uow.session.execute(update(Unplaced).where(Unplaced.within_code == old, waits).values(within_code=area))


def by(row: Reorganisation) -> str:
    """How rows name the change that made them."""
    return f"reorganisation:{row.id}"


def _following(pairs: list[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for old, new in pairs:
        found.setdefault(old, []).append(new)
    return found
