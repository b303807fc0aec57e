"""One text taken apart once: words of every class, choices, times, codes and numbers, for the readers to ask."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from understanding.codes import find_codes
from understanding.folding import LONGEST, fold, is_wordless, printable
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
    "question", "human", "not_human", "language_en", "language_zh", "language_yue", "help", "repeat", "thanks", "ack",
    "wrong_number", "phone_new", "complaint", "grievance", "murmur",
)  # fmt: skip
_SCANNERS = {
    "resident": Scanner((kind, word) for kind, words in _GENERAL.items() for word in words),
    "provider": Scanner(
        [(kind, word) for kind, words in _PROVIDER.items() for word in words]
        + [(kind, word) for kind in _BOTH for word in _GENERAL[kind]]
    ),
}
COMPANIONS = _GENERAL["companion"]

_HAN_MEASURE = (
    r"个|位|人|口|名|大(?!概)|小(?!时候)|岁|楼|层|单元|栋|幢|号|门|室|年|月|日|天|周|次|遍|块|元|毛|斤|桶|袋|瓶|只|"
    r"条|套|间|户|台|点|分|星|颗|小时|刻|"
    r"多|几|米|平|座|路|折|成(?!功)|家|项|种|样|件|晚|夜|早|顿|回(?!复)|会|阵|趟|批|边|面|道|把|根|片|盏|张|本|宿|"
    r"半|秒|圈|堆|股|群|双|副|场|步|头|辆|处|蚊|"
    r"钟|礼拜|星期|季|寸|度|倍|组|排|桌|碗|杯|包|盒|箱|罐|份|单(?!元)"
)
_EN_MEASURE = (
    r"people|kids?|children|adults?|persons?|of us|friends?|seats?|guests?|days?|hours?|hrs?|mins?|minutes?|floors?|"
    r"yuan|"
    r"kuai|rmb|bucks|more|taps?|rooms?|times|weeks?|months?|years?|stars?|pcs|pieces|units?|blocks?|am|pm|oclock|"
    r"percent"
)
_CHOICE = re.compile(
    r"(?:(?<=^)|(?<=[\s,.。!?;、:~复选按是答评打给投或和了者就=])|(?<=满意))(?<!\d[.:-])"
    rf"(\d{{1,2}})(?![\d.:/%a-z]|-\d|\s?(?:{_HAN_MEASURE}|(?:{_EN_MEASURE})(?![a-z])))"
)
_LONE = re.compile(
    r"(?:回复?|选择?|我选|按|答案?|是|option|press|reply|number|no)?[\W]*(\d+)[\W]*(?:号|项|谢谢|吧|please|thanks|"
    r"thx)?[\W]*"
)
_DISOWNED = re.compile(r"(?:不是|不选|不要|唔系|not|别选|除了) ?$")
_DISOWNED_AFTER = re.compile(r" ?(?:不要|不选|就算了|除外)")
_WORD_AFTER = re.compile(r" ?[a-z]|[\u4e00-\u9fff]")
_MID_SENTENCE = re.compile(r"[a-z],? $")
_SEATS = re.compile(r"(?:down|room|seats?|places?|party|table) (?:for|of) $")
_ANSWERING = re.compile(
    r"(?:option|press|reply|number|no|choose|pick|vote|for|is|answer|rate|score|give|say|go with|its|a) $"
)
_TAG = re.compile(r"[\u4e00-\u9fff](?:不|没|冇|未)[啊呀呢]?[?。!~ ]*$")
_NOT_TAG = re.compile(
    r"(?:还|并|都|我|也|就|从|很|有|那|要|说|绝|决|又|才|好|对|是|行|能)(?:不|没|冇|未)[啊呀呢]?[?。!~ ]*$"
)
_EITHER = re.compile(
    r"[\d一二三四五六七八九十]\S{0,3}还是 ?\S{0,3}[\d一二三四五六七八九十]|[上下]午还是|[今明后]天还是|(?:不|"
    r"没)[^,。 ]?还是[^不没没有]{1,3}$"
)
_GOING_ON = re.compile(r"[着在上没活家里修弄干忙赶路]$")
"""Before 呢: something is going on (路上呢, 修着呢), nothing is asked."""
_BARE_ANSWERS = frozenset(("yes", "no", "accept", "reject", "coming", "not_coming"))
_STANDS_BEFORE = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|[我俺都也很就嗯恩那哦噢喔唔还不好行可以成对是没中得会要想能先带一起共同]|不过|但是?)(?<!不晓得)(?<!勿晓得)$"
)
_STANDS_AFTER = re.compile(r"$|[^\u4e00-\u9fff]|[的了啊呀吧哦嘛呢哈啦嘞咯喽嗯就好行可对是谢没中得滴哒咧哩嘅喇]")
_CLAUSES = re.compile(r"[,.。!?;、 ]+")
_UNFIT = re.compile(
    r"不行|不方便|没空|没时间|不在|不得闲|唔得|冇空|有事|不可以|不成|来不了|去不了|上班|加班|cant|not|wont|busy|"
    r"doesnt|no good"
)
_UNFIT_DAY = re.compile(r"(?<![a-z])(?:not|no|cant do|cant) (?:tomorrow|tmr|tmrw|today|tonight|on \w+day|\w+day)")
_DENIED_HAN = re.compile(
    r"(?:不能(?:说|算|叫)|没说|没讲|不算|算不上|谈不上|说不上|不敢说|不觉得|不认为|没有?|没能|没法|没办法|尚未|"
    r"未能?|不是|"
    r"哪里?|不可能|无法|冇|唔算|唔系|不)"
    r"(?:完全|彻底|真正?|全部|全|怎么|太|很|算|能|真的|都|给我?|帮我|把.{1,4}|是|就|一次性?|弄|怎样|得)*$"
)
_DENIED_EN = re.compile(
    r"(?<![a-z])(?:not|(?:is|was|are|were|do|does|did|has|have|had|ca|could|wo|would|should|must|need|ai)nt|never|"
    r"hardly|barely|without|unable to|fail(?:ed|s)? to|yet to(?: be)?)"
    r"(?: (?:really|quite|yet|been|be|fully|completely|think|believe|say|call|it|its|is|was|get|got|to|all|that|"
    r"entirely|"
    r"properly|actually|anything|exactly))* $"
)


class Said:
    """A text of one sender, folded, with everything in it found at most once."""

    def __init__(self, text: str, *, role: str, now: datetime, open_codes: Collection[str] = ()) -> None:
        self.raw = printable(text[:LONGEST]).strip()
        self.folded = fold(text)
        self.role = "provider" if role == "provider" else "resident"
        self.now = now
        self.codes, self._uncoded = find_codes(self.folded, open_codes)

    @cached_property
    def hits(self) -> list[Hit]:
        """Every word of the lexicon for this role; a word inside a longer one does not count."""
        found = longest(_SCANNERS[self.role].scan(self.folded))
        plain = [hit for hit in found if hit.kind == "neutral"]
        return [
            hit
            for hit in found
            if self._stands(hit) and not any(hit.start < one.start < hit.end < one.end for one in plain)
        ]

    def _stands(self, hit: Hit) -> bool:
        """Tell whether a word counts: a yes or no of one character only where it is not part of another word."""
        if hit.end - hit.start > 1 or hit.kind not in _BARE_ANSWERS or self.folded[hit.start].isascii():
            return True
        return bool(_STANDS_BEFORE.search(self.folded[: hit.start]) and _STANDS_AFTER.match(self.folded[hit.end :]))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The classes of words that occur."""
        return frozenset(hit.kind for hit in self.hits)

    def has(self, *kinds: str) -> bool:
        """Tell whether a word of any of these classes occurs."""
        return not self.kinds.isdisjoint(kinds)

    def denies(self, *kinds: str) -> bool:
        """Tell whether a word of these classes stands right after a negation: 不能说解决了, not really fixed."""
        return any(hit.kind in kinds and self._is_denied(hit) for hit in self.hits)

    def affirms(self, *kinds: str) -> bool:
        """Tell whether a word of these classes stands without a negation before it: 不远 is not far."""
        return any(hit.kind in kinds and not self._is_denied(hit) for hit in self.hits)

    def _is_denied(self, hit: Hit) -> bool:
        before = self.folded[max(0, hit.start - 40) : hit.start]
        return bool(_DENIED_HAN.search(before[-12:]) or _DENIED_EN.search(before))

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
    def is_code_alone(self) -> bool:
        """Tell whether a ticket code came and nothing else."""
        return len(self.codes) == 1 and not re.search(r"\w", self._uncoded)

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
            meant = self._find_when(" ".join(fit))
            if meant:
                return meant
        fitting = _UNFIT_DAY.sub(" ", self.digits)
        if fitting != self.digits and (meant := self._find_when(fitting)):
            return meant
        return self._find_when(self.digits)

    def _find_when(self, text: str) -> When:
        """A provider's 12.5 is a price; a resident's may be the fifth of December."""
        return find_when(text, self.now, dotted_dates=self.role == "resident")

    @cached_property
    def choices(self) -> list[int]:
        """Numbers that stand for themselves: no hour, count, price, floor or code."""
        lone = _LONE.fullmatch(self.digits)
        if lone:
            return [int(lone[1])]
        rest = self.when.rest
        found = [int(match[1]) for match in _CHOICE.finditer(rest) if self._chooses(rest, match)]
        return list(dict.fromkeys(found))

    def _chooses(self, rest: str, match: re.Match[str]) -> bool:
        """Tell whether a number answers: not one that is disowned, in mid-sentence, or spelt out before a word."""
        before, after = rest[: match.start()], rest[match.end() :]
        if _DISOWNED.search(before) or _SEATS.search(before) or _DISOWNED_AFTER.match(after):
            return False
        if _WORD_AFTER.match(after) and match[1] not in self.folded:
            return False
        return not (_MID_SENTENCE.search(before) and _WORD_AFTER.match(after)) or bool(_ANSWERING.search(before))

    @property
    def is_lone_number(self) -> bool:
        """Tell whether the text is a number and at most the words of answering with one."""
        return bool(_LONE.fullmatch(self.digits))

    @cached_property
    def is_question(self) -> bool:
        """Tell whether something is asked: a mark, a word, or 行不, 收费不, 有电梯没 at the end."""
        if "?" in self.folded or any(self._asks(hit) for hit in self.hits) or _EITHER.search(self.folded):
            return True
        ending = _TAG.search(self.folded)
        return bool(ending) and not _NOT_TAG.search(self.folded) and len(self.folded) > 2

    def _asks(self, hit: Hit) -> bool:
        if hit.kind not in ("question", "question_job"):
            return False
        return self.folded[hit.start : hit.end] != "呢" or not _GOING_ON.search(self.folded[: hit.start])

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
