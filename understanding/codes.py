"""Ticket codes, written, spoken or keyed: a letter without I and O, and four digits."""

from __future__ import annotations

import re
from collections.abc import Collection

_CODE = re.compile(
    r"(?<![a-z0-9])(?P<mark>[#号单:]\s*)?(?P<letter>[a-hj-np-z])(?P<gap>[\s\-_.#]*)(?P<number>[0-9ol](?:[\s-]?[0-9ol]){3})(?![0-9a-z])"
)
_SPOKEN = str.maketrans(
    {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"幺": "1", "洞": "0", "拐": "7", "两": "2"}
)
_ENGLISH_DIGIT = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "oh": "0", "o": "0",
}  # fmt: skip
_LETTER_NAMES = {
    "诶": "a", "欸": "a", "必": "b", "比": "b", "西": "c", "弟": "d", "alpha": "a", "bravo": "b", "charlie": "c",
    "delta": "d", "echo": "e", "foxtrot": "f", "golf": "g", "hotel": "h", "juliet": "j", "kilo": "k", "lima": "l",
    "mike": "m", "november": "n", "papa": "p", "quebec": "q", "romeo": "r", "sierra": "s", "tango": "t",
    "uniform": "u", "victor": "v", "whiskey": "w", "xray": "x", "yankee": "y", "zulu": "z", "bee": "b", "see": "c",
    "sea": "c", "dee": "d", "jay": "j", "kay": "k", "tee": "t", "pee": "p", "ay": "a", "eh": "a",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+|\d|.")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def find_codes(folded: str, open_codes: Collection[str] = ()) -> tuple[list[str], str]:
    """Give the ticket codes of a folded text, upper case and without ``#``, and the text without them.

    A letter apart from its digits (``a 1023``) counts when it cannot be the article, is marked, or the code is open.
    """
    upper = {code.upper() for code in open_codes}
    codes: list[str] = []

    def read(match: re.Match[str]) -> str:
        number = re.sub(r"[\s-]", "", match["number"]).replace("o", "0").replace("l", "1")
        code = match["letter"].upper() + number
        apart = bool(match["gap"]) and not match["gap"].strip()
        sure = bool(match["mark"]) or "#" in match["gap"] or code in upper
        if not sure and (sum(c.isdigit() for c in match["number"]) < 4 or (apart and match["letter"] == "a")):
            return match.group()
        if code not in codes:
            codes.append(code)
        return " "

    return codes, _CODE.sub(read, folded.translate(_SPOKEN) if not codes and _may_be_spoken(folded) else folded)


def _may_be_spoken(folded: str) -> bool:
    return bool(re.search(r"(?<![a-z])[a-z][ -]?[零一二三四五六七八九幺洞拐][零一二三四五六七八九幺洞拐 ]{3,}", folded))


def spoken_code(folded: str, open_codes: Collection[str] = ()) -> tuple[str, str]:
    """Give the code and the digits of what was said or keyed for one: ``a 幺零二三``, ``1 0 2 3 #``, ``one oh two``.

    Four digits alone name a code only when exactly one open code ends in them; otherwise the code is empty.
    """
    codes, _rest = find_codes(folded, open_codes)
    if len(codes) == 1:
        return codes[0], codes[0][1:]
    spelt = "".join(_spell(word) for word in _WORD.findall(folded.translate(_SPOKEN)))
    codes, _rest = find_codes(spelt, open_codes)
    if len(codes) == 1:
        return codes[0], codes[0][1:]
    numbers = _FOUR.findall(re.sub(r"(?<=\d) ?(?=\d)", "", spelt))
    if len(numbers) != 1:
        return "", ""
    ending = [code.upper() for code in open_codes if code[1:] == numbers[0]]
    return (ending[0] if len(ending) == 1 else ""), numbers[0]


def _spell(word: str) -> str:
    if word in " -,.#*":
        return " " if word == "," else ""
    return _ENGLISH_DIGIT.get(word) or _LETTER_NAMES.get(word) or (word if len(word) == 1 else f" {word} ")
