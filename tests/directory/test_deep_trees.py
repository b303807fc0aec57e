"""A tree may be deeper than the sample city's: a county with towns, and villages in their areas."""

from __future__ import annotations

from datetime import date

from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Wanted
from directory.models import Jurisdiction
from directory.queries import borders
from directory.queries.places import resolve
from directory.scope import EVERYTHING, Scope
from directory.service import reorganising
from tests.factories.people import a_person

LEVELS = {
    "AH": "city",
    "AH03": "county",
    "AH0301": "township",
    "AH030101": "area",
    "AH03010101": "community",
    "AH03010102": "community",
}
VILLAGE, NEXT = "AH03010101", "AH03010102"
AREA = Scope(("AH030101",), frozenset({EVERYTHING}))


def test_villages_five_levels_deep_are_found_counted_and_merged_as_others_are(uow: UnitOfWork) -> None:
    for code, level in LEVELS.items():
        name = f"槐{code[-2:]}村" if level == "community" else code
        place = {"code": code, "parent_code": code[:-2] or None, "level": level, "kind": ""}
        uow.session.add(Jurisdiction(**place, name_zh=name, name_en=name))
        uow.session.flush()
    a_person(uow, "石山", community_code=VILLAGE, address="3组12号")
    a_person(uow, "石水", community_code=NEXT, address="4组1号", msisdn="+8616200000002")

    found = resolve(uow.session, "槐01村3组12号").code
    merged = Change(ChangeKind.MERGE, date(2026, 7, 1), (VILLAGE, NEXT), (Wanted("槐村", "Huai"),))
    reorganising.decide(uow, AREA, merged)

    assert found == VILLAGE
    assert _people(uow, date(2026, 6, 30)) == {"AH030101": 2, VILLAGE: 1, NEXT: 1}
    assert _people(uow, date(2026, 7, 1)) == {"AH030101": 2, "AH03010103": 2}


def _people(uow: UnitOfWork, on: date) -> dict[str, int]:
    """Persons by place as of a day."""
    return {one.code: one.persons for one in borders.counted(uow.session, AREA, on)}
