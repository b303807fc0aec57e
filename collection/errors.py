"""What this domain refuses, one sentence each."""

from __future__ import annotations

from core.errors import Conflict, HotlineError, NotAllowed, NotFound


class BadFile(HotlineError):
    """A file that cannot be used as a list; `kind` says why, and how to put it right."""

    def __init__(self, kind: str, **facts: str | int) -> None:
        super().__init__(f"refusal.file_{kind}", **facts)
        self.kind = kind


class BatchNotFound(NotFound):
    """There is no such batch, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.batch_not_found")


class SameFileTwice(Conflict):
    """The same file of the same source is being loaded already."""

    def __init__(self) -> None:
        super().__init__("refusal.same_file_twice")


class NotNow(Conflict):
    """The batch is not at the step at which this can be done; somebody may have been quicker."""

    def __init__(self) -> None:
        super().__init__("refusal.not_now")


class BadMapping(HotlineError):
    """The columns cannot be loaded as they were named."""

    def __init__(self, kind: str, **facts: str | int) -> None:
        super().__init__(f"refusal.mapping_{kind}", **facts)


class BadSource(HotlineError):
    """A source lacks what must be known of it."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"refusal.source_{kind}")


class OutsideArea(NotAllowed):
    """The place is not in the area of whoever asks."""

    def __init__(self) -> None:
        super().__init__("refusal.outside_area")


class RightEnded(NotAllowed):
    """The right to load lists ended before this was done, or when so many rows were."""

    def __init__(self, done: int = 0) -> None:
        if done:
            super().__init__("refusal.right_ended_midway", done=done)
        else:
            super().__init__("refusal.right_ended")


class UndoRightEnded(NotAllowed):
    """The right to load lists ended before anything of this one was taken back, or when so many people were."""

    def __init__(self, done: int = 0) -> None:
        if done:
            super().__init__("refusal.undo_right_ended_midway", done=done)
        else:
            super().__init__("refusal.undo_right_ended")


class PurposeMissing(HotlineError):
    """Nothing goes out without a purpose."""

    def __init__(self) -> None:
        super().__init__("refusal.purpose_missing")


class TooManyToExport(HotlineError):
    """More rows than one workbook may hold here."""

    def __init__(self, most: int) -> None:
        super().__init__("refusal.too_many_to_export", most=most)


class MatchNotFound(NotFound):
    """There is no such pair or row to decide, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.match_not_found")


class MatchDecided(Conflict):
    """Somebody decided this pair or row meanwhile."""

    def __init__(self) -> None:
        super().__init__("refusal.match_decided")


class NotMeanwhile(NotFound):
    """The ticket did not come in while these two were one person, or belongs to neither of them any more."""

    def __init__(self) -> None:
        super().__init__("refusal.not_meanwhile")


class MatchUnclear(HotlineError):
    """The form does not say what was decided, or names somebody who was not shown."""

    def __init__(self) -> None:
        super().__init__("refusal.match_unclear")


class NoFile(HotlineError):
    """Nothing was uploaded."""

    def __init__(self) -> None:
        super().__init__("refusal.no_file")


class BadDay(HotlineError):
    """No day of which a list could be."""

    def __init__(self) -> None:
        super().__init__("refusal.bad_date")


class MatchElsewhere(NotAllowed):
    """A row may be about somebody outside the reader's area: nobody says that it is not without having seen him."""

    def __init__(self) -> None:
        super().__init__("refusal.match_elsewhere")
