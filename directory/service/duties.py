"""Units, and who answers for what from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from core.uow import UnitOfWork
from directory.city_list import UnitLine
from directory.duties import EVERY, UNIT_KINDS
from directory.errors import BadDuty, PlaceEnded, PlaceNotFound, UnitNotFound
from directory.jurisdiction import is_within, parent
from directory.models import HandlerUnit, Jurisdiction, Responsibility
from directory.scope import Scope

LONGEST_NAME = 64


def add_unit(
    uow: UnitOfWork, scope: Scope, code: str, kind: str, name_zh: str, name_en: str, msisdn: str = ""
) -> HandlerUnit:
    """A body that sits in a place and can answer for something. `msisdn` E.164 or empty.

    Raises PlaceNotFound, also outside the scope, PlaceEnded or BadDuty.
    """
    _place(uow, scope, code)
    zh, en = name_zh.strip(), name_en.strip()
    if not (0 < len(zh) <= LONGEST_NAME and 0 < len(en) <= LONGEST_NAME):
        raise BadDuty("unit_name")
    if kind not in UNIT_KINDS:
        raise BadDuty("unit_kind")
    unit = HandlerUnit(jurisdiction_code=code, kind=kind, name_zh=zh, name_en=en, msisdn=msisdn)
    uow.session.add(unit)
    uow.session.flush()
    uow.audit("unit.added", f"unit:{unit.id}", place=code, kind=kind)
    return unit


def import_units(uow: UnitOfWork, lines: Sequence[UnitLine]) -> int:
    """Enter the units that are missing with what they answer for, from today on. Returns how many were entered."""
    known = set(uow.session.scalars(select(HandlerUnit.name_zh)))  # a unit whose place was joined sits elsewhere now
    missing = [line for line in lines if line.name_zh not in known]
    for line in missing:
        unit = HandlerUnit(
            jurisdiction_code=line.code, kind=line.kind, name_zh=line.name_zh, name_en=line.name_en, msisdn=""
        )
        uow.session.add(unit)
        uow.session.flush()
        uow.session.add_all(
            Responsibility(
                jurisdiction_code=line.code,
                category=category,
                unit_id=unit.id,
                from_on=uow.local_now.date(),
                set_by=uow.actor,
            )
            for category in line.categories
        )
    uow.session.flush()
    return len(missing)


def end_unit(uow: UnitOfWork, scope: Scope, unit_id: int) -> HandlerUnit:
    """A unit is no longer there from today on. Raises UnitNotFound, or BadDuty while it answers for something."""
    unit = uow.session.get(HandlerUnit, unit_id, with_for_update=True, populate_existing=True)
    if unit is None or not scope.covers(unit.jurisdiction_code):
        raise UnitNotFound
    today = uow.local_now.date()
    answers = select(Responsibility.id).where(
        Responsibility.unit_id == unit.id, or_(Responsibility.until_on.is_(None), Responsibility.until_on > today)
    )
    if uow.session.scalar(answers.limit(1)) is not None:
        raise BadDuty("in_use")
    if unit.until_on is None:
        unit.until_on = today
        uow.audit("unit.ended", f"unit:{unit.id}", place=unit.jurisdiction_code)
    return unit


def set_duty(
    uow: UnitOfWork,
    scope: Scope,
    code: str,
    category: str,
    unit_id: int,
    from_on: date,
    until_on: date | None = None,
) -> Responsibility:
    """From a day on this unit answers for a category in a place and below it; who did so until then ends that day.

    `category` of the catalogue, or "*" for all without a row of their own. `until_on` is the first day on which it is
    over: from then on whoever answered before goes on, so that a stand-in leaves no hole. Raises PlaceNotFound,
    PlaceEnded, UnitNotFound or BadDuty.
    """
    place = _place(uow, scope, code)
    if category != EVERY and category not in uow.catalogue.categories:
        raise BadDuty("category")
    unit = uow.session.get(HandlerUnit, unit_id)
    if unit is None:
        raise UnitNotFound
    if unit.until_on is not None and unit.until_on <= from_on:
        raise BadDuty("unit_over")
    sits = unit.jurisdiction_code
    if not (is_within(code, sits) or (is_within(sits, parent(code) or code) and scope.covers(sits))):
        raise BadDuty("elsewhere")
    if until_on is not None and until_on <= from_on:
        raise BadDuty("days")
    before = uow.session.scalars(
        select(Responsibility).where(
            Responsibility.jurisdiction_code == place.code,
            Responsibility.category == category,
            or_(Responsibility.until_on.is_(None), Responsibility.until_on > from_on),
        )
    ).all()
    for duty in before:
        if duty.from_on >= from_on and (until_on is None or duty.from_on < until_on):
            raise BadDuty("overlap")
        if duty.from_on < from_on:
            if until_on is not None and (duty.until_on is None or duty.until_on > until_on):
                uow.session.add(_going_on(duty, until_on, uow.actor))
            duty.until_on = from_on
    made = Responsibility(
        jurisdiction_code=code,
        category=category,
        unit_id=unit.id,
        from_on=from_on,
        until_on=until_on,
        set_by=uow.actor,
    )
    uow.session.add(made)
    uow.session.flush()
    uow.audit("duty.set", f"duty:{made.id}", place=code, category=category, unit=unit.id)
    return made


def _going_on(duty: Responsibility, from_on: date, by: str) -> Responsibility:
    """The rest of a duty behind somebody who stands in for its unit."""
    return Responsibility(
        jurisdiction_code=duty.jurisdiction_code,
        category=duty.category,
        unit_id=duty.unit_id,
        from_on=from_on,
        until_on=duty.until_on,
        set_by=by,
    )


def end_duty(uow: UnitOfWork, scope: Scope, duty_id: int, on: date) -> Responsibility:
    """A unit does not answer any more from this day on; what is said above holds then. Raises BadDuty."""
    duty = uow.session.get(Responsibility, duty_id, with_for_update=True, populate_existing=True)
    if duty is None or not scope.covers(duty.jurisdiction_code):
        raise BadDuty("unknown")
    if on < duty.from_on:
        raise BadDuty("days")
    if duty.until_on is not None and on >= duty.until_on:
        raise BadDuty("over")
    duty.until_on = on
    uow.session.flush()
    uow.audit("duty.ended", f"duty:{duty.id}", place=duty.jurisdiction_code, category=duty.category)
    return duty


def _place(uow: UnitOfWork, scope: Scope, code: str) -> Jurisdiction:
    """The place, held so that two people who set the same at the same moment come one after the other."""
    place = None
    if code and scope.covers(code):
        place = uow.session.get(Jurisdiction, code, with_for_update={"key_share": True}, populate_existing=True)
    if place is None:
        raise PlaceNotFound(code)
    if place.valid_until is not None and place.valid_until <= uow.local_now.date():
        raise PlaceEnded(code)
    return place
