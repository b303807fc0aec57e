"""What is wrong with a telephone number somebody typed, so that he knows what to change."""

from __future__ import annotations

import unicodedata

from telephony.msisdn import Bad

LOOKS_LIKE = {"O": "0", "o": "0", "I": "1", "l": "1", "i": "1"}
"""Letters that are typed for a digit; never put right silently, since the number would be somebody else's."""


def fault(raw: str, kind: Bad) -> tuple[str, dict[str, object]]:
    """The key of the sentence (`number_letter_like`, `number_too_short`, ...) and its facts.

    Places are counted as people count them: digits and letters only, from one. `digits` is how many digits there are.
    """
    text = unicodedata.normalize("NFKC", raw)
    digits = sum(char.isdecimal() for char in text)
    if kind is not Bad.LETTERS:
        return f"number_{kind}", {"digits": digits}
    counted = [char for char in text if char.isdecimal() or _is_letter(char)]
    place, letter = next(((at, char) for at, char in enumerate(counted, 1) if _is_letter(char)), (0, ""))
    if letter in LOOKS_LIKE:
        return "number_letter_like", {"place": place, "letter": letter, "digit": LOOKS_LIKE[letter]}
    return "number_letter", {"place": place, "letter": letter}


def _is_letter(char: str) -> bool:
    """A letter of an alphabet; Chinese characters are words beside the number."""
    return unicodedata.category(char) in ("Lu", "Ll", "Lt")
