"""Who may be the person of a row, and who in the base may be one person: found in bulk, weighed by the rule."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from collection.models import MatchCandidate, MatchWalk
from collection.record_linkage import Record, Score, Verdict, score, verdict
from collection.resident_row import Resident
from config.policy import CollectionPolicy
from core.uow import UnitOfWork

log = logging.getLogger(__name__)

AT_ONCE = 10_000
"""Persons of the base that are looked at together."""
WALK_EVERY = timedelta(hours=24)
MOST_AT_HOME = 40
"""In a household of more people, such as a hostel, each is compared with so many others of his own name, not with all:
everybody with everybody would be a hundred thousand pairs."""
LOOKALIKES = text(
    "select distinct n.place, coalesce(p.merged_into_id, p.id) "
    "from unnest(cast(:places as int[]), cast(:homes as int[]), cast(:names as text[]), cast(:births as date[]), "
    "cast(:swapped as date[]), cast(:numbers as text[])) as n (place, home_id, name, birth, swapped, msisdn) "
    "join lateral ("
    "select id, merged_into_id, erased_at from persons where n.home_id is not null and household_id = n.home_id "
    "and (name = n.name or birth_date = n.birth) "
    "union all select id, merged_into_id, erased_at from persons "
    "where n.swapped is not null and birth_date = n.swapped and name = n.name "
    "union all select p.id, p.merged_into_id, p.erased_at from contacts c join persons p on p.id = c.person_id "
    "where n.msisdn is not null and c.msisdn = n.msisdn and c.wrong_since is null and p.name = n.name"
    ") p on p.erased_at is null"
)
PAIRS = text(
    "with chunk as (select * from persons where id > :after and id <= :until and merged_into_id is null "
    "and erased_at is null), "
    "pairs as ("
    "select p.id as low, q.id as high from chunk p join persons q on q.id_hash = p.id_hash and q.id > p.id "
    "union select p.id, q.id from chunk p join persons q "
    "on q.birth_date = p.birth_date and q.name = p.name and q.id > p.id "
    "union select p.id, q.id from chunk p join persons q on q.household_id = p.household_id and q.id > p.id "
    "and p.household_id <> all(:crowded) and (q.birth_date is null or p.birth_date is null "
    "or extract(year from q.birth_date) = extract(year from p.birth_date)) "
    "union select p.id, q.id from chunk p join lateral (select id from persons q "
    "where q.household_id = p.household_id and q.name = p.name and q.id > p.id order by q.id limit :most) q "
    "on p.household_id = any(:crowded) "
    "union select p.id, q.id from chunk p join persons q "
    "on extract(day from p.birth_date) <= 12 and q.birth_date = make_date(extract(year from p.birth_date)::int, "
    "extract(day from p.birth_date)::int, extract(month from p.birth_date)::int) and q.name = p.name and q.id > p.id "
    "union select p.id, q.id from chunk p join contacts c on c.person_id = p.id and c.wrong_since is null "
    "join contacts d on d.msisdn = c.msisdn and d.wrong_since is null join persons q on q.id = d.person_id "
    "and q.name = p.name and q.id > p.id) "
    "select low, high from pairs join persons q on q.id = high "
    "where q.merged_into_id is null and q.erased_at is null and not exists "
    "(select 1 from match_candidates m where m.low_id = low and m.high_id = high)"
)
CROWDED = text(
    "select household_id from persons where household_id in "
    "(select household_id from persons where id > :after and id <= :until) "
    "and merged_into_id is null and erased_at is null group by household_id having count(*) > :most"
)
APART = text(
    "select coalesce(a.merged_into_id, a.id), coalesce(b.merged_into_id, b.id) from match_candidates m "
    "join persons a on a.id = m.low_id join persons b on b.id = m.high_id "
    "where m.decision = 'different' and (a.merged_into_id is not null or b.merged_into_id is not null) "
    "and (coalesce(a.merged_into_id, a.id) = any(:ids) or coalesce(b.merged_into_id, b.id) = any(:ids))"
)
RECORDS = text(
    "select p.id, p.name, p.sex, p.birth_date, h.community_code, h.address, coalesce(p.id_hash, ''), "
    "p.died_on is not null, coalesce((select array_agg(c.msisdn) from contacts c where c.person_id = p.id "
    "and c.wrong_since is null), '{}') from persons p join households h on h.id = p.household_id where p.id = any(:ids)"
)

ABSORBED = text(
    "select p.merged_into_id, p.name, p.sex, p.birth_date, h.community_code, h.address, "
    "coalesce(p.id_hash, k.id_hash, ''), k.died_on is not null, "
    "coalesce((select array_agg(c.msisdn) from contacts c where c.person_id = p.id and c.wrong_since is null), '{}') "
    "from persons p join persons k on k.id = p.merged_into_id join households h on h.id = p.household_id "
    "where p.merged_into_id = any(:ids) order by p.id"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One row that looks for its person: what it says, and the household behind its door where that is known."""

    record: Record
    household_id: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Somebody who may be the person, and how likely that is."""

    person_id: int
    score: Score
    verdict: Verdict


def lookalikes(uow: UnitOfWork, rows: Sequence[Asked]) -> dict[int, set[int]]:
    """Persons worth weighing for each row beside those of its identity number, list or name and birth date.

    Who has the name or the birth date and lives behind the door, whose day and month are swapped, who has the name and
    one of the numbers. One statement for all rows; the keys are places in `rows`. Merged persons come as whom they
    became.
    """
    asked = [one for place, row in enumerate(rows) for one in _asked(place, row)]
    found: dict[int, set[int]] = {}
    if asked:
        names = ("places", "homes", "names", "births", "swapped", "numbers")
        told = dict(zip(names, map(list, zip(*asked, strict=True)), strict=True))
        for place, person_id in uow.session.execute(LOOKALIKES, told):
            found.setdefault(place, set()).add(person_id)
    return found


def weigh(policy: CollectionPolicy, one: Record, people: Mapping[int, Sequence[Record]]) -> list[Likeness]:
    """Those of the people who are or may be this one, the likeliest first.

    People have as many records as rows became them, and the likeliest counts: somebody said that they are one.
    """
    found = [_likeness(policy, person_id, best(one, records)) for person_id, records in people.items()]
    return sorted(
        (one for one in found if one.verdict is not Verdict.DIFFERENT),
        key=lambda one: (-one.score.value, one.person_id),
    )


def best(one: Record, records: Sequence[Record]) -> Score:
    """How likely somebody is of whom there are several records."""
    return max((score(one, record) for record in records), key=lambda found: found.value)


def record_of(one: Resident) -> Record:
    """What a row says, as the rule weighs it."""
    return Record(
        name=one.name,
        sex=one.sex,
        birth_date=date.fromisoformat(one.birth_date) if one.birth_date else None,
        community_code=one.community_code,
        address=one.address,
        identity=one.identity,
        numbers=frozenset(phone.msisdn for phone in one.phones),
    )


def records(uow: UnitOfWork, person_ids: Iterable[int]) -> dict[int, Record]:
    """What the base says of these persons, in one statement."""
    ids = sorted(set(person_ids))
    if not ids:
        return {}
    return {row[0]: _record(row) for row in uow.session.execute(RECORDS, {"ids": ids})}


def absorbed(uow: UnitOfWork, person_ids: Iterable[int]) -> dict[int, list[Record]]:
    """What the rows say that were merged into these persons, by whom they became, in one statement.

    An identity number of the person holds for all of them.
    """
    found: dict[int, list[Record]] = {}
    ids = sorted(set(person_ids))
    if ids:
        for row in uow.session.execute(ABSORBED, {"ids": ids}):
            found.setdefault(row[0], []).append(_record(row))
    return found


def walk(uow: UnitOfWork) -> bool:
    """Look for pairs among the next persons of the base. Returns whether there is more to do today.

    Once a day everybody is looked at, from the first to the last id; the place is kept, so a walk goes on after a
    stop. Pairs that somebody decided are never proposed again. Of somebody whose pairs cannot be read the audit log
    tells, and all others are looked at.
    """
    place = uow.session.get(MatchWalk, 1, with_for_update=True, populate_existing=True)
    if place is None:
        place = MatchWalk(id=1, at_id=0, begun_at=uow.now, crowded=[])
        uow.session.add(place)
    elif place.ended_at is not None:
        if uow.now - place.begun_at < WALK_EVERY:
            return False
        place.at_id, place.begun_at, place.ended_at, place.crowded = 0, uow.now, None, []
    until = uow.session.scalar(
        text("select max(id) from (select id from persons where id > :after order by id limit :count) as next"),
        {"after": place.at_id, "count": AT_ONCE},
    )
    if until is None:
        place.ended_at = uow.now
        return False
    _propose_around(uow, place.at_id, until)
    place.crowded = sorted({*place.crowded, *crowded_homes(uow, place.at_id, until)})
    place.at_id = until
    return True


def _propose_around(uow: UnitOfWork, after: int, until: int) -> None:
    """Propose the pairs of these persons; where one cannot be read, those before him and those behind him."""
    try:
        with uow.attempt():
            propose(uow, after, until)
    except OperationalError:
        raise  # a lock or the database: tried again as a whole
    except Exception:
        if until - after > 1:
            middle = (after + until) // 2
            _propose_around(uow, after, middle)
            _propose_around(uow, middle, until)
        else:
            log.exception("the pairs of person %d cannot be read", until)
            uow.audit("match.left_out", f"person:{until}")


def propose(uow: UnitOfWork, after: int, until: int) -> int:
    """Write down the pairs of these persons (ids behind `after` up to `until`) with later ones. Returns how many."""
    told = {"after": after, "until": until, "crowded": crowded_homes(uow, after, until), "most": MOST_AT_HOME}
    pairs = [(row[0], row[1]) for row in uow.session.execute(PAIRS, told)]
    pairs = _without_those_told_apart(uow, pairs)
    known = records(uow, {one for pair in pairs for one in pair})
    rows = []
    for low, high in pairs:
        found = _likeness(uow.policy.collection, high, score(known[low], known[high]))
        if found.verdict is not Verdict.DIFFERENT:
            rows.append(
                {
                    "low_id": low,
                    "high_id": high,
                    "score": found.score.value,
                    "reasons": list(found.score.reasons),
                    "found_at": uow.now,
                    "decided_by": "",
                }
            )
    if rows:
        wish = insert(MatchCandidate).on_conflict_do_nothing(index_elements=["low_id", "high_id"])
        uow.session.execute(wish, rows)
    return len(rows)


def crowded_homes(uow: UnitOfWork, after: int, until: int) -> list[int]:
    """The households of these persons in which so many live that not everybody is compared with everybody."""
    return list(uow.session.scalars(CROWDED, {"after": after, "until": until, "most": MOST_AT_HOME}))


def _without_those_told_apart(uow: UnitOfWork, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs but those of which somebody said that they are two, about a row that became one of them since."""
    if not pairs:
        return []
    ids = sorted({one for pair in pairs for one in pair})
    apart = {frozenset((row[0], row[1])) for row in uow.session.execute(APART, {"ids": ids})}
    return [pair for pair in pairs if frozenset(pair) not in apart]


def _asked(place: int, row: Asked) -> list[tuple[int, int | None, str, date | None, date | None, str | None]]:
    one = row.record
    swapped = None
    if one.birth_date is not None and one.birth_date.day <= 12 and one.birth_date.day != one.birth_date.month:
        swapped = date(one.birth_date.year, one.birth_date.day, one.birth_date.month)
    first = [(place, row.household_id, one.name, one.birth_date, swapped, None)]
    lines = [(place, None, one.name, None, None, number) for number in sorted(one.numbers)]
    return [*first, *lines]


def _likeness(policy: CollectionPolicy, person_id: int, found: Score) -> Likeness:
    same, maybe = policy.match_same_percent / 100, policy.match_maybe_percent / 100
    return Likeness(person_id, found, verdict(found.value, same, maybe))


def _record(row: Any) -> Record:
    _, name, sex, born, code, address, identity, has_died, numbers = row
    return Record(name, sex, born, code, address, identity, frozenset(numbers), has_died)
