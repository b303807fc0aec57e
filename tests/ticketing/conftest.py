"""The reactions of the house, and moments that pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import events
from core.uow import UnitOfWork
from sms.events import PersonAsked, TextFailed, TextUnsettled, UnclearText
from ticketing import reactions


@pytest.fixture(autouse=True)
def reacting() -> None:
    """What ticketing does when texts fail."""
    events.subscribe(
        {
            TextFailed: (reactions.call_instead,),
            UnclearText: (reactions.check_unclear_text,),
            PersonAsked: (reactions.call_back,),
            TextUnsettled: (reactions.check_unsettled_text,),
        }
    )


@pytest.fixture
def wait(uow: UnitOfWork) -> Callable[[timedelta], None]:
    """`wait(timedelta(minutes=11))`: the unit of work's moment moves on."""

    def pass_by(time: timedelta) -> None:
        uow.session.flush()
        uow.now += time

    return pass_by
