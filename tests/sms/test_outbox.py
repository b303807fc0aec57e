"""The outbox: due rows go out once each, in order of urgency, by as many senders as there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from core.uow import UnitOfWork
from directory.models import ContactKind, Purpose
from directory.service import consents
from sms import jobs, service
from sms.delivery import Delivery
from sms.errors import EmptyText, NotTextable, ReceiverStopped, TextTooLong
from sms.models import InboundSms, OpenQuestion, Outcome
from sms.urgency import Urgency
from telephony import carrier
from telephony.carrier import CarrierAway, CarrierRefused, OutcomeUnknown, Outgoing
from telephony.carrier import Outcome as Ended
from tests.factories.people import LANDLINE, RESIDENT, a_person
from tests.phone_line import PhoneLine
from tests.sms.conftest import At, Statements, Work, a_text, outbound

OTHER = "+8616200000902"
KEY = "0123456789abcdef" * 2


def states() -> list[Delivery]:
    """Where every text stands."""
    return [text.delivery for text in outbound()]


# Writing


def test_a_text_is_a_row_with_its_signature_and_its_segments(uow: UnitOfWork) -> None:
    text = a_text(uow, RESIDENT, "job_noted", about="A1023", facts={"code": "A1023"})

    assert text.body == "【安禾社区】收到，A1023已记下。"
    assert (text.segments, text.delivery, text.about, text.send_at) == (1, Delivery.QUEUED, "A1023", uow.now)
    assert len(text.key) == 32
    assert uow.wakes == {"sms.deliver"}


@pytest.mark.parametrize("msisdn", [None, LANDLINE])
def test_nobody_writes_to_a_landline_or_to_no_number(uow: UnitOfWork, msisdn: str | None) -> None:
    assert service.tell(uow, msisdn, "resumed", lang="zh") is None
    assert uow.wakes == set()


@pytest.mark.expects_errors
def test_a_text_that_cannot_be_composed_costs_nothing_else(uow: UnitOfWork) -> None:
    assert service.tell(uow, RESIDENT, "job_noted", lang="zh") is None
    assert service.tell(uow, RESIDENT, "no_such_text", lang="en") is None
    assert a_text(uow, RESIDENT).id == 1


def test_a_full_stop_holds_back_all_but_danger_and_the_confirmation(uow: UnitOfWork) -> None:
    consents.stop(uow, RESIDENT, is_everything=True, evidence="test")

    told = [a_text(uow, RESIDENT, purpose=purpose).delivery for purpose in Purpose]

    assert dict(zip(Purpose, told, strict=True)) == {
        purpose: Delivery.QUEUED if purpose in (Purpose.EMERGENCY, Purpose.SYSTEM) else Delivery.SUPPRESSED
        for purpose in Purpose
    }


def test_a_first_stop_ends_notices_and_leaves_the_news_of_ones_own_ticket(uow: UnitOfWork) -> None:
    consents.record_consent(uow, RESIDENT, Purpose.NOTICE, is_given=True, evidence="form")
    assert a_text(uow, RESIDENT, purpose=Purpose.NOTICE).delivery is Delivery.QUEUED
    consents.stop(uow, RESIDENT, is_everything=False, evidence="test")

    assert a_text(uow, RESIDENT, purpose=Purpose.NOTICE).delivery is Delivery.SUPPRESSED
    assert a_text(uow, RESIDENT).delivery is Delivery.QUEUED


def test_an_inbound_text_gets_one_answer_at_most(uow: UnitOfWork) -> None:
    text = InboundSms(carrier_sid="SM1", msisdn=RESIDENT, body="1", received_at=uow.now, outcome=Outcome.QUEUED)
    uow.session.add(text)
    uow.session.flush()

    assert service.tell(uow, RESIDENT, "resumed", lang="zh", answers=text) is not None
    assert service.tell(uow, RESIDENT, "unknown", lang="zh", answers=text) is None


def test_a_question_is_opened_with_its_text_and_asked_again_is_the_same_question(uow: UnitOfWork) -> None:
    for reference in (1, 2):
        service.ask(
            uow, RESIDENT, "csat", kind="rating", about="A1023", reference=reference, lang="zh", facts={"code": "A1023"}
        )
    consents.stop(uow, OTHER, is_everything=True, evidence="test")
    held = service.ask(uow, OTHER, "csat", kind="rating", about="A1023", lang="zh", facts={"code": "A1023"})

    questions = list(uow.session.scalars(select(OpenQuestion)))
    assert [(one.msisdn, one.reference) for one in questions] == [(RESIDENT, 2)]
    assert held is not None
    assert held.delivery is Delivery.SUPPRESSED


def test_what_still_waits_can_be_withdrawn(uow: UnitOfWork) -> None:
    waiting = a_text(uow, RESIDENT, about="A1023")
    a_text(uow, OTHER, about="B4077")

    assert service.withdraw_unsent(uow, about="A1023", wording="resumed", msisdn=OTHER) == 0
    assert service.withdraw_unsent(uow, about="A1023", wording="resumed") == 1
    uow.session.refresh(waiting)
    assert waiting.delivery is Delivery.EXPIRED


def test_all_that_waits_about_a_ticket_is_withdrawn_but_not_a_persons_own_words(uow: UnitOfWork) -> None:
    waiting = [a_text(uow, RESIDENT, about="A1023") for _ in range(2)]
    others = [
        a_text(uow, OTHER, about="A1023"),
        a_text(uow, RESIDENT, about="B4077"),
        service.write_by_hand(uow, RESIDENT, "王师傅九点到", about="A1023", lang="zh"),
    ]

    assert service.withdraw_unsent(uow, about="A1023", msisdn=RESIDENT) == len(waiting)
    for text in (*waiting, *others):
        uow.session.refresh(text)
    assert {text.delivery for text in waiting} == {Delivery.EXPIRED}
    assert {text.delivery for text in others} == {Delivery.QUEUED}


def test_words_by_hand_are_signed_and_the_same_form_twice_is_one_text(uow: UnitOfWork) -> None:
    first = service.write_by_hand(uow, RESIDENT, " 师傅明天来 ", about="A1023", lang="zh", key=KEY)

    assert first.body == "【安禾社区】师傅明天来"
    assert service.write_by_hand(uow, RESIDENT, "别的", about="A1023", lang="zh", key=KEY) is first
    assert service.write_by_hand(uow, RESIDENT, "师傅明天来", about="A1023", lang="zh", key="x").key != "x"


def test_words_by_hand_that_cannot_go_out_are_refused(uow: UnitOfWork) -> None:
    consents.stop(uow, OTHER, is_everything=True, evidence="test")
    refused = [
        (EmptyText, RESIDENT, " \n"),
        (TextTooLong, RESIDENT, "长" * 1595),
        (NotTextable, LANDLINE, "您好"),
        (NotTextable, None, "您好"),
        (ReceiverStopped, OTHER, "您好"),
    ]
    for refusal, msisdn, words in refused:
        with pytest.raises(refusal):
            service.write_by_hand(uow, msisdn, words, about="", lang="zh")

    assert service.write_by_hand(uow, RESIDENT, "长" * 1594, about="", lang="zh").segments == 24


# Sending


def test_due_texts_go_out_and_name_our_id_in_the_address_of_their_receipts(
    house: Flask, work: Work, phone_line: PhoneLine
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    jobs.deliver()

    (text,) = outbound()
    (sent,) = phone_line.sent
    assert (sent.to, sent.body) == (RESIDENT, "【安禾社区】已恢复派单，谢谢。")
    assert sent.callback_url.startswith(f"https://line.example.org/sms/status/{text.key}#")
    assert (text.delivery, text.carrier_sid, text.attempts) == (Delivery.SUBMITTED, f"SM{1:032d}", 1)
    assert text.submitted_at is not None
    assert text.settle_at is None


def test_the_more_urgent_goes_first_and_then_the_older(house: Flask, work: Work, phone_line: PhoneLine) -> None:
    wanted = [Urgency.BULK, Urgency.SERVICE, Urgency.DISPATCH, Urgency.CODE, Urgency.SERVICE]
    with work() as uow:
        for number, urgency in enumerate(wanted):
            a_text(uow, f"+861620000091{number}", urgency=urgency)
    jobs.deliver()

    assert [one.to[-1] for one in phone_line.sent] == ["3", "2", "1", "4", "0"]


def test_a_text_that_nobody_needs_any_more_expires_instead_of_going_out(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT, useful_until=uow.now + timedelta(minutes=5))
        a_text(uow, OTHER, useful_until=uow.now + timedelta(minutes=11))
    at(noon + timedelta(minutes=6))
    jobs.deliver()

    assert states() == [Delivery.EXPIRED, Delivery.SUBMITTED]
    (sent,) = phone_line.sent
    assert sent.to == OTHER
    assert sent.valid_for is not None
    assert sent.valid_for.total_seconds() == pytest.approx(300, abs=30)


def test_a_stop_that_comes_between_writing_and_sending_is_obeyed(
    house: Flask, work: Work, phone_line: PhoneLine
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
        a_text(uow, RESIDENT, purpose=Purpose.EMERGENCY)
        a_text(uow, OTHER)
    with work() as uow:
        consents.stop(uow, RESIDENT, is_everything=True, evidence="test")
    jobs.deliver()

    first, *others = outbound()
    assert (first.delivery, first.error_code) == (Delivery.SUPPRESSED, "stopped_all")
    assert [text.delivery for text in others] == [Delivery.SUBMITTED] * 2


def test_two_senders_at_once_never_take_the_same_text(house: Flask, work: Work) -> None:
    with work() as uow:
        for number in range(300):
            a_text(uow, f"+8616200001{number:03d}")
    with work() as one, work() as other:
        mine, _ = service.claim_due(one)
        theirs, _ = service.claim_due(other)

        assert (len(mine), len(theirs)) == (200, 100)
        assert not {due.id for due in mine} & {due.id for due in theirs}


def test_four_workers_send_each_text_once(house: Flask, work: Work, phone_line: PhoneLine) -> None:
    with work() as uow:
        for number in range(900):
            a_text(uow, f"+8616200001{number:03d}")
    together = Barrier(4)

    def drain() -> None:
        together.wait()
        jobs.deliver()

    workers = [Thread(target=drain) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Counter(one.to for one in phone_line.sent) == {f"+8616200001{number:03d}": 1 for number in range(900)}
    assert Counter(states()) == {Delivery.SUBMITTED: 900}


def test_a_drained_batch_takes_the_same_few_statements_whatever_its_size(
    house: Flask, work: Work, statements: Statements
) -> None:
    taken = []
    for size in (1, 50):
        with work() as uow:
            for number in range(size):
                a_text(uow, f"+86162000010{number:02d}")
        with statements() as sent:
            jobs.deliver()
        taken.append(len([one for one in sent if "clock_offsets" not in one]))

    assert taken[0] == taken[1] <= 5


# Failing


@pytest.mark.parametrize("failure", [CarrierAway("20429"), CarrierAway(), CarrierRefused("21611")])
def test_what_the_carrier_cannot_take_now_is_tried_again_later(
    house: Flask,
    work: Work,
    at: At,
    noon: datetime,
    phone_line: PhoneLine,
    failure: CarrierAway | CarrierRefused,
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    phone_line.fails_with = failure
    jobs.deliver()
    (waits,) = outbound()
    assert (waits.delivery, waits.attempts, waits.error_code) == (Delivery.QUEUED, 1, failure.code)
    assert timedelta(seconds=24) <= waits.send_at - waits.created_at <= timedelta(seconds=37)

    phone_line.fails_with = None
    jobs.deliver()
    assert phone_line.sent == []
    at(noon + timedelta(seconds=40))
    jobs.deliver()
    assert len(phone_line.sent) == 1
    assert states() == [Delivery.SUBMITTED]


@pytest.mark.parametrize("code", ["21211", "21617", "30007", "http-400", "99999"])
def test_what_the_carrier_will_never_take_fails_at_once(
    house: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine, code: str
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    phone_line.fails_with = CarrierRefused(code)
    jobs.deliver()
    at(noon + timedelta(days=1))
    jobs.deliver()

    (text,) = outbound()
    assert (text.delivery, text.error_code, text.attempts) == (Delivery.FAILED, code, 1)
    assert text.settled_at is not None


def test_a_receiver_who_stopped_at_the_carrier_has_stopped_with_us(
    house: Flask, work: Work, phone_line: PhoneLine
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    phone_line.fails_with = CarrierRefused("21610")
    jobs.deliver()

    with work() as uow:
        assert consents.may_write(uow, RESIDENT, Purpose.SERVICE) == "stopped_all"
        assert a_text(uow, RESIDENT).delivery is Delivery.SUPPRESSED


@pytest.mark.parametrize("code", ["21614", "30005"])
def test_a_number_that_cannot_get_texts_is_left_alone_until_it_writes(
    house: Flask,
    work: Work,
    at: At,
    noon: datetime,
    phone_line: PhoneLine,
    text_in: Callable[..., str],
    code: str,
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    phone_line.fails_with = CarrierRefused(code)
    jobs.deliver()
    with work() as uow:
        assert service.tell(uow, RESIDENT, "resumed", lang="zh") is None
        with pytest.raises(NotTextable):
            service.write_by_hand(uow, RESIDENT, "您好", about="", lang="zh")
        assert service.tell(uow, OTHER, "resumed", lang="zh") is not None

    at(noon + timedelta(minutes=1))
    text_in("谢谢", RESIDENT)
    with work() as uow:
        assert service.tell(uow, RESIDENT, "resumed", lang="zh") is not None


@pytest.mark.expects_errors
def test_while_our_account_is_refused_texts_wait_and_somebody_is_told(
    house: Flask, work: Work, phone_line: PhoneLine, caplog: pytest.LogCaptureFixture
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    phone_line.fails_with = CarrierRefused("20003")
    jobs.deliver()

    (text,) = outbound()
    assert (text.delivery, text.error_code) == (Delivery.QUEUED, "20003")
    assert text.send_at - text.created_at >= timedelta(minutes=8)
    assert "refuses our account" in caplog.text
    assert RESIDENT not in caplog.text


def test_a_number_behind_the_gate_fails_and_is_nobodys_task(house: Flask, work: Work, phone_line: PhoneLine) -> None:
    with work() as uow:
        a_text(uow, RESIDENT, about="A1023")
    phone_line.fails_with = CarrierRefused("gate")
    jobs.deliver()

    assert states() == [Delivery.FAILED]


class Crash(Exception):
    """The carrier's adapter broke."""


class CrashingLine(PhoneLine):
    """Takes one text and then breaks."""

    def send_batch(self, batch: Sequence[Outgoing], *, on_outcome: Callable[[Outgoing, Ended], None]) -> None:
        """Report the first only."""
        on_outcome(batch[0], self._take(batch[0]))
        raise Crash


def test_what_has_ended_is_written_down_though_the_batch_breaks_off(house: Flask, work: Work) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
        a_text(uow, OTHER)
    carrier.use(CrashingLine())
    with pytest.raises(Crash):
        jobs.deliver()

    assert states() == [Delivery.SUBMITTED, Delivery.SENDING]


def test_an_outcome_that_comes_after_another_claim_changes_nothing(
    house: Flask, work: Work, at: At, noon: datetime
) -> None:
    with work() as uow:
        a_text(uow, RESIDENT)
    with work() as uow:
        (slow,), _ = service.claim_due(uow)
    with work() as uow:
        service.record_outcomes(uow, [(slow, CarrierAway())])
    at(noon + timedelta(minutes=1))
    with work() as uow:
        (quick,), _ = service.claim_due(uow)
    with work() as uow:
        service.record_outcomes(uow, [(slow, OutcomeUnknown())])
    assert states() == [Delivery.SENDING]
    assert (slow.attempts, quick.attempts) == (1, 2)


def test_a_listed_landline_gets_no_text_and_a_listed_mobile_does(uow: UnitOfWork) -> None:
    a_person(uow)
    a_person(uow, "李奶奶", msisdn=OTHER, kind=ContactKind.FIXED)

    assert service.tell(uow, RESIDENT, "resumed", lang="zh") is not None
    assert service.tell(uow, OTHER, "resumed", lang="zh") is None
