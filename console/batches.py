"""What the pages of one list say: outcomes, reasons and rows of it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collection.fields import Field
from collection.models import Batch, BatchRow, BatchState, Outcome
from collection.queries import batches as reads
from collection.service.returning import sentence
from core import web, wording
from core.uow import UnitOfWork
from directory.queries import places
from staff.guard import current_scope
from staff.queries import names_of

WORKING = {BatchState.CHECKING: "checking", BatchState.APPLYING: "applying", BatchState.UNDOING: "undoing"}
LOADING = ("create", "update")
ASK_SOMEBODY = ("needs_place", "needs_match")
ASKS_TO_CHECK = ("note.more_than_last", "note.fewer_than_last")
BARS = ("create", "update", "skip", "refuse", "needs_place", "needs_match")


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row of a list as the page draws it."""

    row_no: int
    name: str
    address: str
    reasons: tuple[str, ...]
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Count:
    """An outcome or a reason with how many rows have it."""

    name: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One list with everything that its page shows."""

    batch: Batch
    place: str
    received_by: str
    outcomes: tuple[Count, ...]
    refused: tuple[Count, ...]
    kept: tuple[Count, ...]
    notes: tuple[str, ...]
    samples: tuple[tuple[str, tuple[SampleRow, ...]], ...]
    refusal: str
    is_working: bool
    percent: int
    to_load: int
    to_settle: tuple[tuple[str, int], ...]


def place_names(uow: UnitOfWork, codes: set[str]) -> dict[str, str]:
    """Names of places in the reader's language, by code."""
    return {code: name[web.lang()] for code, name in places.names_of(uow.session, codes).items()}


def receiver(received_by: str, users: Mapping[int, str]) -> str:
    """Who brought a list in: a user's name, or what part of the house it was."""
    kind, _, number = received_by.partition(":")
    return users.get(int(number), "") if kind == "user" and number.isdecimal() else received_by


def batch_page(uow: UnitOfWork, batch: Batch) -> BatchPage:
    """Everything that the page of one list shows."""
    counts = batch.counts
    found = reads.samples(uow.session, current_scope(), batch.id, uow.policy.collection.samples)
    outcomes = counts.get("outcomes", {})
    named = place_names(uow, {batch.jurisdiction_code} | codes_told(row for rows in found.values() for row in rows))
    notes = [
        note
        for note in reads.notes(uow.session, batch.id)
        if note.wording not in ASKS_TO_CHECK or batch.state is BatchState.CHECKED
    ]
    return BatchPage(
        batch=batch,
        place=named.get(batch.jurisdiction_code, batch.jurisdiction_code),
        received_by=receiver(batch.received_by, names_of(uow.session)),
        outcomes=tuple(Count(name, _say(f"outcome.{name}"), outcomes.get(name, 0)) for name in BARS),
        refused=_ranked(counts.get("refused", {})),
        kept=_ranked(counts.get("kept", {})),
        notes=tuple(_say(note.wording, **note.facts) for note in notes),
        samples=tuple(
            (name, tuple(sample(batch, row, named) for row in found[Outcome(name)]))
            for name in BARS
            if Outcome(name) in found
        ),
        refusal=_say(batch.refusal, **batch.refusal_facts) if batch.refusal else "",
        is_working=batch.state in WORKING and not batch.is_set_aside,
        percent=min(100, batch.done * 100 // batch.rows) if batch.rows else 0,
        to_load=sum(outcomes.get(name, 0) for name in LOADING),
        to_settle=tuple(
            (name, outcomes[name]) for name in ASK_SOMEBODY if batch.state is BatchState.APPLIED and outcomes.get(name)
        ),
    )


def _ranked(counts: Mapping[str, int]) -> tuple[Count, ...]:
    """Reasons by how many rows have them. The sentence is that of a whole list: it names no field, row or place."""
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    whole = wording.catalogue("console", web.lang())
    field = _say("column.number")
    return tuple(
        Count(key, whole.get(f"imports.whole.{key}") or _say(f"reason.{key}", field=field), count)
        for key, count in ranked
    )


def codes_told(rows: Iterable[BatchRow]) -> set[str]:
    """Codes of the places that the reasons of these rows name."""
    return {str(reason["code"]) for row in rows for reason in row.reasons if "code" in reason}


def sample(batch: Batch, row: BatchRow, named: Mapping[str, str]) -> SampleRow:
    """One row as pages draw it; `named`: names of the places in its reasons, by code."""
    columns = {field: place for place, heading in enumerate(batch.headings) if (field := batch.mapping.get(heading))}
    name, address = (_of_row(row, columns, field) for field in (Field.NAME, Field.ADDRESS))
    reasons = (
        reason | {"code": named.get(reason["code"], reason["code"])} if "code" in reason else reason
        for reason in row.reasons
    )
    return SampleRow(row.row_no, name, address, tuple(sentence(one, web.lang()) for one in reasons), row.person_id)


def _of_row(row: BatchRow, columns: Mapping[str, int], field: Field) -> str:
    place = columns.get(field)
    return str(row.cells[place]) if place is not None and place < len(row.cells) else ""


def _say(key: str, **facts: object) -> str:
    return wording.say("collection", key, web.lang(), **facts)
