"""What ticketing refuses, one sentence each (in ticketing/wording under `errors`)."""

from __future__ import annotations

from core.errors import Conflict, HotlineError, NotFound


class TicketNotFound(NotFound):
    """No ticket of that code that the reader may see."""

    def __init__(self, code: str) -> None:
        super().__init__("errors.ticket_not_found", code=code)


class IllegalMove(Conflict):
    """A state that cannot follow the present one."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__("errors.illegal_move", old=old, new=new)


class OfferGone(Conflict):
    """The offer was taken by someone else, withdrawn, or ran out."""

    def __init__(self, code: str) -> None:
        super().__init__("errors.offer_gone", code=code)


class ChangedMeanwhile(Conflict):
    """Somebody else changed the ticket since the reader opened it."""

    def __init__(self, code: str) -> None:
        super().__init__("errors.changed_meanwhile", code=code)


class NotEligible(HotlineError):
    """A provider who may not be sent to this ticket."""

    def __init__(self, provider: str, cause: str) -> None:
        super().__init__("errors.not_eligible", provider=provider, cause=cause)


class ReasonMissing(HotlineError):
    """A choice by hand needs a reason."""

    def __init__(self) -> None:
        super().__init__("errors.reason_missing")


class TaskNotFound(NotFound):
    """No open task of that number that the reader may see."""

    def __init__(self, task_id: int) -> None:
        super().__init__("errors.task_not_found", task=task_id)


class TaskTaken(Conflict):
    """Somebody else said first that he does it."""

    def __init__(self) -> None:
        super().__init__("errors.task_taken")


class CorrectionOpen(Conflict):
    """A reported mistake is settled where the record is: a task that is only ticked off would leave it standing."""

    def __init__(self) -> None:
        super().__init__("errors.correction_open")


class TooLateToReopen(Conflict):
    """The code belongs to nobody any more: a new ticket has to be opened."""

    def __init__(self, code: str) -> None:
        super().__init__("errors.too_late_to_reopen", code=code)


class UnitOver(Conflict):
    """There is no such unit any more."""

    def __init__(self) -> None:
        super().__init__("errors.unit_over")
