"""Risks and needs of a household: raised with author and expiry, taken down by hand or by time."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from core.uow import UnitOfWork
from directory.errors import FieldRefused, FlagNotFound, HouseholdNotFound
from directory.models import Flag, FlagKind, Household

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


def _end_standing(uow: UnitOfWork, household_id: int, kind: FlagKind) -> None:
    """What stood of this kind is replaced; notes in own words stand side by side."""
    if kind is FlagKind.OTHER:
        return
    standing = select(Flag).where(Flag.household_id == household_id, Flag.kind == kind, Flag.ended_at.is_(None))
    for flag in uow.session.scalars(standing):
        flag.ended_at, flag.ended_by = uow.now, uow.actor
