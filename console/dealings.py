"""What people had to do with the line: their tickets, their calls and texts, as far as the reader may see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, String, and_, func, literal, or_, select, tuple_, type_coerce, union_all
from sqlalchemy.orm import Session, aliased

from directory.models import Contact, Household, Person
from directory.queries.scoping import within
from directory.scope import Scope
from ivr.models import Call
from sms.models import InboundSms, OutboundSms
from ticketing.models import Ticket

TICKETS = 10
DEALINGS = 15
TICKETS_LOOKED_AT = 300
"""The newest tickets of theirs of which calls and texts are shown: their codes are looked up by index."""


class Way(StrEnum):
    """By which way somebody had to do with us."""

    CALL = "call"
    TEXT_IN = "text_in"
    TEXT_OUT = "text_out"


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose dealings: persons with all rows merged into them, the household when it is meant whole, their numbers."""

    person_ids: tuple[int, ...]
    household_id: int | None
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dealing:
    """One call or text."""

    way: Way
    id: int
    at: datetime
    msisdn: str | None
    about: str  # code of a ticket; empty: none
    words: str  # of a text
    state: str  # of a call its outcome, of a text that went out its delivery
    detail: str  # of a call its direction


def tickets(session: Session, scope: Scope, whom: Whom, before: int | None = None) -> list[Ticket]:
    """A page of their tickets, the newest first; `before` is the id of the last one seen."""
    wanted = select(Ticket).where(_theirs(whom), within(Ticket.jurisdiction_code, scope))
    if before is not None:
        wanted = wanted.where(Ticket.id < before)
    return list(session.scalars(wanted.order_by(Ticket.id.desc()).limit(TICKETS)))


def dealings(
    session: Session, scope: Scope, whom: Whom, before: tuple[datetime, str, int] | None = None
) -> list[Dealing]:
    """A page of their calls and texts, the newest first; `before` are moment, way and id of the last one seen.

    What is about a ticket shows with that ticket only. What is about none shows by the number, unless somebody outside
    the reader's area uses the number too: then it may be his.
    """
    own = whom.numbers - _used_elsewhere(session, scope, whom.numbers)
    seen = session.execute(
        select(Ticket.id, Ticket.code)
        .where(_theirs(whom), within(Ticket.jurisdiction_code, scope))
        .order_by(Ticket.id.desc())
        .limit(TICKETS_LOOKED_AT)
    ).all()
    calls = select(
        literal(Way.CALL.value).label("way"),
        Call.id,
        Call.started_at.label("at"),
        Call.msisdn,
        Call.about,
        literal("").label("words"),
        type_coerce(Call.outcome, String).label("state"),
        Call.direction.label("detail"),
    ).where(
        or_(
            and_(
                Call.about == "",
                Call.msisdn.in_(whom.numbers),
                or_(Call.person_id.in_(whom.person_ids), Call.msisdn.in_(own)),
            ),
            _about(seen, whom, Call.about, Call.started_at, None),
        )
    )
    came = select(
        literal(Way.TEXT_IN.value),
        InboundSms.id,
        InboundSms.received_at,
        InboundSms.msisdn,
        InboundSms.about,
        InboundSms.body,
        literal(""),
        literal(""),
    ).where(
        or_(
            and_(InboundSms.about == "", InboundSms.msisdn.in_(own)),
            _about(seen, whom, InboundSms.about, InboundSms.received_at, InboundSms.msisdn),
        )
    )
    went = select(
        literal(Way.TEXT_OUT.value),
        OutboundSms.id,
        OutboundSms.created_at,
        OutboundSms.msisdn,
        OutboundSms.about,
        OutboundSms.body,
        type_coerce(OutboundSms.delivery, String),
        literal(""),
    ).where(
        or_(
            and_(OutboundSms.about == "", OutboundSms.msisdn.in_(own)),
            _about(seen, whom, OutboundSms.about, OutboundSms.created_at, OutboundSms.msisdn),
        )
    )
    every = union_all(calls, came, went).subquery()
    wanted = select(every).order_by(every.c.at.desc(), every.c.way.desc(), every.c.id.desc()).limit(DEALINGS)
    if before is not None:
        wanted = wanted.where(tuple_(every.c.at, every.c.way, every.c.id) < tuple_(*map(literal, before)))
    return [
        Dealing(Way(row.way), row.id, row.at, row.msisdn, row.about, row.words, str(row.state), row.detail)
        for row in session.execute(wanted)
    ]


def _theirs(whom: Whom) -> ColumnElement[bool]:
    mine = Ticket.person_id.in_(whom.person_ids)
    return mine if whom.household_id is None else or_(mine, Ticket.household_id == whom.household_id)


def _about(seen: Sequence[Row[int, str]], whom: Whom, code: Any, at: Any, msisdn: Any) -> ColumnElement[bool]:
    """That it is about one of these tickets that had this code then, and between them and us: not its provider's.

    `seen` are ids and codes of those that the reader may see: the codes lead there by index, the ids keep it in scope.
    """
    conditions = [
        Ticket.id.in_([row.id for row in seen]),
        Ticket.code == code,
        Ticket.opened_at <= at,
        or_(Ticket.released_at.is_(None), at <= Ticket.released_at),
    ]
    if msisdn is not None:
        conditions.append(or_(msisdn == Ticket.msisdn, msisdn == Ticket.notify_msisdn, msisdn.in_(whom.numbers)))
    return and_(code.in_([row.code for row in seen]), select(Ticket.id).where(*conditions).exists())


def _used_elsewhere(session: Session, scope: Scope, numbers: Collection[str]) -> frozenset[str]:
    """The numbers that somebody outside the reader's area uses as well."""
    mine = aliased(Person)
    rows = session.execute(
        select(Contact.msisdn)
        .join(mine, mine.id == Contact.person_id)
        .join(Person, Person.id == func.coalesce(mine.merged_into_id, mine.id))
        .join(Household, Household.id == Person.household_id)
        .where(Contact.msisdn.in_(numbers), Contact.wrong_since.is_(None), ~within(Household.community_code, scope))
    )
    return frozenset(row.msisdn for row in rows)
