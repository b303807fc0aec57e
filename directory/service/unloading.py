"""Taking back what a load brought: exactly what it wrote, where nobody changed it since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from core.db import Base
from core.uow import UnitOfWork
from directory.models import (
    Building,
    Consent,
    Contact,
    Dwelling,
    Household,
    Person,
    PersonSearch,
    Placement,
    Provenance,
    Residence,
    ResidenceKind,
)
from directory.service import search
from directory.service.loading import Origin

OWN = {
    ("contacts", "person_id"),
    ("residences", "person_id"),
    ("provenances", "person_id"),
    ("person_searches", "person_id"),
    ("consents", "person_id"),
    ("households", "head_id"),
}
"""What a load itself ties to a newcomer; anything else that points to him came later."""
COLUMNS = {
    "name": "name",
    "sex": "sex",
    "birth_date": "birth_date",
    "lang": "lang",
    "access_need": "access_need",
    "registered_place": "registered_place",
    "nationality": "nationality",
}


@dataclass(slots=True)
class Undone:
    """What one step of an undoing did."""

    removed: list[int] = field(default_factory=list)  # persons
    restored: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)  # newcomers of whom something hangs by now


def undo_some(uow: UnitOfWork, origin: Origin, before_id: int | None, limit: int) -> tuple[Undone, int | None]:
    """Take back the next persons of a batch, the last one first.

    `before_id`: the provenance row behind which this goes on. Returns what was done and the row to go on behind, None
    at the end.
    """
    session = uow.session
    session.flush()
    wanted = select(Provenance).where(Provenance.batch_id == origin.batch_id)
    if before_id is not None:
        wanted = wanted.where(Provenance.id < before_id)
    rows = session.scalars(wanted.order_by(Provenance.id.desc()).limit(limit)).all()
    if not rows:
        return Undone(), None
    session.execute(select(Person.id).where(Person.id.in_({row.person_id for row in rows})).with_for_update())
    later = _later(uow, rows)
    hanging = _hanging(uow, [row.person_id for row in rows if not row.before and _is_entry(row)])
    done = Undone()
    gone: list[Provenance] = []
    for row in rows:
        if not _is_entry(row):
            _restore(uow, row, later.get(row.person_id, set()), origin)
            done.restored.append(row.person_id)
        elif row.person_id in later or row.person_id in hanging:
            done.kept.append(row.person_id)
        else:
            gone.append(row)
    _remove(uow, [row.person_id for row in gone], origin)
    done.removed = [row.person_id for row in gone]
    back = [row.id for row in rows if row.person_id in done.restored]
    session.execute(delete(Provenance).where(Provenance.id.in_(back)))
    session.expire_all()
    search.reindex(uow, done.restored)
    return done, rows[-1].id


def remove_places(uow: UnitOfWork, made: Sequence[tuple[str, int]]) -> None:
    """Take away the households, dwellings and houses that a batch entered and that hold nothing now."""
    ids = {kind: [number for one, number in made if one == kind] for kind in ("household", "dwelling", "building")}
    session = uow.session
    homes = select(Household.id).where(Household.id.in_(ids["household"]), *_unused(Household, set()))
    session.execute(delete(Household).where(Household.id.in_(homes)))
    own = {("placements", "dwelling_id")}
    doors = list(session.scalars(select(Dwelling.id).where(Dwelling.id.in_(ids["dwelling"]), *_unused(Dwelling, own))))
    session.execute(delete(Placement).where(Placement.dwelling_id.in_(doors)))
    session.execute(delete(Dwelling).where(Dwelling.id.in_(doors)))
    houses = select(Building.id).where(Building.id.in_(ids["building"]), *_unused(Building, set()))
    session.execute(delete(Building).where(Building.id.in_(houses)))


def _is_entry(row: Provenance) -> bool:
    """Whether this row entered its person: it took everything that it said, and nothing stood there before."""
    return not row.before and "name" in row.taken


def _later(uow: UnitOfWork, rows: Sequence[Provenance]) -> dict[int, set[str]]:
    """Fields of each person that somebody took over after the batch did."""
    mine = {row.person_id: row.id for row in reversed(rows)}
    found: dict[int, set[str]] = {}
    for one in uow.session.scalars(
        select(Provenance).where(
            Provenance.person_id.in_(mine),
            Provenance.id > min(mine.values()),
            or_(Provenance.batch_id.is_(None), Provenance.batch_id != rows[0].batch_id),
        )
    ):
        if one.id > mine[one.person_id]:
            found.setdefault(one.person_id, set()).update(one.taken)
    return found


def _hanging(uow: UnitOfWork, ids: Collection[int]) -> set[int]:
    """Those of these persons to whom anything points that the load did not make: a ticket, a call, a merge."""
    if not ids:
        return set()
    found: set[int] = set()
    for column in _references(Person, OWN):
        found |= set(uow.session.scalars(select(column).where(column.in_(ids)).distinct()))
    return found


def _references(table: type[Base], own: set[tuple[str, str]]) -> list[Any]:
    """Every column of the house that points to rows of a table, but those named."""
    return [
        key.parent
        for other in Base.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table.name == table.__tablename__ and (other.name, key.parent.name) not in own
    ]


def _unused(table: type[Household | Dwelling | Building], own: set[tuple[str, str]]) -> list[ColumnElement[bool]]:
    return [~select(column).where(column == table.id).exists() for column in _references(table, own)]


def _remove(uow: UnitOfWork, ids: Sequence[int], origin: Origin) -> None:
    session = uow.session
    if not ids:
        return
    session.execute(update(Household).where(Household.head_id.in_(ids)).values(head_id=None))
    ours = Consent.evidence.in_((origin.evidence, f"{origin.evidence}:moved"))
    session.execute(delete(Consent).where(Consent.person_id.in_(ids), ours))
    session.execute(update(Consent).where(Consent.person_id.in_(ids)).values(person_id=None))
    for table in (Contact, Residence, Provenance, PersonSearch):
        session.execute(delete(table).where(table.person_id.in_(ids)))
    session.execute(delete(Person).where(Person.id.in_(ids)))


def _restore(uow: UnitOfWork, row: Provenance, later: set[str], origin: Origin) -> None:
    """Put back what stood there, field by field, where the value is still the one that the batch wrote."""
    session = uow.session
    person = session.get(Person, row.person_id, populate_existing=True)
    if person is None or person.erased_at is not None:
        return
    for name in sorted((one for one in row.taken if one not in later), key=lambda one: one != "head"):
        if name in COLUMNS:
            _put_back(person, COLUMNS[name], row.said.get(name, ""), str(row.before.get(name, "")))
        elif name == "identity" and person.id_last4 == row.said.get("identity", ""):
            person.id_hash, person.id_last4 = row.before.get("identity") or None, row.before.get("identity_last4", "")
        elif name == "address":
            _move_back(uow, person, row)
        elif name in ("residence_kind", "living_since"):
            _residence_back(uow, person, row, name)
        elif name == "head":
            session.execute(update(Household).where(Household.head_id == person.id).values(head_id=None))
    fresh = and_(Contact.verified_at.is_(None), Contact.wrong_since.is_(None))
    numbers = row.before.get("numbers", [])
    session.execute(delete(Contact).where(Contact.person_id == person.id, Contact.msisdn.in_(numbers), fresh))
    ours = Consent.evidence.in_((origin.evidence, f"{origin.evidence}:moved"))
    session.execute(delete(Consent).where(Consent.person_id == person.id, ours))
    session.flush()


def _put_back(person: Person, column: str, said: str, before: str) -> None:
    value = getattr(person, column)
    if _text(value) != said:
        return
    if column == "birth_date":
        person.birth_date = date.fromisoformat(before) if before else None
    elif column == "access_need":
        person.access_need = type(value)(before) if before and value is not None else None
    else:
        setattr(person, column, before)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _move_back(uow: UnitOfWork, person: Person, row: Provenance) -> None:
    session = uow.session
    home = session.get(Household, int(row.before["household_id"]))
    now = session.get(Household, person.household_id)
    if home is None or now is None or (now.community_code, now.address) == (home.community_code, home.address):
        return
    if now.community_code != row.said.get("community_code"):
        return
    session.execute(
        delete(Residence).where(
            Residence.person_id == person.id, Residence.household_id == now.id, Residence.until_on.is_(None)
        )
    )
    if (number := row.before.get("residence_id")) is not None:
        session.execute(update(Residence).where(Residence.id == number).values(until_on=None))
    session.execute(update(Household).where(Household.head_id == person.id).values(head_id=None))
    if row.before.get("was_head"):
        session.execute(
            update(Household).where(Household.id == home.id, Household.head_id.is_(None)).values(head_id=person.id)
        )
    person.household_id = home.id
    person.left_on = date.fromisoformat(row.before["left_on"]) if row.before.get("left_on") else None


def _residence_back(uow: UnitOfWork, person: Person, row: Provenance, name: str) -> None:
    words = row.before.get(name, "")
    values: dict[str, Any] = (
        {"kind": ResidenceKind(words or "unknown")}
        if name == "residence_kind"
        else {"from_on": date.fromisoformat(words) if words else None}
    )
    if "address" not in row.taken:
        uow.session.execute(
            update(Residence).where(Residence.person_id == person.id, Residence.until_on.is_(None)).values(**values)
        )
