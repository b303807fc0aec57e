"""Calls that the house makes: planned as rows, dialled by a job, repeated until somebody confirms by a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.uow import UnitOfWork
from ivr.errors import UnknownCall
from ivr.models import Call, CallToPlace, Placing
from telephony.carrier import LoggedCall
from ticketing.models import TaskKind
from ticketing.service import tasks, tickets

BATCH = 20
AFTER_RINGING = timedelta(seconds=15)  # the carrier adds some seconds to the ringing time it was given
AGAIN_AFTER = timedelta(minutes=2)
STUCK_AFTER = timedelta(seconds=60)  # a dialling row nobody came back to: the process died
FIRST_ASK = timedelta(seconds=20)  # the time of job offers; this is as urgent
NEXT_ASK = timedelta(seconds=60)
ASKS = 2
CLOCK_SLACK = timedelta(seconds=5)  # the carrier's log and our clock may differ by so much
NO_ANSWER_WITHIN = timedelta(minutes=10)  # an answered call whose end was never told
UNDER_WAY = (Placing.DIALLING, Placing.PLACED)


def page_duty(
    uow: UnitOfWork, wording: str, about: str, cause: str, facts: Mapping[str, Any], *, after: timedelta = timedelta()
) -> None:
    """Call the duty phone about this, once for one cause."""
    row = insert(CallToPlace).values(
        msisdn=uow.settings.duty_number,
        wording=wording,
        about=about,
        cause=cause,
        facts=dict(facts),
        lang=uow.policy.city.languages[0],
        placing=Placing.DUE,
        due_at=uow.now + after,
    )
    uow.session.execute(row.on_conflict_do_nothing(index_elements=[CallToPlace.cause]))
    if not after:
        uow.wake("ivr.place_calls")


def page_duty_after(uow: UnitOfWork, call: Call, danger: str, about: str) -> None:
    """The caller is being put through to the duty phone now; call it again by itself unless that works."""
    page_duty(uow, "emergency", about, _cause(call), {"danger": danger}, after=uow.policy.ivr.duty_ring + AFTER_RINGING)


def page_now(uow: UnitOfWork, call: Call) -> None:
    """The caller is gone without having talked to anybody: do not wait any longer.

    Where the duty phone was picked up they may have talked: how that ended is told any moment, so it waits for that.
    """
    found = uow.session.scalar(
        update(CallToPlace)
        .where(CallToPlace.cause == _cause(call), CallToPlace.placing == Placing.DUE, CallToPlace.due_at > uow.now)
        .values(due_at=uow.now)
        .returning(CallToPlace.id)
    )
    if found is not None:
        uow.wake("ivr.place_calls")
    else:
        _page_again(uow, call, after=AFTER_RINGING)


def page_after_all(uow: UnitOfWork, call: Call) -> None:
    """The duty phone was picked up and put down again before the caller was put through: ring it now."""
    if _page_again(uow, call):
        uow.wake("ivr.place_calls")


def withdraw(uow: UnitOfWork, call: Call) -> None:
    """The duty phone talks to the caller: it need not be called about it."""
    uow.session.execute(
        update(CallToPlace)
        .where(CallToPlace.cause == _cause(call), CallToPlace.placing == Placing.DUE)
        .values(placing=Placing.ANSWERED, ended_at=uow.now)
    )


def claim_due(uow: UnitOfWork) -> list[CallToPlace]:
    """Take the calls that are due; two workers never take the same one."""
    due = (
        select(CallToPlace.id)
        .where(CallToPlace.placing == Placing.DUE, CallToPlace.due_at <= uow.now)
        .order_by(CallToPlace.due_at, CallToPlace.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(
        uow.session.scalars(
            update(CallToPlace)
            .where(CallToPlace.id.in_(due.scalar_subquery()))
            .values(
                placing=Placing.DIALLING,
                attempts=CallToPlace.attempts + 1,
                dialled_at=uow.now,
                carrier_sid=None,
                asked=0,
            )
            .returning(CallToPlace)
        )
    )


def record_placed(uow: UnitOfWork, call_id: int, carrier_sid: str) -> None:
    """The carrier took it."""
    call = get(uow, call_id)
    if call.placing in (Placing.DIALLING, Placing.UNKNOWN):
        call.placing = Placing.PLACED
        call.carrier_sid = carrier_sid


def record_unknown(uow: UnitOfWork, call_id: int) -> None:
    """It may have reached the carrier: its log is asked before anybody dials again."""
    call = get(uow, call_id)
    if call.placing is Placing.DIALLING:
        call.placing = Placing.UNKNOWN
        call.due_at = uow.now + FIRST_ASK


def record_unplaced(uow: UnitOfWork, call_id: int, *, for_good: bool) -> None:
    """The carrier did not take it. `for_good`: it never will."""
    call = get(uow, call_id)
    if call.placing is Placing.DIALLING:
        _try_again(uow, call, for_good=for_good)


def recover_stuck(uow: UnitOfWork) -> None:
    """Rows whose dialling process died, and answered calls whose end was never told."""
    stuck = uow.session.scalars(
        select(CallToPlace)
        .where(CallToPlace.placing.in_(UNDER_WAY), CallToPlace.dialled_at < uow.now - STUCK_AFTER)
        .with_for_update(skip_locked=True)
    )
    for call in stuck:
        if call.placing is Placing.DIALLING:
            call.placing = Placing.UNKNOWN
            call.due_at = uow.now
        elif call.dialled_at is not None and call.dialled_at < uow.now - NO_ANSWER_WITHIN:
            _try_again(uow, call, for_good=False)


def unknown_due(uow: UnitOfWork) -> list[CallToPlace]:
    """The calls about which the carrier's log is to be asked now."""
    return list(
        uow.session.scalars(
            select(CallToPlace)
            .where(CallToPlace.placing == Placing.UNKNOWN, CallToPlace.due_at <= uow.now)
            .order_by(CallToPlace.due_at, CallToPlace.id)
            .limit(BATCH)
        )
    )


def settle_unknown(uow: UnitOfWork, call_id: int, logged: list[LoggedCall] | None) -> None:
    """What the carrier's log says. None: out of reach, and the call stays unknown.

    Found: adopted. Not found in two asks: dialled again, once.
    """
    call = get(uow, call_id)
    if call.placing is not Placing.UNKNOWN:
        return
    if logged is None:
        call.due_at = uow.now + NEXT_ASK
        return
    others = _known_already(uow, [one.call_sid for one in logged])
    mine = [one for one in logged if one.call_sid not in others]
    if mine:
        call.placing, call.carrier_sid = Placing.PLACED, mine[-1].call_sid
        return
    call.asked += 1
    if call.asked >= ASKS:
        _try_again(uow, call, for_good=False)
    else:
        call.due_at = uow.now + NEXT_ASK


def answered(uow: UnitOfWork, call_id: int, carrier_sid: str) -> CallToPlace:
    """Somebody or something picked up. Raises UnknownCall."""
    call = get(uow, call_id)
    if call.placing in (Placing.DIALLING, Placing.UNKNOWN):
        call.placing = Placing.PLACED
        call.carrier_sid = carrier_sid or None
    return call


def confirm(uow: UnitOfWork, call_id: int) -> CallToPlace:
    """The one who picked up pressed the key: it is known. Raises UnknownCall."""
    call = get(uow, call_id)
    if call.placing is not Placing.ANSWERED:
        call.placing, call.ended_at = Placing.ANSWERED, uow.now
    return call


def ended(uow: UnitOfWork, call_id: int, carrier_sid: str) -> None:
    """The call is over; when nobody confirmed, it is made again. An earlier attempt's end, told late, changes nothing.

    Raises UnknownCall.
    """
    call = get(uow, call_id)
    if call.placing in (Placing.DIALLING, Placing.UNKNOWN, Placing.PLACED) and call.carrier_sid in (None, carrier_sid):
        _try_again(uow, call, for_good=False)


def get(uow: UnitOfWork, call_id: int) -> CallToPlace:
    """The call to place, held until the transaction ends. Raises UnknownCall."""
    call = uow.session.scalar(select(CallToPlace).where(CallToPlace.id == call_id).with_for_update())
    if call is None:
        raise UnknownCall
    return call


def _try_again(uow: UnitOfWork, call: CallToPlace, *, for_good: bool) -> None:
    call.carrier_sid = None
    if not for_good and call.attempts < uow.policy.ivr.duty_ring_limit:
        call.placing, call.due_at = Placing.DUE, uow.now + AGAIN_AFTER
        return
    call.placing, call.ended_at = Placing.FAILED, uow.now
    ticket = tickets.get(uow, call.about) if call.about else None
    tasks.open_task(uow, TaskKind.CHECK, f"placed:{call.id}", "duty_not_reached", ticket=ticket)


def _page_again(uow: UnitOfWork, call: Call, *, after: timedelta = timedelta()) -> bool:
    """Take back a withdrawal; whether there was one. What somebody confirmed by a key stays settled.

    A call that was withdrawn was not under way; one that was confirmed has the carrier's id.
    """
    found = uow.session.scalar(
        update(CallToPlace)
        .where(
            CallToPlace.cause == _cause(call),
            CallToPlace.placing == Placing.ANSWERED,
            CallToPlace.carrier_sid.is_(None),
        )
        .values(placing=Placing.DUE, due_at=uow.now + after, ended_at=None)
        .returning(CallToPlace.id)
    )
    return found is not None


def _known_already(uow: UnitOfWork, logged: Sequence[str]) -> frozenset[str]:
    """Which of the carrier's ids belong to other calls of ours."""
    placed = select(CallToPlace.carrier_sid).where(CallToPlace.carrier_sid.in_(logged))
    others = select(Call.carrier_sid).where(Call.carrier_sid.in_(logged))
    return frozenset(uow.session.scalars(placed.union_all(others)))


def _cause(call: Call) -> str:
    return f"emergency:call:{call.id}"


def log_from(call: CallToPlace) -> datetime:
    """From when the carrier's log is asked about the attempt in hand."""
    return (call.dialled_at or call.due_at) - CLOCK_SLACK
