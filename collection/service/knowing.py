"""Whom rows are about: the same identity number, the source's own id, or name with birth date or door beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text

from collection.models import Batch, Outcome
from collection.record_linkage import Record, Verdict, births_alike, names_alike
from collection.resident_row import Reason, Resident
from collection.service import linking
from collection.service.linking import Asked
from config.policy import CollectionPolicy
from core.uow import UnitOfWork
from directory.scope import Scope

LONGEST_ID = 64
MOST_SHOWN = 5  # persons whom one row may be
CANDIDATES = text(
    "select distinct n.place, coalesce(p.merged_into_id, p.id) as person_id, n.how "
    "from unnest(cast(:places as int[]), cast(:hows as text[]), cast(:hashes as text[]), cast(:lists as text[]), "
    "cast(:names as text[]), cast(:births as date[])) as n (place, how, hash, list_id, name, birth) "
    "join lateral ("
    "select id, merged_into_id from persons where n.how = 'identity' and id_hash = n.hash and erased_at is null "
    "union all select id, merged_into_id from persons "
    "where n.how = 'list' and source_id = n.list_id and erased_at is null "
    "union all select id, merged_into_id from persons "
    "where n.how = 'name' and birth_date = n.birth and name = n.name and erased_at is null"
    ") p on true"
)
STANDING = text(
    "select p.id, p.name, p.sex, p.birth_date, p.lang, p.access_need, p.registered_place, p.nationality, p.id_hash, "
    "p.household_id, h.community_code, h.address, p.id_last4, coalesce(h.head_id = p.id, false), "
    "p.died_on, p.left_on, r.id, r.kind, r.from_on, "
    "coalesce((select jsonb_agg(jsonb_build_array(c.msisdn, c.wrong_since is not null)) from contacts c "
    "where c.person_id = p.id), '[]') "
    "from persons p join households h on h.id = p.household_id "
    "left join lateral (select id, kind, from_on from residences where person_id = p.id and until_on is null "
    "order by id desc limit 1) r on true where p.id = any(:ids)"
)


@dataclass(slots=True)
class Standing:
    """A person as he stands in the base."""

    person_id: int
    household_id: int
    community_code: str
    address: str
    values: dict[str, str]  # field to value as text
    phones: tuple[tuple[str, bool], ...]  # E.164, and whether it is known to be wrong
    died_on: date | None
    left_on: date | None
    residence_id: int | None
    id_last4: str
    is_head: bool


@dataclass(frozen=True, slots=True)
class Sure:
    """What somebody decided of a row: whom it is about; None: nobody that we know."""

    person_id: int | None


@dataclass(slots=True)
class Found:
    """Whom one row is about: nobody we know (create), somebody (update), or a person must look (needs_match)."""

    outcome: Outcome
    standing: Standing | None = None
    reasons: list[Reason] = field(default_factory=list)


def source_id(batch: Batch, one: Resident) -> str | None:
    """The id of the list as persons hold it."""
    return f"{batch.source.name}:{one.list_id}"[:LONGEST_ID] if one.list_id else None


def find(uow: UnitOfWork, batch: Batch, residents: Sequence[Resident], households: Sequence[int | None]) -> list[Found]:
    """Whom each row is about, four statements for all. `households` are those behind the rows' doors, if known."""
    hits = _candidates(uow, batch, residents)
    records = [linking.record_of(one) for one in residents]
    near = linking.lookalikes(uow, [Asked(*asked) for asked in zip(records, households, strict=True)])
    ids = {person_id for mine in hits.values() for person_id in mine} | {one for many in near.values() for one in many}
    standing = _standing(uow, ids)
    absorbed = linking.absorbed(uow, standing)
    policy = uow.policy.collection
    return [
        _judge(policy, record, hits.get(place, {}), near.get(place, set()), standing, absorbed)
        for place, record in enumerate(records)
    ]


def told(uow: UnitOfWork, sure: Sure) -> Found:
    """Whom a row is about, as somebody decided; he may have been merged or erased since."""
    if sure.person_id is None:
        return Found(Outcome.CREATE)
    kept = uow.session.scalar(
        text("select coalesce(merged_into_id, id) from persons where id = :id and erased_at is null"),
        {"id": sure.person_id},
    )
    standing = _standing(uow, {kept} if kept is not None else set())
    return Found(Outcome.UPDATE, standing[kept]) if kept in standing else Found(Outcome.CREATE)


def _judge(
    policy: CollectionPolicy,
    one: Record,
    hits: Mapping[int, set[str]],
    near: set[int],
    standing: Mapping[int, Standing],
    absorbed: Mapping[int, Sequence[Record]],
) -> Found:
    people = {number: standing[number] for number in {*hits, *near} if number in standing}
    by_identity = [number for number, hows in hits.items() if "identity" in hows and number in people]
    if len(by_identity) == 1:
        return Found(Outcome.UPDATE, people[by_identity[0]])
    if by_identity:
        return _unsure(by_identity)
    known = {number: [_record_of(who), *absorbed.get(number, ())] for number, who in people.items()}
    for number in (number for number, hows in hits.items() if "list" in hows and number in known):
        if not (one.identity and people[number].values["identity"]):
            return Found(Outcome.UPDATE, people[number]) if _may_have_changed(one, known[number]) else _unsure([number])
    likely = linking.weigh(policy, one, known)
    same = [found for found in likely if found.verdict is Verdict.SAME]
    if len(same) == 1:
        return Found(Outcome.UPDATE, people[same[0].person_id])
    return _unsure([found.person_id for found in likely]) if likely else Found(Outcome.CREATE)


def within(scope: Scope, found: Sequence[Found]) -> list[Found]:
    """Somebody who lives where whoever loads the list has no right is neither changed nor moved by it.

    Who sees both places decides.
    """
    return [
        _unsure([one.standing.person_id])
        if one.standing is not None and one.standing.left_on is None and not scope.covers(one.standing.community_code)
        else one
        for one in found
    ]


def _unsure(person_ids: Sequence[int]) -> Found:
    """A person must say which of these it is, the likeliest first."""
    reasons = [Reason("may_be", {"person_id": number}) for number in person_ids[:MOST_SHOWN]]
    return Found(Outcome.NEEDS_MATCH, None, reasons)


def _may_have_changed(one: Record, known: Sequence[Record]) -> bool:
    """Whether one line of a list is still about the same person: the name or the birth date is as it was."""
    return any(
        names_alike(one.name, record.name) or births_alike(one.birth_date, record.birth_date) == "same_birth"
        for record in known
    )


def _record_of(who: Standing) -> Record:
    born = who.values["birth_date"]
    return Record(
        name=who.values["name"],
        sex=who.values["sex"],
        birth_date=date.fromisoformat(born) if born else None,
        community_code=who.community_code,
        address=who.address,
        identity=who.values["identity"],
        numbers=frozenset(number for number, is_wrong in who.phones if not is_wrong),
        has_died=who.died_on is not None,
    )


def _candidates(uow: UnitOfWork, batch: Batch, residents: Sequence[Resident]) -> dict[int, dict[int, set[str]]]:
    asked: list[tuple[int, str, str | None, str | None, str | None, date | None]] = []
    for place, one in enumerate(residents):
        if one.identity:
            asked.append((place, "identity", one.identity, None, None, None))
        if list_id := source_id(batch, one):
            asked.append((place, "list", None, list_id, None, None))
        if one.birth_date:
            asked.append((place, "name", None, None, one.name, date.fromisoformat(one.birth_date)))
    found: dict[int, dict[int, set[str]]] = {}
    if not asked:
        return found
    names = ("places", "hows", "hashes", "lists", "names", "births")
    told = dict(zip(names, map(list, zip(*asked, strict=True)), strict=True))
    for place, person_id, how in uow.session.execute(CANDIDATES, told):
        found.setdefault(place, {}).setdefault(person_id, set()).add(how)
    return found


def _standing(uow: UnitOfWork, ids: set[int]) -> dict[int, Standing]:
    if not ids:
        return {}
    found = {}
    for row in uow.session.execute(STANDING, {"ids": sorted(ids)}):
        person_id, name, sex, born, lang, need, registered, nationality, id_hash = row[:9]
        home_id, code, address, last4, is_head, died_on, left_on, residence_id, kind, since, phones = row[9:]
        values = {
            "name": name,
            "sex": sex,
            "birth_date": born.isoformat() if born else "",
            "lang": lang,
            "access_need": need or "",
            "registered_place": registered,
            "nationality": nationality,
            "identity": id_hash or "",
            "residence_kind": "" if kind in (None, "unknown") else kind,
            "living_since": since.isoformat() if since else "",
        }
        found[person_id] = Standing(
            person_id,
            home_id,
            code,
            address,
            values,
            tuple((number, is_wrong) for number, is_wrong in phones),
            died_on,
            left_on,
            residence_id,
            last4,
            is_head,
        )
    return found
