"""What a page needs from more than one domain: the queue, one ticket whole, the tasks, the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from console.audit_log import user_names
from console.paging import is_id
from console.privacy import LONG
from directory.models import Jurisdiction, Person
from directory.queries.scoping import within
from directory.scope import Scope
from ivr.models import Call, CallTurn, Voicemail
from providers.models import Provider
from sms.models import InboundSms, OutboundSms, Outcome
from staff.models import User
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.errors import TaskNotFound, TicketNotFound
from ticketing.lifecycle import OVER, State
from ticketing.models import Candidate, Dispatch, FollowUp, Task, Ticket, TicketEvent

PAGE = 50
FOUND_AT_MOST = 50
OF_MESSAGE = r"^voicemail:([0-9]{1,9})$"
"""The cause of a task to answer a message names the message."""
AFTER_THE_WORK = (State.DONE, State.FOLLOWING_UP, State.CLOSED)


class View(StrEnum):
    """The tabs of the queue."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    TO_DISPATCH = "to_dispatch"
    RESIDENT = "resident"
    FOLLOW_UP = "follow_up"
    DONE = "done"
    ALL = "all"


TABS = (View.OPEN, View.MINE, View.OVERDUE, View.TO_DISPATCH, View.RESIDENT, View.FOLLOW_UP, View.DONE)
UNCOUNTED = frozenset({View.DONE, View.ALL})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One ticket of the queue with the names that its row shows."""

    ticket: Ticket
    place: Jurisdiction | None
    provider: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tickets each tab holds, how many tasks are open and late."""

    views: dict[View, int]
    open_tasks: int
    late_tasks: int


@dataclass(frozen=True, slots=True)
class Whole:
    """One ticket with everything its page shows, read in a fixed number of statements."""

    ticket: Ticket
    place: Jurisdiction | None
    person: Person | None
    owner: str | None
    events: Sequence[TicketEvent]
    dispatches: Sequence[tuple[Dispatch, Provider]]
    candidates: Sequence[tuple[Candidate, Provider]]
    follow_up: FollowUp | None
    tasks: Sequence[Task]
    texts_out: Sequence[OutboundSms]
    texts_in: Sequence[InboundSms]
    calls: Sequence[Call]
    turns: Sequence[CallTurn]
    voicemails: Sequence[Voicemail]
    also: Sequence[Ticket]
    user_names: dict[str, str]  # of those who did one of its steps: `user:3` to a name


def queue(
    session: Session,
    scope: Scope,
    *,
    view: View,
    user_id: int,
    now: datetime,
    after: tuple[datetime, int] | None = None,
) -> list[QueueRow]:
    """A page of the queue: open tickets by their next promise, the nearest first; others from the newest end.

    `after` are moment (see `place_in_queue`) and id of the last row of the page before.
    """
    statement = _rows().where(_visible(scope), _of_view(view, user_id, now)).limit(PAGE)
    if view in UNCOUNTED:
        newest = Ticket.opened_at if view is View.ALL else func.coalesce(Ticket.closed_at, Ticket.opened_at)
        statement = statement.order_by(newest.desc(), Ticket.id.desc())
        further = None if after is None else tuple_(newest, Ticket.id) < after
    else:
        nearest = _next_promise()
        statement = statement.order_by(nearest, Ticket.id)
        further = None if after is None else tuple_(nearest, Ticket.id) > after
    return _read(session, statement if further is None else statement.where(further))


def place_in_queue(ticket: Ticket, view: View) -> tuple[datetime, int]:
    """Where a ticket stands in the order of a view: the cursor of the next page."""
    if view is View.ALL:
        return ticket.opened_at, ticket.id
    if view is View.DONE:
        return ticket.closed_at or ticket.opened_at, ticket.id
    return next_promise(ticket), ticket.id


def next_promise(ticket: Ticket) -> datetime:
    """The promise that runs now: first contact until it is met, then closing."""
    return ticket.contact_by if waits_for_contact(ticket) else ticket.close_by


def _next_promise() -> ColumnElement[datetime]:
    """The same, for the database."""
    is_contact = and_(Ticket.contacted_at.is_(None), Ticket.contact_by < Ticket.close_by)
    return case((is_contact, Ticket.contact_by), else_=Ticket.close_by)


def waits_for_contact(ticket: Ticket) -> bool:
    """Whether nobody spoke to the requester yet and that is due before closing."""
    return ticket.contacted_at is None and ticket.contact_by < ticket.close_by


def search(session: Session, scope: Scope, words: str, numbers: Sequence[str]) -> list[QueueRow]:
    """Tickets of a code, a number in any writing, a name or an address; the newest first.

    To a reader who sees numbers masked, numbers inside what people wrote are not there: digits that are found would
    tell him the rest of a number, one after the other.
    """
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    written = (Ticket.requester_name, Ticket.address, Ticket.description)
    hits = or_(
        Ticket.code == words.upper(),
        *(_holds(column, like, is_masked=not scope.may("numbers.see")) for column in written),
        Ticket.msisdn.in_(numbers) if numbers else Ticket.msisdn == words,
    )
    statement = _rows().where(_visible(scope), hits).order_by(Ticket.opened_at.desc(), Ticket.id.desc())
    return _read(session, statement.limit(FOUND_AT_MOST))


def _holds(column: Any, like: str, *, is_masked: bool) -> ColumnElement[bool]:
    """Whether the words stand there; masked: also when every number is taken out. The first, cheap test decides most.

    The database knows the pattern of `console.privacy` as it stands.
    """
    if not is_masked:
        return cast(ColumnElement[bool], column.like(like))
    return and_(column.like(like), func.regexp_replace(column, LONG.pattern, "••••", "g").like(like))


def counts(session: Session, scope: Scope, tasks_scope: Scope, *, user_id: int, now: datetime) -> Counts:
    """The figures beside the tabs and in the navigation, in two statements.

    `scope` is where the reader reads tickets, `tasks_scope` where he does tasks.
    """
    counted = [view for view in TABS if view not in UNCOUNTED]
    row = session.execute(
        select(*(func.count().filter(_of_view(view, user_id, now)) for view in counted)).where(
            _visible(scope), _of_view(View.OPEN, user_id, now)
        )
    ).one()
    tasks = session.execute(
        select(func.count(), func.count().filter(Task.due_at < now))
        .outerjoin(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.done_at.is_(None), _task_visible(tasks_scope))
    ).one()
    return Counts(dict(zip(counted, row, strict=True)), tasks[0], tasks[1])


def version(session: Session, scope: Scope) -> str:
    """A short mark that changes when any open ticket of the reader's area does, comes or goes."""
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(Ticket.version), 0), func.coalesce(func.max(Ticket.id), 0)).where(
            _visible(scope), Ticket.state.not_in(OVER)
        )
    ).one()
    return "-".join(str(part) for part in row)


def mark(session: Session, ticket: Ticket) -> str:
    """A short mark that changes when the ticket, its history or its texts do."""
    texts = session.execute(
        select(
            func.count(), func.count().filter(OutboundSms.settled_at.is_not(None)), func.max(OutboundSms.submitted_at)
        ).where(_texts_out(ticket))
    ).one()
    inbound = session.scalar(select(func.count()).select_from(InboundSms).where(_texts_in(ticket)))
    events = session.scalar(select(func.count()).select_from(TicketEvent).where(TicketEvent.ticket_id == ticket.id))
    return f"{ticket.version}-{events}-{texts[0]}-{texts[1]}-{inbound}"


def find(session: Session, scope: Scope, code: str) -> Ticket:
    """The newest ticket of this code that the reader may see. Raises TicketNotFound."""
    found = session.scalar(
        select(Ticket).where(Ticket.code == code.upper(), _visible(scope)).order_by(Ticket.id.desc()).limit(1)
    )
    if found is None:
        raise TicketNotFound(code)
    return found


def held(session: Session, scope: Scope, code: str) -> Ticket:
    """The ticket that holds this code today, for a change. Raises TicketNotFound unless the reader may see that one."""
    found = session.scalar(
        select(Ticket).where(Ticket.code == code.upper(), Ticket.released_at.is_(None), _visible(scope))
    )
    if found is None:
        raise TicketNotFound(code)
    return found


def holder_number(session: Session, ticket: Ticket) -> str | None:
    """The telephone of the provider who has the job, if one has."""
    return session.scalar(
        select(Provider.msisdn)
        .join(Dispatch, Dispatch.provider_id == Provider.id)
        .where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_(HOLDING))
    )


def whole(session: Session, scope: Scope, code: str) -> Whole:
    """Everything of one ticket. Raises TicketNotFound when there is none, or none the reader may see."""
    ticket = find(session, scope, code)
    dispatches = session.execute(
        select(Dispatch, Provider)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .where(Dispatch.ticket_id == ticket.id)
        .order_by(Dispatch.id)
    ).all()
    candidates = session.execute(
        select(Candidate, Provider)
        .join(Provider, Provider.id == Candidate.provider_id)
        .where(Candidate.ticket_id == ticket.id, Candidate.round == ticket.round)
        .order_by(Candidate.rank.nulls_last(), Candidate.id)
    ).all()
    calls = session.scalars(select(Call).where(_calls(ticket)).order_by(Call.started_at)).all()
    call_ids = [call.id for call in calls]
    events = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    ).all()
    return Whole(
        ticket=ticket,
        place=session.get(Jurisdiction, ticket.jurisdiction_code) if ticket.jurisdiction_code else None,
        person=session.get(Person, ticket.person_id) if ticket.person_id else None,
        owner=session.scalar(select(User.name).where(User.id == ticket.owner_id)) if ticket.owner_id else None,
        events=events,
        dispatches=[(row[0], row[1]) for row in dispatches],
        candidates=[(row[0], row[1]) for row in candidates],
        follow_up=session.scalar(
            select(FollowUp).where(FollowUp.ticket_id == ticket.id).order_by(FollowUp.id.desc()).limit(1)
        ),
        tasks=session.scalars(
            select(Task).where(Task.ticket_id == ticket.id, Task.done_at.is_(None)).order_by(Task.due_at)
        ).all(),
        texts_out=session.scalars(select(OutboundSms).where(_texts_out(ticket)).order_by(OutboundSms.id)).all(),
        texts_in=session.scalars(select(InboundSms).where(_texts_in(ticket)).order_by(InboundSms.id)).all(),
        calls=calls,
        turns=session.scalars(select(CallTurn).where(CallTurn.call_id.in_(call_ids)).order_by(CallTurn.id)).all(),
        voicemails=session.scalars(select(Voicemail).where(Voicemail.call_id.in_(call_ids))).all(),
        also=session.scalars(
            select(Ticket)
            .where(
                Ticket.household_id == ticket.household_id,
                Ticket.id != ticket.id,
                Ticket.state.not_in(OVER),
                _visible(scope),
            )
            .order_by(Ticket.id.desc())
            .limit(5)
        ).all()
        if ticket.household_id
        else (),
        user_names=user_names(session, {event.actor for event in events}),
    )


def tasks(
    session: Session, scope: Scope, *, after: tuple[datetime, int] | None = None
) -> list[tuple[Task, Ticket | None, str | None, Voicemail | None]]:
    """A page of open tasks with their tickets, who does them and the message they are about, the most pressing first.

    `after` are due time and id of the last row of the page before.
    """
    statement = (
        select(Task, Ticket, User.name, Voicemail)
        .outerjoin(Ticket, Ticket.id == Task.ticket_id)
        .outerjoin(User, User.id == Task.owner_id)
        .outerjoin(Voicemail, Voicemail.id == func.substring(Task.cause, OF_MESSAGE).cast(Integer))
        .where(Task.done_at.is_(None), _task_visible(scope))
        .order_by(Task.due_at, Task.id)
        .limit(PAGE)
    )
    if after is not None:
        statement = statement.where(tuple_(Task.due_at, Task.id) > after)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(statement).all()]


def open_task(session: Session, scope: Scope, task_id: int) -> Task:
    """One open task. Raises TaskNotFound when there is none, or none the reader may see."""
    wanted = (
        select(Task)
        .outerjoin(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.id == task_id, Task.done_at.is_(None), _task_visible(scope))
    )
    found = session.scalar(wanted) if is_id(task_id) else None
    if found is None:
        raise TaskNotFound(task_id)
    return found


def texts(session: Session, scope: Scope, *, only_waiting: bool, before: int | None = None) -> list[InboundSms]:
    """A page of inbound texts, the newest first; those that wait for a person, or all.

    Who does not see the whole city sees the texts about the tickets of his part: those that came while the ticket held
    its code, for a code is given again. `before` is the id of the last row of the page before.
    """
    statement = select(InboundSms).order_by(InboundSms.id.desc()).limit(PAGE)
    if before is not None:
        statement = statement.where(InboundSms.id < before)
    if not scope.sees_unplaced:
        about = select(Ticket.id).where(
            Ticket.code == InboundSms.about,
            Ticket.opened_at <= InboundSms.received_at,
            or_(Ticket.released_at.is_(None), InboundSms.received_at <= Ticket.released_at),
            _visible(scope),
        )
        statement = statement.where(about.exists())
    if only_waiting:
        statement = statement.where(InboundSms.outcome.in_((Outcome.QUEUED, Outcome.ASKED)))
    return list(session.scalars(statement))


def answers_to(session: Session, message_ids: Sequence[int]) -> dict[int, OutboundSms]:
    """The one answer of each inbound text, where there is one."""
    rows = session.scalars(select(OutboundSms).where(OutboundSms.answers_id.in_(message_ids)))
    return {row.answers_id: row for row in rows if row.answers_id is not None}


def latest_steps(session: Session, after: int, limit: int) -> list[tuple[TicketEvent, str]]:
    """The newest steps of all tickets after an id, oldest first, with the ticket's code."""
    newest = (
        select(TicketEvent, Ticket.code)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(TicketEvent.id > after)
        .order_by(TicketEvent.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in reversed(session.execute(newest).all())]


def _rows() -> Select[Any]:
    did_it = and_(Dispatch.state == DispatchState.COMPLETED, Ticket.state.in_(AFTER_THE_WORK))
    provider = (
        select(Provider.name)
        .join(Dispatch, Dispatch.provider_id == Provider.id)
        .where(Dispatch.ticket_id == Ticket.id, or_(Dispatch.state.in_(HOLDING), did_it))
        .order_by(Dispatch.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Ticket, Jurisdiction, provider, User.name)
        .outerjoin(Jurisdiction, Jurisdiction.code == Ticket.jurisdiction_code)
        .outerjoin(User, User.id == Ticket.owner_id)
    )


def _read(session: Session, statement: Select[Any]) -> list[QueueRow]:
    return [QueueRow(*row) for row in session.execute(statement).all()]


def _visible(scope: Scope) -> ColumnElement[bool]:
    return within(Ticket.jurisdiction_code, scope)


def _task_visible(scope: Scope) -> ColumnElement[bool]:
    own = and_(Task.ticket_id.is_(None), within(Task.jurisdiction_code, scope))
    return or_(own, and_(Task.ticket_id.is_not(None), _visible(scope)))


def _of_view(view: View, user_id: int, now: datetime) -> ColumnElement[bool]:
    is_open = Ticket.state.not_in(OVER)
    match view:
        case View.ALL:
            return true()
        case View.DONE:
            return Ticket.state.in_(OVER)
        case View.MINE:
            return and_(is_open, Ticket.owner_id == user_id)
        case View.OVERDUE:
            return and_(is_open, _next_promise() < now)
        case View.TO_DISPATCH:
            return Ticket.state.in_((State.NEW, State.OPEN, State.DISPATCHED))
        case View.RESIDENT:
            return Ticket.state == State.WAITING_QUOTE
        case View.FOLLOW_UP:
            return Ticket.state == State.FOLLOWING_UP
        case _:
            return is_open


def _calls(ticket: Ticket) -> ColumnElement[bool]:
    """A code is used again after months: what is older, or younger than its release, belongs to another ticket."""
    about = and_(
        Call.about == ticket.code,
        Call.started_at >= ticket.opened_at,
        Call.started_at <= ticket.released_at if ticket.released_at else true(),
    )
    return or_(about, Call.carrier_sid == ticket.call_sid) if ticket.call_sid else about


def _texts_out(ticket: Ticket) -> ColumnElement[bool]:
    return and_(
        OutboundSms.about == ticket.code,
        OutboundSms.created_at >= ticket.opened_at,
        OutboundSms.created_at <= ticket.released_at if ticket.released_at else true(),
    )


def _texts_in(ticket: Ticket) -> ColumnElement[bool]:
    mine = and_(
        InboundSms.about == ticket.code,
        InboundSms.received_at >= ticket.opened_at,
        InboundSms.received_at <= ticket.released_at if ticket.released_at else true(),
    )
    return or_(mine, InboundSms.id == ticket.message_id) if ticket.message_id else mine
