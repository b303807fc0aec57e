"""A text that meets a lock is not put away for tomorrow: the carrier sends it again, and then it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from werkzeug.test import TestResponse

from config.settings import Settings
from core import db
from core.uow import UnitOfWork
from sms.models import InboundSms
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_ticket
from tests.phone_line import PhoneLine
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.models import Dispatch
from ticketing.service import offering

Work = Callable[[], AbstractContextManager[UnitOfWork]]


@pytest.fixture
def hurried(app: Flask, engine: Engine, settings: Settings) -> Iterator[Flask]:
    """The house with a web process's patience."""
    impatient = db.connect(settings.database_url, patience=db.WEB)
    yield app
    impatient.dispose()
    db.sessions.configure(bind=engine)


@pytest.mark.expects_errors
def test_a_yes_that_meets_a_lock_is_sent_again_and_taken(
    hurried: Flask,
    engine: Engine,
    phone_line: PhoneLine,
    at: Callable[[datetime], None],
    noon: datetime,
    work: Work,
    twilio: Callable[..., TestResponse],
) -> None:
    at(noon)
    with work() as uow:
        a_provider(uow)
        offering.make_round(uow, a_ticket(uow))
    yes = {"MessageSid": "SM1", "From": PROVIDER, "To": "+869785550156", "Body": "1 40分钟到"}
    with engine.connect() as frozen:
        frozen.execute(text("select 1 from tickets for update"))
        assert twilio("/sms/inbound", **yes).status_code == 500
        frozen.rollback()

    assert twilio("/sms/inbound", **yes).status_code == 200

    with work() as uow:
        assert uow.session.scalars(select(Dispatch.state)).all() == [DispatchState.ACCEPTED]
        assert len(uow.session.scalars(select(InboundSms)).all()) == 1
