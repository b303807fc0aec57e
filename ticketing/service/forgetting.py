"""What goes of tickets when a person is erased or they are old: who it was, where, in what words; the counts stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, cast, delete, func, literal, or_, select, update

from core.retention import Kind
from core.uow import UnitOfWork
from directory.events import Matter, Obstacle, Traces
from directory.models import Correction, Unplaced
from directory.queries.privacy import held_numbers, held_persons
from ticketing.lifecycle import OVER
from ticketing.models import Dispatch, FollowUp, Task, Ticket, TicketEvent
from ticketing.service.tasks import CORRECTION, meet


def tickets_of(traces: Traces) -> ColumnElement[bool]:
    """The tickets of a person, and those of his own number of which nobody knows whose they are."""
    nobodys = and_(Ticket.person_id.is_(None), Ticket.msisdn.in_(traces.own))
    return or_(Ticket.person_id.in_(traces.person_ids), nobodys)


def add_matters(uow: UnitOfWork, traces: Traces) -> None:
    """Tell which tickets are the person's; those that are open stand against erasing him."""
    found = uow.session.execute(
        select(Ticket.code, Ticket.opened_at, Ticket.released_at, Ticket.call_sid, Ticket.message_id, Ticket.state)
        .where(tickets_of(traces))
        .order_by(Ticket.id)
    )
    for code, opened_at, released_at, call_sid, message_id, state in found:
        traces.matters.append(Matter(code, opened_at, released_at, call_sid, message_id))
        if state not in OVER:
            traces.obstacles.append(Obstacle("ticket", code))


def forget(uow: UnitOfWork, traces: Traces) -> Counter[str]:
    """Take name, number, address and words out of the person's tickets, and his number out of all others and tasks."""
    session, gone = uow.session, Counter[str]()
    session.flush()
    ids = list(session.scalars(select(Ticket.id).where(tickets_of(traces))))
    blank(uow, ids)
    for column in (Ticket.msisdn, Ticket.notify_msisdn):
        session.execute(
            update(Ticket)
            .where(column.in_(traces.own))
            .values({column: None, Ticket.version: Ticket.version + 1})
            .execution_options(synchronize_session=False)
        )
    told = session.scalars(select(Correction.id).where(Correction.person_id.in_(traces.person_ids)))
    for number in told:
        meet(uow, cause=f"{CORRECTION}{number}")
    tasks = or_(Task.ticket_id.in_(ids), Task.msisdn.in_(traces.own))
    gone["tasks"] += _blank_tasks(uow, tasks)
    gone["tickets"] += len(ids)
    session.expire_all()
    return gone


def blank(uow: UnitOfWork, ids: Sequence[int], *, keeps_person: bool = True) -> None:
    """Take out of these tickets who it was. State, times, place, service, price and score stay to be counted."""
    session = uow.session
    nobody = {} if keeps_person else {"person_id": None}
    session.execute(
        update(Ticket)
        .where(Ticket.id.in_(ids))
        .values(
            msisdn=None,
            notify_msisdn=None,
            household_id=None,
            requester_name="",
            address="",
            description="",
            close_reason="",
            completion_pin=None,
            version=Ticket.version + 1,
            **nobody,
        )
        .execution_options(synchronize_session=False)
    )
    quiet = {"synchronize_session": False}
    for statement in (
        update(TicketEvent).where(TicketEvent.ticket_id.in_(ids)).values(note=""),
        update(Dispatch).where(Dispatch.ticket_id.in_(ids)).values(by_hand_reason=""),
        update(FollowUp).where(FollowUp.ticket_id.in_(ids)).values(comment=""),
        delete(Unplaced).where(Unplaced.subject.in_([f"ticket:{number}" for number in ids])),
    ):
        session.execute(statement, execution_options=quiet)


def old_tickets(before: datetime) -> Select[int]:
    """Tickets that were closed before this and still say whose they are, but not of people under a hold."""
    return _old(before).where(~_is_held())


def held_tickets(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old(before).where(_is_held())


def blank_old(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Leave these tickets without identity."""
    blank(uow, ids, keeps_person=False)
    _blank_tasks(uow, Task.ticket_id.in_(ids))


def old_tasks(before: datetime) -> Select[int]:
    """Tasks that were done before this and still name a number."""
    return _old_tasks(before).where(Task.msisdn.not_in(held_numbers()))


def held_tasks(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_tasks(before).where(Task.msisdn.in_(held_numbers()))


def blank_tasks(uow: UnitOfWork, ids: Collection[int]) -> None:
    """Take the number out of these tasks."""
    _blank_tasks(uow, Task.id.in_(ids))


def _blank_tasks(uow: UnitOfWork, condition: ColumnElement[bool]) -> int:
    """The cause of a task may name a number, too."""
    done = uow.session.execute(
        update(Task)
        .where(condition)
        .values(
            msisdn=None,
            cause=func.concat(literal("erased:"), cast(Task.id, String)),
            done_at=func.coalesce(Task.done_at, uow.now),
            done_by=func.coalesce(func.nullif(Task.done_by, ""), uow.actor),
        )
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _old(before: datetime) -> Select[int]:
    has_identity = or_(
        Ticket.requester_name != "",
        Ticket.address != "",
        Ticket.description != "",
        Ticket.msisdn.is_not(None),
        Ticket.notify_msisdn.is_not(None),
        Ticket.person_id.is_not(None),
        Ticket.household_id.is_not(None),
    )
    ended = func.coalesce(Ticket.closed_at, Ticket.released_at, Ticket.opened_at)
    return select(Ticket.id).where(Ticket.state.in_(OVER), ended < before, has_identity)


def _is_held() -> ColumnElement[bool]:
    of_person = func.coalesce(Ticket.person_id.in_(held_persons()), False)
    return or_(of_person, func.coalesce(Ticket.msisdn.in_(held_numbers()), False))


def _old_tasks(before: datetime) -> Select[int]:
    return select(Task.id).where(Task.done_at < before, Task.msisdn.is_not(None))


KINDS = (
    Kind("tickets", 1_826, 90, due=old_tickets, held=held_tickets, remove=blank_old),
    Kind("tasks", 730, 30, due=old_tasks, held=held_tasks, remove=blank_tasks),
)
