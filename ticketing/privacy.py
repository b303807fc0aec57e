"""What a provider may know before he has taken a job: the place without the flat (domain 3.1, feature D12)."""

from __future__ import annotations

import re

_BUILDING = re.compile(
    r"^.{0,24}?\d{1,4}\s*(?:号楼|栋|幢|座|号院)|^.{0,20}?[路街巷弄村里道]\d{1,4}号|^.{0,24}?\b(?:building|block)\s+\w{1,4}\b",
    re.IGNORECASE,
)


def place_without_flat(community: str, address: str) -> str:
    """The community and, where the address names one first, the building (梧桐里社区8号楼); no door."""
    found = _BUILDING.search(address)
    building = found[0].strip() if found is not None else ""
    if not building or not community:
        return community or building
    return f"{community}{building}" if not building.isascii() else f"{community}, {building}"
