"""What a provider may know before he has taken a job: the place without the flat."""

from __future__ import annotations

from directory import place_words


def place_without_flat(community: str, address: str) -> str:
    """The community and, where the address names one first, the building (梧桐里社区8号楼); no door."""
    building = place_words.building(address)
    if not building or not community:
        return community or building
    return f"{community}{building}" if not building.isascii() else f"{community}, {building}"
