"""What a change of the tree makes of it, and what is refused with one sentence."""

from __future__ import annotations

from datetime import date

import pytest

from directory.borders import Change, ChangeKind, Node, Wanted, plan
from directory.errors import BadChange, PlaceNotFound

DAY = date(2026, 7, 1)
CITY = Node("AH", "city", "", "安禾市", "Anhe")
TREE = {
    one.code: one
    for one in (
        CITY,
        Node("AH01", "district", "urban", "临溪区", "Linxi"),
        Node("AH0101", "street", "", "槐荫街道", "Huaiyin"),
        Node("AH010101", "community", "", "槐荫里社区", "Huaiyinli", lives=True),
        Node("AH010102", "community", "", "小井社区", "Xiaojing", lives=True),
        Node("AH0102", "street", "", "石桥街道", "Shiqiao"),
        Node("AH010201", "community", "", "梧桐里社区", "Wutongli", lives=True),
        Node("AH010202", "community", "", "桂花弄社区", "Guihuanong", lives=True, valid_from=date(2025, 1, 1)),
        Node("AH010203", "community", "", "旧社区", "Old", lives=True, valid_until=date(2025, 1, 1)),
        Node("AH02", "district", "urban", "青麓区", "Qinglu"),
    )
}
HOUSES = ("1号楼", "2号楼", "3号楼")


def change(kind: ChangeKind, *olds: str, on: date = DAY, **wanted: Wanted) -> Change:
    return Change(kind, on, olds, tuple(wanted.values()))


def named(zh: str, **more: object) -> Wanted:
    return Wanted(zh, zh, **more)  # type: ignore[arg-type]


SPLIT = change(
    ChangeKind.SPLIT, "AH010201", a=named("梧桐东", parts=("1号楼", "2号楼")), b=named("梧桐西", is_rest=True)
)


def test_a_split_community_is_followed_by_its_parts_and_each_building_knows_where_it_goes() -> None:
    made = plan(SPLIT, TREE, houses=HOUSES)

    assert [node.code for node in made.begins] == ["AH010204", "AH010205"]
    assert made.ends == ("AH010201",)
    assert made.houses == {"1号楼": "AH010204", "2号楼": "AH010204"}
    assert made.rest == "AH010205"
    assert {node.valid_from for node in made.begins} == {DAY}


def test_a_code_is_never_used_twice_also_not_of_what_ended_or_waits() -> None:
    made = plan(SPLIT, TREE, houses=HOUSES, reserved=("AH010204",))

    assert [node.code for node in made.begins] == ["AH010205", "AH010206"]


def test_a_moved_street_takes_all_below_it_along() -> None:
    made = plan(change(ChangeKind.MOVE, "AH0102", a=named("石桥街道", parent="AH02")), TREE)

    assert made.pairs == (("AH0102", "AH0201"), ("AH010201", "AH020101"), ("AH010202", "AH020102"))
    assert {node.level for node in made.begins} == {"street", "community"}


def test_merged_streets_keep_their_communities_apart() -> None:
    made = plan(change(ChangeKind.MERGE, "AH0101", "AH0102", a=named("槐桥街道")), TREE)

    assert dict(made.pairs) == {
        "AH0101": "AH0103",
        "AH010101": "AH010301",
        "AH010102": "AH010302",
        "AH0102": "AH0103",
        "AH010201": "AH010303",
        "AH010202": "AH010304",
    }


def test_a_split_street_shares_out_its_communities() -> None:
    made = plan(
        change(ChangeKind.SPLIT, "AH0101", a=named("槐北", parts=("AH010102",)), b=named("槐南", is_rest=True)), TREE
    )

    assert dict(made.pairs[-2:]) == {"AH010101": "AH010401", "AH010102": "AH010302"}


def test_a_renamed_place_keeps_its_code() -> None:
    made = plan(change(ChangeKind.RENAME, "AH", a=named("新安禾市")), TREE)

    assert made.renamed is not None
    assert (made.renamed.code, made.renamed.name_zh, made.ends) == ("AH", "新安禾市", ())


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (change(ChangeKind.MERGE, "AH010101", a=named("甲")), "merge_two"),
        (change(ChangeKind.MERGE, "AH010101", "AH010101", a=named("甲")), "which"),
        (change(ChangeKind.MERGE, "AH010101", "AH0102", a=named("甲")), "same_level"),
        (change(ChangeKind.MERGE, "AH010101", "AH010201", a=named("甲")), "which_parent"),
        (change(ChangeKind.MERGE, "AH010101", "AH010102", a=named("甲", code="AH010203")), "code_wrong"),
        (change(ChangeKind.MERGE, "AH010201", "AH010202", a=named("甲", code="AH010203")), "code_in_use"),
        (change(ChangeKind.MOVE, "AH", a=named("甲", parent="AH01")), "city"),
        (change(ChangeKind.MOVE, "AH01", a=named("甲", parent="AH0101")), "under_itself"),
        (change(ChangeKind.MOVE, "AH0101", a=named("甲", parent="AH01")), "same_parent"),
        (change(ChangeKind.MOVE, "AH010101", a=named("甲", parent="AH010201")), "parent_lives"),
        (change(ChangeKind.MOVE, "AH010202", on=date(2025, 1, 1), a=named("甲", parent="AH0101")), "too_early"),
        (change(ChangeKind.MOVE, "AH010203", a=named("甲", parent="AH0101")), "over"),
        (change(ChangeKind.SPLIT, "AH010201", a=named("甲", is_rest=True)), "split_two"),
        (change(ChangeKind.SPLIT, "AH010203", a=named("甲"), b=named("乙", is_rest=True)), "over"),
        (change(ChangeKind.SPLIT, "AH010201", a=named("甲"), b=named("乙")), "one_rest"),
        (change(ChangeKind.SPLIT, "AH010201", a=named("甲"), b=named("乙", is_rest=True)), "empty_part"),
        (
            change(ChangeKind.SPLIT, "AH010201", a=named("甲", parts=("9号楼",)), b=named("乙", is_rest=True)),
            "no_such_part",
        ),
        (
            change(
                ChangeKind.SPLIT,
                "AH010201",
                a=named("甲", parts=("1号楼",)),
                b=named("乙", parts=("1号楼",)),
                c=named("丙", is_rest=True),
            ),
            "part_twice",
        ),
        (
            change(ChangeKind.SPLIT, "AH010201", a=named("甲", parts=("1号楼",)), b=named("甲", is_rest=True)),
            "names_differ",
        ),
        (change(ChangeKind.RENAME, "AH01", a=Wanted("临溪区", "Linxi")), "same_name"),
        (change(ChangeKind.RENAME, "AH01", a=named(" ")), "name"),
    ],
)
def test_nonsense_is_refused_with_one_sentence(asked: Change, why: str) -> None:
    with pytest.raises(BadChange) as refused:
        plan(asked, TREE, houses=HOUSES)

    assert refused.value.wording == f"refusal.change_{why}"


def test_a_code_that_is_not_in_the_tree_is_refused() -> None:
    with pytest.raises(PlaceNotFound):
        plan(change(ChangeKind.MOVE, "ZZ01", a=named("甲", parent="AH")), TREE)
