"""What people type around a telephone number, taken off: widths, marks, labels, notes, damage done by spreadsheets.

Between its first and its last digit a number may hold only the signs that divide its groups. All else in there is a
reason to refuse: a letter may stand for a digit, a star hides one, a word or a comma parts two numbers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from telephony.bad_number import Bad, BadNumber

LONGEST = 200  # characters; what is longer is a letter, not a number
LONG_GROUP = 7  # digits; two groups as long are two numbers

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff\u3041-\u30fb\uac00-\ud7af"  # kana and hangul are words too
LETTER = rf"[^\W\d_{HAN}]"
PLAIN = re.compile(r"\+?\d{7,15}", re.ASCII)
SIMPLE = re.compile(r"\+?\d(?:[ -]?\d){6,30}", re.ASCII)
DIGIT = re.compile(r"\d")
FIRST_TO_LAST = re.compile(r"\d(?:.*\d)?", re.DOTALL)
DIGITS = re.compile(r"\d+")
BY_HYPHEN = re.compile(r"-\s*\d+$")

BEYOND_NINE = re.compile(
    "[\u2469-\u2473\u247d-\u2487\u2491-\u249b\u24eb-\u24f4\u3251-\u325f\u32b1-\u32bf\u00bc-\u00be]"
)  # circled 10 to 50
KEYCAP = re.compile("[\ufe0e\ufe0f\u20e3]")
INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202d\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
RIGHT_TO_LEFT = "\u202e"  # turns what follows round: what was seen is not what is written
CONTROL = re.compile("_x000[0-9A-Fa-f]_|[\x00-\x1f\x7f-\x9f\u2028\u2029]")
DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\u2500\u2501\ufe58_]")
DOTS = re.compile("[\u00b7\u2022\u2219\u22c5\u30fb\u3002](?=\\d)")
OUTSIDE = "'\"`\u2018\u2019\u201c\u201d= "

SCIENTIFIC = re.compile(r"(\d+)[.,]?(\d*)\s*(?:E\s*\+?|[x\u00d7*]\s*10\s*\^\s*\+?)(-?\d{1,4})(?:\.0+)?", re.I)
DIVIDED_GROUPS = re.compile(r"\d{1,11}(?:[ -]\d+)?")  # nothing that a spreadsheet spoils, nor a date
FLOAT = re.compile(r"(\d{7,})[.,]0+")
POINT_ZERO = re.compile(r"([^.,]*\d[^.,\d]*)\.0{1,2}")  # behind a number in groups that has no other point
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){2,}(?:\.0+)?")
DECIMALS = re.compile(r"\d+\.\d{1,2}")
IDENTITY = re.compile(r"\d{17}\s*[xX]")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IP_ADDRESS = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")  # 192.168.10.101 has the digits of a mobile
CARD = re.compile(r"\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{1,4})?")  # of a bank
DATE = re.compile(
    r"(?:19|20)\d\d\s?[-/.\s]\s?(?:0?[1-9]|1[0-2])\s?[-/.\s]\s?(?:0?[1-9]|[12]\d|3[01])(?:T?\s.*|T\d.*)?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d(?:\s.*)?"
)
ADDRESS = re.compile(r"@|https?:|www\.|://(?!\+?\d)", re.I)
MONEY_BEFORE = re.compile(r"[\u00a5$\u20ac\u00a3\uffe5\u20a9]\s*$")
UNIT_AFTER = re.compile(
    r"\s*(?:元|块|圆|万|亿|千|角|%|‰|\u2103|㎡|平|米|公里|公斤|斤|吨|度|岁|年|月|日|个|人|户|次|件|份)"
)
OTHER_LABEL = re.compile(
    r"(?:qq|身份证|证件|卡|银行卡|邮编|邮政编码|编|单|订单|工|学|账|帐|户|房|门牌|楼|车牌|社保|医保|发票|税|金额|余额|总额"
    r"|面积|出生|生日|日期|时间)(?:号码|号)?\s*[:=]?\s*$",
    re.I,
)
LABEL_WITH_INDEX = re.compile(
    r"((?:手机|电话|座机|固话|号码|联系方式|tel|telephone|phone|mobile|mob|cell)(?:号码?)?)\s*\d"
    r"(?:\s*[:、.)]\s*(?=\+?[\d(])|\s+(?=1[3-9]\d{9}(?!\d)|0\d{2,3}-?\d{7,8}(?!\d)))",
    re.I,
)
LABEL = re.compile(r"(?:tel|telephone|phone|mobile|mob|cell|call|fax|hp|ph|sms|callto)$", re.I)
ONE_LETTER_LABEL = re.compile(r"(?<![^\W\d_])[TMPHFCWtmphfcw]\s*[:.]")
WORDS = re.compile(rf"{LETTER}+")
LOOKS_LIKE_DIGITS = re.compile(r"[OoIlBSZ]+")
HAN_WORDS = re.compile(rf"[{HAN}〇○]+")
HAN_DIGITS = re.compile("[零〇○Ｏ一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两十]+")
NOTE = re.compile(
    r"\((?![OoIlBSZxX?]+\))[^()\d]*\)|\[[^\[\]\d]*\]|【[^【】\d]*】|<[^<>\d]*>|\u300a[^\u300b\d]*\u300b|「[^「」\d]*」"
)
TRUNK_ZERO = re.compile(r"^(\D*(?:(?:\+\s*\(?\s*(?:00)?|00[ -]?)\d{1,3}|86)?[\s).\]-]*)\(\s*0\s*\)(?=[\s.)-]*\d)")
"""Before the number, or between it and its country code: within a number it is one of its digits."""
KEEPS_ZERO = re.compile(r"\(?\+?\(?39\D")  # Italy dials the zero from abroad too

MASK = re.compile(
    "[*\u2217\u2731\u25cf\u25cb\u25a0\u25a1\u25ef\u25e6\u25aa\u2b24\u2022\u00d7\u2715\u2716\u203b?\ufffd]"
)
HIDDEN = re.compile(r"[xX]{2,}|#{2,}|\.{2,}(?=\d)|-{3,}(?=\d)|_{2,}|[.]{3,}|\u2026")
BULLET = re.compile("^[\u25cf\u25cb\u25a0\u25a1\u2022\u25aa\u203b*](?=\\s*(?:1[3-9]|[0(+]))")

EXTENSION = re.compile(
    r"(?<=\d)[\s()\[,;-]*(?P<mark>(?:转|轉)?(?:分机|分機|内线|內線|内線)(?:号码|號碼|号|號)?|转接|轉接|转|轉|extension|extn|ext|x|#)"
    r"[\s:.=()-]*(?P<digits>\d{1,8})$",
    re.I,
)
ALTERNATIVE = re.compile("[,;|、&~\u223c\u301c]|或|和|及|与|與|跟|、|又")
OR = re.compile(r"\d[\s,;/)]+(?:or|and)[\s,;/(]+\+?\d", re.I)
SOFT = re.compile(r"[/\\\n]")
BETWEEN = re.compile(r"[\d\s().\-'\[\]]*")
COUNTRY_OR_AREA = re.compile(r"(?:00|0)?86(?:0?\d{2,3})?|0\d{2,3}")
FULL = 10  # digits: shorter ones in groups with slashes are dates, doors, or two short codes


@dataclass(frozen=True, slots=True)
class Typed:
    """A number without its dress."""

    groups: tuple[str, ...]  # of digits, as they were divided
    has_plus: bool
    extension: str | None = None
    by_x: bool = False  # the extension stood behind an x, which may hide a digit instead
    by_hyphen: bool = False  # the last group stands behind a hyphen: perhaps an extension
    has_word_digit: bool = False  # a numeral in words stands right before the first digit: a name, or a digit

    @property
    def digits(self) -> str:
        """All digits in a row."""
        return "".join(self.groups)


def undressed(raw: str) -> Typed:
    """Take off what is not the number. Raises BadNumber where something in there makes it unsure or is no number."""
    if PLAIN.fullmatch(raw):
        return Typed((raw.removeprefix("+"),), raw.startswith("+"))
    if SIMPLE.fullmatch(raw) and not DATE.fullmatch(raw) and not CARD.fullmatch(raw):
        return Typed(
            _one_number(raw.removeprefix("+")), raw.startswith("+"), by_hyphen=BY_HYPHEN.search(raw) is not None
        )
    text = _normal(raw)
    if not DIGIT.search(text):
        raise BadNumber(Bad.MASKED if len(MASK.findall(text)) > 3 and "*" in text else Bad.NOT_A_NUMBER)
    if ADDRESS.search(text):
        raise BadNumber(Bad.NOT_A_NUMBER)
    text = LABEL_WITH_INDEX.sub(r"\1:", text)
    text = NOTE.sub(" ", BULLET.sub("", text)).strip()
    text = _whole(text) or text
    if not KEEPS_ZERO.match(text):
        text = TRUNK_ZERO.sub(r"\1 ", text)
    return _core(text)


def _normal(raw: str) -> str:
    """Full-width and circled signs, invisible marks and dashes made plain. Raises BadNumber for empty and endless."""
    if len(raw) > 5 * LONGEST or RIGHT_TO_LEFT in raw:
        raise BadNumber(Bad.NOT_A_NUMBER)
    text = raw if raw.isascii() else _plain_digits(KEYCAP.sub("", raw))
    text = CONTROL.sub(lambda found: "\n" if found[0] in "\n\v\u2028" else " ", text)
    if not text.isascii():
        text = DOTS.sub(".", INVISIBLE.sub("", text))
    if "__" in text and DIGIT.search(text):
        raise BadNumber(Bad.MASKED)
    text = DASHES.sub("-", text).strip().strip(OUTSIDE).strip()
    if not text:
        raise BadNumber(Bad.EMPTY)
    if len(text) > LONGEST:
        raise BadNumber(Bad.NOT_A_NUMBER)
    return text


def _plain_digits(raw: str) -> str:
    """Every digit of whatever script in its plain form. Two scripts in one number are refused: they look alike.

    Circled and raised digits are digits where all are so; beside plain ones they count the entries, or footnotes.
    """
    raw = BEYOND_NINE.sub("|", raw)
    plain = any(char.isdecimal() for char in raw)
    if any(not char.isdecimal() and unicodedata.digit(char, None) is not None for char in raw if char > "\u00b1"):
        raw = "".join(
            char if char.isdecimal() or unicodedata.digit(char, None) is None else
            "|" if plain else str(unicodedata.digit(char))
            for char in raw
        )  # fmt: skip
    text = unicodedata.normalize("NFKC", raw)
    scripts = {ord(char) - unicodedata.decimal(char) for char in DIGIT.findall(text)}
    if len(scripts) > 1:
        raise BadNumber(Bad.LETTERS)
    if scripts and scripts != {ord("0")}:
        text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    return text


def _whole(text: str) -> str | None:
    """What a spreadsheet made of a number, or what is no number as a whole. Raises BadNumber."""
    first = DIGIT.search(text)
    core = text[first.start() :].rstrip(")]\"' ") if first else text
    if DIVIDED_GROUPS.fullmatch(core):
        return None
    before = text[: first.start()] if first else ""
    if found := SCIENTIFIC.fullmatch(core):
        return before + _from_scientific(found[1], found[2], int(found[3]))
    if found := FLOAT.fullmatch(core) or POINT_ZERO.fullmatch(core):
        return before + found[1]
    if THOUSANDS.fullmatch(core):
        digits = core.partition(".")[0].replace(",", "")
        if len(digits) < FULL:
            raise BadNumber(Bad.NOT_A_NUMBER)
        return before + digits
    if IDENTITY.fullmatch(core) or CARD.fullmatch(core):
        raise BadNumber(Bad.TOO_LONG)
    if DECIMALS.fullmatch(core) or DATE.fullmatch(core) or IP_ADDRESS.fullmatch(core):
        raise BadNumber(Bad.NOT_A_NUMBER)
    return None


def _from_scientific(whole: str, fraction: str, exponent: int) -> str:
    if exponent < 1 or len(fraction) < exponent or fraction[exponent:].strip("0"):
        raise BadNumber(Bad.SCIENTIFIC)
    return whole + fraction[:exponent]


def _core(text: str) -> Typed:
    """From the first digit to the last, after a look at what stands before and behind."""
    found = FIRST_TO_LAST.search(text)
    if found is None:
        raise BadNumber(Bad.NOT_A_NUMBER)
    before, core, after = text[: found.start()], found[0], text[found.end() :]
    if MASK.search(text) or HIDDEN.search(text):
        raise BadNumber(Bad.MASKED)
    if MONEY_BEFORE.search(before) or UNIT_AFTER.match(after) or OTHER_LABEL.search(before):
        raise BadNumber(Bad.NOT_A_NUMBER)
    extension, by_x = None, False
    if found := EXTENSION.search(core):
        extension, by_x = found["digits"], found["mark"] in "xX"
        core = core[: found.start()]
        if len(extension) >= LONG_GROUP:
            raise BadNumber(Bad.MASKED if by_x else Bad.MULTIPLE)
    _refuse_letters(before, core, after)
    return Typed(
        _one_number(core),
        has_plus=before.rstrip(" ([<").endswith("+"),
        extension=extension,
        by_x=by_x,
        by_hyphen=extension is None and BY_HYPHEN.search(core) is not None,
        has_word_digit=HAN_DIGITS.fullmatch(before[-1:]) is not None,
    )


def _refuse_letters(before: str, core: str, after: str) -> None:
    """A letter at a digit, or one alone that may be a digit, is never guessed. An x hides a digit."""
    if OR.search(core):
        raise BadNumber(Bad.MULTIPLE)
    if found := WORDS.search(core):
        raise BadNumber(Bad.MASKED if found[0] in "xX" else Bad.LETTERS)
    label = re.search(rf"({LETTER}+)[-.]?$", before)
    if label and not LABEL.search(label[1]) and not (before.endswith(".") and ONE_LETTER_LABEL.search(before)):
        raise BadNumber(Bad.MASKED if label[1] in "xX" else Bad.LETTERS)
    if behind := re.match(rf"[-.]?({LETTER}+)", after):
        raise BadNumber(Bad.MASKED if behind[1] in "xX" else Bad.LETTERS)
    for word in WORDS.findall(ONE_LETTER_LABEL.sub(" ", before)) + WORDS.findall(after):
        if len(word) == 1 or LOOKS_LIKE_DIGITS.fullmatch(word):
            raise BadNumber(Bad.MASKED if word in "xX" else Bad.LETTERS)


def _one_number(core: str) -> tuple[str, ...]:
    """The groups of digits of one number. Raises BadNumber where there are more, or something else is between them."""
    groups = tuple(DIGITS.findall(core))
    if not core.isascii() and any(HAN_DIGITS.fullmatch(word) for word in HAN_WORDS.findall(core)):
        raise BadNumber(Bad.LETTERS)
    if ALTERNATIVE.search(core):
        raise BadNumber(Bad.MULTIPLE)
    pieces = [re.sub(r"\D", "", piece) for piece in SOFT.split(core)]
    if not BETWEEN.fullmatch(SOFT.sub(" ", core)):
        has_number = any(len(re.sub(r"\D", "", part)) >= LONG_GROUP for part in re.split(r"[^\d\s().-]+", core))
        raise BadNumber(Bad.MULTIPLE if has_number else Bad.NOT_A_NUMBER)
    if len(pieces) > 1:
        _refuse_two(pieces)
    total = sum(map(len, groups))
    is_dialled_out = groups[0].startswith("00")
    if sum(len(group) >= LONG_GROUP for group in groups) > 1 and total >= 2 * LONG_GROUP and not is_dialled_out:
        raise BadNumber(Bad.MULTIPLE)
    if re.search(r"\(\s*\d{1,2}\s*$", core) and total > FULL:
        raise BadNumber(Bad.MULTIPLE)
    return groups


def _refuse_two(pieces: list[str]) -> None:
    """Slashes and line ends divide the groups of one number, or two numbers."""
    *first, last = pieces
    if any(len(piece) >= LONG_GROUP for piece in first):
        raise BadNumber(Bad.MULTIPLE)
    if len(last) >= LONG_GROUP and not COUNTRY_OR_AREA.fullmatch("".join(first)):
        raise BadNumber(Bad.MULTIPLE)
    if len("".join(pieces)) < FULL:
        raise BadNumber(Bad.MULTIPLE)
