"""Which community somebody means."""

from __future__ import annotations

import pytest

from directory.place_words import SHARED_NAME, Place, find

PLACES = [
    Place("AH0102", ("石桥街道", "Shiqiao Street"), False),
    Place("AH0203", ("云台街道", "Yuntai Street"), False),
    Place("AH010201", ("梧桐里社区", "Wutongli"), True),
    Place("AH010203", ("石桥南社区", "Shiqiao South"), True),
    Place("AH020301", ("云台社区", "Yuntai"), True),
    Place("AH020303", ("云台新城社区", "Yuntai New Town"), True),
    Place("AH030102", ("上湾村", "Shangwan Village"), True),
]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("我住梧桐里社区8号楼", "AH010201"),
        ("梧桐里8号楼2单元301", "AH010201"),
        ("云台新城3号楼", "AH020303"),
        ("上湾村二组", "AH030102"),
        ("在上湾", "AH030102"),
        ("Building 3, unit 1, room 502, WUTONGLI", "AH010201"),
        ("yuntai new town block 4", "AH020303"),
    ],
)
def test_a_name_in_the_words_tells_the_community(words: str, code: str) -> None:
    found = find(words, PLACES)

    assert found is not None
    assert found[0] == code
    assert found[1] > SHARED_NAME


def test_a_name_that_a_street_bears_too_is_less_sure() -> None:
    assert find("我在云台", PLACES) == ("AH020301", SHARED_NAME)


@pytest.mark.parametrize("words", ["", "3号楼2单元", "石桥那边", "从梧桐里社区搬到石桥南社区"])
def test_no_community_and_two_communities_are_not_guessed(words: str) -> None:
    assert find(words, PLACES) is None
