"""Two rows become one person, and two again: by a pointer, so that every row stays where it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select, update

from core.uow import UnitOfWork
from directory.errors import MergeNotFound, NotMergeable, NotUndoable, PersonNotFound
from directory.models import AccessNeed, Contact, Household, Merge, Person, Provenance
from directory.service import consents, search

FILLED = ("sex", "birth_date", "access_need", "registered_place", "nationality", "died_on", "helper_id")
"""Fields that the person kept gets from the other one where he has none himself; the identity number goes with them."""
IDENTITY = ("id_hash", "id_last4")
WORDS = ("sex", "registered_place", "nationality", "id_last4")
"""Those of them that are empty words where nothing is known; the others are None."""
NOTHING: dict[str, Any] = {"filled": {}, "moved": [], "homes": [], "helped": [], "helper": None, "consents": []}
"""What a merge changed of which nothing is kept any more, as after an erasure."""


def merge(
    uow: UnitOfWork, kept_id: int, gone_id: int, score: float | None = None, reasons: Sequence[str] = ()
) -> Merge:
    """Make two rows one person: `gone_id` points to `kept_id`, and so does whoever was merged into it before.

    What the kept one has not is filled in; what one of his numbers stopped is stopped for all of them. Raises
    PersonNotFound, and NotMergeable for one row, two identity numbers, and rows that are merged or erased.
    """
    if kept_id == gone_id:
        raise NotMergeable("self")
    kept, gone, moved = _locked_pair(uow, kept_id, gone_id)
    _refuse(kept, gone)
    done = Merge(
        kept_id=kept_id, gone_id=gone_id, score=score, reasons=list(reasons), at=uow.now, by=uow.actor, before={}
    )
    uow.session.add(done)
    uow.session.flush()  # provenance and consent name the merge
    filled = _fill(uow, kept, gone, done)
    for row in (gone, *moved):
        row.merged_into_id = kept_id
    homes, helped = _stand_in(uow, kept, gone)
    helper_id = kept.helper_id if kept.helper_id in {gone_id, *(row.id for row in moved)} else None
    if helper_id is not None:
        kept.helper_id = None  # he was helped by himself
    done.before = {
        "helper": helper_id,
        "filled": filled,
        "moved": [row.id for row in moved],
        "homes": homes,
        "helped": helped,
        "consents": consents.strictest(uow, _numbers(uow, _rows(uow, kept_id)), _evidence(done)),
    }
    _tell(uow, "person.merged", done, kept)
    return done


def unmerge(uow: UnitOfWork, merge_id: int) -> Merge:
    """Take a merge back: everything that was there before is where it was, and what came in since stays with the kept.

    A value that somebody changed since is left. Other merges into the same person hold. Raises MergeNotFound, and
    NotUndoable when that is done already, when the kept person was merged onward, and when either was erased.
    """
    done = uow.session.get(Merge, merge_id)
    if done is None:
        raise MergeNotFound
    kept, gone, _ = _locked_pair(uow, done.kept_id, done.gone_id)
    uow.session.refresh(done, with_for_update=True)
    if done.undone_at is not None:
        raise NotUndoable("done")
    if kept.erased_at is not None or gone.erased_at is not None:
        raise NotUndoable("erased")
    if kept.merged_into_id is not None or gone.merged_into_id != kept.id:
        raise NotUndoable("onward")
    before = {**NOTHING, **done.before}
    moved = uow.session.scalars(select(Person).where(Person.id.in_(before["moved"]))).all()
    gone.merged_into_id = None
    for row in moved:
        row.merged_into_id = gone.id
    _empty(kept, before["filled"])
    _step_back(uow, kept, gone, before["homes"], before["helped"])
    if before["helper"] is not None and kept.helper_id is None:
        kept.helper_id = before["helper"]
    uow.session.execute(delete(Provenance).where(Provenance.person_id == kept.id, Provenance.source == _evidence(done)))
    done.undone_at, done.undone_by = uow.now, uow.actor
    uow.session.flush()  # the numbers of both are read by statement
    _hold_others(uow, kept, done)
    _tell(uow, "person.unmerged", done, kept)
    return done


def _locked_pair(uow: UnitOfWork, kept_id: int, gone_id: int) -> tuple[Person, Person, list[Person]]:
    """Both rows and those merged into the second, held in the order of their ids: opposite merges wait, none hangs."""
    uow.session.flush()
    rows = {
        row.id: row
        for row in uow.session.scalars(
            select(Person)
            .where(or_(Person.id.in_((kept_id, gone_id)), Person.merged_into_id == gone_id))
            .order_by(Person.id)
            .with_for_update(of=Person)
            .execution_options(populate_existing=True)
        )
    }
    if kept_id not in rows or gone_id not in rows:
        raise PersonNotFound
    moved = uow.session.scalars(  # asked again: one may have come while we waited
        select(Person).where(Person.merged_into_id == gone_id).order_by(Person.id).with_for_update(of=Person)
    )
    return rows[kept_id], rows[gone_id], list(moved)


def _refuse(kept: Person, gone: Person) -> None:
    if kept.erased_at is not None or gone.erased_at is not None:
        raise NotMergeable("erased")
    if kept.merged_into_id is not None or gone.merged_into_id is not None:
        raise NotMergeable("already")
    if kept.id_hash and gone.id_hash and kept.id_hash != gone.id_hash:
        raise NotMergeable("other_identity")


def _fill(uow: UnitOfWork, kept: Person, gone: Person, done: Merge) -> dict[str, Any]:
    """Give the kept person what he lacks. Returns field to value as text, for the way back."""
    names = [name for name in FILLED if not getattr(kept, name) and getattr(gone, name)]
    if not kept.id_hash and gone.id_hash:
        names += IDENTITY
    if gone.helper_id == kept.id and "helper_id" in names:
        names.remove("helper_id")  # nobody helps himself
    filled = {name: _text(getattr(gone, name)) for name in names}
    for name in names:
        setattr(kept, name, getattr(gone, name))
    said = {name: value for name, value in filled.items() if name not in (*IDENTITY, "helper_id")}
    if "id_last4" in filled:
        said["identity"] = filled["id_last4"]
    if said:
        uow.session.add(
            Provenance(
                person_id=kept.id,
                source=_evidence(done),
                as_of=None,
                at=uow.now,
                said=said,
                taken=sorted(said),
                before=dict.fromkeys(said, ""),
            )
        )
    return filled


def _empty(kept: Person, filled: dict[str, str]) -> None:
    """Take out again what a merge filled in, where it still stands."""
    for name, value in filled.items():
        if _text(getattr(kept, name)) == value:
            setattr(kept, name, "" if name in WORDS else None)


def _stand_in(uow: UnitOfWork, kept: Person, gone: Person) -> tuple[list[int], list[int]]:
    """Where the other one was head or helper the kept one is from now on. Returns the households and whom he helps."""
    session = uow.session
    session.flush()
    home = Household.id == kept.household_id
    homes = session.scalars(
        update(Household).where(Household.head_id == gone.id, home).values(head_id=kept.id).returning(Household.id)
    ).all()
    helped = session.scalars(
        update(Person)
        .where(Person.helper_id == gone.id, Person.id != kept.id)
        .values(helper_id=kept.id)
        .returning(Person.id)
    ).all()
    return sorted(homes), sorted(helped)


def _step_back(uow: UnitOfWork, kept: Person, gone: Person, homes: Sequence[int], helped: Sequence[int]) -> None:
    session = uow.session
    session.flush()
    still = Household.head_id == kept.id
    session.execute(update(Household).where(Household.id.in_(homes), still).values(head_id=gone.id))
    session.execute(update(Person).where(Person.id.in_(helped), Person.helper_id == kept.id).values(helper_id=gone.id))


def _hold_others(uow: UnitOfWork, kept: Person, undone: Merge) -> None:
    """What other merges of the same person would have filled or stopped had the one taken back never been.

    A later one may have passed on what came from the one taken back, so the wishes of all are taken back, the last
    first, and those that hold are made strict anew, each for whom it found. Who resumed since is not stopped again.
    """
    others = uow.session.scalars(
        select(Merge)
        .where(Merge.kept_id == kept.id, Merge.undone_at.is_(None), Merge.id != undone.id)
        .order_by(Merge.id)
    ).all()
    held: set[str] = set()
    for one in sorted((undone, *others), key=lambda merge: merge.id, reverse=True):
        held |= consents.relax(uow, one.before.get("consents", ()), _evidence(one))
    rows = {kept.id}
    for one in others:
        filled = _fill(uow, kept, uow.session.get_one(Person, one.gone_id), one)
        rows |= {one.gone_id, *one.before.get("moved", ())}
        one.before = {
            **one.before,
            "filled": {**one.before.get("filled", {}), **filled},
            "consents": consents.strictest(uow, _numbers(uow, rows), _evidence(one), only=held),
        }


def _numbers(uow: UnitOfWork, rows: Collection[int]) -> list[str]:
    """Every number of these rows of one person."""
    uow.session.flush()
    return list(uow.session.scalars(select(Contact.msisdn).where(Contact.person_id.in_(rows)).distinct()))


def _rows(uow: UnitOfWork, kept_id: int) -> list[int]:
    """A person and all who were merged into him."""
    uow.session.flush()
    cluster = or_(Person.id == kept_id, Person.merged_into_id == kept_id)
    return list(uow.session.scalars(select(Person.id).where(cluster)))


def _tell(uow: UnitOfWork, action: str, done: Merge, kept: Person) -> None:
    place = uow.session.scalar(select(Household.community_code).where(Household.id == kept.household_id)) or ""
    uow.audit(action, f"person:{done.kept_id}", place=place, merge=done.id, other=done.gone_id)
    search.reindex(uow, [done.kept_id, done.gone_id, *done.before.get("moved", ())])


def _evidence(done: Merge) -> str:
    return f"merge:{done.id}"


def _text(value: AccessNeed | date | int | str | None) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
