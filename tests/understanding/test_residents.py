"""What a resident's text means to the question that is open."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import hear, intent_of
from understanding import Intent

LONE_ONE = {
    "resident:visit": (Intent.AFFIRM, {}),
    "resident:rsvp": (Intent.AFFIRM, {}),
    "resident:poll": (Intent.CHOOSE, {"option": "1"}),
    "resident:resolved": (Intent.RESOLVED, {}),
    "resident:csat": (Intent.RATE, {"score": "1"}),
    "resident:quote": (Intent.AFFIRM, {}),
    "resident:notice": (Intent.UNKNOWN, {}),
    "resident:feedback": (Intent.UNKNOWN, {}),
    "resident:none": (Intent.UNKNOWN, {}),
    "resident:which_code": (Intent.UNKNOWN, {}),
    "resident:something new": (Intent.UNKNOWN, {}),
    "provider:offer": (Intent.ACCEPT, {}),
    "provider:accepted": (Intent.UNKNOWN, {}),
    "provider:multi": (Intent.UNKNOWN, {}),
    "provider:none": (Intent.UNKNOWN, {}),
}


@pytest.mark.parametrize("context", LONE_ONE)
@pytest.mark.parametrize("written", ["1", "１", "①", "一", "回复1", "【1】"])
def test_a_lone_one_means_what_the_open_question_says(written: str, context: str) -> None:
    assert hear(written, context) == LONE_ONE[context]


@pytest.mark.parametrize(
    ("text", "context", "reason"),
    [
        ("1或者2都行", "resident:visit", "multiple"),
        ("7", "resident:visit", "range"),
        ("1 不用来了", "resident:visit", "conflict"),
        ("3", "resident:rsvp", "range"),
        ("1 不去", "resident:rsvp", "conflict"),
        ("E", "resident:poll", "range"),
        ("2和4", "resident:poll", "multiple"),
        ("1 没修好", "resident:resolved", "conflict"),
        ("2 修好了", "resident:resolved", "conflict"),
        ("1 不同意", "resident:quote", "conflict"),
        ("3", "resident:quote", "range"),
    ],
)
def test_a_digit_that_cannot_be_told_is_asked_again(text: str, context: str, reason: str) -> None:
    assert hear(text, context) == (Intent.UNKNOWN, {"reason": reason})


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("可以，家里有人", Intent.AFFIRM),
        ("不取消，照常来", Intent.AFFIRM),
        ("don't cancel, i will be home", Intent.AFFIRM),
        ("不是不行", Intent.AFFIRM),
        ("取消吧", Intent.CANCEL),
        ("要不取消吧", Intent.CANCEL),
        ("please cancel my appointment", Intent.CANCEL),
        ("不行", Intent.DENY),
        ("no", Intent.DENY),
        ("师傅几点到", Intent.STATUS_QUERY),
        ("取消不要钱吧", Intent.QUESTION),
        ("30号再来吧", Intent.RESCHEDULE),
        ("今天能到吗", Intent.STATUS_QUERY),
        ("今天下午三点能来吗", Intent.RESCHEDULE),
        ("看情况吧", Intent.UNKNOWN),
        ("水流得很急", Intent.UNKNOWN),
        ("我是三楼的", Intent.UNKNOWN),
    ],
)
def test_a_visit_is_kept_moved_or_called_off_by_words(text: str, intent: Intent) -> None:
    assert intent_of(text, "resident:visit") is intent


def test_another_time_for_a_visit_is_a_wish_to_move_it() -> None:
    assert hear("1点不行，3点吧", "resident:visit") == (Intent.RESCHEDULE, {"time": "15:00"})
    assert hear("not tomorrow, sat morning pls", "resident:visit") == (
        Intent.RESCHEDULE,
        {"date": "2026-11-28", "part": "am"},
    )


@pytest.mark.parametrize(
    ("text", "guests"),
    [
        ("1 老伴也去", "1"),
        ("带两个孩子", "2"),
        ("我和我爸妈都去", "2"),
        ("去，一共四个人", "3"),
        ("一家三口都去", "2"),
        ("我一个人去", "0"),
        ("coming, plus two kids", "2"),
        ("me and my wife will come", "1"),
    ],
)
def test_guests_are_those_besides_the_writer(text: str, guests: str) -> None:
    assert hear(text, "resident:rsvp") == (Intent.AFFIRM, {"guests": guests})


@pytest.mark.parametrize(
    ("text", "option"),
    [("第二个", "2"), ("C吧", "3"), ("不选1，选2", "2"), ("option 4 please", "4"), ("the first one", "1")],
)
def test_an_option_of_a_poll_is_chosen_by_number_letter_or_order(text: str, option: str) -> None:
    assert hear(text, "resident:poll") == (Intent.CHOOSE, {"option": option})


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("不漏了", Intent.RESOLVED),
        ("没有再漏了", Intent.RESOLVED),
        ("it is not leaking any more", Intent.RESOLVED),
        ("没修好", Intent.UNRESOLVED),
        ("不能说解决了", Intent.UNRESOLVED),
        ("水是不漏了，可是墙又湿了", Intent.UNRESOLVED),
        ("not really fixed", Intent.UNRESOLVED),
        ("人都没来", Intent.UNRESOLVED),
        ("不能说没解决", Intent.UNKNOWN),
    ],
)
def test_a_negation_is_read_as_a_whole(text: str, intent: Intent) -> None:
    assert intent_of(text, "resident:resolved") is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("同意", Intent.AFFIRM),
        ("可以，换吧", Intent.AFFIRM),
        ("ok go ahead", Intent.AFFIRM),
        ("不同意", Intent.DENY),
        ("太贵了，不换", Intent.DENY),
        ("too expensive", Intent.DENY),
        ("能便宜点吗", Intent.QUESTION),
        ("同意什么", Intent.QUESTION),
        ("考虑一下", Intent.UNKNOWN),
    ],
)
def test_a_price_is_agreed_to_only_by_a_plain_yes(text: str, intent: Intent) -> None:
    assert intent_of(text, "resident:quote") is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("建议装个充电桩", Intent.SUGGESTION),
        ("路灯坏了没人管", Intent.COMPLAINT),
        ("没意见", Intent.DENY),
        ("would be nice to have more benches", Intent.SUGGESTION),
    ],
)
def test_an_opinion_is_praise_blame_wish_or_none(text: str, intent: Intent) -> None:
    assert intent_of(text, "resident:feedback") is intent


def test_a_service_can_be_called_off_and_a_ticket_asked_after_with_nothing_open() -> None:
    assert intent_of("退订牛奶", "resident:none") is Intent.CANCEL
    assert hear("A1023 怎么样了", "resident:none") == (Intent.STATUS_QUERY, {"ticket": "A1023"})


@pytest.mark.parametrize("context", LONE_ONE)
@pytest.mark.parametrize("text", ["不晓得", "我也不晓得了", "勿晓得", "不知道", "我也不知道了", "修了也不晓得好没好"])
def test_who_does_not_know_has_not_said_that_he_got_it(text: str, context: str) -> None:
    assert intent_of(text, context) not in {Intent.THANKS, Intent.ACK, Intent.AFFIRM, Intent.ACCEPT}


@pytest.mark.parametrize("text", ["晓得了", "晓得", "知道了"])
def test_who_knows_has_got_it(text: str) -> None:
    assert intent_of(text, "resident:notice") is Intent.THANKS
