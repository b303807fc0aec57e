"""Grants: a role in a jurisdiction for a time, given by somebody and ended by somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from core.uow import UnitOfWork
from directory.models import Jurisdiction
from staff import giving
from staff.errors import (
    GrantOver,
    GrantThere,
    NobodyActsOnHimself,
    NoSuchPlace,
    NotYoursToGive,
    UserNotFound,
    WrongTime,
)
from staff.models import Grant, User
from staff.permissions import Granted, Role
from staff.queries import user_by_login
from staff.queries.signed_in import granted
from staff.service.users import grants_of, refuse_last_admin


def grant(
    uow: UnitOfWork, login: str, role: Role, jurisdiction_code: str, *, until_at: datetime | None = None
) -> Grant:
    """Give a user a role in a jurisdiction from now on. Raises UserNotFound, NoSuchPlace.

    Who has it already without an end is not given it again, unless it is for a time: such a grant says that there was
    a reason. For the command line and for loading; at the console `give` also asks who gives.
    """
    user = user_by_login(uow.session, login)
    if user is None:
        raise UserNotFound(login)
    there = None
    if until_at is None:
        there = uow.session.scalar(
            select(Grant).where(
                Grant.user_id == user.id,
                Grant.role == role,
                Grant.jurisdiction_code == jurisdiction_code,
                Grant.until_at.is_(None),
                Grant.from_at <= uow.now,
            )
        )
    return there or _given(uow, user, role, jurisdiction_code, uow.now, until_at)


def give(
    uow: UnitOfWork,
    user_id: int,
    role: Role,
    place: str,
    *,
    from_at: datetime | None,
    until_at: datetime | None,
    by: int,
    mine: Sequence[Granted],
) -> Grant:
    """Give a role at the console. `mine` are the grants of the user `by` who gives; None: from now, without an end.

    Raises UserNotFound, NobodyActsOnHimself, NotYoursToGive, NoSuchPlace, WrongTime, GrantThere.
    """
    user = uow.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise UserNotFound(str(user_id))
    if user_id == by:
        raise NobodyActsOnHimself
    if not giving.may_give(mine, role, place, uow.now):
        raise NotYoursToGive
    begins = max(from_at or uow.now, uow.now)
    if until_at is not None and until_at <= begins:
        raise WrongTime
    for other in giving.not_over(map(granted, grants_of(uow, user_id)), uow.now):
        is_same = other.role is role and other.jurisdiction_code == place
        if is_same and (other.until_at is None or begins < other.until_at) and not _is_before(until_at, other.from_at):
            raise GrantThere
    return _given(uow, user, role, place, begins, until_at)


def end(uow: UnitOfWork, grant_id: int, *, by: int, mine: Sequence[Granted]) -> Grant:
    """End a grant at this moment. Raises GrantOver, NobodyActsOnHimself, NotYoursToGive, LastAdmin."""
    found = uow.session.get(Grant, grant_id, with_for_update=True)
    if found is None or not giving.not_over([granted(found)], uow.now):
        raise GrantOver
    if found.user_id == by:
        raise NobodyActsOnHimself
    if not giving.may_give(mine, found.role, found.jurisdiction_code, uow.now):
        raise NotYoursToGive
    if found.role is Role.ADMIN:
        refuse_last_admin(uow, found.user_id, granted(found))
    found.until_at, found.ended_by = uow.now, uow.actor
    uow.audit(
        "grant.ended", f"user:{found.user_id}", place=found.jurisdiction_code, grant=found.id, role=str(found.role)
    )
    return found


def _given(uow: UnitOfWork, user: User, role: Role, place: str, from_at: datetime, until_at: datetime | None) -> Grant:
    _refuse_unknown_place(uow, place)
    given = Grant(
        user_id=user.id,
        role=role,
        jurisdiction_code=place,
        from_at=from_at,
        until_at=until_at,
        granted_by=uow.actor,
    )
    uow.session.add(given)
    uow.session.flush()  # sign-in reads grants by statement, also later in this unit
    until = until_at.isoformat() if until_at is not None else ""
    uow.audit("grant.given", f"user:{user.id}", place=place, grant=given.id, role=str(role), until=until)
    return given


def _refuse_unknown_place(uow: UnitOfWork, code: str) -> None:
    place = uow.session.get(Jurisdiction, code) if code else None
    today: date = uow.local_now.date()
    if place is None or (place.valid_until is not None and place.valid_until <= today):
        raise NoSuchPlace(code)


def _is_before(one: datetime | None, other: datetime) -> bool:
    return one is not None and one <= other
