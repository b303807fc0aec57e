"""Reads of the staff pages: who works in the reader's area, with which grants, invited and seen when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from directory.jurisdiction import CITY, STEP
from directory.models import Jurisdiction
from directory.queries.places import in_force, today
from directory.queries.scoping import within
from directory.scope import Scope
from staff.errors import UserNotSeen
from staff.models import Grant, Invitation, SignedIn, User
from staff.permissions import Role

EMERGENCY = "cli:break-glass"
PAGE = 50
HISTORY = 30
MOST_PLACES = 400
"""More than that are not offered as a list; codes can always be typed."""


def members(
    session: Session, scope: Scope, *, words: str = "", only: str = "", after: str = "", now: datetime
) -> Sequence[User]:
    """A page of the users with a grant in the reader's area, by login; `after` is the last login of the page before.

    `words` is any part of login or name; `only` is `active`, `invited` (an open link) or `off`.
    """
    statement = select(User).where(_works_here(scope), User.login > after).order_by(User.login).limit(PAGE)
    if words:
        statement = statement.where(
            or_(User.login.icontains(words, autoescape=True), User.name.icontains(words, autoescape=True))
        )
    if only == "active":
        statement = statement.where(User.is_active)
    elif only == "off":
        statement = statement.where(User.is_active.is_(False))
    elif only == "invited":
        statement = statement.where(exists().where(Invitation.user_id == User.id, *_is_open(now)))
    return session.scalars(statement).all()


def member(session: Session, scope: Scope, user_id: int) -> User:
    """One user with a grant in the reader's area. Raises UserNotSeen."""
    found = session.scalar(select(User).where(_works_here(scope), User.id == user_id))
    if found is None:
        raise UserNotSeen
    return found


def grants_in(session: Session, scope: Scope, user_ids: Collection[int]) -> dict[int, list[Grant]]:
    """The grants of these users in the reader's area, ended ones too, the newest first."""
    found: dict[int, list[Grant]] = {}
    if user_ids:
        statement = select(Grant).where(Grant.user_id.in_(user_ids), _is_here(scope)).order_by(Grant.id.desc())
        for grant in session.scalars(statement):
            found.setdefault(grant.user_id, []).append(grant)
    return found


def grant_in(session: Session, scope: Scope, grant_id: int) -> Grant:
    """One grant in the reader's area. Raises UserNotSeen."""
    found = session.scalar(select(Grant).where(Grant.id == grant_id, _is_here(scope)))
    if found is None:
        raise UserNotSeen
    return found


def seen_at(session: Session, user_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these users was last at work here."""
    seen = func.max(func.coalesce(SignedIn.last_seen_at, SignedIn.began_at))
    statement = select(SignedIn.user_id, seen).where(SignedIn.user_id.in_(user_ids)).group_by(SignedIn.user_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def invited_until(session: Session, user_ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Until when the open link of each of these users is good."""
    statement = select(Invitation.user_id, Invitation.ends_at).where(Invitation.user_id.in_(user_ids), *_is_open(now))
    return {row[0]: row[1] for row in session.execute(statement)}


def emergency_grants(session: Session, scope: Scope, given_by: str, since: datetime) -> list[tuple[Grant, User]]:
    """The grants in the reader's area that were opened at the command line in an emergency, the newest first."""
    statement = (
        select(Grant, User)
        .join(User, User.id == Grant.user_id)
        .where(Grant.granted_by == given_by, Grant.from_at >= since, _is_here(scope))
        .order_by(Grant.id.desc())
        .limit(HISTORY)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def account_history(session: Session, user_id: int) -> Sequence[AuditEntry]:
    """What became of the account of a user whom the reader sees, the newest first; grants are listed by themselves."""
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == f"user:{user_id}", AuditEntry.place == "")
        .order_by(AuditEntry.number.desc())
        .limit(HISTORY)
    ).all()


def places_to_give(session: Session, scope: Scope) -> Sequence[Jurisdiction]:
    """The places in force in the reader's area, by code; not more than a list can hold."""
    return session.scalars(
        select(Jurisdiction)
        .where(within(Jurisdiction.code, scope), in_force(Jurisdiction, today(session)))
        .order_by(func.length(Jurisdiction.code), Jurisdiction.code)
        .limit(MOST_PLACES)
    ).all()


def names_by_id(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """The names of these users."""
    if not user_ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))}


def whom_to_ask(session: Session, now: datetime) -> Sequence[str]:
    """Names of up to three administrators of the whole city, for somebody who has no grant and so no area.

    Who was let in by break-glass for an hour is nobody to ask.
    """
    return session.scalars(
        select(User.name)
        .join(Grant, Grant.user_id == User.id)
        .where(
            Grant.role == Role.ADMIN,
            func.length(Grant.jurisdiction_code) <= STEP * CITY,
            Grant.from_at <= now,
            or_(Grant.until_at.is_(None), Grant.until_at > now),
            Grant.granted_by != EMERGENCY,
            User.is_active,
        )
        .group_by(User.id)
        .order_by(User.id)
        .limit(3)
    ).all()


def _works_here(scope: Scope) -> ColumnElement[bool]:
    """That a user has, had or will have a grant in the area; one who never had any shows to who sees a whole city."""
    has_none = ~exists().where(Grant.user_id == User.id) if scope.sees_unplaced else false()
    return or_(exists().where(and_(Grant.user_id == User.id, _is_here(scope))), has_none)


def _is_here(scope: Scope) -> ColumnElement[bool]:
    return within(Grant.jurisdiction_code, scope)


def _is_open(now: datetime) -> list[ColumnElement[bool]]:
    return [Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.ends_at > now]
