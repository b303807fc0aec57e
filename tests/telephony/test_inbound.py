"""What the carrier posts, read in our words; nothing that it can post may break a call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from telephony.inbound import (
    CallStatus,
    DeliveryReceipt,
    DialledLeg,
    DialResult,
    Direction,
    Heard,
    IncomingCall,
    MoMessage,
    OptOutType,
    RecordingDone,
    msisdn_of,
)
from telephony.statuses import CallState, Delivery

READERS = [IncomingCall, Heard, CallStatus, DialResult, DialledLeg, RecordingDone, MoMessage, DeliveryReceipt]
FIELDS = [
    *("CallSid", "From", "To", "CallStatus", "Direction", "Digits", "SpeechResult", "Confidence", "SequenceNumber"),
    *("CallDuration", "Timestamp", "DialCallStatus", "DialCallSid", "DialCallDuration", "RecordingSid", "RecordingUrl"),
    *("RecordingStatus", "RecordingDuration", "MessageSid", "SmsSid", "Body", "NumMedia", "OptOutType"),
    *("MessageStatus", "SmsStatus", "ErrorCode", "SomethingNew"),
]
ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", " ", "nan", "inf", "1e999", "-1", "²", "٣", "999999999999", "\x00", "\ud83d", "+86", "hangup"]
    ),
    st.sampled_from(
        ["Mon, 99 Foo 2026 25:61:00 +9999", "Wed, 25 Nov 2026 02:00:00 +0000", "Thu, 01 Jan 0001 00:00:00"]
    ),
)


@given(st.dictionaries(st.sampled_from(FIELDS), ODD), st.sampled_from(READERS))
def test_no_form_breaks_a_reader_and_all_of_it_can_be_stored(form: Mapping[str, str], reader: type[MoMessage]) -> None:
    read = reader.from_form(form)

    texts = [value for value in (getattr(read, name) for name in reader.__slots__) if isinstance(value, str)]
    assert all("\x00" not in text for text in texts)
    assert all(text.encode("utf-8") is not None for text in texts)


@pytest.mark.parametrize("reader", READERS)
def test_an_empty_form_is_read(reader: type[MoMessage]) -> None:
    assert reader.from_form({}) == reader.from_form(MultiDict())


@pytest.mark.parametrize(
    "raw",
    [
        *("anonymous", "Anonymous", "unknown", "Restricted", "", "client:agent_7", "sip:+8616200000001@example.org"),
        *("+266696687", "+7378742833", "+8656696", "+86282452253", "+2562533"),
        *(
            "16200000001",
            "10086",
            "+",
            "+0123456789",
            "+86162000000011234",
            "+８６１６２００００００１",
            "whatsapp:+12025550143",
        ),
    ],
)
def test_a_caller_without_a_number_is_still_a_caller(raw: str) -> None:
    call = IncomingCall.from_form({"CallSid": "CA1", "From": raw, "To": "+869785550156"})

    assert (call.call_sid, call.msisdn, call.dnis) == ("CA1", None, "+869785550156")


def test_a_call_is_read() -> None:
    form = {"CallSid": "CA1", "From": "+8616200000001", "To": "+869785550156", "CallStatus": "ringing"}

    call = IncomingCall.from_form(form | {"Direction": "inbound", "CallToken": "x"})

    assert call == IncomingCall("CA1", "+8616200000001", "+869785550156", Direction.INBOUND, CallState.RINGING)


def test_a_call_of_ours_is_told_from_one_that_came_in() -> None:
    assert IncomingCall.from_form({"Direction": "outbound-api"}).direction is Direction.OUTBOUND


def test_other_carriers_ids_are_taken_as_they_are() -> None:
    for sid in ("v2:abc-DEF_1", "6f1c9a52-0b9e-4d5e-8a0f-0123456789ab"):
        assert IncomingCall.from_form({"CallSid": sid}).call_sid == sid


@pytest.mark.parametrize(
    ("form", "digits", "speech", "confidence"),
    [
        ({"Digits": "1"}, "1", "", None),
        ({"Digits": "*"}, "*", "", None),
        ({"Digits": ""}, "", "", None),
        ({"Digits": "1 2<b>3"}, "123", "", None),
        ({"SpeechResult": " 我家水管爆了 ", "Confidence": "0.91"}, "", "我家水管爆了", 0.91),
        ({"SpeechResult": "漏水", "Confidence": "nan"}, "", "漏水", None),
        ({"SpeechResult": "漏水", "Confidence": "7"}, "", "漏水", None),
        ({"SpeechResult": "漏水"}, "", "漏水", None),
    ],
)
def test_keys_and_speech_are_read(form: dict[str, str], digits: str, speech: str, confidence: float | None) -> None:
    heard = Heard.from_form(form | {"CallSid": "CA1"})

    assert heard == Heard("CA1", digits, speech, confidence)
    assert heard.is_silence == (not digits and not speech)


def test_a_step_of_a_call_is_read_with_its_place_and_time() -> None:
    form = {"CallSid": "CA1", "CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "61"}

    step = CallStatus.from_form(form | {"Timestamp": "Wed, 25 Nov 2026 10:00:00 +0800"})

    assert (step.sequence, step.duration, step.is_final) == (3, timedelta(seconds=61), True)
    assert step.at == datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert not CallStatus.from_form({"CallStatus": "a-new-word"}).is_final


@pytest.mark.parametrize(
    ("word", "was_answered"),
    [("completed", True), ("answered", True), ("busy", False), ("no-answer", False), ("", False), ("new", False)],
)
def test_whether_somebody_picked_up_is_read(word: str, was_answered: bool) -> None:
    assert DialResult.from_form({"DialCallStatus": word}).was_answered is was_answered


@pytest.mark.parametrize(("bridged", "was_answered"), [("true", True), ("false", False), ("", True)])
def test_who_picked_up_and_was_never_connected_has_not_answered(bridged: str, was_answered: bool) -> None:
    done = DialResult.from_form({"DialCallStatus": "completed", "DialBridged": bridged})

    assert done.was_answered is was_answered


def test_the_dialled_side_tells_whose_call_it_is() -> None:
    leg = DialledLeg.from_form({"CallSid": "CA2", "ParentCallSid": "CA1", "CallStatus": "in-progress"})

    assert (leg.call_sid, leg.caller_sid, leg.status) == ("CA2", "CA1", CallState.IN_PROGRESS)
    assert DialledLeg.from_form({}).caller_sid == ""


def test_a_recording_is_ready_only_when_the_carrier_says_so() -> None:
    after_record = RecordingDone.from_form(
        {"RecordingUrl": "https://x/RE1", "RecordingDuration": "9", "Digits": "hangup"}
    )
    callback = RecordingDone.from_form({"RecordingSid": "RE1", "RecordingStatus": "completed"})

    assert (after_record.is_ready, after_record.has_hung_up, after_record.duration) == (
        False,
        True,
        timedelta(seconds=9),
    )
    assert (callback.is_ready, callback.recording_sid) == (True, "RE1")


def test_a_text_is_read_capped_and_cleaned() -> None:
    form = {"MessageSid": "SM1", "From": "+8616200000001", "To": "+869785550156", "NumMedia": "2"}

    text = MoMessage.from_form(form | {"Body": "到了\x00\n" + "很" * 2000})

    assert text.body.startswith("到了\n很")
    assert (len(text.body), text.media_count, text.msisdn, text.opt_out_type) == (1600, 2, "+8616200000001", None)


def test_a_text_from_a_short_code_keeps_its_sender() -> None:
    text = MoMessage.from_form({"From": "10086", "Body": "余额"})

    assert (text.msisdn, text.sender) == (None, "10086")


def test_what_the_carrier_answered_itself_is_known() -> None:
    assert MoMessage.from_form({"OptOutType": "STOP"}).opt_out_type is OptOutType.STOP
    assert MoMessage.from_form({"OptOutType": "OTHER"}).opt_out_type is None


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"MessageStatus": "delivered"}, Delivery.DELIVERED, None),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, Delivery.UNDELIVERED, "30003"),
        ({"SmsStatus": "sent", "ErrorCode": ""}, Delivery.SENT, None),
        ({"MessageStatus": "queued", "ErrorCode": "0"}, Delivery.SUBMITTED, None),
        ({"MessageStatus": "received", "ErrorCode": "<x>"}, None, None),
    ],
)
def test_a_receipt_is_read(form: dict[str, str], status: Delivery | None, code: str | None) -> None:
    receipt = DeliveryReceipt.from_form(form | {"MessageSid": "SM1", "RawDlrDoneDate": "2611251000"})

    assert (receipt.carrier_sid, receipt.status, receipt.error_code) == ("SM1", status, code)


def test_spaces_around_a_number_do_not_hide_it() -> None:
    assert msisdn_of(" +8616200000001 ") == "+8616200000001"
