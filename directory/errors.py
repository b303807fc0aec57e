"""What this domain refuses, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import Conflict, HotlineError, NotFound


class PlaceNotFound(NotFound):
    """No jurisdiction has this code."""

    def __init__(self, code: str) -> None:
        super().__init__("refusal.place_not_found", code=code)


class HouseholdNotFound(NotFound):
    """There is no such household, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.household_not_found")


class PlaceEnded(Conflict):
    """The place is no longer in force: what is new belongs to one that followed it."""

    def __init__(self, code: str) -> None:
        super().__init__("refusal.place_ended", code=code)


class NoCommunity(Conflict):
    """People live in communities and villages, not in the places above them."""

    def __init__(self, code: str) -> None:
        super().__init__("refusal.no_community", code=code)


class PersonNotFound(NotFound):
    """There is no such person, or he lives outside the reader's area, or his data was erased."""

    def __init__(self) -> None:
        super().__init__("refusal.person_not_found")


class ContactNotFound(NotFound):
    """The person has no such number."""

    def __init__(self) -> None:
        super().__init__("refusal.contact_not_found")


class FlagNotFound(NotFound):
    """The household has no such note, or it is over."""

    def __init__(self) -> None:
        super().__init__("refusal.flag_not_found")


class LabelNotFound(NotFound):
    """The person has no such label, or it is over."""

    def __init__(self) -> None:
        super().__init__("refusal.label_not_found")


class CorrectionNotFound(NotFound):
    """There is no such report of a mistake, or it is settled."""

    def __init__(self) -> None:
        super().__init__("refusal.correction_not_found")


class HouseUnsure(HotlineError):
    """An address of which nobody can tell which of several houses it means."""

    def __init__(self, may_be: Sequence[str]) -> None:
        super().__init__("refusal.house_unsure", houses=" / ".join(may_be))


class FieldRefused(HotlineError):
    """A value of a form that cannot be kept; `field` is the name of its input."""

    def __init__(self, field: str, wording: str, **facts: object) -> None:
        super().__init__(f"refusal.{wording}", **facts)
        self.field = field


class ChangedMeanwhile(Conflict):
    """Somebody else changed what the form showed."""

    def __init__(self) -> None:
        super().__init__("refusal.changed_meanwhile")


class TwoHeads(Conflict):
    """A household has one head; the form did not know of the one there is."""

    def __init__(self) -> None:
        super().__init__("refusal.two_heads")


class HeadLivesElsewhere(Conflict):
    """Only somebody who lives in the household can be its head."""

    def __init__(self) -> None:
        super().__init__("refusal.head_lives_elsewhere")


class LivesThere(Conflict):
    """Somebody is to move to where he lives."""

    def __init__(self) -> None:
        super().__init__("refusal.lives_there")


class NobodyMoves(HotlineError):
    """A move without anybody who moves."""

    def __init__(self) -> None:
        super().__init__("refusal.nobody_moves")


class HasDied(Conflict):
    """What only the living do."""

    def __init__(self) -> None:
        super().__init__("refusal.has_died")


class NumberThere(Conflict):
    """The person has this number already."""

    def __init__(self) -> None:
        super().__init__("refusal.number_there")


class RequestNotFound(NotFound):
    """There is no such request or hold, or it is about somebody outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.request_not_found")


class RequestSettled(Conflict):
    """The request was done or refused already."""

    def __init__(self) -> None:
        super().__init__("refusal.request_settled")


class RequestStands(Conflict):
    """The same person has an open request of the same kind already."""

    def __init__(self) -> None:
        super().__init__("refusal.request_stands")


class ErasureNotConfirmed(HotlineError):
    """Nobody said that he had checked who asks, and an erasure cannot be taken back."""

    def __init__(self) -> None:
        super().__init__("refusal.erasure_not_confirmed")


class NotLongGone(Conflict):
    """Nobody who died or moved away so long ago that he is proposed to be erased; or somebody was quicker."""

    def __init__(self) -> None:
        super().__init__("refusal.not_long_gone")


class NotChecked(HotlineError):
    """How we know that it is the person must be said."""

    def __init__(self) -> None:
        super().__init__("refusal.not_checked")


class MistakeNotTold(HotlineError):
    """A correction says what is wrong."""

    def __init__(self) -> None:
        super().__init__("refusal.mistake_not_told")


class ReasonMissing(HotlineError):
    """A reason must be given in words."""

    def __init__(self) -> None:
        super().__init__("refusal.reason_missing")


class AlreadyErased(Conflict):
    """The person's data was erased already."""

    def __init__(self) -> None:
        super().__init__("refusal.already_erased")


class BadChange(Conflict):
    """A change of the tree that makes no sense; `why` is the last part of its sentence's key."""

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(f"refusal.change_{why}", **facts)


class BadAlias(Conflict):
    """Another name that cannot be taken, or ended; `why` is the last part of its sentence's key."""

    def __init__(self, why: str) -> None:
        super().__init__(f"refusal.alias_{why}")


class UnplacedNotFound(NotFound):
    """There is no such entry, it is settled, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.unplaced_not_found")


class BadDuty(Conflict):
    """A responsibility or a unit that makes no sense; `why` is the last part of its sentence's key."""

    def __init__(self, why: str) -> None:
        super().__init__(f"refusal.duty_{why}")


class UnitNotFound(NotFound):
    """There is no such unit, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.unit_not_found")


class NotMergeable(Conflict):
    """Two rows that cannot become one person; `why` is the last part of its sentence's key."""

    def __init__(self, why: str) -> None:
        super().__init__(f"refusal.merge_{why}")


class MergeNotFound(NotFound):
    """There is no such merge, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.merge_not_found")


class NotUndoable(Conflict):
    """A merge that cannot be taken back now; `why` is the last part of its sentence's key."""

    def __init__(self, why: str) -> None:
        super().__init__(f"refusal.unmerge_{why}")
