"""Everything that changes persons and households one by one, by hand: enter, correct, name a head, name a helper."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Select, select

from core.uow import UnitOfWork
from directory import dwelling, erased
from directory.edition import mark
from directory.errors import (
    ChangedMeanwhile,
    FieldRefused,
    HasDied,
    HeadLivesElsewhere,
    HouseholdNotFound,
    PersonNotFound,
    TwoHeads,
)
from directory.events import HelperNamed, TextsGoElsewhere
from directory.language import OURS
from directory.models import AccessNeed, Contact, ContactKind, Household, Person, Residence, ResidenceKind
from directory.queries.people import card
from directory.service import dwellings, flags, provenance, search
from directory.service.erasure import erased_keys

OLDEST = 120
"""Years: nobody is older, so an earlier birth date is a slip."""
SEXES = ("", "F", "M")
COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person, as a form holds it. Dates are None, words are empty where nothing is known."""

    name: str
    sex: str = ""
    birth_date: date | None = None
    lang: str = "zh"
    access_need: AccessNeed | None = None
    registered_place: str = ""
    nationality: str = ""

    @classmethod
    def of(cls, person: Person) -> Facts:
        """What stands in the row."""
        return cls(**{field.name: getattr(person, field.name) for field in fields(cls)})

    def told(self) -> dict[str, str]:
        """The values as text, by field."""
        return {field.name: as_text(getattr(self, field.name)) for field in fields(self)}

    @property
    def mark(self) -> str:
        """The mark of these values: a form carries it, so that nobody overwrites what he did not see."""
        return mark(self.told())


def register(
    uow: UnitOfWork,
    name: str,
    *,
    community_code: str,
    address: str,
    msisdn: str | None = None,
    kind: ContactKind = ContactKind.MOBILE,
    lang: str = "zh",
    birth_date: date | None = None,
    access_need: AccessNeed | None = None,
) -> Person:
    """Enter a person at an address, with a number that is E.164 already. Returns the person. See `enter`."""
    facts = Facts(name, birth_date=birth_date, lang=lang, access_need=access_need)
    person = enter(uow, facts, community_code=community_code, address=address, msisdns=(msisdn,) if msisdn else ())
    if msisdn is not None:
        person.contacts.append(Contact(msisdn=msisdn, kind=kind))
        provenance.by_hand(uow, person.id, {_field_of(kind): msisdn}, {_field_of(kind): ""})
        uow.session.flush()  # the search reads numbers by statement
        search.reindex(uow, [person.id])
    return person


def enter(
    uow: UnitOfWork,
    facts: Facts,
    *,
    community_code: str,
    address: str,
    residence: ResidenceKind = ResidenceKind.UNKNOWN,
    since: date | None = None,
    msisdns: Collection[str] = (),
    asks_himself: bool = False,
) -> Person:
    """Enter a person at an address, in the household that lives there when it is known. Returns the person.

    Who was erased is entered again only when he asks for it himself; `msisdns` (E.164) are numbers by which he may be
    known again. Raises FieldRefused, and PlaceNotFound, PlaceEnded or NoCommunity for a place where nobody can live.
    """
    check(uow, facts)
    if dwelling.is_empty(address):
        raise FieldRefused("address", "address_missing")
    if not asks_himself:
        refuse_erased(uow, facts, msisdns)
    refuse_ahead(uow, "on", since)
    home_id = dwellings.ensure(uow, [(community_code, address)])[community_code, address]
    flags.forget_those_before(uow, home_id)
    person = Person(**{field.name: getattr(facts, field.name) for field in fields(facts)}, household_id=home_id)
    person.residences.append(Residence(household_id=home_id, kind=residence, from_on=since))
    uow.session.add(person)
    uow.session.flush()  # what follows names the person's id
    said = {name: value for name, value in facts.told().items() if value}
    said |= {"community_code": community_code, "address": address, "residence_kind": residence.value}
    if since is not None:
        said["living_since"] = since.isoformat()
    provenance.by_hand(uow, person.id, said, dict.fromkeys(said, ""))
    uow.audit("person.entered", f"person:{person.id}", place=community_code, household=home_id, again=asks_himself)
    search.reindex(uow, [person.id])
    return person


def correct(
    uow: UnitOfWork, person_id: int, facts: Facts, seen: str | None = None, *, asks_himself: bool = False
) -> Person:
    """Put right what is known of a person. `seen` is the mark of the values that the form showed.

    Nobody becomes somebody who was erased, unless that one asks for it himself. Raises PersonNotFound, FieldRefused,
    and ChangedMeanwhile when somebody else was quicker.
    """
    check(uow, facts)
    person = held(uow, person_id)
    was, told = Facts.of(person).told(), facts.told()
    if seen is not None and seen != mark(was):
        raise ChangedMeanwhile
    changed = [name for name in told if told[name] != was[name]]
    if not changed:
        return person
    if person.died_on is not None and facts.birth_date is not None and person.died_on < facts.birth_date:
        raise FieldRefused("birth_date", "died_before_birth")
    if not asks_himself and {"name", "birth_date"} & set(changed):
        refuse_erased(uow, facts, numbers_of(uow, person_id))
    for name in changed:
        setattr(person, name, getattr(facts, name))
    provenance.by_hand(uow, person.id, {name: told[name] for name in changed}, {name: was[name] for name in changed})
    uow.audit("person.corrected", f"person:{person.id}", place=place_of(uow, person), fields=sorted(changed))
    uow.session.flush()  # the search reads the row by statement
    search.reindex(uow, [person.id])
    return person


def set_head(uow: UnitOfWork, household_id: int, person_id: int | None, *, instead_of: int | None) -> Household:
    """Name the head of a household, or none. `instead_of` is the head whom the form showed.

    Raises HouseholdNotFound, HeadLivesElsewhere, HasDied, and TwoHeads when there is another head than the form knew:
    a household has one, and nobody is put aside unseen.
    """
    home = _home(uow, household_id)
    if home.head_id == person_id:
        return home
    if home.head_id != instead_of:
        raise TwoHeads
    if person_id is not None:
        person = held(uow, person_id)
        if person.household_id != household_id or person.left_on is not None:
            raise HeadLivesElsewhere
        if person.died_on is not None:
            raise HasDied
        provenance.by_hand(uow, person_id, {"head": "yes"}, {"head": ""})
    if home.head_id is not None:
        provenance.by_hand(uow, home.head_id, {"head": ""}, {"head": "yes"})
    uow.audit("household.head_set", f"household:{home.id}", place=home.community_code, head=person_id, was=home.head_id)
    home.head_id = person_id
    return home


def describe(uow: UnitOfWork, household_id: int, *, note: str, lang: str, seen: str | None = None) -> Household:
    """Set the note for whoever calls the household, and the language spoken there (empty: each his own).

    `seen` is the mark of what the form showed. Raises HouseholdNotFound, FieldRefused, and ChangedMeanwhile when
    somebody else was quicker.
    """
    if lang and lang not in OURS:
        raise FieldRefused("lang", "unknown_language")
    home = _home(uow, household_id)
    if seen is not None and seen != mark_of(home):
        raise ChangedMeanwhile
    changed = [name for name, value in (("note", note), ("lang", lang)) if getattr(home, name) != value]
    if changed:
        home.note, home.lang = note, lang
        uow.audit("household.described", f"household:{home.id}", place=home.community_code, fields=changed)
    return home


def mark_of(home: Household) -> str:
    """The mark of note and language of a household, for the form that changes them."""
    return mark({"note": home.note, "lang": home.lang})


def set_helper(uow: UnitOfWork, person_id: int, helper_id: int | None) -> Person:
    """Have somebody else get the person's messages; the person himself is told. None: he gets them again.

    Raises PersonNotFound, HasDied, and FieldRefused for a helper who is himself or has no mobile.
    """
    person = held(uow, person_id)
    if person.helper_id == helper_id:
        return person
    if helper_id is not None:
        if helper_id == person_id:
            raise FieldRefused("helper", "helper_is_self")
        helper = _somebody(uow, helper_id)
        if helper.died_on is not None:
            raise HasDied
        if card(helper).own_mobile is None:
            raise FieldRefused("helper", "helper_without_mobile")
    was, before = person.helper_id, card(person)
    person.helper_id = helper_id
    uow.session.flush()  # who reacts reads the row
    uow.session.expire(person, ["helper"])
    provenance.by_hand(uow, person.id, {"helper": as_text(helper_id)}, {"helper": as_text(was)})
    place = place_of(uow, person)
    uow.audit("person.helper_set", f"person:{person.id}", place=place, helper=helper_id, was=was)
    numbers = {*numbers_of(uow, person.id), before.helper_mobile}
    uow.announce(TextsGoElsewhere(person.id, frozenset(one for one in numbers if one), card(person).mobile))
    if helper_id is not None:
        uow.announce(HelperNamed(person.id, helper_id))
    return person


def check(uow: UnitOfWork, facts: Facts) -> None:
    """Refuse facts that cannot be. Raises FieldRefused with the field and what is wrong with it."""
    if not any(sign.isalpha() for sign in facts.name):
        raise FieldRefused("name", "name_missing")
    if facts.sex not in SEXES:
        raise FieldRefused("sex", "unknown_choice")
    if facts.lang not in OURS:
        raise FieldRefused("lang", "unknown_language")
    if facts.nationality and not COUNTRY.fullmatch(facts.nationality):
        raise FieldRefused("nationality", "unknown_country")
    refuse_ahead(uow, "birth_date", facts.birth_date, "birth_ahead")
    if facts.birth_date is not None and facts.birth_date.year < uow.local_now.year - OLDEST:
        raise FieldRefused("birth_date", "birth_too_early", year=uow.local_now.year - OLDEST)


def refuse_erased(uow: UnitOfWork, facts: Facts, msisdns: Collection[str]) -> None:
    """Refuse somebody who asked to be forgotten, known again by name with birth date or number. Raises FieldRefused."""
    if erased_keys(uow, erased.keys(facts.name, facts.birth_date, tuple(msisdns))):
        raise FieldRefused("again", "was_erased")


def numbers_of(uow: UnitOfWork, person_id: int) -> list[str]:
    """The numbers of a person and of whoever was merged into him, E.164."""
    return list(uow.session.scalars(select(Contact.msisdn).where(Contact.person_id.in_(rows_of(person_id))).distinct()))


def refuse_ahead(uow: UnitOfWork, field: str, day: date | None, wording: str = "day_ahead") -> None:
    """Refuse a day that is still to come. Raises FieldRefused."""
    if day is not None and day > uow.local_now.date():
        raise FieldRefused(field, wording)


def held(uow: UnitOfWork, person_id: int) -> Person:
    """A person, locked for a change. Raises PersonNotFound, also for one who was merged into another or erased."""
    return held_all(uow, [person_id])[0]


def held_all(uow: UnitOfWork, person_ids: Collection[int]) -> list[Person]:
    """Persons locked in the order of their ids, so that no two changes wait in a ring. Raises PersonNotFound."""
    wanted = set(person_ids)
    found = uow.session.scalars(
        select(Person)
        .where(Person.id.in_(wanted), Person.merged_into_id.is_(None), Person.erased_at.is_(None))
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(wanted):
        raise PersonNotFound
    return list(found)


def rows_of(person_id: int) -> Select[int]:
    """The ids of a person's rows: his own, and those of whoever was merged into him."""
    return select(Person.id).where((Person.id == person_id) | (Person.merged_into_id == person_id))


def place_of(uow: UnitOfWork, person: Person) -> str:
    """The community in which somebody lives."""
    found = select(Household.community_code).where(Household.id == person.household_id)
    return uow.session.scalars(found).one()


def as_text(value: object) -> str:
    """A value as it stands in provenance: dates as 2026-11-26, nothing as an empty text."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _field_of(kind: ContactKind) -> str:
    return "mobile" if kind is ContactKind.MOBILE else "landline"


def _somebody(uow: UnitOfWork, person_id: int) -> Person:
    found = uow.session.get(Person, person_id)
    if found is None or found.merged_into_id is not None or found.erased_at is not None:
        raise PersonNotFound
    return found


def _home(uow: UnitOfWork, household_id: int) -> Household:
    home = uow.session.scalar(
        select(Household)
        .where(Household.id == household_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if home is None:
        raise HouseholdNotFound
    return home
