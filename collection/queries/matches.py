"""Reads of the match desk: pairs of the base, rows of lists that wait, merges done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from collection.errors import MatchNotFound
from collection.models import Batch, BatchRow, BatchState, MatchCandidate, MatchWalk, Outcome
from directory.errors import MergeNotFound
from directory.models import Contact, Household, Merge, Person, Provenance
from directory.queries.scoping import within
from directory.scope import Scope
from ticketing.models import Ticket

PAGE = 30
MOST_CROWDS = 200

Low, High = aliased(Person), aliased(Person)
LowHome, HighHome = aliased(Household), aliased(Household)
Side = InstrumentedAttribute[int]
SIDES_OF_PAIR = (MatchCandidate.low_id, MatchCandidate.high_id)
Row = TypeVarTuple("Row")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two persons who may be one, with their homes."""

    candidate: MatchCandidate
    low: Person
    high: Person


@dataclass(frozen=True, slots=True)
class Done:
    """A merge, with both rows as they stand now."""

    merge: Merge
    kept: Person
    gone: Person


def pairs(session: Session, scope: Scope, *, after: tuple[float, int] | None = None, limit: int = PAGE) -> list[Pair]:
    """Open pairs, both of the reader's area, the likeliest first. `after` are score and id of the last one before."""
    statement = _pairs(scope).where(MatchCandidate.decision.is_(None), _both_stand())
    if after is not None:
        statement = statement.where(tuple_(-MatchCandidate.score, MatchCandidate.id) > (-after[0], after[1]))
    ordered = statement.order_by(MatchCandidate.score.desc(), MatchCandidate.id).limit(limit)
    return [Pair(*row) for row in session.execute(ordered)]


def pair(session: Session, scope: Scope, candidate_id: int) -> Pair:
    """One pair, open or decided. Raises MatchNotFound, also outside the reader's area and for who was erased."""
    row = session.execute(
        _pairs(scope).where(MatchCandidate.id == candidate_id, Low.erased_at.is_(None), High.erased_at.is_(None))
    ).first()
    if row is None:
        raise MatchNotFound
    return Pair(*row)


def open_count(session: Session, scope: Scope) -> int:
    """How many pairs wait for a decision."""
    counted = _of_both(select(func.count()).select_from(MatchCandidate), *SIDES_OF_PAIR, scope)
    return session.scalar(counted.where(MatchCandidate.decision.is_(None), _both_stand())) or 0


@dataclass(frozen=True, slots=True)
class Crowd:
    """A household of so many people that not everybody in it was compared with everybody."""

    household: Household
    people: int


def crowds(session: Session, scope: Scope, *, limit: int = MOST_CROWDS) -> list[Crowd]:
    """Such households of the reader's area as the last look for pairs found them, the largest first."""
    people = func.count(Person.id)
    found = session.execute(
        select(Household, people)
        .join(Person, Person.household_id == Household.id)
        .where(
            Household.id.in_(select(func.unnest(MatchWalk.crowded))),
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
            within(Household.community_code, scope),
        )
        .group_by(Household.id)
        .order_by(people.desc(), Household.id)
        .limit(limit)
        .options(selectinload(Household.community))
    )
    return [Crowd(row[0], row[1]) for row in found]


def waiting_rows(session: Session, scope: Scope, *, after: int = 0, limit: int = PAGE) -> Sequence[BatchRow]:
    """Rows of loaded lists that wait for somebody to say whom they are about, in the order of their ids."""
    return session.scalars(_rows(scope).where(BatchRow.id > after).order_by(BatchRow.id).limit(limit)).all()


def waiting_row(session: Session, scope: Scope, row_id: int) -> tuple[BatchRow, Batch]:
    """One such row with its list and source. Raises MatchNotFound, also outside the reader's area."""
    row = session.scalar(_rows(scope).where(BatchRow.id == row_id))
    if row is None:
        raise MatchNotFound
    return row, session.scalars(select(Batch).where(Batch.id == row.batch_id).options(joinedload(Batch.source))).one()


def shown_for(session: Session, row: BatchRow) -> list[int]:
    """Ids of the persons whom a row may be about, the likeliest first: as they stand now.

    Who was merged since comes as whom he became, once; who was erased comes no more.
    """
    told = [int(reason["person_id"]) for reason in row.reasons if reason.get("key") == "may_be"]
    mine = aliased(Person)
    became = {
        found[0]: found[1]
        for found in session.execute(
            select(mine.id, Person.id)
            .join(Person, Person.id == func.coalesce(mine.merged_into_id, mine.id))
            .where(mine.id.in_(told), Person.erased_at.is_(None))
        )
    }
    return list(dict.fromkeys(became[one] for one in told if one in became))


def persons(session: Session, scope: Scope, ids: Collection[int]) -> dict[int, Person]:
    """These persons with home and numbers, those of the reader's area that are neither merged nor erased."""
    statement = (
        select(Person)
        .join(Household, Household.id == Person.household_id)
        .where(
            Person.id.in_(ids),
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
            within(Household.community_code, scope),
        )
        .options(joinedload(Person.household).joinedload(Household.community), selectinload(Person.contacts))
    )
    return {person.id: person for person in session.scalars(statement)}


def merges(session: Session, scope: Scope, *, before: int | None = None, limit: int = PAGE) -> list[Done]:
    """Merges of the reader's area, the newest first. `before` is the last id of the page before."""
    statement = _merges(scope).order_by(Merge.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Merge.id < before)
    return [Done(*row) for row in session.execute(statement)]


def merge(session: Session, scope: Scope, merge_id: int) -> Done:
    """One merge. Raises MergeNotFound, also outside the reader's area."""
    row = session.execute(_merges(scope).where(Merge.id == merge_id)).first()
    if row is None:
        raise MergeNotFound
    return Done(*row)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A ticket that came in while two were one person, and whose it is now."""

    ticket_id: int
    code: str
    is_handed_over: bool  # it is of the one who had been merged into the other
    is_from_gone: bool  # asked from a number that only that one has


def came_between(session: Session, done: Collection[Merge]) -> dict[int, list[Meanwhile]]:
    """The tickets that came in for the kept person while a merge held that was taken back since, by merge."""
    undone = [one.id for one in done if one.undone_at is not None]
    if not undone:
        return {}
    his, others = aliased(Contact), aliased(Contact)
    is_from_gone = and_(
        exists().where(his.person_id == Merge.gone_id, his.msisdn == Ticket.msisdn),
        not_(exists().where(others.person_id == Merge.kept_id, others.msisdn == Ticket.msisdn)),
    )
    found: dict[int, list[Meanwhile]] = {}
    for merge_id, ticket_id, code, is_handed_over, is_his in session.execute(
        select(Merge.id, Ticket.id, Ticket.code, Ticket.person_id == Merge.gone_id, is_from_gone)
        .join(Ticket, Ticket.person_id.in_((Merge.kept_id, Merge.gone_id)))
        .where(Merge.id.in_(undone), Ticket.opened_at >= Merge.at, Ticket.opened_at < Merge.undone_at)
        .order_by(Ticket.id)
    ):
        found.setdefault(merge_id, []).append(Meanwhile(ticket_id, code, is_handed_over, is_his))
    return found


def pairs_of(session: Session, done: Collection[Merge]) -> dict[int, int]:
    """The pairs from which these merges came, by merge."""
    ids = [one.id for one in done]
    found = session.execute(select(MatchCandidate.merge_id, MatchCandidate.id).where(MatchCandidate.merge_id.in_(ids)))
    return {row[0]: row[1] for row in found if row[0] is not None}


def ticket_counts(session: Session, person_ids: Collection[int]) -> dict[int, int]:
    """How many tickets each of these has, those of rows merged into him included."""
    kept = func.coalesce(Person.merged_into_id, Person.id)
    rows = session.execute(
        select(kept, func.count())
        .join(Ticket, Ticket.person_id == Person.id)
        .where(or_(Person.id.in_(person_ids), Person.merged_into_id.in_(person_ids)))
        .group_by(kept)
    )
    return {row[0]: row[1] for row in rows}


def sources(session: Session, person_ids: Collection[int]) -> dict[tuple[int, str], Provenance]:
    """Where the values of these persons come from, by person and field: the newest that was taken."""
    found: dict[tuple[int, str], Provenance] = {}
    for told in session.scalars(select(Provenance).where(Provenance.person_id.in_(person_ids)).order_by(Provenance.id)):
        for name in told.taken:
            found[told.person_id, name] = told
    return found


def _pairs(scope: Scope) -> Select[MatchCandidate, Person, Person]:
    both = _of_both(select(MatchCandidate, Low, High), *SIDES_OF_PAIR, scope)
    return both.options(*_homes(), selectinload(Low.contacts), selectinload(High.contacts))


def _of_both(statement: Select[*Row], one: Side, other: Side, scope: Scope) -> Select[*Row]:
    """With both persons and their homes. Whoever decides must see both: a merge changes what others read of them."""
    return (
        statement.join(Low, Low.id == one)
        .join(High, High.id == other)
        .join(LowHome, LowHome.id == Low.household_id)
        .join(HighHome, HighHome.id == High.household_id)
        .where(*(within(home.community_code, scope) for home in (LowHome, HighHome)))
    )


def _homes() -> list[ORMOption]:
    return [joinedload(one.household).joinedload(Household.community) for one in (Low, High)]


def _both_stand() -> ColumnElement[bool]:
    return and_(*(column.is_(None) for one in (Low, High) for column in (one.merged_into_id, one.erased_at)))


def _rows(scope: Scope) -> Select[BatchRow]:
    return (
        select(BatchRow)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .where(
            BatchRow.outcome == Outcome.NEEDS_MATCH,
            BatchRow.is_applied.is_(False),
            Batch.state == BatchState.APPLIED,
            within(Batch.jurisdiction_code, scope),
        )
    )


def _merges(scope: Scope) -> Select[Merge, Person, Person]:
    return _of_both(select(Merge, Low, High), Merge.kept_id, Merge.gone_id, scope).options(*_homes())
