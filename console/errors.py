"""What a page of the console refuses by itself, one sentence each (in console/wording under `refusal`)."""

from __future__ import annotations

from core.errors import HotlineError, NotFound


class NothingWritten(HotlineError):
    """A text or a note without words."""

    def __init__(self) -> None:
        super().__init__("refusal.nothing_written")


class TooManyWords(HotlineError):
    """More than fits; cutting it off would lose what somebody wrote."""

    def __init__(self, most: int) -> None:
        super().__init__("refusal.too_many_words", most=most)


class NobodyToText(HotlineError):
    """There is no number that a text could go to."""

    def __init__(self) -> None:
        super().__init__("refusal.nobody_to_text")


class UnknownChoice(HotlineError):
    """A service or a community that is not on the lists of the form."""

    def __init__(self) -> None:
        super().__init__("refusal.unknown_choice")


class ReasonSaysNothing(HotlineError):
    """A reason of too few letters to be one."""

    def __init__(self) -> None:
        super().__init__("refusal.reason_says_nothing")


class TooManyReveals(HotlineError):
    """More numbers than anybody needs within an hour."""

    def __init__(self, most: int) -> None:
        super().__init__("refusal.too_many_reveals", most=most)


class RecordingNotFound(NotFound):
    """There is no such sound, or no longer, or its ticket lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.recording_not_found")


class NumberNotFound(NotFound):
    """There is no such number, or what it belongs to lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.number_not_found")
