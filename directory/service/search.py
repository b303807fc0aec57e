"""Keeps the search rows of persons as their names, numbers and addresses are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, CollectionAggregate, Integer, any_, delete, func, literal, or_, select, text

from core.uow import UnitOfWork
from directory.fragments import Subject, grams_of, words_of
from directory.models import Contact, Household, Person, PersonSearch

AT_ONCE = 2_000
"""Persons whose rows are made together."""

COLUMNS = ("person_id", "community_code", "words", "grams")
WRITE = text(
    "insert into person_searches (person_id, community_code, words, grams) "
    "select i, c, w, g::int[] from unnest(cast(:person_id as int[]), cast(:community_code as text[]), "
    "cast(:words as text[]), cast(:grams as text[])) as rows (i, c, w, g) "
    "on conflict (person_id) do update "
    "set community_code = excluded.community_code, words = excluded.words, grams = excluded.grams"
)
"""One list a column: a thousand rows with fifty grams each cost a third of what an insert of each row does."""


@dataclass(slots=True)
class _Cluster:
    """One person with all that was merged into him."""

    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    address: str = ""
    community_code: str = ""


def reindex(uow: UnitOfWork, person_ids: Collection[int]) -> int:
    """Make the search rows of these persons anew, of merged ones that of whom they became. Returns how many stand.

    Three or four statements for each 2,000 persons. Rows of merged, erased and vanished persons go. A number that is
    marked wrong does not find anybody.
    """
    uow.session.flush()  # reads by statement what the caller has just changed
    ids = sorted(set(person_ids))
    return sum(_reindex(uow, ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE))


def fill(uow: UnitOfWork, after: int, limit: int = AT_ONCE) -> int | None:
    """Make rows for the next persons behind an id that have none. Returns the last id seen, None at the end."""
    missing = (
        select(Person.id)
        .outerjoin(PersonSearch, PersonSearch.person_id == Person.id)
        .where(
            Person.id > after,
            PersonSearch.person_id.is_(None),
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
        )
    )
    return _take(uow, missing.order_by(Person.id).limit(limit))


def follow(uow: UnitOfWork, codes: Collection[str], after: int, limit: int = AT_ONCE) -> int | None:
    """Make the rows anew of the next persons behind an id who came to these communities with their homes.

    Returns as `fill` does.
    """
    moved = (
        select(Person.id)
        .join(Household, Household.id == Person.household_id)
        .join(PersonSearch, PersonSearch.person_id == Person.id)
        .where(
            Person.id > after,
            Household.community_code.in_(codes),
            PersonSearch.community_code != Household.community_code,
        )
    )
    return _take(uow, moved.order_by(Person.id).limit(limit))


def renew(uow: UnitOfWork, after: int, limit: int = AT_ONCE) -> int | None:
    """Make the rows of the next persons behind an id anew, whether they have one or not. Returns as `fill` does."""
    return _take(uow, select(Person.id).where(Person.id > after).order_by(Person.id).limit(limit))


def _take(uow: UnitOfWork, ids: object) -> int | None:
    found: Sequence[int] = uow.session.scalars(ids).all()  # type: ignore[call-overload]
    reindex(uow, found)
    return found[-1] if found else None


def _reindex(uow: UnitOfWork, ids: Sequence[int]) -> int:
    session = uow.session
    kept = func.coalesce(Person.merged_into_id, Person.id)
    wanted = set(session.scalars(select(kept).where(Person.id == _any(ids)))) if ids else set()
    members = session.execute(
        select(Person.id, Person.merged_into_id, Person.name, Household.address, Household.community_code)
        .join(Household, Household.id == Person.household_id)
        .where(or_(Person.id == _any(wanted), Person.merged_into_id == _any(wanted)), Person.erased_at.is_(None))
        .order_by(Person.id)
    ).all()
    clusters: dict[int, _Cluster] = defaultdict(_Cluster)
    cluster_of: dict[int, int] = {}
    for person_id, merged_into_id, name, address, code in members:
        cluster_of[person_id] = merged_into_id or person_id
        cluster = clusters[cluster_of[person_id]]
        if merged_into_id is None:
            cluster.names.insert(0, name)
            cluster.address, cluster.community_code = address, code
        else:
            cluster.names.append(name)
    for person_id, number in session.execute(
        select(Contact.person_id, Contact.msisdn)
        .where(Contact.person_id == _any(cluster_of), Contact.wrong_since.is_(None))
        .order_by(Contact.id)
    ):
        clusters[cluster_of[person_id]].numbers.append(number)
    rows = [_row(person_id, cluster) for person_id, cluster in clusters.items() if cluster.community_code]
    gone = (set(ids) | wanted) - {row["person_id"] for row in rows}
    if gone:
        session.execute(delete(PersonSearch).where(PersonSearch.person_id == _any(gone)))
    if rows:
        session.execute(WRITE, {name: [row[name] for row in rows] for name in COLUMNS})
    return len(rows)


def _any(ids: Iterable[int]) -> CollectionAggregate[Any]:
    """Ids as one array: thousands of them as single parameters take longer to write down than to look up."""
    return any_(literal(list(ids), ARRAY(Integer)))


def _row(person_id: int, cluster: _Cluster) -> dict[str, object]:
    subject = Subject(tuple(cluster.names), tuple(cluster.numbers), cluster.address, cluster.community_code)
    return {
        "person_id": person_id,
        "community_code": cluster.community_code,
        "words": words_of(subject),
        "grams": f"{{{','.join(map(str, grams_of(subject)))}}}",
    }
