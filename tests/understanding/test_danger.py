"""Danger to life is heard before everything else, and only where it is."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import hear
from understanding import Intent
from understanding.danger import DangerKind, find

EVERY_CONTEXT = [
    "resident:visit", "resident:rsvp", "resident:poll", "resident:resolved", "resident:csat", "resident:notice",
    "resident:feedback", "resident:none", "resident:quote", "resident:which_code", "provider:offer",
    "provider:accepted", "provider:amount", "provider:quote",
    "provider:multi", "provider:none", "ivr:describe", "ivr:menu", "ivr:confirm", "ivr:address",
    "ivr:which_person", "ivr:code", "ivr:more", "",
]  # fmt: skip


@pytest.mark.parametrize("context", EVERY_CONTEXT)
def test_fire_beats_every_question(context: str) -> None:
    assert hear("1 厨房着火了", context) == (Intent.EMERGENCY, {"number": "119"})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("着火了", "119"),
        ("屋里煤气味特别大", "119"),
        ("smell gas in my kitchen", "119"),
        ("房子要塌了", "119"),
        ("电梯里困住人了", "119"),
        ("我爸晕倒了叫不醒", "120"),
        ("she is not breathing", "120"),
        ("心口疼得喘不上气", "120"),
        ("有人撬我家门", "110"),
        ("someone is breaking in", "110"),
        ("HELP fire", "119"),
        ("help my father collapsed", "120"),
    ],
)
def test_each_danger_has_its_number(text: str, number: str) -> None:
    assert hear(text, "resident:none") == (Intent.EMERGENCY, {"number": number})


@pytest.mark.parametrize(
    "text",
    [
        "家里没着火，就是灯泡烧了",
        "煤气灶没有漏气，就是打不着",
        "煤气味没有了",
        "no gas smell, it just won't light",
        "not an emergency, my tap drips",
        "火警演习几点",
        "消防培训报名",
        "上次着火烧坏的门想修",
        "沙发腿断了",
        "the shelf fell off the wall",
        "热水器打不着火",
        "我气炸了",
        "电脑中毒了",
        "hit me up tomorrow",
        "the fire alarm battery is low",
        "抢单",
        "我腿断了打着石膏",
    ],
)
def test_denied_past_and_figurative_dangers_are_none(text: str) -> None:
    assert find(text) is None


def test_a_danger_beside_a_harmless_word_is_still_heard() -> None:
    assert find("火警电话打不通，楼上着火了") is not None
    assert find("复查的时候突然晕倒了") is not None
    found = find("没漏水，是煤气漏了")
    assert found is not None
    assert found.kind is DangerKind.GAS
