"""How codes, numbers and lists are spoken: in pairs, in groups, with the keys that choose them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

COMMA = {"zh": "，", "en": ", "}
GROUPS = {11: (3, 4, 4), 7: (3, 4), 8: (4, 4)}


def in_pairs(code: str, lang: str) -> str:
    """A ticket's code as people can write it down: A1023 -> A，10，23."""
    return COMMA[lang].join(part for part in (code[:1], code[1:3], code[3:5]) if part)


def in_groups(number: str, lang: str) -> str:
    """A telephone number digit by digit in groups, without the country code of the mainland."""
    digits = number.removeprefix("+86").lstrip("+")
    sizes = GROUPS.get(len(digits)) or (*([3] * (len(digits) // 3)), len(digits) % 3)
    groups, start = [], 0
    for size in sizes:
        if size:
            groups.append(" ".join(digits[start : start + size]))
            start += size
    return COMMA[lang].join(groups)


def chosen_by_keys(options: Iterable[tuple[str, str]], template: str, lang: str) -> str:
    """`options` are pairs of key and name; `template` has the blanks {key} and {name}."""
    return COMMA[lang].join(template.format(key=key, name=name) for key, name in options)


def address_of(community: str, address: str, lang: str) -> str:
    """Community and dwelling in one breath."""
    if not community or address.startswith(community):
        return address
    return f"{community}{address}" if lang == "zh" else f"{community}, {address}"


def other_language(lang: str, languages: Sequence[str]) -> str:
    """The language that a caller changes to."""
    return languages[(languages.index(lang) + 1) % len(languages)]


ASIDE = re.compile(r"（[^）]*）|\([^)]*\)")


def spoken_name(name: str, lang: str) -> str:
    """The name of a service without what only the eye can use."""
    plain = ASIDE.sub("", name).strip()
    return plain.replace("/", "、") if lang == "zh" else plain[:1].lower() + plain[1:]
