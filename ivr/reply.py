"""What the line says and does next, ready to be spoken: the form between the dialog and TwiML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from ivr.tree import Takes


class Then(StrEnum):
    """What happens when everything has been said."""

    LISTEN = "listen"
    DIAL = "dial"
    RECORD = "record"
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in its language."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn of the line. `step` is the number of the answer that it waits for."""

    says: tuple[Sentence, ...]
    then: Then
    node: str
    step: int
    lang: str
    is_slow: bool
    takes: Takes | None  # only when it listens
    is_whispered: bool = False  # only when it dials: who picks up is told something first

    @property
    def words(self) -> str:
        """Everything that is said, as the record of the call keeps it."""
        return " ".join(sentence.text for sentence in self.says)

    def dump(self) -> dict[str, Any]:
        """As the call's row keeps it; where the call stands is kept beside it."""
        return {
            "says": [[sentence.text, sentence.lang] for sentence in self.says],
            "then": self.then.value,
            "takes": self.takes.value if self.takes else "",
            **({"whispered": True} if self.is_whispered else {}),
        }

    @classmethod
    def load(cls, row: Mapping[str, Any], *, node: str, step: int, lang: str, is_slow: bool) -> Self:
        """The same turn once more, from the call's row."""
        return cls(
            says=tuple(Sentence(text, spoken) for text, spoken in row["says"]),
            then=Then(row["then"]),
            node=node,
            step=step,
            lang=lang,
            is_slow=is_slow,
            takes=Takes(row["takes"]) if row["takes"] else None,
            is_whispered=bool(row.get("whispered")),
        )
