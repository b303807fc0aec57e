"""What would become of rows: whom each is about, and what of it would be taken over. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select, text

from collection.models import Batch, Outcome, Source
from collection.resident_row import Phone, Reason, Resident
from collection.service import knowing, loader
from collection.service.knowing import Standing, Sure
from collection.survivorship import Origin, Verdict, decide
from core.uow import UnitOfWork
from directory import erased
from directory.models import ErasedKey
from directory.queries.homes import Home, Known, by_home, doors
from directory.service import consents
from directory.service.erasure import erased_keys

SINGLE = ("name", "sex", "birth_date", "lang", "access_need", "registered_place", "nationality", "identity")
"""Fields of which a person has one value."""
LATEST = text(
    "select distinct on (p.person_id, f) p.person_id, f, p.source, p.as_of "
    "from provenances p, jsonb_array_elements_text(p.taken) as f "
    "where p.person_id = any(:ids) order by p.person_id, f, p.id desc"
)


@dataclass(slots=True)
class Decision:
    """What becomes of one row, and why."""

    row_no: int
    resident: Resident
    outcome: Outcome
    reasons: list[Reason] = field(default_factory=list)
    standing: Standing | None = None  # whom it is about
    taken: list[str] = field(default_factory=list)  # fields that would be written into the person
    new_phones: tuple[Phone, ...] = ()
    is_head: bool = False
    consent: bool | None = None
    home_key: Home = ("", "")


def decide_all(
    uow: UnitOfWork,
    batch: Batch,
    rows: Sequence[tuple[int, Resident]],
    sure: Sure | None = None,
    *,
    is_again: bool = False,
) -> list[Decision]:
    """Look at a thousand rows together; a dozen statements however many there are. The rows have their community.

    `sure`: somebody decided already whom the one row is about; `is_again`: the rows were decided in the check.
    """
    told = doors(uow.session, {(one.community_code, one.address) for _, one in rows})
    homes = {home: door.key for home, door in told.items()}
    households = by_home(uow.session, homes)
    made = [Decision(number, one, Outcome.CREATE) for number, one in rows]
    for decision in made:
        decision.home_key = homes[decision.resident.community_code, decision.resident.address]
    if not is_again or _was_erased_since(uow, batch):
        _refuse_erased(uow, batch, made)
    for decision in made:
        may_be = told[decision.resident.community_code, decision.resident.address].may_be
        if may_be and decision.outcome is Outcome.CREATE:
            decision.outcome = Outcome.REFUSE
            decision.reasons.append(Reason("house_unsure", {"houses": " / ".join(may_be)}))
    living = [one for one in made if one.outcome is Outcome.CREATE]
    lived_in = [_household(one, households) for one in living]
    if sure is None:
        found = knowing.find(uow, batch, [one.resident for one in living], lived_in)
        found = knowing.within(loader.read_scope(uow, batch), found)
    else:
        found = [knowing.told(uow, sure) for _ in living]
    for decision, known in zip(living, found, strict=True):
        decision.standing = known.standing
        decision.reasons += known.reasons
        decision.outcome = known.outcome
    _compare(uow, batch, [one for one in living if one.outcome is Outcome.UPDATE], households)
    _heads(living, households)
    _consents(uow, living)
    for decision in living:
        if decision.outcome is Outcome.UPDATE and not _has_news(decision):
            decision.outcome = Outcome.SKIP
        if decision.outcome is Outcome.UPDATE:
            decision.reasons[:0] = [Reason("takes", {"field": name}) for name in _news(decision)]
    return made


def _news(decision: Decision) -> list[str]:
    numbers = {"mobile" if phone.kind == "mobile" else "landline" for phone in decision.new_phones}
    more = [("head", decision.is_head), ("consent", decision.consent is not None)]
    return [*decision.taken, *sorted(numbers), *(name for name, is_new in more if is_new)]


def _has_news(decision: Decision) -> bool:
    return bool(decision.taken or decision.new_phones or decision.is_head or decision.consent is not None)


def _household(decision: Decision, households: Mapping[Home, Known]) -> int | None:
    known = households.get((decision.resident.community_code, decision.resident.address))
    return known.household_id if known is not None else None


def erased_among(uow: UnitOfWork, batch: Batch, residents: Sequence[Resident]) -> list[bool]:
    """Which of these are of somebody who was erased. One statement."""
    keys = [erasure_keys(batch, one) for one in residents]
    gone = erased_keys(uow, {key for mine in keys for key in mine})
    return [bool(mine & gone) for mine in keys]


def _refuse_erased(uow: UnitOfWork, batch: Batch, decisions: Sequence[Decision]) -> None:
    gone = erased_among(uow, batch, [one.resident for one in decisions])
    for decision, is_gone in zip(decisions, gone, strict=True):
        if is_gone:
            decision.outcome = Outcome.REFUSE
            decision.reasons.append(Reason("erased"))


def _was_erased_since(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether anybody was erased since the list came, so that its check may not know of him."""
    since = select(ErasedKey.key).where(ErasedKey.at >= batch.received_at)
    return uow.session.scalar(select(since.exists())) or False


def erasure_keys(batch: Batch, one: Resident) -> frozenset[str]:
    """By what the person of a row would be known again had he been erased."""
    return erased.keys(
        one.name,
        date.fromisoformat(one.birth_date) if one.birth_date else None,
        tuple(phone.msisdn for phone in one.phones),
        one.identity or None,
        knowing.source_id(batch, one),
    )


def _compare(uow: UnitOfWork, batch: Batch, decisions: Sequence[Decision], households: Mapping[Home, Known]) -> None:
    """Field by field: what is new, and whose word counts where two sources differ."""
    differing = {id(one): _differences(one, _household(one, households)) for one in decisions}
    origins = _origins(uow, [one.standing.person_id for one in decisions if one.standing and differing[id(one)]])
    for decision in decisions:
        standing = decision.standing
        if standing is None:
            continue
        if standing.died_on is not None:
            decision.outcome = Outcome.REFUSE
            decision.reasons.append(Reason("person_died"))
            continue
        for name, (was, new) in differing[id(decision)].items():
            origin = origins.get((standing.person_id, name))
            verdict = decide(was, new, origin, batch.source.authority, batch.as_of)
            if verdict is Verdict.TAKE:
                decision.taken.append(name)
            elif verdict is not Verdict.SAME:
                decision.reasons.append(Reason(verdict.value, {"field": name}))
        known = {phone for phone, _ in standing.phones}
        wrong = {phone for phone, is_wrong in standing.phones if is_wrong}
        decision.new_phones = tuple(one for one in decision.resident.phones if one.msisdn not in known)
        if any(one.msisdn in wrong for one in decision.resident.phones):
            decision.reasons.append(Reason("number_known_wrong"))


def _differences(decision: Decision, household_id: int | None) -> dict[str, tuple[str, str]]:
    """Field to what stands there and what the row brings, where these differ."""
    standing, brought = decision.standing, decision.resident
    if standing is None:
        return {}
    found = {
        name: (standing.values.get(name, ""), getattr(brought, name))
        for name in SINGLE
        if getattr(brought, name) and getattr(brought, name) != standing.values.get(name, "")
    }
    is_home = household_id is not None and household_id == standing.household_id and standing.left_on is None
    if not is_home:
        found["address"] = (
            f"{standing.community_code} {standing.address}",
            f"{brought.community_code} {brought.address}",
        )
        return found
    for name in ("residence_kind", "living_since"):
        was, new = standing.values.get(name, ""), getattr(brought, name)
        if new and new != was:
            found[name] = (was, new)
    return found


def _origins(uow: UnitOfWork, person_ids: Sequence[int]) -> dict[tuple[int, str], Origin]:
    """Where the values of these persons come from, by person and field; one statement, and one for the sources."""
    if not person_ids:
        return {}
    authority: dict[str, int] = dict(uow.session.execute(select(Source.name, Source.authority)).all())
    rows = uow.session.execute(LATEST, {"ids": list(person_ids)})
    return {
        (person_id, name): Origin(source, authority.get(source, 0), as_of) for person_id, name, source, as_of in rows
    }


def _heads(decisions: Sequence[Decision], households: Mapping[Home, Known]) -> None:
    """A household has one head: another one in the base refuses the row."""
    for decision in decisions:
        if decision.resident.head != "yes" or decision.outcome not in (Outcome.CREATE, Outcome.UPDATE):
            continue
        known = households.get((decision.resident.community_code, decision.resident.address))
        head_id = known.head_id if known is not None else None
        mine = decision.standing.person_id if decision.standing is not None else None
        if head_id is None:
            decision.is_head = True
        elif head_id != mine:
            decision.outcome = Outcome.REFUSE
            decision.reasons.append(Reason("two_heads_known"))


def _consents(uow: UnitOfWork, decisions: Sequence[Decision]) -> None:
    """A list gives consent only for a number of which nothing is known; it withdraws at any time."""
    wishes = [
        one
        for one in decisions
        if one.resident.consent and one.resident.phones and one.outcome in (Outcome.CREATE, Outcome.UPDATE)
    ]
    numbers = {one.resident.phones[0].msisdn for one in wishes}
    latest = consents.notices_wished(uow, numbers)
    for one in wishes:
        msisdn, is_given = one.resident.phones[0].msisdn, one.resident.consent == "granted"
        was = latest.get(msisdn)
        if was is None or (was and not is_given):
            one.consent = is_given
        elif is_given and not was:
            one.reasons.append(Reason("consent_kept"))
