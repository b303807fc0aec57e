"""Risks and needs of a household: raised with author and expiry, taken down by hand or by time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import ARRAY, Integer, any_, exists, literal, or_, select

from core.uow import UnitOfWork
from directory.errors import FieldRefused, FlagNotFound, HouseholdNotFound
from directory.models import Flag, FlagKind, Household, Person, Residence
from directory.queries.people import lives_here

LONGEST = timedelta(days=5 * 366)
"""A note that nobody looks at for longer is not true any more."""


def expires_on(uow: UnitOfWork, kind: FlagKind) -> date:
    """The day on which a note of this kind, raised today, no longer shows unless another day is chosen."""
    return uow.local_now.date() + uow.policy.directory.flag_lasts[kind]


def raise_flag(
    uow: UnitOfWork, household_id: int, kind: FlagKind, *, note: str = "", until: date | None = None
) -> Flag:
    """Have a household's risk or need shown to whoever is about to speak with it.

    `until` is the first day on which it no longer shows; None: as the policy says for its kind. One of a kind stands
    at a time: a second one renews the first. Raises HouseholdNotFound, and FieldRefused for a day that is over or too
    far, or for "other" without words.
    """
    home = uow.session.scalar(select(Household).where(Household.id == household_id).with_for_update())
    if home is None:
        raise HouseholdNotFound
    if kind is FlagKind.OTHER and not note.strip():
        raise FieldRefused("note", "flag_note_missing")
    day = until or expires_on(uow, kind)
    if day <= uow.local_now.date():
        raise FieldRefused("until", "day_over")
    if day > uow.local_now.date() + LONGEST:
        raise FieldRefused("until", "flag_too_long")
    _end_standing(uow, household_id, kind)
    flag = Flag(
        household_id=household_id,
        kind=kind,
        note=note.strip(),
        author=uow.actor,
        added_at=uow.now,
        expires_on=day,
    )
    uow.session.add(flag)
    uow.session.flush()  # the log names its id
    uow.audit("flag.raised", f"household:{household_id}", place=home.community_code, flag=flag.id, kind=kind.value)
    return flag


def end_flag(uow: UnitOfWork, household_id: int, flag_id: int) -> Flag:
    """Take a note down: it is not so any more. Raises FlagNotFound."""
    flag = uow.session.scalar(
        select(Flag)
        .where(Flag.id == flag_id, Flag.household_id == household_id, Flag.ended_at.is_(None))
        .with_for_update()
    )
    if flag is None:
        raise FlagNotFound
    flag.ended_at, flag.ended_by = uow.now, uow.actor
    place = uow.session.scalars(select(Household.community_code).where(Household.id == household_id)).one()
    uow.audit("flag.ended", f"household:{household_id}", place=place, flag=flag.id, kind=flag.kind.value)
    return flag


def go_along(uow: UnitOfWork, old_id: int, new_id: int) -> None:
    """A whole household moved: what was noted about the people goes with them, what is about the house stays.

    Where somebody lives at the new door already, nothing goes along that stands there, nor note and language.
    """
    old, new = _homes_held(uow, old_id, new_id)
    there = set(uow.session.scalars(select(Flag.kind).where(Flag.household_id == new_id, Flag.ended_at.is_(None))))
    for flag in _about_people(uow, old_id):
        if flag.kind is FlagKind.OTHER or flag.kind not in there:
            carried = Flag(
                household_id=new_id,
                kind=flag.kind,
                note=flag.note,
                author=flag.author,
                added_at=flag.added_at,
                expires_on=flag.expires_on,
            )
            uow.session.add(carried)
        flag.ended_at, flag.ended_by = uow.now, uow.actor
    new.note, new.lang = new.note or old.note, new.lang or old.lang
    old.note = old.lang = ""
    uow.session.flush()


def forget_those_before(uow: UnitOfWork, household_id: int) -> None:
    """Somebody comes to live where nobody does: what was noted about the people before is not true of him.

    Called before he is entered there. What is about the house stays.
    """
    lives = select(Person.id).where(Person.household_id == household_id, *lives_here())
    if uow.session.scalar(lives.limit(1)) is not None:
        return
    had = select(Residence.id).where(Residence.household_id == household_id)
    if uow.session.scalar(had.limit(1)) is None:
        return  # noted before anybody was entered: it is about those who are there now
    (home,) = _homes_held(uow, household_id)
    for flag in _about_people(uow, household_id):
        flag.ended_at, flag.ended_by = uow.now, uow.actor
        uow.audit(
            "flag.ended", f"household:{household_id}", place=home.community_code, flag=flag.id, kind=flag.kind.value
        )
    home.note = home.lang = ""
    home.head_id = None
    uow.session.flush()


def forget_those_before_all(uow: UnitOfWork, household_ids: Collection[int]) -> None:
    """The same for many homes, before a list enters people there: one statement unless something was noted of them."""
    lives = exists().where(Person.household_id == Household.id, *lives_here())
    had = exists().where(Residence.household_id == Household.id)
    standing = exists().where(Flag.household_id == Household.id, Flag.ended_at.is_(None), Flag.kind != FlagKind.NO_LIFT)
    noted = or_(Household.note != "", Household.lang != "", standing)
    deserted = select(Household.id).where(
        Household.id == any_(literal(sorted(set(household_ids)), ARRAY(Integer))), noted, had, ~lives
    )
    for household_id in uow.session.scalars(deserted.order_by(Household.id)).all():
        forget_those_before(uow, household_id)


def _about_people(uow: UnitOfWork, household_id: int) -> Sequence[Flag]:
    return uow.session.scalars(
        select(Flag)
        .where(Flag.household_id == household_id, Flag.ended_at.is_(None), Flag.kind != FlagKind.NO_LIFT)
        .order_by(Flag.id)
    ).all()


def _homes_held(uow: UnitOfWork, *household_ids: int) -> list[Household]:
    rows = uow.session.scalars(
        select(Household)
        .where(Household.id.in_(household_ids))
        .order_by(Household.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {home.id: home for home in rows}
    return [found[number] for number in household_ids]


def _end_standing(uow: UnitOfWork, household_id: int, kind: FlagKind) -> None:
    """What stood of this kind is replaced; notes in own words stand side by side."""
    if kind is FlagKind.OTHER:
        return
    standing = select(Flag).where(Flag.household_id == household_id, Flag.kind == kind, Flag.ended_at.is_(None))
    for flag in uow.session.scalars(standing):
        flag.ended_at, flag.ended_by = uow.now, uow.actor
