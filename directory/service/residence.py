"""Moves: where somebody lives from when to when. What was is kept, and one step ends one home and begins the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import func, select, update

from core.uow import UnitOfWork
from directory import dwelling
from directory.errors import FieldRefused, HasDied, LivesThere, NobodyMoves
from directory.models import Consent, Contact, Household, Jurisdiction, Person, Purpose, Residence, ResidenceKind
from directory.queries.people import lives_here
from directory.service import consents, dwellings, flags, provenance, search
from directory.service.people import held, held_all, place_of, refuse_ahead


def move(
    uow: UnitOfWork,
    person_id: int,
    community_code: str,
    address: str,
    on: date,
    kind: ResidenceKind = ResidenceKind.UNKNOWN,
) -> Residence:
    """One person lives elsewhere from this day on. Returns the new residence; see `move_together`."""
    return move_together(uow, [person_id], community_code, address, on, kind)[0]


def move_together(
    uow: UnitOfWork,
    person_ids: Collection[int],
    community_code: str,
    address: str,
    on: date,
    kind: ResidenceKind = ResidenceKind.UNKNOWN,
) -> list[Residence]:
    """These people live at another door from this day on, in the household there when there is one.

    A household is split by moving some of it. Its head stays head when all who move are new at that door. Consent to
    notices was given where they lived: in another community it has to be asked for again. Raises NobodyMoves,
    FieldRefused, LivesThere, HasDied, PersonNotFound, PlaceNotFound, PlaceEnded or NoCommunity.
    """
    if not person_ids:
        raise NobodyMoves
    if dwelling.is_empty(address):
        raise FieldRefused("address", "address_missing")
    refuse_ahead(uow, "on", on)
    persons = held_all(uow, person_ids)
    old = _homes(uow, {person.household_id for person in persons})
    home_id = dwellings.ensure(uow, [(community_code, address)])[community_code, address]
    _refuse_deserted_place(uow, community_code, on)
    if home_id not in old:
        flags.forget_those_before(uow, home_id)
    begun = [_begin(uow, person, old[person.household_id], home_id, community_code, on, kind) for person in persons]
    _carry_head(uow, persons, old, home_id)
    uow.session.flush()  # the search reads rows by statement
    leaving = [person for person in persons if old[person.household_id].community_code != community_code]
    _ask_again(uow, leaving, on)
    for person in persons:
        person.household_id = home_id
        person.left_on = None
    uow.session.flush()  # likewise
    for home in old.values():
        if home.id != home_id and _is_deserted(uow, home.id):
            flags.go_along(uow, home.id, home_id)
    for person in persons:
        uow.session.expire(person, ["household", "residences"])
    search.reindex(uow, [person.id for person in persons])
    return begun


def leave(uow: UnitOfWork, person_id: int, on: date) -> Person:
    """Somebody moved away, nobody knows where to: his home here is over. Raises PersonNotFound or FieldRefused."""
    refuse_ahead(uow, "on", on)
    person = held(uow, person_id)
    _refuse_dead(person)
    _end(uow, person, on)
    person.left_on = on
    _no_head(uow, person)
    provenance.by_hand(uow, person.id, {"left_on": on.isoformat()}, {"left_on": ""})
    uow.audit("person.left", f"person:{person.id}", place=place_of(uow, person))
    uow.session.flush()  # the search reads rows by statement
    search.reindex(uow, [person.id])
    return person


def die(uow: UnitOfWork, person_id: int, on: date) -> Person:
    """Somebody died on this day. Raises PersonNotFound or FieldRefused."""
    refuse_ahead(uow, "on", on)
    person = held(uow, person_id)
    _refuse_dead(person)
    if person.birth_date is not None and on < person.birth_date:
        raise FieldRefused("on", "died_before_birth")
    _end(uow, person, on)
    person.died_on = on
    _no_head(uow, person)
    provenance.by_hand(uow, person.id, {"died_on": on.isoformat()}, {"died_on": ""})
    uow.audit("person.died", f"person:{person.id}", place=place_of(uow, person))
    uow.session.flush()  # the search reads rows by statement
    search.reindex(uow, [person.id])
    return person


def take_back_end(uow: UnitOfWork, person_id: int) -> Person:
    """He lives, and lives here: that he died or moved away was a mistake, and his last home goes on."""
    person = held(uow, person_id)
    ended = {"died_on": person.died_on, "left_on": person.left_on}
    was = {name: day.isoformat() for name, day in ended.items() if day is not None}
    if not was:
        return person
    last = uow.session.scalar(
        select(Residence)
        .where(Residence.person_id == person.id, Residence.household_id == person.household_id)
        .order_by(Residence.id.desc())
        .limit(1)
    )
    if last is not None and last.until_on in ended.values():
        last.until_on = None
    person.died_on = person.left_on = None
    provenance.by_hand(uow, person.id, dict.fromkeys(was, ""), was)
    uow.audit("person.end_taken_back", f"person:{person.id}", place=place_of(uow, person))
    uow.session.flush()  # the search reads rows by statement
    search.reindex(uow, [person.id])
    return person


def _begin(
    uow: UnitOfWork, person: Person, old: Household, home_id: int, code: str, on: date, kind: ResidenceKind
) -> Residence:
    _refuse_dead(person)
    if person.household_id == home_id and person.left_on is None:
        raise LivesThere
    _end(uow, person, on)
    residence = Residence(person_id=person.id, household_id=home_id, kind=kind, from_on=on)
    uow.session.add(residence)
    uow.session.flush()  # the evidence of what follows names its id
    new = uow.session.get_one(Household, home_id)
    said = {
        "community_code": code,
        "address": new.address,
        "living_since": on.isoformat(),
        "residence_kind": kind.value,
    }
    provenance.by_hand(uow, person.id, said, {"community_code": old.community_code, "address": old.address})
    subject = f"person:{person.id}"
    if old.community_code != code:
        uow.audit("person.moved_out", subject, place=old.community_code, household=old.id)
    uow.audit("person.moved", subject, place=code, household=home_id, was=old.id)
    return residence


def _end(uow: UnitOfWork, person: Person, on: date) -> None:
    """The homes that go on end on this day, which must not lie before their beginning, nor before what ended last."""
    last = uow.session.scalar(select(func.max(Residence.until_on)).where(Residence.person_id == person.id))
    if last is not None and on < last:
        raise FieldRefused("on", "before_moving_out", day=last.isoformat())
    for residence in _open(uow, person.id):
        if residence.from_on is not None and on < residence.from_on:
            raise FieldRefused("on", "before_moving_in", day=residence.from_on.isoformat())
        residence.until_on = on


def _open(uow: UnitOfWork, person_id: int) -> Sequence[Residence]:
    return uow.session.scalars(
        select(Residence).where(Residence.person_id == person_id, Residence.until_on.is_(None)).order_by(Residence.id)
    ).all()


def _homes(uow: UnitOfWork, household_ids: Collection[int]) -> dict[int, Household]:
    locked = select(Household).where(Household.id.in_(household_ids)).order_by(Household.id).with_for_update()
    return {home.id: home for home in uow.session.scalars(locked.execution_options(populate_existing=True))}


def _carry_head(uow: UnitOfWork, persons: Sequence[Person], old: dict[int, Household], home_id: int) -> None:
    """Who moves out is head there no more; he is head of the new household when it had nobody."""
    moving = {person.id for person in persons}
    heads = [home for home in old.values() if home.head_id in moving and home.id != home_id]
    new = uow.session.get_one(Household, home_id)
    others = select(Person.id).where(
        Person.household_id == home_id, Person.id.not_in(moving), Person.left_on.is_(None), Person.died_on.is_(None)
    )
    if len(heads) == 1 and new.head_id is None and uow.session.scalar(others.limit(1)) is None:
        new.head_id = heads[0].head_id
    for home in heads:
        home.head_id = None


def _is_deserted(uow: UnitOfWork, household_id: int) -> bool:
    """Whether nobody lives in a household any more."""
    lives = select(Person.id).where(Person.household_id == household_id, *lives_here())
    return uow.session.scalar(lives.limit(1)) is None


def _no_head(uow: UnitOfWork, person: Person) -> None:
    uow.session.execute(update(Household).where(Household.head_id == person.id).values(head_id=None))


def _ask_again(uow: UnitOfWork, persons: Sequence[Person], on: date) -> None:
    """Consent to notices does not go along to another committee; a number that somebody keeps using stays as it is."""
    if not persons:
        return
    moving = [person.id for person in persons]
    stay = select(Contact.msisdn).where(Contact.person_id.not_in(moving), Contact.wrong_since.is_(None))
    theirs = uow.session.execute(
        select(Contact.msisdn, Contact.person_id).where(Contact.person_id.in_(moving), Contact.msisdn.not_in(stay))
    )
    for msisdn, person_id in theirs:
        latest = uow.session.scalar(
            select(Consent.is_given)
            .where(Consent.msisdn == msisdn, Consent.purpose == Purpose.NOTICE)
            .order_by(Consent.at.desc(), Consent.id.desc())
            .limit(1)
        )
        if latest:
            consents.record_consent(
                uow,
                msisdn,
                Purpose.NOTICE,
                is_given=False,
                evidence=f"moved:{person_id}:{on.isoformat()}",
                person_id=person_id,
            )


def _refuse_dead(person: Person) -> None:
    if person.died_on is not None:
        raise HasDied


def _refuse_deserted_place(uow: UnitOfWork, code: str, on: date) -> None:
    """Nobody moves, also not in the past, to a community before it was there."""
    begins = uow.session.scalar(select(Jurisdiction.valid_from).where(Jurisdiction.code == code))
    if begins is not None and on < begins:
        raise FieldRefused("on", "before_the_place", day=begins.isoformat())
