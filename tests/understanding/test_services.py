"""What a caller describes becomes one of the fifty services, with a certainty that knows its doubts."""

from __future__ import annotations

import pytest

from config import catalogue
from tests.understanding.hearing import hear
from understanding import MAYBE, SURE, Intent
from understanding.services import categories, is_urgent, match

SAID = {
    "plumbing": "水龙头漏水", "drain": "下水道堵了", "electrical": "家里跳闸了", "lock": "门锁坏了要换锁芯",
    "heating": "暖气不热", "gas": "煤气灶打不着火", "door_window": "窗户关不上", "waterproof": "外墙渗水",
    "furniture": "衣柜门掉了", "it": "路由器坏了上不了网", "appliance": "洗衣机不转", "cleaning": "找个钟点工打扫卫生",
    "nanny": "想找个月嫂", "elder_care": "请个护工照顾老人", "cooking": "请厨师上门做饭", "laundry": "大衣要干洗",
    "moving": "要搬家", "appliance_cleaning": "油烟机清洗", "recycling": "收旧家电吗", "pet_care": "没人喂猫",
    "housing": "想租房", "legal": "找律师打官司", "matchmaking": "想找对象相亲", "water": "送桶装水",
    "gas_cylinder": "煤气罐换气", "grocery": "帮我买袋大米送上楼", "meal": "订老年餐", "medicine": "帮忙取药",
    "periodicals": "订牛奶", "sports": "打太极拳", "arts": "学书法", "outing": "一日游", "venue": "借会议室",
    "clinic": "挂专家号", "home_nursing": "护士上门换药", "vaccination": "打流感疫苗", "escort": "陪老人去医院",
    "checkup": "免费体检", "ride": "叫个出租车", "accessible_ride": "坐轮椅要去医院要车", "driver": "喝了酒找代驾",
    "bus_info": "坐几路公交", "job_seeking": "想找工作", "hiring": "店里招服务员", "phone_class": "学用智能手机",
    "skills": "考电工证", "tutoring": "孩子请家教", "policy": "低保怎么申请", "community": "居委会几点上班",
    "bills": "电费在哪交",
}  # fmt: skip


def test_there_is_a_sentence_for_each_of_the_fifty_services() -> None:
    assert len(SAID) == 50
    assert SAID.keys() == categories().keys()


@pytest.mark.parametrize("service", SAID)
def test_every_service_is_found_by_a_plain_sentence_with_certainty(service: str) -> None:
    best = match(SAID[service], lang="zh")[0]

    assert best.service == service
    assert best.certainty >= MAYBE


@pytest.mark.parametrize(
    ("heard", "service"),
    [("水龙头低水", "plumbing"), ("马桶赌了", "drain"), ("跳扎了", "electrical"), ("水笼头坏了", "plumbing")],
)
def test_words_that_only_sound_right_still_name_the_service(heard: str, service: str) -> None:
    assert match(heard, lang="zh")[0].service == service


def test_everyday_words_are_not_taken_for_others_that_sound_alike() -> None:
    assert [guess.service for guess in match("没人管", lang="zh")] == []
    assert [guess.service for guess in match("我八十了", lang="zh")] == []


def test_a_correction_counts_and_not_what_was_corrected() -> None:
    assert match("水管漏水，不对，说错了，是马桶堵了", lang="zh")[0].service == "drain"


def test_nothing_is_found_where_nothing_is_asked() -> None:
    assert match("今天天气真好", lang="zh") == []
    assert match("", lang="zh") == []


def test_a_vague_word_is_less_certain_than_a_whole_sentence() -> None:
    vague, plain = match("水管", lang="zh")[0], match("厨房水管爆了", lang="zh")[0]

    assert vague.certainty < SURE <= plain.certainty


@pytest.mark.parametrize(
    ("text", "service", "urgent"),
    [
        ("水管爆了", "plumbing", True),
        ("i locked myself out", "lock", True),
        ("插座冒火花", "electrical", True),
        ("水龙头滴水", "plumbing", False),
        ("想换个锁芯", "lock", False),
    ],
)
def test_delay_that_does_harm_is_urgent(text: str, service: str, *, urgent: bool) -> None:
    assert is_urgent(text, service) is urgent


def test_the_services_of_the_reader_are_those_of_the_catalogue() -> None:
    assert categories() == {code: service.category for code, service in catalogue.current().services.items()}


def test_a_description_in_either_language_is_a_request() -> None:
    assert hear("我家水管爆了", "ivr:describe")[1]["service"] == "plumbing"
    assert hear("my water pipe burst", "ivr:describe") == (
        Intent.NEW_REQUEST,
        {"category": "repair", "service": "plumbing", "urgency": "urgent"},
    )
