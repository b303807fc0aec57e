"""What the directory does when it announces something itself: a request is answered when its correction is settled."""

from __future__ import annotations

from core.uow import UnitOfWork
from directory.events import CorrectionSettled
from directory.models import Correction
from directory.service import privacy


def answer_request(uow: UnitOfWork, event: CorrectionSettled) -> None:
    """The request that told of a mistake is answered once somebody looked at it."""
    told = uow.session.get_one(Correction, event.correction_id)
    privacy.correction_settled(uow, told.id, is_right=bool(told.is_right))
