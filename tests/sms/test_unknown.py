"""Texts that may have reached the carrier: a receipt, the carrier's log, once more, then a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask

from core import events
from core.uow import UnitOfWork
from sms import jobs
from sms.delivery import Delivery
from sms.events import TextUnsettled
from sms.models import OutboundSms
from sms.urgency import Urgency
from telephony import carrier
from telephony.carrier import LoggedMessage, OutcomeUnknown, Outgoing
from telephony.carrier import Outcome as Ended
from telephony.statuses import Delivery as CarrierDelivery
from tests.factories.people import RESIDENT
from tests.phone_line import PhoneLine
from tests.sms.conftest import At, Receipt, Work, a_text, outbound

SID = "SM" + "a" * 32


@pytest.fixture
def told() -> list[TextUnsettled]:
    """What was put before a person."""
    heard: list[TextUnsettled] = []

    def note(_uow: UnitOfWork, event: TextUnsettled) -> None:
        heard.append(event)

    events.subscribe({TextUnsettled: (note,)})
    return heard


@pytest.fixture
def doubtful(house: Flask, work: Work, phone_line: PhoneLine) -> OutboundSms:
    """A text that the carrier may have taken: the line dropped before its answer."""
    return in_doubt(work, phone_line)


def in_doubt(
    work: Work, line: PhoneLine, *, urgency: Urgency = Urgency.SERVICE, useful_until: datetime | None = None
) -> OutboundSms:
    """Send a text into the dark."""
    with work() as uow:
        a_text(uow, RESIDENT, about="A1023", urgency=urgency, useful_until=useful_until)
    line.fails_with = OutcomeUnknown("http-500")
    jobs.deliver()
    line.fails_with = None
    return outbound()[-1]


def in_the_log(text: OutboundSms, sid: str = SID, *, status: CarrierDelivery = CarrierDelivery.SENT) -> LoggedMessage:
    """The text as the carrier's log tells it."""
    return LoggedMessage(sid, text.msisdn, text.body, status, None, text.created_at + timedelta(seconds=1))


def stands() -> Delivery:
    """Where the only text stands."""
    (text,) = outbound()
    return text.delivery


def test_a_text_in_doubt_is_shown_as_unknown_and_not_sent_again(
    doubtful: OutboundSms, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    assert (doubtful.delivery, doubtful.error_code) == (Delivery.UNKNOWN, "http-500")
    at(noon + timedelta(seconds=110))
    jobs.deliver()
    jobs.settle()

    assert stands() is Delivery.UNKNOWN
    assert phone_line.sent == []
    assert outbound()[0].log_asks == 0


def test_its_receipt_settles_it(
    doubtful: OutboundSms, at: At, noon: datetime, receipt: Receipt, phone_line: PhoneLine, told: list[TextUnsettled]
) -> None:
    receipt(doubtful.key, "sent", sid=SID)
    at(noon + timedelta(minutes=10))
    jobs.settle()
    jobs.deliver()

    (text,) = outbound()
    assert (text.delivery, text.carrier_sid, text.settle_at) == (Delivery.SENT, SID, None)
    assert phone_line.sent == []
    assert told == []


@pytest.mark.parametrize(
    ("urgency", "seconds"),
    [(Urgency.CODE, 10), (Urgency.DISPATCH, 20), (Urgency.SERVICE, 120), (Urgency.BULK, 120)],
)
def test_the_log_is_asked_once_the_receipt_had_its_time(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine, urgency: Urgency, seconds: int
) -> None:
    text = in_doubt(work, phone_line, urgency=urgency)
    phone_line.log = [in_the_log(text, status=CarrierDelivery.DELIVERED)]
    at(noon + timedelta(seconds=seconds - 5))
    jobs.settle()
    assert stands() is Delivery.UNKNOWN
    at(noon + timedelta(seconds=seconds + 1))
    jobs.settle()

    (adopted,) = outbound()
    assert (adopted.delivery, adopted.carrier_sid) == (Delivery.DELIVERED, SID)
    assert phone_line.sent == []


def test_what_the_log_misses_twice_is_sent_again_once_and_then_a_person_decides(
    doubtful: OutboundSms, at: At, noon: datetime, phone_line: PhoneLine, told: list[TextUnsettled]
) -> None:
    at(noon + timedelta(seconds=121))
    jobs.settle()
    assert (stands(), outbound()[0].log_asks) == (Delivery.UNKNOWN, 1)
    at(noon + timedelta(seconds=175))
    jobs.settle()
    assert outbound()[0].log_asks == 1
    at(noon + timedelta(seconds=185))
    jobs.settle()
    assert (stands(), outbound()[0].was_resent) == (Delivery.QUEUED, True)

    phone_line.fails_with = OutcomeUnknown()
    jobs.deliver()
    assert stands() is Delivery.UNKNOWN
    for seconds in (310, 375, 440, 505, 86400):
        at(noon + timedelta(seconds=seconds))
        jobs.settle()
        jobs.deliver()
    assert (stands(), outbound()[0].attempts) == (Delivery.UNKNOWN, 2)
    assert told == [TextUnsettled(doubtful.id, "A1023", RESIDENT)]


def test_a_text_that_is_sent_again_and_taken_is_settled(
    doubtful: OutboundSms, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    for seconds in (121, 185, 186):
        at(noon + timedelta(seconds=seconds))
        jobs.settle()
        jobs.deliver()

    assert stands() is Delivery.SUBMITTED
    assert len(phone_line.sent) == 1
    assert phone_line.sent[0].callback_url.split("#")[0].endswith(doubtful.key)


def test_an_offer_that_is_over_is_not_sent_again(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    in_doubt(work, phone_line, urgency=Urgency.DISPATCH, useful_until=noon + timedelta(seconds=60))
    for seconds in (21, 82):
        at(noon + timedelta(seconds=seconds))
        jobs.settle()
    jobs.deliver()

    assert stands() is Delivery.EXPIRED
    assert phone_line.sent == []


def test_while_the_log_is_out_of_reach_it_stays_unknown_and_a_person_is_told_once(
    doubtful: OutboundSms, at: At, noon: datetime, phone_line: PhoneLine, told: list[TextUnsettled]
) -> None:
    phone_line.log_is_away = True
    for seconds in (121, 185, 250, 4000):
        at(noon + timedelta(seconds=seconds))
        jobs.settle()
        jobs.deliver()
    assert (stands(), outbound()[0].log_asks) == (Delivery.UNKNOWN, 0)
    assert told == [TextUnsettled(doubtful.id, "A1023", RESIDENT)]

    phone_line.log_is_away = False
    phone_line.log = [in_the_log(doubtful)]
    at(noon + timedelta(seconds=4100))
    jobs.settle()
    assert stands() is Delivery.SENT
    assert phone_line.sent == []


def test_two_texts_of_the_same_words_adopt_two_lines_of_the_log(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    first, second = in_doubt(work, phone_line), in_doubt(work, phone_line)
    phone_line.log = [in_the_log(second, "SM2"), in_the_log(first, "SM1")]
    at(noon + timedelta(seconds=125))
    jobs.settle()

    assert {text.carrier_sid for text in outbound()} == {"SM1", "SM2"}


def test_words_of_an_earlier_day_in_the_log_are_not_ours(
    doubtful: OutboundSms, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    old = LoggedMessage(SID, RESIDENT, doubtful.body, CarrierDelivery.DELIVERED, None, noon - timedelta(days=1))
    phone_line.log = [old]
    at(noon + timedelta(seconds=121))
    jobs.settle()

    assert (stands(), outbound()[0].log_asks) == (Delivery.UNKNOWN, 1)


# A sender that dies


class DyingLine(PhoneLine):
    """The process dies in mid-batch: after the carrier took the text, or before it was handed over."""

    def __init__(self, *, hands_over: bool) -> None:
        super().__init__()
        self.hands_over = hands_over

    def send_batch(self, batch: Sequence[Outgoing], *, on_outcome: Callable[[Outgoing, Ended], None]) -> None:
        """End as a killed process does: nothing after this line runs."""
        for one in batch if self.hands_over else ():
            self._take(one)
        raise SystemExit


def killed_while_sending(work: Work, line: DyingLine) -> OutboundSms:
    """A text whose sender was killed between the claim and the record."""
    with work() as uow:
        a_text(uow, RESIDENT, about="A1023")
    carrier.use(line)
    with pytest.raises(SystemExit):
        jobs.deliver()
    (text,) = outbound()
    assert text.delivery is Delivery.SENDING
    return text


def test_a_sender_killed_after_the_carrier_took_the_text_never_sends_it_twice(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    dying = DyingLine(hands_over=True)
    text = killed_while_sending(work, dying)
    phone_line.log = [in_the_log(text)]
    carrier.use(phone_line)
    for seconds in (50, 70, 125, 190, 300):
        at(noon + timedelta(seconds=seconds))
        jobs.settle()
        jobs.deliver()

    assert len(dying.sent) == 1
    assert phone_line.sent == []
    assert (stands(), outbound()[0].carrier_sid) == (Delivery.SENT, SID)


def test_a_sender_killed_before_it_sent_loses_nothing(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    killed_while_sending(work, DyingLine(hands_over=False))
    carrier.use(phone_line)
    for seconds in (70, 130, 195, 200):
        at(noon + timedelta(seconds=seconds))
        jobs.settle()
        jobs.deliver()

    assert len(phone_line.sent) == 1
    assert stands() is Delivery.SUBMITTED


class SlowLine(PhoneLine):
    """Each text takes the carrier a long time: the clock moves on meanwhile, and the settler runs."""

    def __init__(self, pass_by: Callable[[], None]) -> None:
        super().__init__()
        self.pass_by = pass_by

    def send_batch(self, batch: Sequence[Outgoing], *, on_outcome: Callable[[Outgoing, Ended], None]) -> None:
        """Let time pass before each outcome."""
        for one in batch:
            self.pass_by()
            on_outcome(one, self._take(one))


def test_a_slow_carrier_is_not_taken_for_a_dead_sender(house: Flask, work: Work, at: At, noon: datetime) -> None:
    with work() as uow:
        for number in range(5):
            a_text(uow, f"+861620000091{number}")
    passed = [0]

    def pass_by() -> None:
        passed[0] += 25
        at(noon + timedelta(seconds=passed[0]))
        jobs.settle()
        jobs.deliver()

    line = SlowLine(pass_by)
    carrier.use(line)
    jobs.deliver()

    assert sorted(one.to for one in line.sent) == [f"+861620000091{number}" for number in range(5)]
    assert {text.delivery for text in outbound()} == {Delivery.SUBMITTED}
