"""How many segments a text takes: GSM-7 160/153 septets, UCS-2 70/67 units; a character never straddles two."""

from __future__ import annotations

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = set("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """The count that is billed; an empty text is one."""
    if all(one in BASIC or one in EXTENDED for one in text):
        return _count([2 if one in EXTENDED else 1 for one in text], 160, 153)
    return _count([2 if ord(one) > 0xFFFF else 1 for one in text], 70, 67)


def _count(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count
