"""Whom rows are about: the same identity number, the source's own id, or name, birth date and door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text

from collection.models import Batch, Outcome
from collection.resident_row import Reason, Resident
from core.uow import UnitOfWork

LONGEST_ID = 64
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
AT_THE_DOOR = text(
    "select n.place, coalesce(p.merged_into_id, p.id) from unnest(cast(:places as int[]), cast(:homes as int[]), "
    "cast(:names as text[])) as n (place, home_id, name) "
    "join persons p on p.household_id = n.home_id and p.name = n.name and p.erased_at is null"
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
    """Whom each row is about, three statements for all. `households` are those behind the rows' doors, if known."""
    hits = _candidates(uow, batch, residents)
    door = _at_the_door(uow, residents, households)
    ids = {person_id for mine in hits.values() for person_id in mine} | {one for many in door.values() for one in many}
    standing = _standing(uow, ids)
    return [
        _judge(one, household_id, hits.get(place, {}), door.get(place, set()), standing)
        for place, (one, household_id) in enumerate(zip(residents, households, strict=True))
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
    one: Resident,
    household_id: int | None,
    hits: Mapping[int, set[str]],
    door: set[int],
    standing: Mapping[int, Standing],
) -> Found:
    people = {number: standing[number] for number in {*hits, *door} if number in standing}
    by_identity = [number for number, hows in hits.items() if "identity" in hows and number in people]
    if len(by_identity) == 1:
        return Found(Outcome.UPDATE, people[by_identity[0]])
    possible = {number: who for number, who in people.items() if not _is_another(one, who)}
    by_list = [number for number in possible if "list" in hits.get(number, ())]
    if len(by_list) == 1 and not by_identity:
        return Found(Outcome.UPDATE, possible[by_list[0]])
    at_home = [
        number
        for number, who in possible.items()
        if who.household_id == household_id and who.values["birth_date"] == one.birth_date and number not in by_identity
    ]
    if len(at_home) == 1 and not by_identity:
        return Found(Outcome.UPDATE, possible[at_home[0]])
    maybe = by_identity or sorted(possible)
    if maybe:
        return Found(Outcome.NEEDS_MATCH, None, [Reason("may_be", {"person_id": number}) for number in maybe[:5]])
    return Found(Outcome.CREATE)


def _is_another(one: Resident, who: Standing) -> bool:
    """Two identity numbers, or two birthdays at one door, are two people."""
    has_other_identity = bool(one.identity and who.values["identity"] and one.identity != who.values["identity"])
    has_other_birthday = bool(
        one.birth_date and who.values["birth_date"] and one.birth_date != who.values["birth_date"]
    )
    return has_other_identity or has_other_birthday


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


def _at_the_door(
    uow: UnitOfWork, residents: Sequence[Resident], households: Sequence[int | None]
) -> dict[int, set[int]]:
    asked = [
        (place, home, one.name)
        for place, (one, home) in enumerate(zip(residents, households, strict=True))
        if home is not None
    ]
    found: dict[int, set[int]] = {}
    if asked:
        told = dict(zip(("places", "homes", "names"), map(list, zip(*asked, strict=True)), strict=True))
        for place, person_id in uow.session.execute(AT_THE_DOOR, told):
            found.setdefault(place, set()).add(person_id)
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
