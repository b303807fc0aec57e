"""Where the values of a person come from, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console import masking
from core import web
from directory.language import OURS
from directory.models import AccessNeed, Provenance, ResidenceKind
from directory.queries.cards import PersonFile, SourceOf
from directory.scope import Scope
from directory.service.people import SEXES
from staff.guard import current_scope

PARTS_OF_THE_HOUSE = frozenset(
    {"import", "merge", "moved", "refused", "privacy", "call", "placed", "sms", "text", "job", "cli", "demo"}
)
"""First words of the actors and of the evidence that are no users."""
NUMBERS = ("mobile", "landline")
SPOKEN = tuple(OURS)
FIELDS = frozenset(
    (
        *("name", "sex", "birth_date", "lang", "access_need", "registered_place", "nationality", "identity"),
        *("community_code", "address", "residence_kind", "living_since", "left_on", "died_on"),
        *("mobile", "landline", "consent", "helper", "head"),
    )
)
"""Fields of provenance that the pages have a word for."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Where one value comes from, in words."""

    field: str
    value: str
    source: str
    batch_id: int | None
    at: datetime


def who(name: str, names: Mapping[int, str]) -> str:
    """An actor or a source in words: the name of a user or of a list, or what part of the house it was."""
    kind, _, rest = name.partition(":")
    if kind == "user" and rest.isdecimal():
        return names.get(int(rest), name)
    number = rest.partition(":")[0]
    if kind == "import" and number.isdecimal():
        return web.say("console.people.batch", number=number)
    if kind not in PARTS_OF_THE_HOUSE:
        return name
    words = web.say(f"console.people.by.{kind}")
    return f"{words} {number}" if number.isdecimal() else words


def source_line(row: SourceOf, names: Mapping[int, str]) -> SourceLine:
    """Where a value that stands now comes from; `names` are those of users, by id."""
    return SourceLine(row.field, value_told(row.field, row.value), who(row.source, names), row.batch_id, row.at)


def value_told(name: str, value: str) -> str:
    """A value of provenance in words, with no more of a number than the reader may see."""
    if not value:
        return "–"
    if name in NUMBERS:
        shown = masking.number(value, current_scope())
        return shown.text if shown is not None else "–"
    if name == "helper":
        return f"#{value}"
    if name == "identity":
        return f"•••• {value[-4:]}"
    words = {"sex": SEXES, "lang": SPOKEN, "access_need": tuple(AccessNeed), "residence_kind": tuple(ResidenceKind)}
    if value in words.get(name, ()):
        return web.say(f"console.people.{name}.{value}")
    return web.say("console.people.yes") if name == "head" else value


def line_told(line: Provenance, scope: Scope, names: Mapping[int, str]) -> dict[str, Any]:
    """One line of the history. Addresses of another area stay there."""
    rows = []
    for name in sorted(line.said):
        is_taken = name in line.taken
        said, before = str(line.said.get(name) or ""), str(line.before.get(name) or "") if is_taken else ""
        if name == "address":
            said = said if _is_mine(line.said, scope) else ""
            before = before if _is_mine(line.before, scope) else ""
        rows.append((name, value_told(name, said), value_told(name, before) if before else "", is_taken))
    return {
        "at": line.at,
        "source": who(line.source, names),
        "batch_id": line.batch_id,
        "row_no": line.row_no,
        "as_of": line.as_of,
        "rows": rows,
    }


def _is_mine(values: Mapping[str, Any], scope: Scope) -> bool:
    code = str(values.get("community_code") or "")
    return not code or scope.covers(code)


def places_of_lines(lines: Sequence[Provenance]) -> Collection[str]:
    """Codes of the communities that lines of the history tell."""
    told = [values for line in lines for values in (line.said, line.before)]
    return {str(values["community_code"]) for values in told if values.get("community_code")}


def places_of_file(file: PersonFile) -> Collection[str]:
    """Codes of the communities that the sources of a person tell."""
    return {row.value for row in file.sources if row.field == "community_code"}
