"""What tests of texts need: the house on a carrier that is not there, texts in rows, statements counted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core import db
from core.uow import UnitOfWork
from sms import service
from sms.models import InboundSms, OutboundSms
from telephony import carrier
from tests.phone_line import PhoneLine
from tests.statements import counted

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
Twilio = Callable[..., TestResponse]
Receipt = Callable[..., TestResponse]
Texts = Callable[..., str]
Statements = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def house(app: Flask, phone_line: PhoneLine, at: At, noon: datetime) -> Flask:
    """The whole house at noon, with the carrier that only remembers."""
    carrier.use(phone_line)
    at(noon)
    return app


@pytest.fixture
def text_in(house: Flask, twilio: Twilio) -> Texts:
    """`text_in("1", RESIDENT)`: somebody texts the line, by a signed post. Returns the message's id."""
    numbers = count(1)

    def post(body: str, sender: str, *, sid: str = "", **more: str) -> str:
        sid = sid or f"SM{next(numbers):032x}"
        answer = twilio("/sms/inbound", MessageSid=sid, From=sender, To="+869785550156", Body=body, **more)
        assert answer.status_code == 200, answer.status
        assert answer.text.endswith("<Response />")
        return sid

    return post


@pytest.fixture
def receipt(house: Flask, twilio: Twilio) -> Receipt:
    """`receipt(key, "delivered")`: the carrier reports on a text of ours, by a signed post."""

    def post(key: str, status: str, *, sid: str = "SM1", **more: str) -> TestResponse:
        return twilio(f"/sms/status/{key}", MessageSid=sid, MessageStatus=status, **more)

    return post


@pytest.fixture
def statements() -> Statements:
    """`with statements() as sent:` the SQL statements that were sent meanwhile, savepoints left out."""
    return counted


def a_text(uow: UnitOfWork, msisdn: str, wording: str = "resumed", *, lang: str = "zh", **more: object) -> OutboundSms:
    """A text that waits to be sent."""
    told = service.tell(uow, msisdn, wording, lang=lang, **more)  # type: ignore[arg-type]
    assert told is not None
    return told


def outbound() -> list[OutboundSms]:
    """Every text of ours, as its row stands now."""
    with db.sessions() as session:
        return list(session.scalars(select(OutboundSms).order_by(OutboundSms.id)))


def inbound() -> list[InboundSms]:
    """Every text that came in, as its row stands now."""
    with db.sessions() as session:
        return list(session.scalars(select(InboundSms).order_by(InboundSms.id)))


def wordings_to(msisdn: str) -> list[str]:
    """Names of the texts written to a number, in order."""
    return [text.wording for text in outbound() if text.msisdn == msisdn]
