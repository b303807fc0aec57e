"""The adapter against a carrier on a real socket: what each failure is called, and what never happens twice."""

from __future__ import annotations

import json
import logging
import os
import socket
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from config.settings import BadSetting
from telephony.carrier import (
    CarrierAway,
    CarrierRefused,
    Outcome,
    OutcomeUnknown,
    Outgoing,
    Sent,
)
from telephony.statuses import CallState, Delivery, Fault
from telephony.twilio_carrier import TwilioCarrier
from tests.telephony.carrier_server import DROP, HANG, Answer, CarrierServer, message_taken
from tests.telephony.line_settings import ACCOUNT, HOTLINE, RESIDENT, line_settings

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
STATUS_URL = "https://line.example.org/sms/status/7#rc=2&rp=5xx,ct,rt"


def a_text(
    reference: str = "7", to: str = RESIDENT, body: str = "您好", valid_for: timedelta | None = None
) -> Outgoing:
    return Outgoing(reference, to, body, STATUS_URL, valid_for)


def sent_batch(line: TwilioCarrier, batch: Sequence[Outgoing]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    line.send_batch(batch, on_outcome=lambda message, outcome: outcomes.update({message.reference: outcome}))
    return outcomes


@contextmanager
def a_line_to(base: str, **changes: object) -> Iterator[TwilioCarrier]:
    opened = TwilioCarrier(
        line_settings(twilio_api_base=base, **changes),
        connect_timeout=timedelta(seconds=0.3),
        read_timeout=timedelta(seconds=0.3),
    )
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def a_port_nobody_answers() -> Iterator[int]:
    """A listening socket whose queue is full, so that the kernel drops further connections in silence."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    callers = []
    for _ in range(8):
        caller = socket.socket()
        caller.setblocking(False)
        caller.connect_ex(listening.getsockname())
        callers.append(caller)
    try:
        yield listening.getsockname()[1]
    finally:
        for opened in [*callers, listening]:
            opened.close()


def test_a_text_goes_out_with_sender_receipt_address_and_nothing_more(
    line: TwilioCarrier, server: CarrierServer
) -> None:
    sent = line.send_sms(a_text(body="明天 +1 & 100%"))

    assert sent == Sent("SM" + "1" * 32, Delivery.SUBMITTED)
    assert server.asked[0].path == MESSAGES
    assert sorted(server.asked[0].form) == [
        ("Body", "明天 +1 & 100%"),
        ("From", HOTLINE),
        ("StatusCallback", STATUS_URL),
        ("To", RESIDENT),
    ]
    assert server.asked[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [(timedelta(minutes=5), "300"), (timedelta(0), "1"), (timedelta(days=2), "36000")],
)
def test_a_text_that_loses_its_use_carries_a_validity_the_carrier_takes(
    line: TwilioCarrier, server: CarrierServer, valid_for: timedelta, seconds: str
) -> None:
    line.send_sms(a_text(valid_for=valid_for))

    assert server.asked[0].field("ValidityPeriod") == seconds


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 21211, Fault.BAD_NUMBER),
        (400, 21610, Fault.OPTED_OUT),
        (400, 21614, Fault.NOT_MOBILE),
        (400, 21606, Fault.CONFIGURATION),
        (400, 21617, Fault.OUR_BUG),
        (401, 20003, Fault.CONFIGURATION),
        (403, 99999, Fault.CONFIGURATION),
        (404, 20404, Fault.PERMANENT),
        (400, 29999, Fault.UNKNOWN),
    ],
)
def test_a_refusal_carries_the_code_and_what_to_do(
    line: TwilioCarrier, server: CarrierServer, status: int, code: int, kind: Fault
) -> None:
    server.answer = lambda _: Answer.error(status, code)

    with pytest.raises(CarrierRefused) as refused:
        line.send_sms(a_text())

    assert (refused.value.code, refused.value.kind) == (str(code), kind)
    assert len(server.asked) == 1


def test_a_refusal_in_the_newer_error_format_is_read_too(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer.as_json(
        {"type": "https://x", "title": "no", "status": 400, "code": 21610}, status=400
    )

    with pytest.raises(CarrierRefused) as refused:
        line.send_sms(a_text())

    assert refused.value.is_opted_out


@pytest.mark.parametrize("status", [302, 401, 403])
def test_a_refusal_by_something_in_between_is_a_matter_of_configuration(
    line: TwilioCarrier, server: CarrierServer, status: int
) -> None:
    server.answer = lambda _: Answer(status, b"<html>no</html>", {"Location": "http://127.0.0.1:9/elsewhere"})

    with pytest.raises(CarrierRefused) as refused:
        line.send_sms(a_text())

    assert (refused.value.code, refused.value.is_configuration) == (f"http-{status}", True)


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (429, 20003), (400, 21611)])
def test_too_many_requests_and_a_full_queue_are_safe_to_repeat(
    line: TwilioCarrier, server: CarrierServer, status: int, code: int
) -> None:
    server.answer = lambda _: Answer.error(status, code)

    with pytest.raises(CarrierAway):
        line.send_sms(a_text())

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        HANG,
        DROP,
        Answer.error(500, 20500),
        Answer(503, b"<html>"),
        Answer(408),
        Answer(201, b'{"sid": "SM1", "status": "queued"}', then_drop=True),
        Answer(201, b"<html>taken</html>"),
        Answer(201, b"[]"),
        Answer(201, b'{"status": "queued"}'),
        Answer(201, b'{"sid": 7, "status": "queued"}'),
    ],
    ids=["hangs", "drops", "500", "503", "408", "half an answer", "html", "list", "no id", "odd id"],
)
def test_whatever_may_have_reached_the_carrier_is_unknown_and_asked_once(
    line: TwilioCarrier, server: CarrierServer, answer: Answer
) -> None:
    server.answer = lambda _: answer

    with pytest.raises(OutcomeUnknown):
        line.send_sms(a_text())

    assert len(server.asked) == 1


def test_a_refused_connection_is_safe_to_repeat() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with a_line_to(f"http://127.0.0.1:{taken.getsockname()[1]}") as line, pytest.raises(CarrierAway):
            line.send_sms(a_text())


def test_a_connection_that_nobody_takes_is_safe_to_repeat() -> None:
    with a_port_nobody_answers() as port, a_line_to(f"http://127.0.0.1:{port}") as line, pytest.raises(CarrierAway):
        line.send_sms(a_text())


def test_a_carrier_that_comes_back_is_found_again(server: CarrierServer, line: TwilioCarrier) -> None:
    server.answer = lambda _: DROP
    with pytest.raises(OutcomeUnknown):
        line.send_sms(a_text())

    server.answer = message_taken

    assert line.send_sms(a_text()).status is Delivery.SUBMITTED


def test_a_batch_goes_out_side_by_side_on_kept_connections(line: TwilioCarrier, server: CarrierServer) -> None:
    server.pause = 0.02
    batch = [a_text(str(number)) for number in range(80)]

    outcomes = sent_batch(line, batch)

    assert set(outcomes) == {str(number) for number in range(80)}
    assert all(isinstance(outcome, Sent) for outcome in outcomes.values())
    assert server.most_at_once == 8
    assert server.connections == 8


def test_in_a_batch_each_text_has_its_own_outcome(line: TwilioCarrier, server: CarrierServer) -> None:
    answers = {
        "taken": None,
        "stop": Answer.error(400, 21610),
        "busy": Answer.error(429, 20429),
        "lost": DROP,
        "slow": HANG,
    }
    server.answer = lambda asked: answers[asked.field("Body") or ""] or message_taken(asked)

    outcomes = sent_batch(line, [a_text(word, body=word) for word in answers])

    assert {word: type(outcome) for word, outcome in outcomes.items()} == {
        "taken": Sent,
        "stop": CarrierRefused,
        "busy": CarrierAway,
        "lost": OutcomeUnknown,
        "slow": OutcomeUnknown,
    }


def test_an_empty_batch_is_nothing_to_do(line: TwilioCarrier, server: CarrierServer) -> None:
    assert sent_batch(line, []) == {}
    assert server.asked == []


def test_when_outcomes_cannot_be_written_down_no_further_text_is_sent(
    line: TwilioCarrier, server: CarrierServer
) -> None:
    def fail(message: Outgoing, outcome: Outcome) -> None:
        raise LookupError("no database")

    server.pause = 0.02
    with pytest.raises(LookupError):
        line.send_batch([a_text(str(number)) for number in range(200)], on_outcome=fail)

    assert len(server.asked) <= 24  # eight in flight, and what started before the failure was seen


def test_outside_live_work_only_listed_numbers_are_texted_or_called() -> None:
    with a_line_to("https://api.twilio.com", allowed_numbers=frozenset({"+8616200000002"})) as line:
        outcomes = sent_batch(line, [a_text("1"), a_text("2")])
        with pytest.raises(CarrierRefused) as call:
            line.dial(to=RESIDENT, url="https://x/", status_url="https://x/", timeout=timedelta(seconds=20))

    assert [(type(o), getattr(o, "code", "")) for o in outcomes.values()] == [(CarrierRefused, "gate")] * 2
    assert call.value.kind is Fault.GATED


def test_a_plain_http_carrier_on_another_machine_is_refused_at_start() -> None:
    with pytest.raises(BadSetting, match="TWILIO_API_BASE"):
        TwilioCarrier(line_settings(twilio_api_base="http://carrier.example.org"))


def test_a_base_with_a_path_keeps_it(server: CarrierServer) -> None:
    with a_line_to(f"{server.url}/api/laml") as line:
        line.send_sms(a_text())

    assert server.asked[0].path == f"/api/laml{MESSAGES}"


def test_the_environment_of_the_machine_leads_no_request_elsewhere(server: CarrierServer, line: TwilioCarrier) -> None:
    elsewhere = {"http_proxy": "http://127.0.0.1:9", "TWILIO_REGION": "au1", "TWILIO_EDGE": "sydney"}
    before = {name: os.environ.get(name, "") for name in elsewhere}
    os.environ.update(elsewhere)

    line.send_sms(a_text())

    os.environ.update(before)
    assert len(server.asked) == 1


def test_neither_number_nor_text_nor_account_is_logged(
    server: CarrierServer, line: TwilioCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = iter([DROP, Answer(201, b"[]"), Answer.error(400, 21211), HANG])
    server.answer = lambda asked: next(answers)

    sent_batch(line, [a_text(str(number), body="secret words") for number in range(4)])

    said = " ".join(record.getMessage() for record in caplog.records)
    assert not [word for word in ("secret", RESIDENT[1:], "%2B86", ACCOUNT) if word in said]


def test_a_call_is_placed_from_the_hotline_with_every_step_reported(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer.as_json({"sid": "CA" + "2" * 32, "status": "queued"}, status=201)

    sid = line.dial(
        to=RESIDENT, url="https://x/ivr/placed/1", status_url="https://x/ivr/status", timeout=timedelta(seconds=25)
    )

    assert sid == "CA" + "2" * 32
    assert server.asked[0].path.endswith("/Calls.json")
    assert sorted(server.asked[0].form) == [
        ("From", HOTLINE),
        ("Method", "POST"),
        ("StatusCallback", "https://x/ivr/status"),
        *[("StatusCallbackEvent", word) for word in ("answered", "completed", "initiated", "ringing")],
        ("StatusCallbackMethod", "POST"),
        ("Timeout", "25"),
        ("To", RESIDENT),
        ("Url", "https://x/ivr/placed/1"),
    ]


def test_a_call_whose_placing_got_no_answer_is_unknown(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: HANG

    with pytest.raises(OutcomeUnknown):
        line.dial(to=RESIDENT, url="https://x/", status_url="https://x/", timeout=timedelta(seconds=25))


def test_a_live_call_is_ended_or_led_elsewhere(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer.as_json({"sid": "CA1", "status": "completed"})

    line.hang_up("CA1")
    line.redirect("CA1", "https://x/ivr/next")

    assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["CA1.json"] * 2
    assert server.asked[0].form == [("Status", "completed")]
    assert sorted(server.asked[1].form) == [("Method", "POST"), ("Url", "https://x/ivr/next")]


def test_ending_a_call_may_be_repeated_when_the_line_dropped(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: DROP

    with pytest.raises(CarrierAway):
        line.hang_up("CA1")


@pytest.mark.parametrize("sid", ["", "CA1/../Messages", "CA 1", "C" * 65, "CA1?x=1", "号"])
def test_an_id_that_could_bend_the_path_reaches_no_carrier(
    line: TwilioCarrier, server: CarrierServer, sid: str
) -> None:
    for act in (line.hang_up, line.delete_recording, line.call_status):
        with pytest.raises(CarrierRefused):
            act(sid)

    assert server.asked == []


def a_row(sid: str, taken: datetime, body: str = "您好", **changes: object) -> dict[str, object]:
    row = {"sid": sid, "to": RESIDENT, "from": HOTLINE, "body": body, "status": "sent", "error_code": None}
    return row | {"date_created": format_datetime(taken), "date_sent": None} | changes


def a_page(*rows: dict[str, object], kind: str = "messages") -> Answer:
    return Answer.as_json({kind: list(rows), "next_page_uri": None, "page": 0, "page_size": 200})


def test_the_log_is_asked_by_receiver_and_sender_and_read_by_time(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: a_page(
        a_row("SM1", NOON - timedelta(hours=1)),
        a_row("SM2", NOON, status="queued"),
        a_row("SM3", NOON + timedelta(seconds=30), status="undelivered", error_code=30003),
        a_row("SM4", NOON + timedelta(hours=1)),
    )

    found = line.find_messages(RESIDENT, NOON + timedelta(seconds=0.8), NOON + timedelta(minutes=2))

    assert [(row.carrier_sid, row.status, row.error_code) for row in found] == [
        ("SM3", Delivery.UNDELIVERED, "30003"),
        ("SM2", Delivery.SUBMITTED, None),
    ]
    assert (server.asked[0].query["To"], server.asked[0].query["From"]) == (RESIDENT, HOTLINE)
    assert "DateSent>" not in server.asked[0].query


@pytest.mark.parametrize(
    "answer", [HANG, DROP, Answer.error(500, 20500), Answer.error(429, 20429), Answer(200, b"<html>")]
)
def test_a_log_out_of_reach_is_not_an_empty_log(line: TwilioCarrier, server: CarrierServer, answer: Answer) -> None:
    server.answer = lambda _: answer

    with pytest.raises(CarrierAway):
        line.find_messages(RESIDENT, NOON, NOON + timedelta(minutes=2))
    with pytest.raises(CarrierAway):
        line.find_calls(RESIDENT, NOON)


def test_a_log_without_dates_proves_nothing(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: a_page(a_row("SM1", NOON, date_created=None))

    with pytest.raises(CarrierAway):
        line.find_messages(RESIDENT, NOON, NOON + timedelta(minutes=2))


def test_a_log_that_we_may_not_read_is_a_refusal(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer.error(401, 20003)

    with pytest.raises(CarrierRefused) as refused:
        line.find_messages(RESIDENT, NOON, NOON + timedelta(minutes=2))

    assert refused.value.is_configuration


def test_with_the_demo_clock_the_log_is_not_cut_by_time(server: CarrierServer) -> None:
    server.answer = lambda _: a_page(a_row("SM1", NOON - timedelta(days=30)))

    with a_line_to(server.url, is_demo_clock=True) as line:
        found = line.find_messages(RESIDENT, NOON, NOON + timedelta(minutes=2))

    assert [row.carrier_sid for row in found] == ["SM1"]


def test_calls_are_found_in_the_log_even_while_they_wait(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: a_page(
        {"sid": "CA1", "to": RESIDENT, "status": "queued", "date_created": format_datetime(NOON), "start_time": None},
        {"sid": "CA0", "to": RESIDENT, "status": "busy", "date_created": format_datetime(NOON - timedelta(hours=2))},
        kind="calls",
    )

    found = line.find_calls(RESIDENT, NOON)

    assert [(row.call_sid, row.status, row.started_at) for row in found] == [("CA1", CallState.QUEUED, NOON)]


def test_where_a_call_stands_is_asked_of_the_carrier(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer.as_json({"sid": "CA1", "status": "no-answer"})

    assert line.call_status("CA1") is CallState.NO_ANSWER


def test_a_recording_is_fetched_with_our_credentials(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer(200, b"RIFF....", {"Content-Type": "audio/x-wav"})

    recording = line.fetch_recording(f"{server.url}/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE1")

    assert (recording.content, recording.content_type) == (b"RIFF....", "audio/x-wav")
    assert "authorization" in server.asked[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example.org/Recordings/RE1",
        "file:///etc/passwd",
        "http://127.0.0.1:1/Recordings/RE1",
        "http://127.0.0.1:99999/",
        "",
        "//127.0.0.1/x",
    ],
)
def test_a_recording_elsewhere_is_never_fetched(line: TwilioCarrier, url: str) -> None:
    with pytest.raises(CarrierRefused, match="foreign-address"):
        line.fetch_recording(url)


def test_a_recording_address_with_foreign_credentials_is_never_fetched(
    line: TwilioCarrier, server: CarrierServer
) -> None:
    with pytest.raises(CarrierRefused):
        line.fetch_recording(f"http://someone:else@127.0.0.1:{server.port}/Recordings/RE1")

    assert server.asked == []


def test_a_redirect_of_a_recording_to_a_foreign_host_is_not_followed(
    line: TwilioCarrier, server: CarrierServer
) -> None:
    server.answer = lambda _: Answer(302, b"", {"Location": "http://127.0.0.1:1/secret"})

    with pytest.raises(CarrierRefused, match="foreign-address"):
        line.fetch_recording(f"{server.url}/Recordings/RE1")


def test_a_recording_that_leads_in_a_circle_ends(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda asked: Answer(302, b"", {"Location": asked.path})

    with pytest.raises(CarrierRefused):
        line.fetch_recording(f"{server.url}/Recordings/RE1")

    assert len(server.asked) == 4


def test_a_recording_above_the_limit_is_refused(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer(200, b"x" * 1001, {"Content-Type": "audio/x-wav"})

    with pytest.raises(CarrierRefused, match="recording-too-large"):
        line.fetch_recording(f"{server.url}/Recordings/RE1")


def test_a_recording_that_breaks_off_can_be_fetched_again(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer(200, b"x" * 900, {"Content-Type": "audio/x-wav"}, then_drop=True)

    with pytest.raises(CarrierAway):
        line.fetch_recording(f"{server.url}/Recordings/RE1")


def test_deleting_a_recording_twice_is_no_failure(line: TwilioCarrier, server: CarrierServer) -> None:
    answers = iter([Answer(204, b""), Answer.error(404, 20404), Answer.error(401, 20003)])
    server.answer = lambda _: next(answers)

    line.delete_recording("RE1")
    line.delete_recording("RE1")

    with pytest.raises(CarrierRefused):
        line.delete_recording("RE1")
    assert {(asked.method, asked.path.rpartition("/")[2]) for asked in server.asked} == {("DELETE", "RE1.json")}


def test_of_pictures_one_that_is_gone_keeps_none_of_the_others(line: TwilioCarrier, server: CarrierServer) -> None:
    listed = {"media_list": [{"sid": "ME1"}, {"sid": "ME2"}], "next_page_uri": None}
    answers = iter([Answer(200, json.dumps(listed).encode()), Answer.error(404, 20404), Answer(204, b"")])
    server.answer = lambda _: next(answers)

    line.delete_media("MM1")

    assert [(asked.method, asked.path.partition("/Messages/")[2].partition("?")[0]) for asked in server.asked] == [
        ("GET", "MM1/Media.json"),
        ("DELETE", "MM1/Media/ME1.json"),
        ("DELETE", "MM1/Media/ME2.json"),
    ]


@pytest.mark.parametrize("is_listed", [False, True])
def test_pictures_that_cannot_be_deleted_now_are_no_success(
    line: TwilioCarrier, server: CarrierServer, is_listed: bool
) -> None:
    listed = Answer(200, json.dumps({"media_list": [{"sid": "ME1"}], "next_page_uri": None}).encode())
    answers = iter([listed, Answer.error(503, 20500)] if is_listed else [Answer.error(503, 20500)])
    server.answer = lambda _: next(answers)

    with pytest.raises(CarrierAway):
        line.delete_media("MM1")


def test_a_forked_child_has_a_line_of_its_own(line: TwilioCarrier, server: CarrierServer) -> None:
    line.send_sms(a_text("parent"))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
        child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if isinstance(line.send_sms(a_text("child")), Sent) else 1
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(ended) == 0
    assert line.send_sms(a_text("parent again")).status is Delivery.SUBMITTED
    assert server.connections == 2


def test_a_text_with_half_a_character_does_not_stop_the_batch(line: TwilioCarrier, server: CarrierServer) -> None:
    outcomes = sent_batch(line, [a_text("1", body="\ud83d"), a_text("2")])

    assert [type(outcome) for outcome in outcomes.values()] == [Sent, Sent]
    assert {asked.field("Body") for asked in server.asked} == {"?", "您好"}


def test_what_the_carrier_says_is_no_code_of_ours(line: TwilioCarrier, server: CarrierServer) -> None:
    server.answer = lambda _: Answer(400, json.dumps({"code": "x" * 500, "message": "no"}).encode())

    with pytest.raises(CarrierRefused) as refused:
        line.send_sms(a_text())

    assert len(refused.value.code) <= 32
    assert refused.value.kind is Fault.UNKNOWN
