"""What a call has told us so far, as its row keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


@dataclass(slots=True)
class Said:
    """Everything but where the call stands. A matter is what the caller wants now; a call may hold several in turn."""

    # the matter in hand; emptied when it has become a ticket or is dropped
    service: str = ""
    certainty: float = 0.0
    is_chosen: bool = False  # by a key: needs no confirmation
    is_urgent: bool = False
    is_fresh: bool = False  # the caller said that it is not the earlier ticket
    words: str = ""  # as they were heard
    kind: str = ""  # question, complaint, suggestion; empty: service
    wanted: dict[str, str] = field(default_factory=dict)  # date, time and the like, as read
    # who and where; kept for the whole call
    person_id: int | None = None
    is_someone_else: bool = False  # none of those who are known by the number
    address: str = ""
    place: str = ""  # jurisdiction code
    is_place_settled: bool = False
    mobile: str = ""  # E.164, left for texts
    is_mobile_asked: bool = False
    # how the talk went
    doubts: int = 0  # guesses of ours that were wrong
    lookups: int = 0  # codes that were not the caller's
    hint: str = ""  # service named while asking about a ticket
    ticket: str = ""  # code, or its four digits, of the ticket that is talked about
    draft: str = ""  # code of a ticket that was opened without a confirmation
    number: str = ""  # emergency number that was named
    emergency: str = ""  # code of the emergency ticket
    wants_person: bool = False  # was promised one, and has not had one

    @property
    def has_matter(self) -> bool:
        """Something was understood that has not become a ticket yet."""
        return bool(self.service or self.words)

    def drop_matter(self) -> None:
        """The matter in hand is done with."""
        self.service, self.certainty, self.words, self.kind = "", 0.0, "", ""
        self.is_chosen = self.is_urgent = self.is_fresh = False
        self.wanted = {}

    def dump(self) -> dict[str, Any]:
        """As the call's row keeps it: only what differs from nothing."""
        empty = asdict(Said())
        return {name: value for name, value in asdict(self).items() if value != empty[name]}

    @classmethod
    def load(cls, row: Mapping[str, Any]) -> Self:
        """From the call's row; what an older version wrote and we do not know is left out."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in row.items() if name in known})
