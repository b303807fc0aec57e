"""Whether two records are of one person: a score of 0 to 1 with the reasons that a person can check.

Identity numbers decide alone. Without them a name alike is needed, and the birth date or the door beside it; a
telephone number adds a little and never makes anybody the same: households share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from pypinyin import lazy_pinyin

from directory.dwelling import parts, plain
from directory.fragments import fold

SAME_NAME = {"same_birth": 0.80, "swapped_birth": 0.62, "no_birth": 0.50, "same_year": 0.35, "other_birth": 0.10}
LIKE_NAME = {"same_birth": 0.55, "swapped_birth": 0.35, "no_birth": 0.25, "same_year": 0.20, "other_birth": 0.0}
NEAR = {"same_dwelling": 0.18, "same_building": 0.08, "same_community": 0.03}
SAME_NUMBER = 0.10
OTHER_SEX = 0.30
ALMOST = 0.99  # the most that anything but an identity number can say
NOTHING_ELSE = 0.96  # one name at one door, and neither source knows a birth date: nothing speaks against it
UNSURE = 0.94  # the most where the name differs or one of the two has died: a person looks


class Verdict(StrEnum):
    """What follows from a score."""

    SAME = "same"
    MAYBE = "maybe"  # a person decides
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Record:
    """What one source says of one person. Empty or None: it says nothing of that."""

    name: str
    sex: str = ""
    birth_date: date | None = None
    community_code: str = ""
    address: str = ""
    identity: str = ""  # keyed hash
    numbers: frozenset[str] = frozenset()  # E.164
    has_died: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """How sure it is that two records are of one person, and why: keys of the wording."""

    value: float
    reasons: tuple[str, ...]


def score(one: Record, other: Record) -> Score:
    """How likely the two are one person. Symmetric; 1.0 only for equal identity numbers, 0.0 for different ones."""
    if one.identity and other.identity:
        is_same = one.identity == other.identity
        return Score(1.0, ("same_identity",)) if is_same else Score(0.0, ("other_identity",))
    name = names_alike(one.name, other.name)
    if not name:
        return Score(0.0, ("other_name",))
    birth = births_alike(one.birth_date, other.birth_date)
    near = nearness(one, other)
    value = (LIKE_NAME if name == "like_name" else SAME_NAME)[birth]
    reasons = [name, birth]
    if near:
        value += NEAR[near]
        reasons.append(near)
    if one.birth_date is other.birth_date is None and (name, near) == ("same_name", "same_dwelling"):
        value = NOTHING_ELSE
    if one.numbers & other.numbers:
        value += SAME_NUMBER
        reasons.append("same_number")
    if one.sex and other.sex and one.sex != other.sex:
        value -= OTHER_SEX
        reasons.append("other_sex")
    if one.has_died != other.has_died:
        reasons.append("one_died")
    is_unsure = name == "like_name" or one.has_died != other.has_died
    return Score(round(min(max(value, 0.0), UNSURE if is_unsure else ALMOST), 2), tuple(reasons))


def verdict(value: float, same: float, maybe: float) -> Verdict:
    """What follows from a score by the thresholds of the policy, which are scores themselves."""
    return Verdict.SAME if value >= same else Verdict.MAYBE if value >= maybe else Verdict.DIFFERENT


def names_alike(one: str, other: str) -> str:
    """`same_name` in whatever writing, `like_name` for one slip that sounds the same or one letter, else ""."""
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return ""
    if "".join(mine) == "".join(theirs) or sorted(mine) == sorted(theirs):
        return "same_name"
    return "like_name" if _slipped("".join(mine), "".join(theirs)) else ""


def births_alike(one: date | None, other: date | None) -> str:
    """How two birth dates stand to each other; 1 January stands for a day that nobody knew."""
    if one is None or other is None:
        return "no_birth"
    if one == other:
        return "same_birth"
    if one.year == other.year:
        if (1, 1) in {(one.month, one.day), (other.month, other.day)}:
            return "no_birth"
        if (one.month, one.day) == (other.day, other.month):
            return "swapped_birth"
        return "same_year"
    return "other_birth"


def nearness(one: Record, other: Record) -> str:
    """The smallest place that the two share: `same_dwelling`, `same_building`, `same_community`, or ""."""
    if not one.community_code or one.community_code != other.community_code:
        return ""
    if one.address and other.address:
        if _plain(one.address) == _plain(other.address):
            return "same_dwelling"
        house = _house(one.address)
        if house and house == _house(other.address):
            return "same_building"
    return "same_community"


@lru_cache(maxsize=65_536)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name in letters; a Chinese name is one word however it was spaced."""
    words = "".join(char if char.isalnum() else " " for char in fold(name)).split()
    return tuple(words) if all(word.isascii() for word in words) else ("".join(words),)


def _slipped(one: str, other: str) -> bool:
    """One character for another of the same sound (typed by sound), or one letter wrong, missing or too many."""
    if not one.isascii() and not other.isascii():
        wrong = [(mine, theirs) for mine, theirs in zip(one, other, strict=False) if mine != theirs]
        return len(one) == len(other) > 1 and len(wrong) == 1 and _sound(wrong[0][0]) == _sound(wrong[0][1])
    if not (one.isascii() and other.isascii()) or min(len(one), len(other)) < 5:
        return False
    return _one_letter_apart(one, other)


def _one_letter_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    at = next((place for place, letter in enumerate(short) if letter != long[place]), len(short))
    if len(short) == len(long):
        return short[at + 1 :] == long[at + 1 :]
    return len(long) - len(short) == 1 and short[at:] == long[at + 1 :]


@lru_cache(maxsize=16_384)
def _sound(sign: str) -> str:
    return "".join(lazy_pinyin(sign))


@lru_cache(maxsize=65_536)
def _plain(address: str) -> str:
    return plain(address)


@lru_cache(maxsize=65_536)
def _house(address: str) -> str:
    return parts(address).building
