"""Receipts, as the carrier posts them: in any order, twice, early, late, forged, or of nothing we know."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from core import events
from core.uow import UnitOfWork
from directory.models import Purpose
from directory.service import consents
from sms import jobs, service
from sms.delivery import Delivery
from sms.events import TextFailed
from sms.models import OutboundSms
from sms.models import Receipt as KeptReceipt
from telephony.carrier import Sent
from telephony.statuses import Delivery as CarrierDelivery
from tests.conftest import PUBLIC_URL, TOKEN
from tests.factories.people import RESIDENT
from tests.phone_line import PhoneLine
from tests.sms.conftest import At, Receipt, Statements, Work, a_text, outbound

SID = "SM" + "0" * 31 + "1"


@pytest.fixture
def sent(house: Flask, work: Work) -> OutboundSms:
    """A text about a ticket that the carrier has taken."""
    with work() as uow:
        a_text(uow, RESIDENT, about="A1023")
    jobs.deliver()
    return outbound()[0]


@pytest.fixture
def failed() -> list[TextFailed]:
    """The texts that were announced as failed."""
    heard: list[TextFailed] = []

    def note(_uow: UnitOfWork, event: TextFailed) -> None:
        heard.append(event)

    events.subscribe({TextFailed: (note,)})
    return heard


def kept(work: Work) -> int:
    """How many receipts are kept."""
    with work() as uow:
        return uow.session.scalars(select(func.count()).select_from(KeptReceipt)).one()


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])), ids="-".join)
def test_receipts_in_every_order_end_delivered(sent: OutboundSms, receipt: Receipt, order: tuple[str, ...]) -> None:
    for status in order:
        assert receipt(sent.key, status, sid=SID).status_code == 204

    (text,) = outbound()
    assert (text.delivery, text.error_code) == (Delivery.DELIVERED, None)
    assert text.settled_at is not None


def test_the_same_receipt_ten_times_at_once_is_kept_once(
    house: Flask, sent: OutboundSms, work: Work, receipt: Receipt, failed: list[TextFailed]
) -> None:
    together = Barrier(10)

    def post() -> None:
        together.wait()
        assert receipt(sent.key, "undelivered", sid=SID, ErrorCode="30007").status_code == 204

    posts = [Thread(target=post) for _ in range(10)]
    for one in posts:
        one.start()
    for one in posts:
        one.join()

    assert kept(work) == 1
    assert failed == [TextFailed(sent.id, "A1023", RESIDENT, "resumed")]
    assert [text.delivery for text in outbound()] == [Delivery.UNDELIVERED]


def test_a_receipt_that_beats_our_own_record_is_not_overwritten_by_it(
    house: Flask, work: Work, receipt: Receipt
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    with work() as uow:
        (due,), _ = service.claim_due(uow)
    receipt(due.key, "delivered", sid=SID)
    with work() as uow:
        service.record_outcomes(uow, [(due, Sent(SID, CarrierDelivery.SUBMITTED))])

    (text,) = outbound()
    assert (text.delivery, text.carrier_sid) == (Delivery.DELIVERED, SID)


def test_a_receipt_that_comes_late_takes_nothing_back(
    sent: OutboundSms, receipt: Receipt, at: At, noon: datetime, failed: list[TextFailed]
) -> None:
    receipt(sent.key, "delivered", sid=SID)
    at(noon + timedelta(days=3))
    for status in ("sent", "failed", "undelivered"):
        receipt(sent.key, status, sid=SID, ErrorCode="30003")

    (text,) = outbound()
    assert (text.delivery, text.error_code) == (Delivery.DELIVERED, None)
    assert failed == []


@pytest.mark.parametrize("key", ["0" * 32, "nobody", "0" * 33, "%00" * 32, "%F0%9F%98%80", "..%2f"])
def test_a_receipt_of_a_text_that_we_do_not_know_is_harmless(
    house: Flask, work: Work, receipt: Receipt, key: str
) -> None:
    assert receipt(key, "delivered").status_code in {204, 404}

    assert outbound() == []
    assert kept(work) == (1 if key == "0" * 32 else 0)


@pytest.mark.parametrize("status", ["", "receiving", "received", "nonsense", "\x00"])
def test_a_word_that_says_nothing_of_an_outbound_text_changes_nothing(
    sent: OutboundSms, work: Work, receipt: Receipt, status: str
) -> None:
    assert receipt(sent.key, status, sid=SID).status_code == 204

    assert outbound()[0].delivery is Delivery.SUBMITTED
    assert kept(work) == 0


@pytest.mark.expects_errors
def test_an_unsigned_or_forged_receipt_is_refused(sent: OutboundSms, client: FlaskClient) -> None:
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    path = f"/sms/status/{sent.key}"

    assert client.post(path, data=form).status_code == 403
    assert client.post(path, data=form, headers={"X-Twilio-Signature": "AAAA"}).status_code == 403
    assert client.get(path).status_code == 405
    assert outbound()[0].delivery is Delivery.SUBMITTED


@pytest.mark.expects_errors
def test_a_signature_of_one_text_does_not_serve_for_another(house: Flask, work: Work, client: FlaskClient) -> None:
    with work() as uow:
        mine, other = a_text(uow, RESIDENT).key, a_text(uow, RESIDENT).key
    form = {"MessageSid": SID, "MessageStatus": "delivered"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/sms/status/{mine}", form)
    answer = client.post(f"/sms/status/{other}", data=form, headers={"X-Twilio-Signature": signature})

    assert answer.status_code == 403
    assert {text.delivery for text in outbound()} == {Delivery.QUEUED}


def test_a_receipt_takes_a_handful_of_statements(sent: OutboundSms, receipt: Receipt, statements: Statements) -> None:
    with statements() as made:
        receipt(sent.key, "delivered", sid=SID)

    assert len(made) <= 4


# What follows from a text that was lost


@pytest.mark.parametrize(
    ("code", "wait"),
    [("30008", timedelta(minutes=10)), ("30003", timedelta(hours=2)), ("30001", timedelta(seconds=30))],
)
def test_a_text_that_may_arrive_later_is_sent_once_more_as_a_text_of_its_own(
    sent: OutboundSms,
    at: At,
    noon: datetime,
    receipt: Receipt,
    phone_line: PhoneLine,
    failed: list[TextFailed],
    code: str,
    wait: timedelta,
) -> None:
    receipt(sent.key, "undelivered", sid=SID, ErrorCode=code)
    lost, copy = outbound()
    assert (lost.delivery, lost.error_code) == (Delivery.UNDELIVERED, code)
    assert copy.key != lost.key
    assert (copy.body, copy.about, copy.delivery) == (lost.body, lost.about, Delivery.QUEUED)

    at(noon + wait * 1.3)
    jobs.deliver()
    assert len(phone_line.sent) == 2
    receipt(copy.key, "undelivered", sid="SM2", ErrorCode=code)
    assert len(outbound()) == 2
    assert failed == [TextFailed(copy.id, "A1023", RESIDENT, "resumed")]


def test_an_offer_that_would_come_too_late_is_not_sent_again(
    house: Flask, work: Work, receipt: Receipt, failed: list[TextFailed]
) -> None:
    with work() as uow:
        key = a_text(uow, RESIDENT, about="A1023", useful_until=uow.now + timedelta(minutes=5)).key
    jobs.deliver()
    receipt(key, "undelivered", ErrorCode="30008")

    assert len(outbound()) == 1
    assert len(failed) == 1


def test_a_stop_that_the_carrier_reports_late_is_noted(
    sent: OutboundSms, work: Work, receipt: Receipt, failed: list[TextFailed]
) -> None:
    receipt(sent.key, "failed", sid=SID, ErrorCode="21610")

    with work() as uow:
        assert consents.may_write(uow, RESIDENT, Purpose.SERVICE) == "stopped_all"
    assert len(failed) == 1


def test_two_texts_never_own_the_same_id_of_the_carrier(house: Flask, work: Work, receipt: Receipt) -> None:
    with work() as uow:
        one, other = a_text(uow, RESIDENT).key, a_text(uow, RESIDENT).key
    receipt(one, "sent", sid=SID)
    assert receipt(other, "sent", sid=SID).status_code == 204

    assert [(text.delivery, text.carrier_sid) for text in outbound()] == [(Delivery.SENT, SID), (Delivery.SENT, None)]
