"""What is wrong with a number, in the words that somebody needs to put it right."""

from __future__ import annotations

import pytest

from core import wording
from directory.number_fault import fault
from telephony.msisdn import Bad, BadNumber, read


def told(raw: str) -> str:
    """The sentence about a number that cannot be kept."""
    with pytest.raises(BadNumber) as refused:
        read(raw, region="CN", area_code="0978")
    key, facts = fault(raw, refused.value.kind)
    return wording.say("directory", f"refusal.{key}", "zh", **facts)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("138O1234567", "第 4 位是字母 O，请改成数字 0。"),
        ("１３８Ｏ１２３４５６７", "第 4 位是字母 O，请改成数字 0。"),
        ("138-0l23-4567", "第 5 位是字母 l，请改成数字 1。"),
        ("手机 138 0123 45S7", "第 10 位是字母 S。号码里只写数字。"),
        ("", "请填号码。"),
        ("没有电话", "这里没有号码。请只填一个电话号码。"),
        ("110", "只有 3 位，像短号。请填完整号码。"),
        ("1380123456", "只有 10 位，少了。手机号是 11 位，座机要带区号。"),
        ("138012345678", "有 12 位，多了。手机号是 11 位。"),
    ],
)
def test_a_fault_is_named_with_its_place_or_its_count(raw: str, sentence: str) -> None:
    assert told(raw) == sentence


@pytest.mark.parametrize("lang", wording.LANGUAGES)
@pytest.mark.parametrize("kind", Bad)
def test_every_fault_has_a_sentence(kind: Bad, lang: str) -> None:
    key, facts = fault("138O1234567", kind)

    assert wording.say("directory", f"refusal.{key}", lang, **facts)
