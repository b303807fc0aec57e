"""Whether cells as received speak of somebody: his name, and one more thing that is his."""

from __future__ import annotations

from datetime import date

import pytest

from collection import mention
from collection.mention import Known

HIS = Known(
    names={"赵璩璟", "Zhao Qujing"},
    numbers={"+8616277031415", "+869785557712"},
    births={date(1950, 8, 17)},
    last4={"123X"},
    addresses={"2号楼1单元1002"},
).somebody()


@pytest.mark.parametrize(
    "cells",
    [
        ["赵璩璟", "16277031415"],
        ["赵 璩璟", "+86 162-7703-1415"],
        ["\u3000赵璩璟", "０９７８-５５５７７１２"],
        ["ZHAO QUJING", "5557712 9785557712"],
        ["赵璩璟", "1950-08-17"],
        ["赵璩璟", "1950/8/17"],
        ["赵璩璟", "1950-08-17 00:00:00"],
        ["赵璩璟", "•••• 123X"],
        ["赵璩璟", "99010119500817123x"],
        ["", "赵璩璟", "2号楼 1单元 1002室"],
    ],
)
def test_a_row_with_his_name_and_one_thing_more_is_his(cells: list[str]) -> None:
    assert mention.is_of(cells, HIS)


@pytest.mark.parametrize(
    "cells",
    [
        [],
        ["赵璩璟"],
        ["赵璩璟", "16277000000", "1951-08-17", "3号楼1单元1002"],
        ["赵璩", "16277031415"],
        ["孙玉兰", "16277031415", "1950-08-17", "2号楼1单元1002"],
        ["赵璩璟", "16200000123X"],
    ],
)
def test_a_name_alone_belongs_to_many_and_a_number_alone_to_a_household(cells: list[str]) -> None:
    assert not mention.is_of(cells, HIS)


def test_nobody_speaks_of_somebody_of_whom_nothing_is_known() -> None:
    assert not mention.is_of(["", "16277031415"], Known(names={""}, numbers={""}, addresses={""}).somebody())
