"""Which language to speak and write to somebody: zh or en."""

from __future__ import annotations

from collections.abc import Iterable

OURS = {"zh": "zh", "zh-dialect": "zh", "yue": "zh", "en": "en"}
WRITE_CHINESE = ("+86", "+852", "+853", "+886")
"""Country codes whose unknown callers are greeted in Chinese."""


def of_person(spoken: str) -> str:
    """The language of texts and prompts for somebody who speaks this; dialect and Cantonese read Chinese."""
    return OURS.get(spoken, "zh")


def guess(msisdn: str | None, of_household: Iterable[str]) -> str:
    """The first language to try on a call: what all who share the number read, else by the number's country."""
    known = set(of_household)
    if len(known) == 1:
        return known.pop()
    if known or msisdn is None or msisdn.startswith(WRITE_CHINESE):
        return "zh"
    return "en"
