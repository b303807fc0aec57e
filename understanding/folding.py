"""How a text looks once width, circles, brackets, case, traditional characters and stray spaces are read away."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

LEXICON = Path(__file__).parent / "lexicon"
LONGEST = 2000
"""Characters read of a text; a text message has at most 1,600."""

_CLAUSE_ENDS = ",.。!?;、\n~…"


def _traditional() -> dict[int, str]:
    pairs = tomllib.loads((LEXICON / "traditional.toml").read_text(encoding="utf-8"))["pairs"]
    return {ord(pairs[i]): pairs[i + 1] for i in range(0, len(pairs) - 1, 2)}


def _dingbats() -> dict[int, str]:
    """Circled and Roman digits that the compatibility normal form leaves alone or turns into letters."""
    table: dict[int, str] = {}
    for first in (0x2776, 0x2780, 0x278A):
        table |= {first + i: str(i + 1) for i in range(10)}
    for first in (0x2160, 0x2170):
        table |= {first + i: str(i + 1) for i in range(12)}
    for i in range(26):
        letter = chr(ord("a") + i)
        table[0x1F150 + i] = table[0x1F170 + i] = letter
    for i in range(20):
        table[0x2460 + i] = table[0x2474 + i] = table[0x2488 + i] = str(i + 1)
    table[0x1F51F] = "10"
    table[0x24EA] = table[0x24FF] = "0"
    return table


SIMPLIFIED = _traditional()
"""Traditional characters and what they are read as, for str.translate."""
_BEFORE = _dingbats() | {0x20E3: "", 0xFE0F: "", 0xFE0E: ""}
_ALIKE = {
    " ": "【】[]〔〕「」『』《》<>{}()〖〗",
    "'": "’‘`´ʼ",
    '"': "“”„",
    "-": "—–−",
    "~": "〜∼",
}
_AFTER = (
    SIMPLIFIED
    | {ord(written): meant for meant, all_written in _ALIKE.items() for written in all_written}
    | {ord(w): m for w, m in zip("壹贰貳叁肆柒捌玖佰仟〇", "一二二三四七八九百千零", strict=True)}
)
_CONTRACTIONS = (
    (re.compile(r"(?<=[a-z])n't\b"), "nt"),
    (re.compile(r"(?<=[a-z])'ll\b"), " will"),
    (re.compile(r"(?<=[a-z])'re\b"), " are"),
    (re.compile(r"(?<=[a-z])'ve\b"), " have"),
    (re.compile(r"(?<=[a-z])'d\b"), " would"),
    (re.compile(r"(?<=[a-z])'(?=[a-z])"), ""),
)
_ALSO_WORDS = {"伍": "五", "陆": "六", "拾": "十"}
_AMONG_NUMBERS = re.compile(
    r"(?<=[零一二三四五六七八九十百千万\d])[伍陆拾]|[伍陆拾](?=[零一二三四五六七八九十百千万\d元])|^[伍陆拾]$"
)
_SPACE = re.compile(r"\s+")
_HAN = r"[\u3400-\u9fff]"
_SPACED_HAN = re.compile(rf"(?<={_HAN}) (?={_HAN}( |$))")


def fold(text: str) -> str:
    """Give the one written form of a text: half width, lower case, simplified, plain digits, single spaces.

    Idempotent. Brackets become spaces, apostrophes of English contractions go (``can't`` is ``cant``), and text that
    a speech engine spelt with a space between all characters is joined.
    """
    folded = _fold_once(text[:LONGEST])
    again = _fold_once(folded)
    while again != folded:
        folded, again = again, _fold_once(again)
    return folded


def _fold_once(text: str) -> str:
    if text.isascii() and "'" not in text:
        plain = text.lower().translate(_AFTER)
    else:
        plain = unicodedata.normalize("NFKC", text.translate(_BEFORE).lower()).lower().translate(_AFTER)
    if "'" in plain:
        for pattern, replacement in _CONTRACTIONS:
            plain = pattern.sub(replacement, plain)
    if not plain.isascii():
        plain = _AMONG_NUMBERS.sub(lambda match: _ALSO_WORDS[match.group()], plain)
    plain = printable(plain)
    plain = _SPACE.sub(" ", plain).strip()
    return _join_spelt_out(plain)


def printable(text: str) -> str:
    """Leave out what no screen shows and no database keeps: NUL, other controls, lone surrogates."""
    return text if text.isprintable() else "".join(c for c in text if c.isprintable() or c.isspace())


def _join_spelt_out(text: str) -> str:
    """Join Chinese that came one character at a time; a space between words is left, for it parts clauses."""
    if text.count(" ") < 3 or 2 * len(_SPACED_HAN.findall(text)) < len(text) - text.count(" ") - 3:
        return text
    return re.sub(rf"(?<={_HAN}) (?={_HAN})", "", text)


def is_wordless(folded: str) -> bool:
    """Tell whether a folded text holds neither letters nor digits: empty, punctuation, emoji."""
    return not any(c.isalnum() for c in folded)


def ends_clause(character: str) -> bool:
    """Tell whether a word cannot reach across this character of a folded text."""
    return character in _CLAUSE_ENDS
