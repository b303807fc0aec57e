"""Which community somebody means who says or writes its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

TAILS = ("社区", "居委会", "村委会", "村", " community", " village")
FULL_NAME = 0.95
SHORT_NAME = 0.85
SHARED_NAME = 0.6  # the short name is also that of a street, town or district
BLOCK_HAN = re.compile(r"(?<!\d)\d{1,3}\s*(?:号楼|栋|幢|座(?!机)|号院)")
STREET_NUMBER = re.compile(r"(?<=[路街巷弄村里道])\d{1,4}号(?=.*\d)")
BLOCK_LATIN = re.compile(
    r"\b(?:building|block)\s+(?:\d{1,3}[a-z]?|[a-z]\d{0,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
LONGEST_NAME = 24  # characters before the house that may be the name of a place; more is a sentence
MOST_DIGITS = 2  # of the number of a house beside which a door stands; a longer number may be the door
_HAN_DIGIT = "〇零一二三四五六七八九十两"
_AREA = re.compile(
    rf"(?<!\d)(?:\d{{1,4}}弄|\d{{1,2}}[区期])|(?<![\d{_HAN_DIGIT}])[{_HAN_DIGIT}][村里路街道巷弄区期]"
)  # digits that name a lane or a part of a place: 15弄, 2区, 铁路一村
_PART = re.compile(rf"(?:第|(?<!\d))(?:(\d)|(?<=第)([{_HAN_DIGIT}]))(?=[村里区期])")
_NUMBERED = re.compile(r"\bno\.?\s*(?=\d)")
_DOOR_HAN = "室房户门层号单元"
_DOOR_LATIN = (
    r"(?:room|rm|flat|unit|apt|apartment|suite|ste|studio|door|floor|level|penthouse)(?![a-z]{3})|no\b|number|[a-z]\b|"
    r"zero|oh\b|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
)
_DOOR = re.compile(rf"[{_DOOR_HAN}{_HAN_DIGIT}#№]|\b(?:{_DOOR_LATIN})", re.IGNORECASE)
_STREET = re.compile(rf"(?:(?![{_DOOR_HAN}{_HAN_DIGIT}])[\u4e00-\u9fff]){{2,}}$")
_COUNTED = re.compile(
    r"(?<!\d)(?<!room )(?<!flat )(?<!unit )(?<!apt )(?<!apartment )(?<!suite )\d{1,2}(?:st|nd|rd|th|#)?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a place: what people call it, what it was called, an estate in it, a road through it."""

    words: str
    certainty: float
    is_road: bool = False  # a road may run through several: it counts only where nothing else is named
    is_name: bool = False  # what it was called: said with and without its tail, as names are


@dataclass(frozen=True, slots=True)
class Place:
    """A node of the tree by its names."""

    code: str
    names: tuple[str, ...]
    is_community: bool
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which community words name. `code` is None where they name none or several; these are the candidates then."""

    code: str | None
    certainty: float  # 0 to 1, of `code`
    candidates: tuple[tuple[str, float], ...]  # the surest first


@dataclass(frozen=True, slots=True)
class _Hit:
    code: str  # empty: a place above communities, which only keeps others from being read out of its name
    start: int
    end: int
    certainty: float
    is_road: bool


def resolve(text: str, places: Iterable[Place], within: str = "") -> Resolved:
    """The community named in the words by its name, an estate, a road or another alias, and how sure we are.

    A name inside a longer one does not count (云台 in 云台新城, or in 云台街道); a road counts only where nothing else
    is named; two names beside each other are two candidates and no choice. Names that a street, town or district
    bears too are less sure. `within`: only communities below this code.
    """
    hits = _hits(_folded(text), list(places))
    hits = [hit for hit in hits if not any(_covers(other, hit) for other in hits)]
    named = [hit for hit in hits if hit.code and hit.code.startswith(within)]
    counting = [hit for hit in named if not hit.is_road] or named
    sure = {hit.code: max(one.certainty for one in named if one.code == hit.code) for hit in counting}
    candidates = tuple(sorted(sure.items(), key=lambda one: (-one[1], one[0])))
    if len(candidates) == 1:
        return Resolved(*candidates[0], candidates)
    return Resolved(None, 0.0, candidates)


def find(text: str, places: Iterable[Place]) -> tuple[str, float] | None:
    """The code of the one community named in the words, and how sure we are (0 to 1); None for none or several."""
    found = resolve(text, places)
    return None if found.code is None else (found.code, found.certainty)


def _hits(words: str, known: list[Place]) -> list[_Hit]:
    above = {form for place in known if not place.is_community for name in place.names for form in forms(name)}
    hits: list[_Hit] = []
    for place in known:
        for name in place.names:
            if not place.is_community:
                hits += _where(words, _plain(name), "", 0.0, is_road=False)
                continue
            for form in forms(name):
                is_full = form == _plain(name) and form != _short(name)
                certainty = FULL_NAME if is_full else SHARED_NAME if form in above else SHORT_NAME
                hits += _where(words, form, place.code, certainty, is_road=False)
        if place.is_community:
            for alias in place.aliases:
                for form in forms(alias.words) if alias.is_name else (_plain(alias.words),):
                    hits += _where(words, form, place.code, alias.certainty, is_road=alias.is_road)
    return hits


def _where(words: str, name: str, code: str, certainty: float, *, is_road: bool) -> Iterator[_Hit]:
    """Every place where the name stands; one in Latin letters only as whole words."""
    name = _folded(name)
    start = words.find(name) if len(name) > 1 else -1
    while start >= 0:
        end = start + len(name)
        if not (_is_letter(words[start - 1 : start]) and _is_letter(name[0])) and not (
            _is_letter(words[end : end + 1]) and _is_letter(name[-1])
        ):
            yield _Hit(code, start, end, certainty, is_road)
        start = words.find(name, start + 1)


def _is_letter(one: str) -> bool:
    return one.isascii() and one.isalpha()


def _covers(one: _Hit, other: _Hit) -> bool:
    """Whether a name lies inside a longer one of another place."""
    return (
        one.code != other.code
        and one.start <= other.start
        and other.end <= one.end
        and one.end - one.start > other.end - other.start
    )


def building(address: str) -> str:
    """The part of an address up to the house, without floor and door (梧桐里8号楼); "" where it names none.

    A number in a street counts only where a flat follows it: of a house with one door it is that door. What stands
    before the house is left out when it may be a door (301室8号楼, Room 301, Building 8), and so is the house when its
    number may be one.
    """
    for pattern in (BLOCK_HAN, STREET_NUMBER, BLOCK_LATIN):
        found = pattern.search(address)
        if found is None:
            continue
        before, house = address[: found.start()], found[0]
        if not _may_be_door(before):
            return f"{before}{house}".strip()
        street = _STREET.search(before) if pattern is STREET_NUMBER else None
        if _is_long_number(house) or (pattern is STREET_NUMBER and street is None):
            return ""
        if pattern is BLOCK_LATIN and _COUNTED.search(before):
            return ""  # "8 Building 12" may be door 12
        return f"{street[0]}{house}" if street is not None else house
    return ""


def name_in(address: str) -> str:
    """What may be the name of a place in an address: the words before the house; "" where nothing stands there."""
    words = unicodedata.normalize("NFKC", address).strip()
    starts = [found.start() for pattern in (BLOCK_HAN, STREET_NUMBER, BLOCK_LATIN) if (found := pattern.search(words))]
    before = words[: min(starts)] if starts else words
    before = re.split(r"\d", before)[0].strip(" ,，、。#-")
    return before if 1 < len(before) <= LONGEST_NAME else ""


def _may_be_door(words: str) -> bool:
    """Tell whether words before a house may name a door in it; a long run of words is taken to."""
    rest = _AREA.sub(" ", unicodedata.normalize("NFKC", words))
    return len(words) > LONGEST_NAME or any(one.isdigit() for one in rest) or _DOOR.search(rest) is not None


def _is_long_number(house: str) -> bool:
    return sum(one.isdigit() for one in house) > MOST_DIGITS


@lru_cache(maxsize=8192)
def forms(name: str) -> frozenset[str]:
    """The ways in which a name is said, in small letters: with and without its tail (梧桐里社区, 梧桐里)."""
    return frozenset(form for form in (_plain(name), _short(name)) if len(form) > 1)


def shortest(name: str) -> str:
    """The shortest way in which a name is said: 梧桐里 of 梧桐里社区."""
    return min(forms(name), key=len, default=name)


def plain(words: str) -> str:
    """Words as they are compared: half width, small letters, single spaces."""
    return " ".join(_plain(words).split())


@lru_cache(maxsize=8192)
def _short(name: str) -> str:
    plain = _plain(name)
    for tail in (*TAILS, "街道", "镇", "乡", "区", "县", "市", " street", " town", " township", " district", " county"):
        if plain.endswith(tail) and len(plain) - len(tail) >= 2:
            return plain.removesuffix(tail)
    return plain


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    """Words as names are looked for in them: 铁路1村 and 铁路第一村 are 铁路一村, and "No. 1" is "no.1"."""
    words = _PART.sub(lambda found: "〇一二三四五六七八九"[int(found[1])] if found[1] else found[2], _plain(text))
    return _NUMBERED.sub("no.", words)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
