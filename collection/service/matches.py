"""What a person decides of pairs and rows that may be one person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from collection.errors import MatchDecided, MatchNotFound, MatchUnclear, NotMeanwhile
from collection.models import BatchRow, Decision, MatchCandidate, Outcome
from collection.queries import matches as reads
from collection.record_linkage import score
from collection.service import applying, linking
from core.uow import UnitOfWork
from directory.errors import MergeNotFound, NotUndoable
from directory.models import Household, Merge, Person
from directory.service import merges
from ticketing.models import Ticket
from ticketing.service import requesters


def same(uow: UnitOfWork, candidate_id: int, kept_id: int) -> Merge:
    """The two are one person: merge the other one into `kept_id`. Raises MatchNotFound, MatchDecided, MatchUnclear.

    And whatever the merge refuses: two identity numbers, somebody merged or erased meanwhile.
    """
    pair = _held(uow, candidate_id)
    if kept_id not in (pair.low_id, pair.high_id):
        raise MatchUnclear
    gone_id = pair.high_id if kept_id == pair.low_id else pair.low_id
    done = merges.merge(uow, kept_id, gone_id, pair.score, pair.reasons)
    _decide(uow, pair, Decision.SAME)
    pair.merge_id = done.id
    return done


def different(uow: UnitOfWork, candidate_id: int) -> None:
    """The two are two, and are not proposed again. Raises MatchNotFound and MatchDecided."""
    pair = _held(uow, candidate_id)
    _decide(uow, pair, Decision.DIFFERENT)
    uow.audit("match.different", f"match:{pair.id}", place=_place(uow, pair), low=pair.low_id, high=pair.high_id)


def again(uow: UnitOfWork, candidate_id: int) -> None:
    """That the two are two was a slip: the pair waits for a decision again, weighed anew.

    Raises MatchNotFound, and MatchDecided when nobody said so or one of them was merged or erased meanwhile.
    """
    pair = uow.session.get(MatchCandidate, candidate_id, with_for_update=True, populate_existing=True)
    if pair is None:
        raise MatchNotFound
    standing = select(Person.id).where(
        Person.id.in_((pair.low_id, pair.high_id)), Person.merged_into_id.is_(None), Person.erased_at.is_(None)
    )
    if pair.decision is not Decision.DIFFERENT or len(uow.session.scalars(standing).all()) < 2:
        raise MatchDecided
    known = linking.records(uow, (pair.low_id, pair.high_id))
    found = score(known[pair.low_id], known[pair.high_id])
    pair.score, pair.reasons = found.value, list(found.reasons)
    pair.decision, pair.decided_at, pair.decided_by, pair.merge_id = None, None, "", None
    uow.audit("match.again", f"match:{pair.id}", place=_place(uow, pair), low=pair.low_id, high=pair.high_id)


def undo(uow: UnitOfWork, merge_id: int) -> Merge:
    """Take a merge back; its pair counts as two people from now on. Raises what the parting refuses."""
    done = merges.unmerge(uow, merge_id)
    pair = uow.session.scalar(select(MatchCandidate).where(MatchCandidate.merge_id == merge_id))
    if pair is not None:
        _decide(uow, pair, Decision.DIFFERENT)
    return done


def hand_over(uow: UnitOfWork, merge_id: int, ticket_id: int, person_id: int) -> Ticket:
    """A ticket that came in while two were one person is of this one of the two; the same way leads back.

    Raises MergeNotFound, MatchUnclear for anybody else, NotMeanwhile for another ticket, and NotUndoable when either
    was erased.
    """
    done = uow.session.get(Merge, merge_id, with_for_update=True, populate_existing=True)
    if done is None:
        raise MergeNotFound
    if person_id not in (done.kept_id, done.gone_id):
        raise MatchUnclear
    if ticket_id not in {one.ticket_id for one in reads.came_between(uow.session, [done]).get(done.id, ())}:
        raise NotMeanwhile
    both = select(Person.erased_at).where(Person.id.in_((done.kept_id, done.gone_id))).order_by(Person.id)
    if any(uow.session.scalars(both.with_for_update(read=True))):
        raise NotUndoable("erased")
    return requesters.give_to(uow, ticket_id, person_id, merge_id=done.id)


def row_is(uow: UnitOfWork, row_id: int, person_id: int | None) -> int | None:
    """A row of a list is about this person, or about nobody whom we know (None). Returns whom it is about now.

    Somebody new is not proposed as one of those who were shown. Who chose one of several did not say that these are
    different people: a row that may be two is often about one who stands in the base twice. Raises MatchNotFound,
    MatchDecided and MatchUnclear.
    """
    row = uow.session.get(BatchRow, row_id)
    if row is None:
        raise MatchNotFound
    shown = reads.shown_for(uow.session, row)
    if person_id is not None and person_id not in shown:
        raise MatchUnclear
    if not applying.settle_match(uow, row_id, person_id):
        raise MatchDecided
    uow.session.flush()
    chosen = row.person_id
    if person_id is None and chosen is not None and row.outcome is Outcome.CREATE:
        _keep_apart(uow, chosen, shown)
    return chosen


def _held(uow: UnitOfWork, candidate_id: int) -> MatchCandidate:
    pair = uow.session.get(MatchCandidate, candidate_id, with_for_update=True, populate_existing=True)
    if pair is None:
        raise MatchNotFound
    if pair.decision is not None:
        raise MatchDecided
    return pair


def _place(uow: UnitOfWork, pair: MatchCandidate) -> str:
    lives = select(Household.community_code).join(Person, Person.household_id == Household.id)
    return uow.session.scalar(lives.where(Person.id == pair.low_id)) or ""


def _decide(uow: UnitOfWork, pair: MatchCandidate, decision: Decision) -> None:
    pair.decision, pair.decided_at, pair.decided_by = decision, uow.now, uow.actor


def _keep_apart(uow: UnitOfWork, person_id: int, others: Sequence[int]) -> None:
    for other in others:
        low, high = sorted((person_id, other))
        wish = insert(MatchCandidate).values(
            low_id=low,
            high_id=high,
            score=0.0,
            reasons=[],
            found_at=uow.now,
            decision=Decision.DIFFERENT,
            decided_at=uow.now,
            decided_by=uow.actor,
        )
        said = {"decision": Decision.DIFFERENT, "decided_at": uow.now, "decided_by": uow.actor}
        uow.session.execute(
            wish.on_conflict_do_update(
                index_elements=["low_id", "high_id"], set_=said, where=MatchCandidate.decision.is_(None)
            )
        )
