"""What a provider's text means: a yes is never guessed, a job is never finished by mistake."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import NOW, hear, intent_of
from understanding import SURE, Intent, read

OFFER, JOB = "provider:offer", "provider:accepted"
CHARGED, QUOTED = "provider:amount", "provider:quote"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 40分钟到", {"minutes": "40"}),
        ("接，下午两点半过去", {"time": "14:30"}),
        ("2点到", {"time": "14:00"}),
        ("13点", {"time": "13:00"}),
        ("接 下午3点到4点之间", {"time": "15:00", "time_to": "16:00"}),
        ("可以，不过要晚上七点以后", {"time_after": "19:00"}),
        ("1 A1023", {"ticket": "A1023"}),
        ("不远，我去", {}),
        ("没说不接啊，我去", {}),
        ("OK I can do tomorrow morning 9", {"date": "2026-11-26", "time": "09:00"}),
        ("yes in half an hour", {"minutes": "30"}),
    ],
)
def test_a_yes_to_an_offer_brings_its_time(text: str, values: dict[str, str]) -> None:
    assert hear(text, OFFER) == (Intent.ACCEPT, values)


@pytest.mark.parametrize(
    "text",
    [
        "收到", "接到了你们的短信", "看看", "2楼有电梯没", "多少钱的活", "好远啊", "好忙", "没时间接", "我接孩子去",
        "接下来没空", "加50我就去", "如果近我就接", "maybe", "can not accept this one",
        "i would accept if it was closer",
        "ok what is the address", "能不能下午四点去", "is it ok if I come at 5?", "1 没空", "1还是2？", "3", "👍",
        "谢谢", "好像接不了", "可以是可以，不过得加钱", "no", "不", "received", "让老王去", "完工 100元", "到了",
        "住户不在家", "3楼还是5楼", "发错了", "算我没说",
    ],
)  # fmt: skip
def test_what_is_no_plain_yes_takes_no_job(text: str) -> None:
    assert intent_of(text, OFFER) is not Intent.ACCEPT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2 没空", "busy"),
        ("太远了不去", "far"),
        ("这活我干不了，没有高压机", "skill"),
        ("价太低", "price"),
        ("感冒了去不了", "sick"),
        ("fully booked", "busy"),
        ("I dont do locks", "skill"),
    ],
)
def test_a_no_tells_why(text: str, reason: str) -> None:
    assert hear(text, OFFER) == (Intent.REJECT, {"reason": reason})


def test_a_no_keeps_the_code_it_names() -> None:
    assert hear("A1023 不接", OFFER) == (Intent.REJECT, {"ticket": "A1023"})


def test_another_time_asked_for_is_a_proposal() -> None:
    assert hear("能不能下午四点去", OFFER) == (Intent.RESCHEDULE, {"time": "16:00"})


@pytest.mark.parametrize(("text", "name"), [("让我徒弟小刘去吧", "我徒弟"), ("老马有空，给老马", "老马")])
def test_somebody_else_is_named(text: str, name: str) -> None:
    assert hear(text, OFFER) == (Intent.TRANSFER, {"name": name})


@pytest.mark.parametrize(
    "text",
    [
        "还没完工", "快完工了，再有20分钟", "完工不了，缺个阀门", "今天怕是完不成了", "明天才能完工", "什么时候算完工",
        "完工怎么回复", "almost done, 10 more minutes", "i did not finish", "说好了改周五上午", "修不了，主板烧了",
        "还要一刻钟", "到了", "收到", "1", "换个阀门要80，他同意我就换", "住户说不修了", "没人在家",
        "when it's done should i text you?",
    ],
)  # fmt: skip
def test_what_is_not_finished_is_never_complete(text: str) -> None:
    assert intent_of(text, JOB) is not Intent.COMPLETE


@pytest.mark.parametrize(
    "text",
    [
        "not solved", "problem not solved", "isn't solved yet", "not resolved", "can't be resolved", "unresolved",
        "not installed", "never finished", "没解决", "问题还没解决", "没能解决", "解决不了", "没解决 120",
        "没有完全修好", "不能说修好了",
    ],
)  # fmt: skip
def test_completion_that_is_denied_is_a_job_not_done(text: str) -> None:
    assert intent_of(text, JOB) is Intent.INCOMPLETE


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("120", "120"), ("119", "119"), ("110", "110"), ("120!", "120"), ("100", "100"), ("0", "0"), ("1430", "1430"),
        ("120元", "120"), ("一百二", "120"), ("120.5", "120.5"), ("收了120块", "120"), ("报120", "120"), ("免费", "0"),
        ("no charge", "0"), ("it was 120 in cash", "120"), ("完工 120", "120"),
    ],
)  # fmt: skip
def test_a_sum_that_was_asked_for_says_what_the_finished_job_cost(text: str, amount: str) -> None:
    found = read(text, context=CHARGED, lang="zh", now=NOW)

    assert (found.intent, found.values) == (Intent.COMPLETE, {"amount": amount})
    assert found.certainty >= SURE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("1", Intent.UNKNOWN), ("2", Intent.UNKNOWN), ("120分钟", Intent.ETA), ("40分钟到", Intent.ETA),
        ("还没完工", Intent.INCOMPLETE), ("报价120", Intent.QUOTE), ("明天120吗", Intent.QUESTION),
        ("好的", Intent.ACK), ("我家着火了 120", Intent.EMERGENCY), ("快打120", Intent.EMERGENCY),
    ],
)  # fmt: skip
def test_what_is_no_sum_is_read_as_ever_though_one_was_asked_for(text: str, intent: Intent) -> None:
    assert intent_of(text, CHARGED) is intent


def test_the_sum_of_a_quote_that_was_asked_for_ends_no_job() -> None:
    assert hear("120", QUOTED) == (Intent.QUOTE, {"amount": "120"})
    assert hear("人工120材料200", QUOTED) == (Intent.QUOTE, {"amount": "320", "labour": "120", "parts": "200"})
    assert hear("完工 120", QUOTED) == (Intent.COMPLETE, {"amount": "120"})


@pytest.mark.parametrize("number", ["110", "119", "120"])
def test_a_bare_emergency_number_calls_for_help_where_no_sum_was_asked_for(number: str) -> None:
    assert intent_of(number, JOB) is Intent.EMERGENCY


@pytest.mark.parametrize("text", ["payment received, done 120", "tenant fixed 120", "went and fixed it, 120 yuan"])
def test_a_word_that_merely_ends_as_a_negation_does_denies_nothing(text: str) -> None:
    assert hear(text, JOB) == (Intent.COMPLETE, {"amount": "120"})


def test_one_thing_done_and_another_not_is_no_sure_end_of_a_job() -> None:
    found = read("not replaced, cleaned 120", context=JOB, lang="en", now=NOW)

    assert (found.intent, found.values) == (Intent.COMPLETE, {"amount": "120"})
    assert found.certainty < SURE


@pytest.mark.parametrize(
    ("text", "intent", "values"),
    [
        ("到了", Intent.ARRIVE, {}),
        ("还有10分钟到", Intent.ETA, {"minutes": "10"}),
        ("还要一刻钟", Intent.ETA, {"minutes": "15"}),
        ("running late, there by 3:30pm", Intent.ETA, {"time": "15:30"}),
        ("堵车，晚到半个钟头", Intent.ETA, {"delay": "30"}),
        ("缺配件 明天上午再来", Intent.INCOMPLETE, {"date": "2026-11-26", "part": "am"}),
        ("敲门没人", Intent.NO_ACCESS, {}),
        ("住户说不修了", Intent.CANCELLED, {}),
        ("跟住户说好了改周五上午", Intent.RESCHEDULE, {"date": "2026-11-27", "part": "am"}),
        ("电话改成16500000188", Intent.PHONE_CHANGE, {"phone": "+8616500000188"}),
        ("done, costs 80", Intent.COMPLETE, {"amount": "80"}),
        ("new compressor costs 500, ask him first", Intent.QUOTE, {"amount": "500"}),
        ("住户电话关机", Intent.NO_ACCESS, {}),
        ("住户骂人 我走了", Intent.COMPLAINT, {}),
        ("客户电话多少", Intent.QUESTION, {}),
    ],
)
def test_the_course_of_a_job_is_followed(text: str, intent: Intent, values: dict[str, str]) -> None:
    assert hear(text, JOB) == (intent, values)


def test_reading_does_not_ask_which_job_is_meant() -> None:
    assert hear("完工 90元", "provider:multi") == (Intent.COMPLETE, {"amount": "90"})
    assert hear("A1023完工90", "provider:multi") == (Intent.COMPLETE, {"amount": "90", "ticket": "A1023"})


def test_two_codes_in_one_text_are_asked_about() -> None:
    assert hear("A1023 done 70, A1031 tomorrow", "provider:multi") == (Intent.UNKNOWN, {"reason": "multiple"})


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("可以派单了", Intent.RESUME),
        ("i am back, send me jobs", Intent.RESUME),
        ("有活没", Intent.QUESTION),
        ("别给我派单了", Intent.PAUSE),
    ],
)
def test_jobs_are_paused_and_resumed(text: str, intent: Intent) -> None:
    assert intent_of(text, "provider:none") is intent


def test_a_plain_answer_is_certain_and_a_doubtful_one_is_not() -> None:
    def certainty(text: str) -> float:
        return read(text, context=OFFER, lang="zh", now=NOW).certainty

    assert certainty("1") > certainty("我去") >= SURE > certainty("考虑考虑")
