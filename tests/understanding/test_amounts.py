"""Sums of money: what a job cost, and the numbers that are none."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import hear, intent_of
from understanding import Intent

JOB = "provider:accepted"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("完工 120元", "120"),
        ("完工120", "120"),
        ("搞定 一百五", "150"),
        ("做完 两百八", "280"),
        ("完成 ￥３００", "300"),
        ("修好了 八十八块五", "88.5"),
        ("修好了 30.5元", "30.5"),
        ("整好咗 三百蚊", "300"),
        ("完工 一千二", "1200"),
        ("done, 90 yuan", "90"),
        ("finished, one hundred twenty rmb", "120"),
        ("job done ¥65", "65"),
        ("完工 换2个龙头 80", "80"),
        ("完工 用了3小时 200元", "200"),
        ("完工 3楼301 收90", "90"),
    ],
)
def test_a_sum_with_a_finished_job_is_what_it_cost(text: str, amount: str) -> None:
    assert hear(text, JOB) == (Intent.COMPLETE, {"amount": amount})


@pytest.mark.parametrize(
    "text", ["做完了 没收钱", "弄好了 免费", "done, no charge", "完工 不要钱", "finished, free of charge"]
)
def test_free_of_charge_is_nothing(text: str) -> None:
    assert hear(text, JOB) == (Intent.COMPLETE, {"amount": "0"})


@pytest.mark.parametrize(
    ("text", "labour", "parts", "amount"),
    [
        ("完工 人工80 材料45", "80", "45", "125"),
        ("干完，工费100，料50", "100", "50", "150"),
        ("配件30元，人工60元，修好了", "60", "30", "90"),
        ("done, parts 35, labour 65", "65", "35", "100"),
    ],
)
def test_labour_and_parts_add_up(text: str, labour: str, parts: str, amount: str) -> None:
    assert hear(text, JOB) == (Intent.COMPLETE, {"amount": amount, "labour": labour, "parts": parts})


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("报价320（人工120材料200）", Intent.QUOTE),
        ("quote 320 (labour 120, parts 200)", Intent.QUOTE),
        ("quote 320 labour 120 parts 200", Intent.QUOTE),
        ("报价320元（人工120元，材料200元）", Intent.QUOTE),
        ("报价三百二（人工一百二，材料两百）", Intent.QUOTE),
        ("完工320 人工120材料200", Intent.COMPLETE),
        ("完工320人工120材料200", Intent.COMPLETE),
        ("完工 人工120材料200 共320", Intent.COMPLETE),
        ("done 320, 120 labour 200 parts", Intent.COMPLETE),
        ("done 320, labour120 parts200", Intent.COMPLETE),
    ],
)
def test_a_total_with_its_parts_is_the_total(text: str, intent: Intent) -> None:
    assert hear(text, JOB) == (intent, {"amount": "320", "labour": "120", "parts": "200"})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("完工120 人工120 材料0", {"amount": "120", "labour": "120", "parts": "0"}),
        ("完工320.5 人工120.5材料200", {"amount": "320.5", "labour": "120.5", "parts": "200"}),
        ("完工 320元，上门120元，配件200元", {"amount": "320", "labour": "120", "parts": "200"}),
        ("完工 320 120 200", {"amount": "320"}),
        ("完工 DN20 人工80 材料45", {"amount": "125", "labour": "80", "parts": "45"}),
    ],
)
def test_of_three_sums_the_one_that_is_the_others_together_is_the_total(text: str, values: dict[str, str]) -> None:
    assert hear(text, JOB) == (Intent.COMPLETE, values)


@pytest.mark.parametrize("text", ["完工320 人工120材料150", "done 320 labour 120 parts 150", "完工 320 120 100"])
def test_three_sums_that_do_not_add_up_name_no_sum(text: str) -> None:
    assert "amount" not in hear(text, JOB)[1]


@pytest.mark.parametrize(
    "text",
    [
        "完工 换了2个龙头",
        "完工 3楼301",
        "下午3点完工的",
        "done, replaced 3 taps",
        "完工 用了2小时",
        "完工 100到150元吧",
        "finished room 204",
        "完工 16500000188",
        "完工 #A1023",
        "完工 1号楼",
        "完工 1.2万",
    ],
)
def test_counts_hours_rooms_ranges_and_codes_are_no_sums(text: str) -> None:
    intent, values = hear(text, JOB)

    assert intent is Intent.COMPLETE
    assert "amount" not in values


def test_a_price_to_be_agreed_is_a_quote() -> None:
    assert hear("要换压缩机，报价六百五，问下住户", JOB) == (Intent.QUOTE, {"amount": "650"})
    assert hear("will cost 400, ask the customer", JOB) == (Intent.QUOTE, {"amount": "400"})


def test_money_to_an_offer_is_a_condition_and_no_yes() -> None:
    assert intent_of("加50我就去", "provider:offer") is Intent.UNKNOWN
