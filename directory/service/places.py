"""Everything that changes the tree."""

from __future__ import annotations

from collections.abc import Sequence

from core.bulk import insert_missing
from core.uow import UnitOfWork
from directory.city_list import PlaceLine
from directory.models import Jurisdiction


def import_places(uow: UnitOfWork, lines: Sequence[PlaceLine]) -> int:
    """Enter the jurisdictions that are missing, parents before children. Returns how many were entered."""
    rows = [
        {
            "code": line.code,
            "parent_code": line.parent_code,
            "level": line.level,
            "kind": line.kind,
            "name_zh": line.name_zh,
            "name_en": line.name_en,
            "households": line.households,
            "buildings": line.buildings,
        }
        for line in sorted(lines, key=lambda line: (len(line.code), line.code))
    ]
    return insert_missing(uow.session, Jurisdiction, rows, "code")
