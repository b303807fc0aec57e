"""Rows of lists that speak of somebody though nobody has said that they are his."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, and_, cast, func, literal_column, or_, select

from collection import mention
from collection.mention import Known, Somebody
from collection.models import Batch, BatchRow, BatchState, Outcome
from collection.resident_row import Resident
from collection.service.deciding import erasure_keys
from core.uow import UnitOfWork
from directory import erased
from directory.events import Traces
from directory.models import Household, Person, Residence

NOT_LOADED = (
    BatchState.CHECKING,
    BatchState.CHECKED,
    BatchState.APPLYING,
    BatchState.UNDOING,
    BatchState.UNDONE,
)
"""Lists whose rows may be of people of whom nobody has said so."""
NOBODYS = (Outcome.NEEDS_PLACE, Outcome.NEEDS_MATCH, Outcome.REFUSE)
"""Rows that are of nobody, however far their list is."""
SIGNS_IN_NAMES = " \t·•.'’‘`-‐–,，、"


@dataclass(frozen=True, slots=True)
class Whose:
    """By what the rows are found that speak of him though nobody has said that they are his."""

    somebody: Somebody
    keys: frozenset[str]  # of directory.erased
    births: frozenset[str]  # ISO
    places: frozenset[str]  # codes of the communities in which he lives or lived


def known(uow: UnitOfWork, traces: Traces) -> Whose:
    """What the base knows of a person, as long as it does."""
    told, keys, places = Known(numbers=set(traces.numbers)), set[str](), set[str]()
    home_ids: set[int] = set()
    for one in uow.session.scalars(select(Person).where(Person.id.in_(traces.person_ids))):
        keys |= erased.keys(one.name, one.birth_date, tuple(traces.numbers), one.id_hash, one.source_id)
        told.names.add(one.name)
        told.last4.add(one.id_last4)
        if one.birth_date is not None:
            told.births.add(one.birth_date)
        home_ids.add(one.household_id)
    lived = select(Residence.household_id).where(Residence.person_id.in_(traces.person_ids))
    homes = or_(Household.id.in_(home_ids), Household.id.in_(lived))
    for code, address in uow.session.execute(select(Household.community_code, Household.address).where(homes)):
        told.addresses.add(address)
        places.add(code)
    births = frozenset(day.isoformat() for day in told.births)
    return Whose(told.somebody(), frozenset(keys), births, frozenset(places))


def speaking_of(uow: UnitOfWork, whose: Whose) -> list[int]:
    """Rows of which nobody has said whose they are, and that speak of him: refused, waiting, not loaded, taken back."""
    if not whose.somebody.names:
        return []
    cells = func.lower(func.normalize(cast(BatchRow.cells, Text), literal_column("NFKC")))
    folded = func.translate(cells, SIGNS_IN_NAMES, "")
    hashes = [key.partition(":")[2] for key in whose.keys if key.startswith("identity:")]
    lists = uow.session.execute(select(Batch.id, Batch.state).where(Batch.state != BatchState.REJECTED)).all()
    unloaded = [batch_id for batch_id, state in lists if state in NOT_LOADED]
    found = uow.session.execute(
        select(BatchRow.id, BatchRow.cells, BatchRow.values, Batch)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .where(
            BatchRow.person_id.is_(None),
            func.jsonb_array_length(BatchRow.cells) > 0,
            or_(
                and_(BatchRow.batch_id.in_([row[0] for row in lists]), BatchRow.outcome.in_(NOBODYS)),
                BatchRow.batch_id.in_(unloaded),
            ),
            or_(
                *(folded.contains(name, autoescape=True) for name in whose.somebody.names),
                BatchRow.values["identity"].astext.in_(hashes),
            ),
        )
    )
    return [row_id for row_id, told, values, batch in found if _is_his(whose, batch, told, values)]


def _is_his(whose: Whose, batch: Batch, cells: Sequence[Any], values: Mapping[str, Any]) -> bool:
    """By what was read, as a list would bring him back; by name and one thing more where nothing else contradicts."""
    speaks = mention.is_of([str(cell) for cell in cells], whose.somebody)
    if not values:
        return speaks
    one = Resident.from_json(values)
    return bool(erasure_keys(batch, one) & whose.keys) or (speaks and one.birth_date in {"", *whose.births})
