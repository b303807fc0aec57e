"""Why something that people write is not a telephone number that can be kept."""

from __future__ import annotations

from enum import StrEnum


class Bad(StrEnum):
    """The reasons, in the words of the outside."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"  # words, a date, an amount, a mail address
    LETTERS = "letters"  # the letter O for a zero: never guessed
    MASKED = "masked"  # digits hidden by stars
    MULTIPLE = "multiple"
    SCIENTIFIC = "scientific"  # a spreadsheet threw digits away
    SHORT_CODE = "short_code"  # 110, 12345, 10086: no E.164 form
    NEEDS_AREA_CODE = "needs_area_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVALID = "invalid"  # the right length, but no such numbers exist


class BadNumber(ValueError):
    """Not a telephone number that can be kept; `kind` says why. The number itself is not in the message."""

    def __init__(self, kind: Bad) -> None:
        super().__init__(f"not a telephone number: {kind}")
        self.kind = kind
