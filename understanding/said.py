"""One text taken apart once: words of every class, choices, times, codes and numbers, for the readers to ask."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from understanding.codes import find_codes
from understanding.folding import fold, is_wordless
from understanding.lexicon import Hit, Scanner, load, longest
from understanding.numerals import to_digits
from understanding.phones import find_phone
from understanding.times import When, find_when

_PHRASES = load("phrases")


def _words(section: str) -> dict[str, list[str]]:
    return {
        kind: [word.strip() for word in words.replace("\n", ",").split(",") if word.strip()]
        for kind, words in _PHRASES[section].items()
    }


_GENERAL = _words("words")
_PROVIDER = _words("words_provider")
_BOTH = (
    "question human not_human language_en language_zh language_yue help repeat thanks ack wrong_number phone_new "
    "complaint grievance murmur"
).split()
_SCANNERS = {
    "resident": Scanner((kind, word) for kind, words in _GENERAL.items() for word in words),
    "provider": Scanner(
        [(kind, word) for kind, words in _PROVIDER.items() for word in words]
        + [(kind, word) for kind in _BOTH for word in _GENERAL[kind]]
    ),
}
COMPANIONS = _GENERAL["companion"]

_MEASURE = (
    r"个|位|人|口|名|大(?!概)|小(?!时候)|岁|楼|层|单元|栋|幢|号|门|室|年|月|日|天|周|次|遍|块|元|毛|斤|桶|袋|瓶|只|条|套|间|户|台|点|分|星|颗|小时|刻|"
    r"多|几|米|平|栋|座|路|折|成(?!功)|家|项|种|样|件|[a-z]|people|kids?|children|adults?|persons?|of us|friends?|seats?|guests?|days?|hours?|mins?|"
    r"minutes?|floor|yuan|more|taps?|rooms?|times|weeks?|years?|stars?"
)
_CHOICE = re.compile(
    rf"(?:(?<=^)|(?<=[\s,.。!?;、:~复选按是答评打给投或和了者就=])|(?<=满意))(?<!\d[.:-])(\d{{1,2}})(?![\d.:/%]|-\d|\s?(?:{_MEASURE}))"
)
_LONE = re.compile(r"(?:回复?|选择?|我选|按|答案?|是|option|press|reply|number|no)?[\W]*(\d+)[\W]*(?:号|项|谢谢|吧|please|thanks|thx)?[\W]*")
_DISOWNED = re.compile(r"(?:不是|不选|不要|唔系|not|别选|除了) ?$")
_TAG = re.compile(r"[\u4e00-\u9fff](?:不|没|冇|未)[啊呀呢]?[?。!~ ]*$")
_NOT_TAG = re.compile(r"(?:还|并|都|我|也|就|从|很|有|那|要|说|绝|决|又|才|好|对|是|行|能)(?:不|没|冇|未)[啊呀呢]?[?。!~ ]*$")
_CLAUSES = re.compile(r"[,.。!?;、 ]+")
_UNFIT = re.compile(r"不行|不方便|没空|没时间|不在|不得闲|唔得|冇空|有事|不可以|不成|来不了|去不了|上班|加班|cant|not|wont|busy|doesnt|no good")


class Said:
    """A text of one sender, folded, with everything in it found at most once."""

    def __init__(self, text: str, *, role: str, now: datetime, open_codes: Collection[str] = ()) -> None:
        self.raw = text.strip()
        self.folded = fold(text)
        self.role = "provider" if role == "provider" else "resident"
        self.now = now
        self.codes, self._uncoded = find_codes(self.folded, open_codes)

    @cached_property
    def hits(self) -> list[Hit]:
        """Every word of the lexicon for this role; a word inside a longer one does not count."""
        return longest(_SCANNERS[self.role].scan(self.folded))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The classes of words that occur."""
        return frozenset(hit.kind for hit in self.hits)

    def has(self, *kinds: str) -> bool:
        """Tell whether a word of any of these classes occurs."""
        return not self.kinds.isdisjoint(kinds)

    def words(self, *kinds: str) -> list[str]:
        """Give the words found of these classes, in order."""
        return [self.folded[hit.start : hit.end] for hit in self.hits if hit.kind in kinds]

    def without(self, *kinds: str) -> str:
        """Give the letters and digits that are left when words of these classes are taken out."""
        left = list(self.folded)
        for hit in self.hits:
            if hit.kind in kinds:
                left[hit.start : hit.end] = " " * (hit.end - hit.start)
        return re.sub(r"\W", "", "".join(left))

    @cached_property
    def is_wordless(self) -> bool:
        """Tell whether nothing but punctuation and pictures came."""
        return is_wordless(self.folded)

    @cached_property
    def _numbers(self) -> tuple[str, str]:
        return find_phone(to_digits(self._uncoded))

    @property
    def phone(self) -> str:
        """The telephone number given, E.164, or empty."""
        return self._numbers[0]

    @property
    def digits(self) -> str:
        """The folded text with numerals as digits, codes and telephone numbers taken out."""
        return self._numbers[1]

    @cached_property
    def when(self) -> When:
        """The times meant: what is said not to suit does not count where another time is named."""
        clauses = _CLAUSES.split(self.digits)
        fit = [clause for clause in clauses if not _UNFIT.search(clause)]
        if fit and len(fit) < len(clauses) and not self.digits.isascii():
            meant = find_when(" ".join(fit), self.now)
            if meant:
                return meant
        plain = re.sub(r"(?<![a-z])(?:not|no|cant do|cant) (?:tomorrow|tmr|tmrw|today|tonight|on \w+day|\w+day)", " ", self.digits)
        return find_when(plain if plain != self.digits and find_when(plain, self.now) else self.digits, self.now)

    @cached_property
    def choices(self) -> list[int]:
        """Numbers that stand for themselves: no hour, count, price, floor or code."""
        lone = _LONE.fullmatch(self.digits)
        if lone:
            return [int(lone[1])]
        rest = self.when.rest
        found = [int(match[1]) for match in _CHOICE.finditer(rest) if not _DISOWNED.search(rest[: match.start()])]
        return list(dict.fromkeys(found))

    @property
    def is_lone_number(self) -> bool:
        """Tell whether the text is a number and at most the words of answering with one."""
        return bool(_LONE.fullmatch(self.digits))

    @cached_property
    def is_question(self) -> bool:
        """Tell whether something is asked: a mark, a word, or 行不, 收费不, 有电梯没 at the end."""
        if "?" in self.folded or self.has("question", "question_job"):
            return True
        ending = _TAG.search(self.folded)
        return bool(ending) and not _NOT_TAG.search(self.folded) and len(self.folded) > 2

    @property
    def is_thumb(self) -> bool:
        """Tell whether a picture says yes: thumbs up, OK hand, tick."""
        return any(picture in self.folded for picture in "👍👌✅✔🆗☑🙆")

    @property
    def is_cross(self) -> bool:
        """Tell whether a picture says no."""
        return any(picture in self.folded for picture in "❌👎🙅✖🚫❎")

    @property
    def stars(self) -> int:
        """How many stars were sent."""
        return sum(self.folded.count(picture) for picture in "⭐🌟★")
