"""Pictures texted to the line: counted as they come, and gone at the carrier with the words they came with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core import retaining
from core.disposal import Disposal
from core.uow import unit_of_work
from directory.models import RequestKind
from directory.service import privacy
from directory.service.privacy import Checked
from sms import jobs
from sms.models import InboundSms
from telephony.carrier import CarrierAway
from tests.phone_line import PhoneLine
from tests.privacy.conftest import OWN, a_resident
from ticketing.models import Task

OTHER = "+8616200000779"


@pytest.fixture
def texted(app: Flask, at: Callable[[datetime], None], noon: datetime, twilio: Callable[..., TestResponse]) -> int:
    """He and somebody else sent pictures, and he a text without one. Returns his id."""
    at(noon)
    with unit_of_work("test") as uow:
        person_id = a_resident(uow).person.id
    for sid, number, count in (("MM1", OWN, "2"), ("SM2", OWN, "0"), ("MM3", OTHER, "1")):
        twilio("/sms/inbound", MessageSid=sid, From=number, To="+869785550156", Body="", NumMedia=count)
    return person_id


def erase(person_id: int) -> dict[str, int]:
    """He asks for it and it is done; what went."""
    with unit_of_work("test") as uow:
        asked = privacy.open_request(uow, person_id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT)
        done = privacy.erase(uow, asked.id)
        assert done.obstacles == []
        return dict(done.gone)


def to_go() -> list[tuple[str, str]]:
    """What is to go at the carrier or here."""
    with unit_of_work("test") as uow:
        wanted = select(Disposal.kind, Disposal.name).where(Disposal.kind == "carrier_media")
        return [(one.kind, one.name) for one in uow.session.execute(wanted.order_by(Disposal.name))]


def counts() -> dict[str, int | None]:
    """By the carrier's id how many pictures of a text are still there."""
    with unit_of_work("test") as uow:
        rows = uow.session.execute(select(InboundSms.carrier_sid, InboundSms.media_count))
        return {row.carrier_sid: row.media_count for row in rows}


def test_a_text_remembers_how_many_pictures_came_with_it(texted: int) -> None:
    assert counts() == {"SM1": 0, "MM1": 2, "SM2": 0, "MM3": 1}


def test_his_pictures_go_with_him_and_those_of_others_stay(texted: int, phone_line: PhoneLine) -> None:
    gone = erase(texted)
    assert to_go() == [("carrier_media", "MM1")]
    assert phone_line.deleted == []  # nothing at the carrier goes inside the transaction

    jobs.delete_media()

    assert gone["pictures"] == 1
    assert phone_line.deleted == ["MM1"]
    assert to_go() == []
    assert counts() == {"SM1": 0, "MM1": 0, "SM2": 0, "MM3": 1}


def test_pictures_go_when_the_words_of_the_text_are_old(
    texted: int, phone_line: PhoneLine, at: Callable[[datetime], None], noon: datetime
) -> None:
    at(noon + timedelta(days=729))
    retaining.retain()
    assert to_go() == []

    at(noon + timedelta(days=731))
    retaining.retain()
    jobs.delete_media()

    assert sorted(phone_line.deleted) == ["MM1", "MM3"]
    assert set(counts().values()) == {0}


def test_a_text_from_before_they_were_counted_is_asked_about(texted: int) -> None:
    with unit_of_work("test") as uow:
        uow.session.execute(update(InboundSms).where(InboundSms.carrier_sid == "SM2").values(media_count=None))

    gone = erase(texted)

    assert to_go() == [("carrier_media", "MM1"), ("carrier_media", "SM2")]
    assert gone["pictures"] == 1  # of the other nobody knows


def test_a_carrier_that_is_away_is_asked_again_and_a_task_tells(
    texted: int, phone_line: PhoneLine, at: Callable[[datetime], None], noon: datetime
) -> None:
    erase(texted)
    works = phone_line.delete_media
    phone_line.delete_media = _away  # type: ignore[method-assign]
    for day in range(1, 7):
        assert tasks() == ([] if day < 6 else ["pictures_remain"])
        jobs.delete_media()
        at(noon + timedelta(days=day))
    assert to_go() == [("carrier_media", "MM1")]

    phone_line.delete_media = works  # type: ignore[method-assign]
    jobs.delete_media()

    assert phone_line.deleted == ["MM1"]
    assert to_go() == []


def tasks() -> list[str]:
    """The reasons of open tasks about pictures."""
    with unit_of_work("test") as uow:
        wanted = select(Task.reason).where(Task.done_at.is_(None), Task.reason == "pictures_remain")
        return list(uow.session.scalars(wanted))


def _away(message_sid: str) -> None:
    raise CarrierAway
