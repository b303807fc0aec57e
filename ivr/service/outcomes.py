"""What became of a call: every call ends with an outcome, and nobody who gave up on us is forgotten."""

from __future__ import annotations

from core.uow import UnitOfWork
from ivr.models import Call, CallOutcome
from ticketing.lifecycle import State
from ticketing.models import TaskKind, Ticket
from ticketing.service import tasks, tickets

KEPT = frozenset({CallOutcome.EMERGENCY})
"""An outcome that nothing later in the call changes."""
SETTLED = frozenset({CallOutcome.TICKET, CallOutcome.ANSWERED, CallOutcome.PERSON, CallOutcome.VOICEMAIL})
"""Outcomes with which the caller got through: a return call owed to the number is no longer needed."""
BY_THE_LINE = frozenset({CallOutcome.TICKET, CallOutcome.ANSWERED})
"""Of those, the ones without a person: a return call about an unfinished draft is still owed."""


def reached(uow: UnitOfWork, call: Call, outcome: CallOutcome, about: str = "") -> None:
    """The call came to something. The last thing it came to counts, but an emergency stays one."""
    if call.outcome not in KEPT:
        call.outcome = outcome
    if about and call.outcome is not CallOutcome.EMERGENCY:
        call.about = about
    if outcome in SETTLED:
        cause = _cause(call) if call.msisdn is None else None
        spared = _drafts(uow, call.msisdn) if call.msisdn is not None and outcome in BY_THE_LINE else []
        tasks.meet(uow, cause=cause, msisdn=call.msisdn, kinds=frozenset({TaskKind.RETURN_CALL}), spares=spared)


def owe_return_call(uow: UnitOfWork, call: Call, ticket: Ticket | None) -> None:
    """Somebody has to call this number back. Nothing can be done for a withheld one without a ticket."""
    if call.msisdn is None and ticket is None:
        if call.outcome not in KEPT:
            call.outcome = CallOutcome.UNREACHABLE
        return
    if call.outcome not in KEPT:
        call.outcome = CallOutcome.RETURN_CALL
    tasks.open_task(
        uow,
        TaskKind.RETURN_CALL,
        _cause(call),
        "hung_up",
        msisdn=call.msisdn,
        ticket=ticket,
        due_by=uow.policy.tasks.return_call_within,
    )


def _drafts(uow: UnitOfWork, msisdn: str) -> list[int]:
    """What this number, or its household, left unfinished; only a person finishes it."""
    mine = tickets.open_of(uow.session, msisdn)
    return [one.id for one in mine if one.is_draft and one.state is State.NEW]


def _cause(call: Call) -> str:
    return f"call:{call.id}"
