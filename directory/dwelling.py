"""What an address within a community says: house, unit, floor and door; and how an English voice reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

DWELLING = re.compile(r"(?:(?P<building>\d+)号楼)?(?:(?P<unit>\d+)单元)?(?:(?P<group>\d+)组)?(?P<room>\d+)(?:号|室)?")
MOST_DOORS = 20  # of a landing; a number beyond is not taken for floor and door
MOST_FLOORS = 60
FLOOR_AND_DOOR = 4  # digits of a door that names its floor in two of them
MOST_NAMES = 8  # of places, before a house
LONGEST_PART = 20  # characters of a unit or a door, as the columns hold them
LONGEST_BUILDING = 100

_DIGITS = dict(zip("〇零一二三四五六七八九两", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))
_COUNTED_HAN = re.compile(
    r"[〇零一二三四五六七八九十两]+(?=号楼|号院|号|栋|幢|座|单元|层|组|村民组|室|户)"
    r"|(?:(?<=单元)|(?<=号楼)|(?<=[栋幢座层楼]))[〇零一二三四五六七八九]{3,4}$"
)
_ONE_SIGN = str.maketrans("樓單號棟層戶門‐‑‒–—―−", "楼单号栋层户门-------", "()[]【】")
_ORDINAL = re.compile(rf"第(?=[\dA-Za-z{''.join(_DIGITS)}十]+(?:号楼|栋|幢|座|单元|层|组))")
_SPACES = re.compile(r"[\s,，、。;；_]+")
_DOOR = r"[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Za-z]"
_REST = (
    r"(?:-?(?P<unit>\d{1,2}|[A-Za-z甲乙丙丁东中西南北])(?:单元|号门|门(?=-?\d)|梯|(?=-\d{3,4}[A-Za-z]?[号室户房]?$)))?"
    r"(?:(?P<floor>\d{1,2})(?:层|楼))?"
    rf"(?:-?(?P<door>{_DOOR})(?:号|室|户|房)?)?"
)
_HOUSE_NUMBER = r"(?P<number>(?<!\d)\d{1,3}[A-Za-z]?|(?<![A-Za-z])[A-Za-z]\d{0,2}|[甲乙丙丁东南西北])"
_HOUSE = re.compile(rf"(?P<before>.*){_HOUSE_NUMBER}(?P<word>号楼|栋|幢|座|号院|#楼|#){_REST}")
_STREET_HOUSE = re.compile(rf"(?P<before>.*[路街巷弄村里道])(?P<number>\d{{1,4}}[A-Za-z]?)(?P<word>号){_REST}")
_GROUP = re.compile(r"(?P<before>\D*)(?P<group>\d{1,2})(?:村民)?组(?P<door>\d{1,4}(?:-\d{1,2})?[A-Za-z]?)号?")
_DASHES = re.compile(r"(?P<house>\d{1,3}[A-Za-z]?)-(?:(?P<unit>\d{1,2})-)?(?P<door>\d{3,4}[A-Za-z]?)室?")
_ESTATE = re.compile(r"(?:小区|社区)(?=.)")  # 梧桐里小区8号楼
_DOOR_FIRST = re.compile(rf"(?P<door>{_DOOR})(?:室|房|户)-?(?P<rest>.+)")
_NUMBER = r"(?:no\.?|number|#)?\s*(?P<{0}>{1})"
_ONE = r"\d{1,4}[a-z]?|[a-z]\d{0,3}"
_LATIN = {
    "building": re.compile(
        r"\b(?P<word>building|bldg|block|blk|tower)\b\.?\s*"
        + _NUMBER.format("one", r"\d{1,3}[a-z]?|[a-z]\d{0,2}")
        + r"\b"
    ),
    "group": re.compile(r"\bgroup\b\s*" + _NUMBER.format("one", r"\d{1,2}") + r"\b"),
    "unit": re.compile(r"\b(?:unit|entrance|stair(?:case)?)\b\s*" + _NUMBER.format("one", _ONE) + r"\b"),
    "floor": re.compile(
        r"\b(?:(?:floor|level)\s*(?P<one>\d{1,2})|(?P<other>\d{1,2})(?:st|nd|rd|th)?\s*(?:floor|/f))\b"
    ),
    "door": re.compile(
        r"(?:\b(?:room|rm|flat|apt|apartment|suite|door|number|no)\b\.?|#)\s*" + _NUMBER.format("one", _ONE) + r"\b"
    ),
}
_NUMBERED_HOUSE = re.compile(r"(?:\bno\.?|\bnumber|#)\s*\d{1,2}\s+(?:building|block)\b", re.IGNORECASE)  # which is it?
_LATIN_COUNT = {
    word: str(number)
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}
_LATIN_HOUSE = {"building": "号楼", "bldg": "号楼", "block": "栋", "blk": "栋", "tower": "座"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What is sure of an address; "" for what is not. `building` is its one written form: 8号楼, 12号院3号楼, 5组."""

    building: str = ""
    unit: str = ""
    floor: str = ""
    door: str = ""


def parts(address: str, own_names: Collection[str] = ()) -> Parts:
    """House, unit, floor and door of an address within a community, in Chinese or English; nothing where not sure.

    `own_names` are names of the community itself and of the places above it: before a house they say nothing
    (临溪区梧桐里8号楼 is 8号楼 there). The floor is the one named, else the door's number without its last two digits,
    where these can be a door's.
    """
    return _parts(address, _written(frozenset(own_names)))


@lru_cache(maxsize=16_384)  # people of one household stand side by side in a list, and each is looked at twice
def _parts(address: str, own_names: tuple[str, ...]) -> Parts:
    words = _plain(address)
    readers = (
        (_by_latin,) if _LATIN["building"].search(words.casefold()) else (_by_dashes, _by_group, _by_house, _by_latin)
    )
    for read in readers:
        found = read(words, own_names)
        if found is not None:
            return found if len(found.building) <= LONGEST_BUILDING else Parts()
    return Parts()


def plain(address: str, own_names: Collection[str] = ()) -> str:
    """The one written form of an address, the same for two spellings of one door.

    8号楼2单元301 for "Bldg 8, unit 2, room 301"; words without a house are only folded.
    """
    return written(parts(address, own_names), address, own_names)


def written(found: Parts, address: str, own_names: Collection[str] = ()) -> str:
    """The one written form of what was read of an address; the address itself, folded, where no house was."""
    if not found.building:
        folded = _SPACES.sub("", unicodedata.normalize("NFKC", address)).casefold()
        return _without_own(folded, _written(frozenset(own_names)))
    unit = f"{found.unit}单元" if found.unit else ""
    floor = f"{found.floor}层" if found.floor and found.floor != _floor(found.door) else ""
    return f"{found.building}{unit}{floor}{found.door}".casefold()


def is_empty(address: str) -> bool:
    """Whether an address says nothing: blanks and commas only. It would lead to where nobody can be found."""
    return not _SPACES.sub("", unicodedata.normalize("NFKC", address)).strip("-.·…—–/\\'\"")


def in_english(address: str) -> str:
    """Building, unit and room in English words; an address of any other form stays as it is."""
    found = DWELLING.fullmatch(address.strip())
    if found is None:
        return address
    told = [f"{name} {found[name]}" for name in ("building", "unit", "group") if found[name]]
    return ", ".join((*told, f"{'number' if found['group'] else 'room'} {found['room']}"))


@lru_cache(maxsize=1_024)
def _written(own_names: frozenset[str]) -> tuple[str, ...]:
    """Names as `_without_own` compares them, the longest first."""
    return tuple(sorted((_plain(name) for name in own_names), key=lambda one: (-len(one), one)))


@lru_cache(maxsize=1_024)
def _tight(own_names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_SPACES.sub("", name) for name in own_names)


def _by_dashes(words: str, own_names: Sequence[str]) -> Parts | None:
    found = _DASHES.fullmatch(_without_own(_SPACES.sub("", words), own_names))
    if found is None:
        return None
    return _made(f"{found['house']}号楼", found["unit"] or "", "", found["door"])


def _by_group(words: str, own_names: Sequence[str]) -> Parts | None:
    found = _GROUP.fullmatch(_without_own(_SPACES.sub("", words), own_names))
    return Parts(f"{found['before']}{found['group']}组", "", "", found["door"]) if found is not None else None


def _by_house(words: str, own_names: Sequence[str]) -> Parts | None:
    tight = _SPACES.sub("", words)
    first = _DOOR_FIRST.fullmatch(tight)
    if first is not None:
        house = _by_house(first["rest"], own_names)
        return None if house is None or house.door else _made(house.building, house.unit, house.floor, first["door"])
    tight = _without_own(tight, own_names)
    found = _HOUSE.fullmatch(tight) or _STREET_HOUSE.fullmatch(tight)
    if found is None:
        return None
    before, number = found["before"], found["number"].upper()
    if len(number) > 2 and number.isdigit() and any(one.isdigit() for one in before) and found["word"] != "号":
        return None  # 8号301座: the longer number may be the door
    if before and before[-1].isdigit():
        return None
    word = "号楼" if found["word"] in ("#", "#楼") else found["word"]
    return _made(f"{before}{number}{word}", found["unit"] or "", found["floor"] or "", found["door"] or "")


def _by_latin(words: str, own_names: Sequence[str]) -> Parts | None:
    rest = re.sub(r"[,;]+", " , ", words.casefold())
    rest = re.sub(rf"\b(?:{'|'.join(_LATIN_COUNT)})\b", lambda one: _LATIN_COUNT[one[0]], rest)
    got: dict[str, str] = {}
    house = ""
    for name, pattern in _LATIN.items():
        found = pattern.search(rest)
        if found is not None:
            got[name] = (found["one"] or found["other"] if name == "floor" else found["one"]).upper()
            house = _LATIN_HOUSE[found["word"]] if name == "building" else house
            rest = f"{rest[: found.start()]} , {rest[found.end() :]}"
    left = " ".join(re.sub(r"[,.\-/#]|\bof\b|\bthe\b|\bin\b", " ", rest).split())
    alone = re.fullmatch(r"(?P<before>\D*?)\s*(?P<door>\d{3,4}[a-z]?)", left)
    if "building" in got and "door" not in got and alone is not None:
        got["door"], left = alone["door"].upper(), alone["before"]
    if "door" not in got and len(got.get("unit", "")) > 2:
        got["door"] = got.pop("unit")
    if any(one.isdigit() for one in left) or _NUMBERED_HOUSE.search(words):
        return None
    for name in own_names:
        left = " ".join(re.sub(rf"\b{re.escape(name.casefold())}\b", " ", left).split())
    left = f"{left} " if left else ""
    if "building" in got:
        return _made(f"{left}{got['building']}{house}", got.get("unit", ""), got.get("floor", ""), got.get("door", ""))
    if "group" in got and "door" in got:
        return Parts(f"{left}{got['group']}组", "", "", got["door"])
    return None


def _made(building: str, unit: str, floor: str, door: str) -> Parts:
    door = door.upper()
    if len(door) == FLOOR_AND_DOOR and door.isdigit() and door[0] == "0" != door[1]:
        door = door[1:]  # 0301 is 301
    return Parts(building, unit.upper(), floor.lstrip("0") or _floor(door), door)


def _floor(door: str) -> str:
    if not (door.isdigit() and len(door) in (3, 4)):
        return ""
    floor, number = int(door[:-2]), int(door[-2:])
    return str(floor) if 1 <= floor <= MOST_FLOORS and 1 <= number <= MOST_DOORS else ""


def _without_own(words: str, own_names: Sequence[str]) -> str:
    """Words without the names of the place and of those above it that stand before them, however many."""
    for _ in range(MOST_NAMES):
        name = next((one for one in _tight(own_names) if one and words.startswith(one) and words != one), "")
        if not name:
            break
        words = words.removeprefix(name)
        words = _ESTATE.sub("", words, count=1) if _ESTATE.match(words) else words
    return words


def _plain(words: str) -> str:
    """Figures of one kind: full width, circled, and words where they count a thing (二单元, not 铁路一村)."""
    plain = unicodedata.normalize("NFKC", words).strip().translate(_ONE_SIGN)
    return _COUNTED_HAN.sub(lambda found: _figures(found[0]), _ORDINAL.sub("", plain))


def _figures(han: str) -> str:
    if "十" not in han:
        return "".join(str(_DIGITS[one]) for one in han)
    tens, _, ones = han.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return han
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))
