"""A dwelling of the list as an English voice can read it."""

from __future__ import annotations

import re

DWELLING = re.compile(r"(?:(?P<building>\d+)号楼)?(?:(?P<unit>\d+)单元)?(?:(?P<group>\d+)组)?(?P<room>\d+)(?:号|室)?")


def in_english(address: str) -> str:
    """Building, unit and room in English words; an address of any other form stays as it is."""
    found = DWELLING.fullmatch(address.strip())
    if found is None:
        return address
    parts = [f"{name} {found[name]}" for name in ("building", "unit", "group") if found[name]]
    return ", ".join((*parts, f"{'number' if found['group'] else 'room'} {found['room']}"))
