"""The audit log as a reader may see it: rows about his part of the tree, newest first, narrowed by what he asks for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.audit_job import LOG, VERIFIED
from directory.queries.scoping import within
from directory.scope import Scope
from staff.models import User

PAGE = 50
LOOKED_BACK = 2000
"""More than anybody does within an hour, and few enough to be read in an instant."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; an empty field asks for nothing. `place` is a code, everything below it counts too."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    place: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None  # the first moment that no longer counts

    @property
    def is_narrow(self) -> bool:
        """Whether it asks after somebody: such a look is itself written down."""
        return bool(self.actor or self.subject)


def entries(session: Session, scope: Scope, wanted: Wanted, *, before: int | None = None) -> list[AuditEntry]:
    """A page of the log. `before` is the number of the last row of the page before."""
    statement = select(AuditEntry).where(within(AuditEntry.place, scope)).order_by(AuditEntry.number.desc()).limit(PAGE)
    if before is not None:
        statement = statement.where(AuditEntry.number < before)
    if wanted.actor:
        statement = statement.where(AuditEntry.actor == wanted.actor)
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.subject:
        statement = statement.where(AuditEntry.subject == wanted.subject)
    if wanted.place:
        statement = statement.where(AuditEntry.place.startswith(wanted.place, autoescape=True))
    if wanted.from_at is not None:
        statement = statement.where(AuditEntry.at >= wanted.from_at)
    if wanted.until_at is not None:
        statement = statement.where(AuditEntry.at < wanted.until_at)
    return list(session.scalars(statement))


def count_of(session: Session, actor: str, action: str, since: datetime, *, most: int) -> int:
    """How often somebody did this since a moment, among the last things he did; counted up to `most`."""
    newest = (
        select(AuditEntry.action, AuditEntry.at)
        .where(AuditEntry.actor == actor)
        .order_by(AuditEntry.number.desc())
        .limit(LOOKED_BACK)
        .subquery()
    )
    done = select(newest.c.at).where(newest.c.action == action, newest.c.at > since).limit(most)
    return len(session.execute(done).all())


def last_check(session: Session) -> AuditEntry | None:
    """When the whole log was verified last, and what came of it. It tells nothing of any place."""
    return session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject == LOG, AuditEntry.action == VERIFIED)
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )


def user_names(session: Session, actors: Collection[str]) -> dict[str, str]:
    """The names of those actors that are users: `user:3` to a name, in one statement."""
    ids = {
        int(word) for kind, _, word in (actor.partition(":") for actor in actors) if kind == "user" and word.isdecimal()
    }
    if not ids:
        return {}
    return {f"user:{row[0]}": row[1] for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


def user_by_login(session: Session, login: str) -> str | None:
    """`user:3` for a login, None where nobody has it."""
    found = session.scalar(select(User.id).where(User.login == login.strip().casefold()))
    return f"user:{found}" if found is not None else None
