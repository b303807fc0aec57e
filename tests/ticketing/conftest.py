"""The reactions of the house, and moments that pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core import events
from core.uow import UnitOfWork
from sms.events import PersonAsked, TextFailed, TextUnsettled, UnclearText
from tests.phone_line import PhoneLine
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


@pytest.fixture
def text_in(
    app: Flask,
    phone_line: PhoneLine,
    twilio: Callable[..., TestResponse],
    at: Callable[[datetime], None],
    noon: datetime,
) -> Callable[[str, str], None]:
    """`text_in("1", PROVIDER)`: somebody texts the line, by a signed post; it is noon unless the test says else."""
    at(noon)
    numbers = count(1)

    def post(words: str, sender: str) -> None:
        sid = f"SM{next(numbers):032x}"
        answer = twilio("/sms/inbound", MessageSid=sid, From=sender, To="+869785550156", Body=words)
        assert answer.status_code == 200, answer.status

    return post
