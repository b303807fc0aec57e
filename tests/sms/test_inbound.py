"""Texts that come in by signed posts: once each, danger first, stops obeyed, and each with an outcome."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from core import answers, events
from core.answers import Reply
from core.uow import UnitOfWork
from directory.models import Consent, Purpose, SuppressionScope
from directory.service import consents
from sms import jobs
from sms.delivery import Delivery
from sms.events import DangerTexted, PersonAsked, UnclearText
from sms.models import InboundSms, Outcome
from sms.service import questions, replying
from tests.conftest import PUBLIC_URL, TOKEN
from tests.factories.people import LANDLINE, RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider
from tests.phone_line import PhoneLine
from tests.sms.conftest import At, Statements, Texts, Twilio, Work, a_text, inbound, outbound, wordings_to
from ticketing.models import Task, TaskKind, Ticket, TicketKind

OTHER = "+8616200000902"


@pytest.fixture
def heard(house: Flask) -> list[object]:
    """What was announced to the domains above, instead of what they do about it."""
    told: list[object] = []

    def note(_uow: UnitOfWork, event: object) -> None:
        told.append(event)

    events.subscribe(dict.fromkeys((UnclearText, PersonAsked, DangerTexted), (note,)))
    return told


def outcomes() -> list[Outcome]:
    """What became of every text."""
    return [text.outcome for text in inbound()]


# Once each


def test_the_same_webhook_ten_times_at_once_has_one_effect(text_in: Texts, work: Work, heard: list[object]) -> None:
    together = Barrier(10)

    def post() -> None:
        together.wait()
        text_in("人工", RESIDENT, sid="SM1")

    posts = [Thread(target=post) for _ in range(10)]
    for one in posts:
        one.start()
    for one in posts:
        one.join()

    assert len(inbound()) == 1
    assert wordings_to(RESIDENT) == ["person_called"]
    assert heard == [PersonAsked(inbound()[0].id, RESIDENT, "")]


def test_a_webhook_that_comes_again_weeks_later_is_no_new_text(
    text_in: Texts, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    text_in("退订", RESIDENT, sid="SM1")
    at(noon + timedelta(days=21))
    text_in("退订", RESIDENT, sid="SM1")
    jobs.deliver()

    assert wordings_to(RESIDENT) == ["opt_out_done"]
    assert len(phone_line.sent) == 1


@pytest.mark.expects_errors
def test_an_unsigned_or_forged_text_is_refused_and_not_kept(house: Flask, client: FlaskClient) -> None:
    form = {"MessageSid": "SM1", "From": RESIDENT, "Body": "STOP"}

    assert client.post("/sms/inbound", data=form).status_code == 403
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/sms/inbound", {**form, "Body": "1"})
    assert client.post("/sms/inbound", data=form, headers={"X-Twilio-Signature": signature}).status_code == 403
    assert inbound() == []


def test_the_answer_goes_through_the_outbox_and_never_in_the_response(house: Flask, twilio: Twilio) -> None:
    answer = twilio("/sms/inbound", MessageSid="SM1", From=RESIDENT, Body="帮助")

    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert "<Message" not in answer.text
    assert [text.delivery for text in outbound()] == [Delivery.QUEUED]
    assert outbound()[0].answers_id == inbound()[0].id


def test_a_text_without_a_message_id_is_left_aside(house: Flask, twilio: Twilio) -> None:
    assert twilio("/sms/inbound", From=RESIDENT, Body="1").status_code == 200
    assert inbound() == []


# Whatever comes


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("", ""),
        ("\x00\x00", ""),
        ("人\x00工", "人工"),
        ("😀😀🎉", "😀😀🎉"),
        ("长" * 1600, "长" * 1600),
        ("长" * 5000, "长" * 1600),
        ("\u202e\ufeff\u200b", "\u202e\ufeff\u200b"),
        ("您好\n呱\t呱", "您好\n呱\t呱"),
        ("'; drop table inbound_sms; --", "'; drop table inbound_sms; --"),
        ("{{ 7 * 7 }} <script>", "{{ 7 * 7 }} <script>"),
        ("9" * 400, "9" * 400),
        ("A1023 " * 200, "A1023 " * 200),
    ],
)
def test_whatever_is_written_is_kept_and_gets_an_outcome(
    text_in: Texts, heard: list[object], body: str, kept: str
) -> None:
    text_in(body, RESIDENT)

    (text,) = inbound()
    assert text.body == kept
    assert len(wordings_to(RESIDENT)) + len(heard) >= 1


@pytest.mark.parametrize(
    "sender", ["", "10086", "AnheBank", "whatsapp:+8616200000901", "client:agent", "+", "+86\x0016200000901", "sip:a@b"]
)
def test_a_sender_that_cannot_be_answered_is_noted(text_in: Texts, heard: list[object], sender: str) -> None:
    text_in("余额不足，请充值", sender)

    assert outcomes() == [Outcome.NOTED]
    assert outbound() == []
    assert heard == []


def test_we_do_not_talk_to_ourselves(text_in: Texts) -> None:
    text_in("帮助", "+869785550156")

    assert outcomes() == [Outcome.NOTED]
    assert outbound() == []


def test_a_landline_that_texts_gets_no_text_back_and_is_called(text_in: Texts, heard: list[object]) -> None:
    text_in("人工", LANDLINE)

    assert outbound() == []
    assert heard == [PersonAsked(inbound()[0].id, LANDLINE, "")]


def test_what_nobody_understands_is_asked_once_and_then_a_person_reads_it(
    text_in: Texts, heard: list[object], at: At, noon: datetime
) -> None:
    text_in("呱呱", RESIDENT)
    text_in("呱呱呱", RESIDENT)
    text_in("呱", RESIDENT)

    assert wordings_to(RESIDENT) == ["unknown"]
    assert outcomes() == [Outcome.ASKED, Outcome.QUEUED, Outcome.QUEUED]
    assert [type(one) for one in heard] == [UnclearText] * 2


@pytest.mark.parametrize("words", ["谢谢", "好的", "收到", "👍", "thanks a lot", "嗯嗯好"])
def test_a_courtesy_needs_no_answer(text_in: Texts, heard: list[object], words: str) -> None:
    text_in(words, RESIDENT)

    assert outcomes()[0] in {Outcome.NOTED, Outcome.HANDLED}
    assert outbound() == []
    assert heard == []


def test_a_digit_with_nothing_asked_is_a_riddle(text_in: Texts) -> None:
    text_in("1", RESIDENT)

    assert wordings_to(RESIDENT) == ["unknown"]


def test_of_forty_texts_in_a_minute_the_first_are_heard_and_the_rest_are_kept_in_silence(
    text_in: Texts, heard: list[object]
) -> None:
    for number in range(40):
        text_in(f"呱呱{'呱' * number}", RESIDENT)

    assert len(inbound()) == 40
    assert outcomes()[20:] == [Outcome.BLOCKED] * 20
    assert wordings_to(RESIDENT) == ["unknown"]
    flood = inbound()[20]
    assert heard[19:] == [UnclearText(flood.id, RESIDENT, "")]


def test_in_a_flood_a_stop_is_obeyed_and_danger_is_answered(text_in: Texts, work: Work, heard: list[object]) -> None:
    for _ in range(25):
        text_in("呱", RESIDENT)
    text_in("退订", RESIDENT)
    for _ in range(3):
        text_in("着火了救命", RESIDENT)

    with work() as uow:
        assert consents.may_write(uow, RESIDENT, Purpose.NOTICE) == "stopped_notices"
    assert wordings_to(RESIDENT)[-1] == "emergency"
    assert Counter(wordings_to(RESIDENT))["emergency"] == 1
    assert [type(one) for one in heard].count(DangerTexted) == 1


def test_a_flood_of_one_number_is_not_held_against_another(text_in: Texts, heard: list[object]) -> None:
    for _ in range(25):
        text_in("呱", RESIDENT)
    text_in("人工", OTHER)

    assert wordings_to(OTHER) == ["person_called"]


def test_a_machine_that_asks_for_a_person_again_and_again_is_left_in_silence(
    text_in: Texts, at: At, noon: datetime, heard: list[object]
) -> None:
    for number in range(12):
        at(noon + timedelta(minutes=4 * number))
        text_in("请联系人工客服", OTHER)

    assert len(wordings_to(OTHER)) == 3


@pytest.mark.parametrize(
    "words", ["【中国移动】请回复1确认", "[自动回复] 我在开车", "Auto-reply: out of office, back 1 December"]
)
def test_a_machine_is_never_answered(text_in: Texts, heard: list[object], words: str) -> None:
    text_in(words, RESIDENT)

    assert outcomes() == [Outcome.NOTED]
    assert outbound() == []
    assert heard == []


@pytest.mark.expects_errors
def test_whatever_breaks_the_text_is_kept_and_a_person_reads_it(text_in: Texts, heard: list[object]) -> None:
    def breaks(*_given: object) -> None:
        raise RuntimeError("a taker broke")

    answers.wire({}, (breaks,))
    text_in("水管爆了", RESIDENT)

    (text,) = inbound()
    assert (text.outcome, text.body) == (Outcome.QUEUED, "水管爆了")
    assert heard == [UnclearText(text.id, RESIDENT, "")]


# Danger


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("家里着火了", "119"),
        ("闻到煤气味", "119"),
        ("老人晕倒没有呼吸", "120"),
        ("gas leak in the kitchen, help", "119"),
    ],
)
def test_danger_is_answered_first_and_announced_with_its_number(
    text_in: Texts, heard: list[object], words: str, number: str
) -> None:
    text_in(words, RESIDENT)

    assert wordings_to(RESIDENT) == ["emergency"]
    (danger,) = heard
    assert isinstance(danger, DangerTexted)
    assert (danger.number, danger.msisdn, danger.words) == (number, RESIDENT, words)
    assert outbound()[0].urgency == "0_code"


def test_danger_is_told_to_somebody_who_stopped_everything(text_in: Texts, phone_line: PhoneLine) -> None:
    text_in("STOP", RESIDENT)
    text_in("着火了", RESIDENT)
    jobs.deliver()

    assert [text for _, text in phone_line.texts] == [
        "【安禾社区】如遇起火、燃气泄漏、急病、警情，请立即拨119、120或110。我们已通知值班员。"
    ]


def test_danger_opens_a_ticket_of_the_first_tier_and_a_call(text_in: Texts, work: Work) -> None:
    text_in("家里着火了", RESIDENT)

    with work() as uow:
        ticket = uow.session.scalars(select(Ticket)).one()
        assert (ticket.kind, ticket.tier) == (TicketKind.EMERGENCY, "T1")
        assert TaskKind.CALL_BACK in set(uow.session.scalars(select(Task.kind)))


# Stops


def scope_of(work: Work, msisdn: str = RESIDENT) -> str:
    """How much a number stopped: empty, notices or all."""
    with work() as uow:
        held = consents.may_write(uow, msisdn, Purpose.SERVICE)
        return "all" if held else consents.may_write(uow, msisdn, Purpose.NOTICE).removeprefix("stopped_")


@pytest.mark.parametrize(
    "words", ["退订", "ＴＤ", "t", "拒收", "R", "r。", "请不要再发短信给我", "please stop texting me"]
)
def test_a_first_stop_in_our_words_ends_the_notices_and_is_confirmed(text_in: Texts, work: Work, words: str) -> None:
    text_in(words, RESIDENT)

    assert scope_of(work) == SuppressionScope.NOTICES
    assert wordings_to(RESIDENT) == ["opt_out_done"]
    assert outcomes() == [Outcome.HANDLED]


def test_a_second_stop_ends_everything_and_its_confirmation_still_goes_out(
    text_in: Texts, work: Work, phone_line: PhoneLine
) -> None:
    text_in("退订", RESIDENT)
    text_in("TD", RESIDENT)
    jobs.deliver()

    assert scope_of(work) == SuppressionScope.ALL
    assert wordings_to(RESIDENT) == ["opt_out_done", "opt_out_all"]
    assert len(phone_line.sent) == 2


@pytest.mark.parametrize(
    "word", ["STOP", "stop ", "Unsubscribe", "CANCEL", "end", "QUIT", "RevokE", "OPTOUT", "STOPALL"]
)
def test_a_stop_word_of_the_carrier_ends_everything_and_is_not_answered_again(
    text_in: Texts, work: Work, word: str
) -> None:
    text_in(word, RESIDENT)

    assert scope_of(work) == SuppressionScope.ALL
    assert outbound() == []
    assert outcomes() == [Outcome.HANDLED]


def test_a_stop_word_dressed_up_is_ours_to_obey_and_to_confirm(text_in: Texts, work: Work) -> None:
    text_in("Stop!!", RESIDENT)

    assert scope_of(work) == SuppressionScope.ALL
    assert wordings_to(RESIDENT) == ["opt_out_all"]


def test_what_the_carrier_already_did_is_followed(text_in: Texts, work: Work) -> None:
    text_in("别烦我", RESIDENT, OptOutType="STOP")
    assert scope_of(work) == SuppressionScope.ALL
    text_in("回来", RESIDENT, OptOutType="START")
    assert scope_of(work) == ""
    text_in("?", RESIDENT, OptOutType="HELP")

    assert outbound() == []
    assert outcomes() == [Outcome.HANDLED, Outcome.HANDLED, Outcome.NOTED]


@pytest.mark.parametrize("word", ["START", "unstop", "Yes", "恢复短信"])
def test_who_comes_back_gets_texts_again(text_in: Texts, work: Work, word: str) -> None:
    text_in("STOP", RESIDENT)
    text_in(word, RESIDENT)

    assert scope_of(work) == ""
    with work() as uow:
        assert a_text(uow, RESIDENT).delivery is Delivery.QUEUED


def test_a_stranger_can_stop_too_and_it_counts_for_texts_that_wait(
    text_in: Texts, work: Work, phone_line: PhoneLine
) -> None:
    with work() as uow:
        a_text(uow, OTHER)
    text_in("STOP", OTHER)
    jobs.deliver()

    assert phone_line.sent == []
    assert outbound()[0].delivery is Delivery.SUPPRESSED


@pytest.mark.parametrize("words", ["退订牛奶", "stop the milk delivery", "取消A1023", "不要停水"])
def test_a_service_that_is_called_off_stops_no_texts(
    text_in: Texts, work: Work, heard: list[object], words: str
) -> None:
    text_in(words, RESIDENT)

    with work() as uow:
        assert consents.may_write(uow, RESIDENT, Purpose.SERVICE) == ""
        assert uow.session.scalar(select(func.count()).select_from(Consent)) == 0


# People, help, languages


@pytest.mark.parametrize("words", ["人工", "person", "我要找真人", "call me back please"])
def test_a_person_is_always_to_be_had(text_in: Texts, heard: list[object], words: str) -> None:
    text_in(words, RESIDENT)

    assert wordings_to(RESIDENT) == ["person_called"]
    assert heard == [PersonAsked(inbound()[0].id, RESIDENT, "")]


def test_who_asks_for_a_person_is_called_back(text_in: Texts, work: Work) -> None:
    text_in("人工", RESIDENT)
    text_in("人工", RESIDENT)

    with work() as uow:
        tasks = list(uow.session.scalars(select(Task)))
        assert [(task.kind, task.msisdn) for task in tasks] == [(TaskKind.CALL_BACK, RESIDENT)]


def test_help_tells_a_resident_and_a_provider_different_things(text_in: Texts, work: Work) -> None:
    with work() as uow:
        a_provider(uow)
    text_in("帮助", RESIDENT)
    text_in("帮助", PROVIDER)

    assert wordings_to(RESIDENT) == ["help_resident"]
    assert wordings_to(PROVIDER) == ["help_provider"]


def test_the_language_of_the_answer_is_the_listed_one_then_the_last_one_we_wrote(text_in: Texts, work: Work) -> None:
    with work() as uow:
        a_person(uow, "Ms Green", msisdn=RESIDENT, lang="en")
    text_in("帮助", RESIDENT)
    text_in("中文", RESIDENT)
    text_in("person", RESIDENT)
    text_in("there is no water here at all", OTHER)

    assert [text.lang for text in outbound() if text.msisdn == RESIDENT] == ["en", "zh", "zh"]
    assert {text.lang for text in outbound() if text.msisdn == OTHER} == {"en"}


def test_a_new_request_by_text_is_a_ticket_and_its_code_alone_tells_where_it_stands(text_in: Texts, work: Work) -> None:
    with work() as uow:
        a_person(uow)
    text_in("我家水管爆了", RESIDENT)
    with work() as uow:
        code = uow.session.scalars(select(Ticket.code)).one()
    text_in(code.lower(), RESIDENT)

    assert wordings_to(RESIDENT)[-1] == "status"
    assert inbound()[-1].about == code
    assert f"{code}：" in outbound()[-1].body


def test_somebody_elses_code_tells_nothing(text_in: Texts, work: Work) -> None:
    with work() as uow:
        a_person(uow)
    text_in("我家水管爆了", RESIDENT)
    with work() as uow:
        code = uow.session.scalars(select(Ticket.code)).one()
    text_in(code, OTHER)

    assert wordings_to(OTHER) == ["code_not_found"]


# Nobody is told


@pytest.mark.parametrize("words", ["呱呱", "帮助"])
def test_who_stopped_and_writes_later_is_read_by_a_person(
    text_in: Texts, at: At, noon: datetime, work: Work, phone_line: PhoneLine, words: str
) -> None:
    text_in("STOP", RESIDENT)
    at(noon + timedelta(days=1))
    text_in(words, RESIDENT)
    jobs.deliver()

    assert outcomes() == [Outcome.HANDLED, Outcome.QUEUED]
    assert phone_line.sent == []
    with work() as uow:
        assert uow.session.execute(select(Task.kind, Task.msisdn)).all() == [(TaskKind.CHECK, RESIDENT)]


def test_a_text_from_a_landline_is_read_by_a_person(text_in: Texts, heard: list[object]) -> None:
    text_in("呱呱", LANDLINE)

    assert outcomes() == [Outcome.QUEUED]
    assert outbound() == []
    assert heard == [UnclearText(inbound()[0].id, LANDLINE, "")]


def test_an_answer_that_went_out_before_counts_and_one_held_back_does_not(text_in: Texts, work: Work) -> None:
    text_in("呱呱", RESIDENT)
    text_in("STOP", OTHER)
    text_in("呱呱", OTHER)

    with work() as uow:
        answered, _, held_back = uow.session.scalars(select(InboundSms).order_by(InboundSms.id))
        assert replying.answer_with(uow, answered, Reply("unknown"), "zh")
        assert not replying.answer_with(uow, held_back, Reply("unknown"), "zh")
    assert wordings_to(RESIDENT) == ["unknown"]
    assert wordings_to(OTHER) == ["unknown"]


# Cost


@pytest.mark.parametrize(("words", "most"), [("呱呱", 22), ("人工", 20), ("退订", 20), ("STOP", 10), ("谢谢", 15)])
def test_a_text_takes_a_bounded_number_of_statements_however_long_the_history(
    text_in: Texts, work: Work, statements: Statements, noon: datetime, words: str, most: int
) -> None:
    with work() as uow:
        for number in range(200):
            uow.session.add(
                InboundSms(
                    carrier_sid=f"OLD{number}",
                    msisdn=RESIDENT,
                    body="1",
                    received_at=noon - timedelta(days=10, minutes=number),
                    outcome=Outcome.HANDLED,
                )
            )
            questions.open_question(uow, RESIDENT, "resolved", f"X{number:04d}", lasts=-timedelta(days=9))
    with statements() as made:
        text_in(words, RESIDENT)

    assert len(made) <= most
