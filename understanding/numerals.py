"""Numbers in words, Chinese and English, written as digits; idioms that only look like numbers are left alone."""

from __future__ import annotations

import re

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "仨": 3, "幺": 1}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_NUMERAL = "零一二三四五六七八九十百千万两俩仨"
_HAN_RUN = rf"[\d{_NUMERAL}]*[{_NUMERAL}][\d{_NUMERAL}]*"
_LESS_A_BIT = "晚早快慢大小低高多少好有差近轻声楚宜贵亮热冷那这差了等细全净真松紧长短来便"
_IDIOM = (
    r"一(?:下|样|直|定|起|般|些|切|旦|会|边|律|再|共|家(?!三口|四口|五口|六口|两口|人)|向|味|生(?!日)|辈子|身|声|"
    r"方面|阵|路顺风|条龙|并|贯)"
    rf"|(?<=[{_LESS_A_BIT}])一点(?!钟|半|整)|一点(?=[都也不没小儿])"
    r"|十分(?=满|感|不|抱|好|差|糟|高|着|热|客|认|负|周|及|专|谢|愉|失|开)"
    r"|万一|千万(?=别|不|要|记|注|小|给)|五金|四川|三角|四周|四处|四季|八成|五保|三轮|二手|二维|二胎|两口子|老两口|"
    r"小两口|百货|百度|百姓"
    r"|三陪|三七|六一|十一(?=长假|假期|放假|国庆)|九九重阳|八宝|千斤顶|七夕|三明治|三文鱼|万能|万家|百合|统一|唯一|"
    r"单一|不一(?!样)"
    r"|百分百|百分之百|万分|三八妇女节|半斤八两|乱七八糟|三番五次|再三|三天两头|一(?=塌糊涂|言难尽)"
)
_WEEKDAY = (
    r"(?<![零一二三四五六七八九十两几\d])(?P<week>(?:周|星期|礼拜))(?P<weekday>[一二三四五六])"
    r"(?=(?P<more>[\d零一二三四五六七八九十两])?)"
)
_HAN = re.compile(rf"(?P<idiom>{_IDIOM})|{_WEEKDAY}|(?P<run>{_HAN_RUN})")
_MEASURE = "个点天块百千小分号楼元人位周次"

_EN_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "oh": 0,
}  # fmt: skip
_EN_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_EN_SCALES = {"hundred": 100, "thousand": 1000}
_WORD = "|".join(sorted([*_EN_UNITS, *_EN_TENS, *_EN_SCALES], key=len, reverse=True))
_ENGLISH = re.compile(
    rf"(?<![a-z])(?:a (?=hundred|thousand))?(?:{_WORD})(?:(?:[ -]| and )(?:{_WORD}))*(?![a-z])"
    r"|(?<![a-z])a (?:couple(?: of)?|dozen|few)(?![a-z])"
)
_NOT_A_COUNT_BEFORE = re.compile(
    r"(?:the|this|that|which|no|any|each|every|another|other|new|good|first|second|third|fourth|last|next|wrong|right|"
    r"old|some|only|big|small|cheap|better|best) $"
)
_NOT_A_COUNT_AFTER = re.compile(r" (?:of|more|moment|second|sec|another|at a time)\b")


def to_digits(folded: str) -> str:
    """Write every number word of a folded text in digits: ``两百八`` 280, ``三零一`` 301, ``twenty five`` 25.

    ``俩`` and ``a couple of`` are 2; neighbours before a measure are a range (``三四点`` is ``3-4点``). ``半`` stays
    for the readers of times and amounts. Idioms (``一下``, ``十分满意``, ``千万别``) stay as they are.
    """
    digits = _HAN.sub(_han, folded) if not folded.isascii() else folded
    return _ENGLISH.sub(_english, digits)


def _han(match: re.Match[str]) -> str:
    if match.group("week"):
        return f"{match['week']}{_DIGIT[match['weekday']]}" + (" " if match["more"] else "")
    run = match.group("run")
    if run is None:
        return match.group()
    following = match.string[match.end() : match.end() + 1]
    return _han_number(run, following)


def _han_number(run: str, following: str) -> str:
    if not any(c in _UNIT for c in run):
        if len(run) == 2 and _is_range(run) and following and following in _MEASURE:
            return f"{_DIGIT[run[0]]}-{_DIGIT[run[1]]}"
        return "".join(str(_DIGIT.get(c, c)) for c in run)
    if run[0] in "百千万":
        return run
    if len(run) == 3 and run[2] in _UNIT and _is_range(run):
        return f"{_DIGIT[run[0]] * _UNIT[run[2]]}-{_DIGIT[run[1]] * _UNIT[run[2]]}"
    return str(_value(run))


def _is_range(run: str) -> bool:
    first, second = _DIGIT.get(run[0]), _DIGIT.get(run[1])
    return first is not None and second is not None and first > 0 and second == first + 1


def _value(run: str) -> int:
    """Value of a number with units; a last digit right after a unit counts the next smaller one (一百五 is 150)."""
    total = section = 0
    number: int | None = None
    last_unit = 0
    for c in run:
        if c.isdigit() and c.isascii():
            number = (number or 0) * 10 + int(c)
        elif c in _DIGIT:
            last_unit = 0 if c == "零" else last_unit
            number = _DIGIT[c] if number is None else number * 10 + _DIGIT[c]
        elif c == "万":
            total = (total + section + (number or 0)) * 10000
            section, number, last_unit = 0, None, 10000
        else:
            unit = _UNIT[c]
            section += (1 if number is None else number) * unit
            number, last_unit = None, unit
    if number is not None:
        colloquial = last_unit >= 100 and 0 < number < 10
        section += number * (last_unit // 10) if colloquial else number
    return total + section


def _english(match: re.Match[str]) -> str:
    written = match.group()
    if written.startswith("a "):
        if "couple" in written:
            return "2"
        if "dozen" in written:
            return "12"
        if "few" in written:
            return written
        written = "one " + written[2:]
    words = [word for word in re.split(r"[ -]", written) if word != "and"]
    if words[0] in ("hundred", "thousand") or words == ["oh"]:
        return match.group()
    if words == ["one"]:
        before, after = match.string[: match.start()], match.string[match.end() :]
        if _NOT_A_COUNT_BEFORE.search(before) or _NOT_A_COUNT_AFTER.match(after):
            return match.group()
    if len(words) > 1 and all(word in _EN_UNITS and _EN_UNITS[word] < 10 for word in words):
        separator = "" if len(words) > 2 else " "
        return separator.join(str(_EN_UNITS[word]) for word in words)
    clock = _clock(words, match.string[match.end() :])
    return clock or _english_value(words)


def _clock(words: list[str], after: str) -> str:
    """Read ``two thirty`` as 2:30, or as 230 where money follows; empty when the words are an ordinary number."""
    if len(words) < 2 or _EN_UNITS.get(words[0], 0) not in range(1, 13) or words[1] in _EN_SCALES:
        return ""
    minutes = _english_value(words[1:])
    if not minutes.isdigit() or not 10 <= int(minutes) <= 99:
        return ""
    if re.match(r" ?(?:yuan|kuai|rmb|bucks|dollars|cash)", after) or int(minutes) > 59:
        return f"{_EN_UNITS[words[0]]}{minutes}"
    return f"{_EN_UNITS[words[0]]}:{minutes}"


def _english_value(words: list[str]) -> str:
    total = section = 0
    for word in words:
        if word == "thousand":
            total += max(section, 1) * 1000
            section = 0
        elif word == "hundred":
            section = max(section, 1) * 100
        else:
            section += _EN_UNITS.get(word, 0) or _EN_TENS.get(word, 0)
    return str(total + section)
