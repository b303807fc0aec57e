"""How a person is found by any fragment: names, initials, numbers and addresses cut into grams; queries likewise.

A gram is a small signed integer, the hash of a piece with the mark of its kind in front. What is indexed and what is
asked for go through the same cuts, so a fragment finds a person when all its grams are among the person's. Two pieces
may share a hash, and grams do not keep their order: hits are checked against `words_of`.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from pypinyin import Style, pinyin

from directory.jurisdiction import CITY, depth, path
from understanding.folding import SIMPLIFIED

LONGEST = 60  # characters of a fragment that are read
LONGEST_WORDS = 600  # room for what hits are checked against
MOST_READINGS = 8  # ways to read one name aloud that are kept
SHORTEST_NUMBER = 7  # digits; groups of fewer are parts of an address: 8 1002
TAILS = (3, 4)  # digits at the end of a number by which people know it
GRAM = 3  # digits or letters in one gram

EVERYWHERE = frozenset("号楼单元室栋幢弄组层座门村路街第之的")
"""Signs that stand in so many addresses that they find nothing by themselves."""

_TWICE = (
    "单sdc 解xj 曾zc 仇qc 乐yl 查zc 覃qt 翟zd 区oq 盖gh 万wm 尉yw 种cz 朴p 重zc 长cz 朝cz 行xh 强qj 卜bp 繁pf 秘bm "
    "折sz 郇xh 隗kw 召sz 适sk 澹td 祭jz 晟cs 隽jq 藏cz 省sx 员y 任r 石s 叶y 宁n 缪m 会hk 参sc 调td 降jx 校xj 贾j 柏b"
)
SAID_TWICE = {one[0]: one[1:] for one in _TWICE.split()}
"""Signs of names with the initials of every reading that people use of them; of others the usual reading counts.

Dictionaries list many more that nobody says: 王 as yu, 石 as dan, 董 as zhong.
"""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_PIECE = re.compile(
    rf"(?:\d+|(?<![a-z])[a-z](?=[号楼单栋幢座]))(?:号楼|单元|栋|幢|座|弄|组|层|楼|号|室|户|门)?|[a-z]+|[{_HAN}]+"
)
_NUMBER = re.compile(r"[+\d\s\-()./·]+")
_PARTS = re.compile(r"\s*(?!00|86)\d{1,2}[^\d]")
_CHINA = re.compile(r"(?:\+|00)86|86(?=1\d{10}$)")


class Field:
    """Marks that keep kinds of grams apart."""

    SIGN = "c"  # one character, of a name or an address
    PAIR = "b"  # two characters side by side
    FIRST = "^"  # the character that a name begins with
    NAME = "n"  # a whole name
    LETTER = "l"  # the initial that a name begins with
    INITIALS = "i"  # two initials side by side
    SPELT = "s"  # all initials of a name
    TRIPLE = "t"  # three letters side by side
    WORD = "w"  # a whole word in letters
    DIGITS = "d"  # three digits side by side, of a number or an address
    TAIL = "$"  # the last digits of a number
    RUN = "="  # all digits that stand side by side in an address
    PLACE = "p"  # code of a place it lies in


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as the search knows him; a merged one brings names and numbers of all whom he is."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]  # E.164
    address: str  # within the community
    community_code: str


@dataclass(frozen=True, slots=True)
class Term:
    """One piece of a fragment. A hit has all grams of one of the `ways`; the `better` ones are tried first."""

    words: str  # folded; a hit contains it
    ways: tuple[tuple[int, ...], ...]
    better: tuple[tuple[int, ...], ...] = ()
    is_everywhere: bool = False  # stands in so many addresses that it finds nothing by itself


@lru_cache(maxsize=400_000)
def gram(field: str, piece: str) -> int:
    """The hash of a piece, the same on every machine and in every release: a signed 32-bit integer."""
    value = zlib.crc32(f"{field}{piece}".encode())
    return value - 0x1_0000_0000 if value >= 0x8000_0000 else value


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The one written form of a name, address or query: half width, lower case, simplified, without accents."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(SIMPLIFIED)
    if not plain.isascii():
        plain = "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
    return " ".join(plain.split())


def words_of(subject: Subject) -> str:
    """The text that hits are checked against: names, initials, numbers and address, a line each."""
    lines = [fold(name).replace(" ", "") for name in subject.names]
    lines += [fold(name) for name in subject.names if " " in name.strip()]
    lines += [spelt for name in subject.names for spelt in initials(name)]
    lines += [national(number) for number in subject.numbers]
    lines.append(fold(subject.address).replace(" ", ""))
    return "\n".join(dict.fromkeys(lines))[:LONGEST_WORDS]


def grams_of(subject: Subject) -> list[int]:
    """Every gram by which a person is found, in order and once each."""
    found: set[int] = set()
    for name in subject.names:
        found |= _name_grams(name)
    for number in subject.numbers:
        found |= _number_grams(national(number))
    found |= _address_grams(subject.address)
    found |= _place_grams(subject.community_code)
    return sorted(found)


def place_gram(code: str) -> int | None:
    """The gram of those who live in a place or below it; None for a whole city, where everybody does."""
    return gram(Field.PLACE, code) if code and depth(code) > CITY else None


def terms(fragment: str) -> tuple[Term, ...]:
    """What somebody typed, cut into terms that must all be met: `唐 1002` and `唐1002` are two.

    Digits with blanks, dashes or a country code between them are one number when there are seven or more; 12-3-1002 is
    three parts of an address.
    """
    plain = fold(fragment[:LONGEST])
    is_number = _NUMBER.fullmatch(plain) and sum(one.isdigit() for one in plain) >= SHORTEST_NUMBER
    if is_number and not _PARTS.match(plain):
        return (_number_term(_digits(plain)),)
    return tuple(dict.fromkeys(_term(piece) for piece in _PIECE.findall(plain)))


def national(number: str) -> str:
    """The digits of an E.164 number as people of the country dial it: 16200000901, 09785559901."""
    digits = _CHINA.sub("", number, count=1) if number.startswith("+86") else number.lstrip("+")
    return f"0{digits}" if number.startswith("+86") and not digits.startswith(("1", "400", "800")) else digits


@lru_cache(maxsize=65_536)
def initials(name: str) -> tuple[str, ...]:
    """The first letters of a name: of the syllables in every reading that people use (单: s, d, c), or of its words."""
    plain = fold(name)
    letters = [_letters(one) for one in re.findall(rf"[a-z]+|[{_HAN}]", plain)]
    readings = ["".join(one) for one in product(*(choice for choice in letters if choice))]
    return tuple(dict.fromkeys(one for one in readings[:MOST_READINGS] if one))


@lru_cache(maxsize=16_384)
def _letters(sign: str) -> tuple[str, ...]:
    if sign.isascii():
        return (sign[0],)
    if sign in SAID_TWICE:
        return tuple(SAID_TWICE[sign])
    read = pinyin(sign, style=Style.FIRST_LETTER, errors="ignore")
    return (read[0][0],) if read and read[0][0].isascii() and read[0][0].isalpha() else ()


@lru_cache(maxsize=65_536)
def _name_grams(name: str) -> frozenset[int]:
    plain = fold(name)
    joined = plain.replace(" ", "")
    found = {gram(Field.SIGN, one) for one in joined if not one.isascii()}
    found |= {gram(Field.PAIR, one + other) for one, other in pairwise(joined) if not (one + other).isascii()}
    found |= _letter_grams(plain)
    if joined:
        found |= {gram(Field.FIRST, joined[0]), gram(Field.NAME, joined)}
    for spelt in initials(name):
        found |= {gram(Field.LETTER, spelt[0]), gram(Field.SPELT, spelt)}
        found |= {gram(Field.INITIALS, one + other) for one, other in pairwise(spelt)}
    return frozenset(found)


def _number_grams(digits: str) -> set[int]:
    return _triples(Field.DIGITS, digits) | {gram(Field.TAIL, digits[-count:]) for count in TAILS}


@lru_cache(maxsize=65_536)
def _address_grams(address: str) -> frozenset[int]:
    plain = fold(address)
    joined = plain.replace(" ", "")
    found = _letter_grams(plain)
    for run in re.findall(r"\d+", joined):
        found |= {gram(Field.RUN, run), *_triples(Field.DIGITS, run)}
    found |= {gram(Field.SIGN, one) for one in joined if not one.isascii() and one not in EVERYWHERE}
    found |= {gram(Field.PAIR, pair) for pair in _pairs(joined)}
    return frozenset(found)


@lru_cache(maxsize=8_192)
def _place_grams(code: str) -> frozenset[int]:
    return frozenset(gram(Field.PLACE, one) for one in path(code)[CITY:])


def _pairs(text: str) -> set[str]:
    """Neighbours of which one at least is Chinese and not both stand in every address."""
    return {
        one + other
        for one, other in pairwise(text)
        if not (one + other).isascii() and not (one in EVERYWHERE and other in EVERYWHERE)
    }


def _letter_grams(plain: str) -> set[int]:
    found: set[int] = set()
    for word in re.findall(r"[a-z]+", plain):
        found |= {gram(Field.WORD, word), *_triples(Field.TRIPLE, word)}
    return found


def _triples(field: str, text: str) -> set[int]:
    return {gram(field, text[start : start + GRAM]) for start in range(len(text) - GRAM + 1)}


def _digits(plain: str) -> str:
    digits = re.sub(r"[^\d+]", "", plain)
    return _CHINA.sub("", digits, count=1).lstrip("+") if _CHINA.match(digits) else digits.lstrip("+")


def _term(piece: str) -> Term:
    if piece.isdecimal():
        return _number_term(piece) if len(piece) >= GRAM else Term(piece, ((gram(Field.RUN, piece),),))
    if piece.isascii():
        return _letter_term(piece)
    return _han_term(piece) if not piece[0].isascii() else _door_term(piece)


def _number_term(digits: str) -> Term:
    """Digits of a number or an address; those that end a number or are a whole door come first."""
    loose = _sorted(_triples(Field.DIGITS, digits))
    tail = digits[-min(len(digits), max(TAILS)) :]
    better = [_sorted({gram(Field.TAIL, tail), *loose})]
    if len(digits) < SHORTEST_NUMBER:
        better.append((gram(Field.RUN, digits),))
    return Term(digits, (loose,), tuple(better))


def _door_term(piece: str) -> Term:
    """`2号楼`: the house of just this number first, then every one that ends so; `a座` likewise."""
    loose = _sorted(gram(Field.PAIR, pair) for pair in _pairs(piece))
    run = re.match(r"\d+", piece)
    if run is None:
        return Term(piece, (loose,))
    loose = _sorted({*loose, *_triples(Field.DIGITS, run[0])})
    return Term(piece, (loose,), (_sorted({gram(Field.RUN, run[0]), *loose}),))


def _letter_term(word: str) -> Term:
    """Initials or letters: `txd`, `smi`. One or two letters are initials or a whole word."""
    initials_ = _sorted(gram(Field.INITIALS, one + other) for one, other in pairwise(word))
    ways = [initials_ or (gram(Field.LETTER, word),), (gram(Field.WORD, word),)]
    if len(word) >= GRAM:
        ways[1] = _sorted(_triples(Field.TRIPLE, word))
    return Term(word, tuple(ways), ((gram(Field.SPELT, word),), (gram(Field.WORD, word),)))


def _han_term(piece: str) -> Term:
    if all(one in EVERYWHERE for one in piece):
        pairs = _sorted(gram(Field.PAIR, one + other) for one, other in pairwise(piece))
        return Term(piece, (pairs or (gram(Field.SIGN, piece),),), is_everywhere=len(piece) > 1)
    pairs = _sorted(gram(Field.PAIR, pair) for pair in _pairs(piece)) or (gram(Field.SIGN, piece),)
    return Term(piece, (pairs,), ((gram(Field.NAME, piece),), _sorted({gram(Field.FIRST, piece[0]), *pairs})))


def _sorted(grams: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(grams)))


def grams_of_scope(prefixes: Sequence[str]) -> list[int] | None:
    """One gram for each of the reader's areas; None when one of them is everything or a whole city."""
    found = [place_gram(code) for code in prefixes]
    return None if None in found else [one for one in found if one is not None]
