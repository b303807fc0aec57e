"""Numbers of people, one by one: cleaned first, added, described, checked, found wrong and right again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from core.uow import UnitOfWork
from directory import number_fault
from directory.errors import ContactNotFound, FieldRefused, NumberThere
from directory.events import TextsGoElsewhere
from directory.models import Contact, ContactKind, Household, Person
from directory.queries.people import card, lives_here
from directory.queries.places import area_code_of
from directory.service import provenance, search
from directory.service.people import Facts, held, place_of, refuse_erased, rows_of
from telephony.msisdn import BadNumber, Line, Number, read

MOBILE = (Line.MOBILE, Line.FIXED_OR_MOBILE)


@dataclass(frozen=True, slots=True)
class Described:
    """What somebody says of a number: in own words whose it is, and the person when it is another's."""

    label: str = ""
    owner_id: int | None = None
    kind: ContactKind | None = None  # None: as the number itself tells


def mark_wrong(uow: UnitOfWork, msisdn: str) -> None:
    """Somebody at this number told us that it is not the person's: it is not used to recognise callers any more."""
    wrong = uow.session.scalars(
        select(Contact)
        .where(Contact.msisdn == msisdn, Contact.wrong_since.is_(None))
        .order_by(Contact.id)
        .with_for_update()
    ).all()
    for contact in wrong:
        contact.wrong_since = uow.now
        uow.audit("contact.wrong", f"person:{contact.person_id}", contact=contact.id)
    uow.session.flush()  # the search reads rows by statement
    search.reindex(uow, [contact.person_id for contact in wrong])


def clean(uow: UnitOfWork, raw: str, community_code: str) -> Number:
    """A number as somebody typed it, read with the region and the area code of a community.

    Raises FieldRefused that says what is wrong with it and where.
    """
    area_code = area_code_of(uow.session, community_code)
    try:
        return read(raw, region=uow.policy.city.region, area_code=area_code)
    except BadNumber as err:
        wording, facts = number_fault.fault(raw, err.kind)
        raise FieldRefused("number", wording, **facts) from err


def add(
    uow: UnitOfWork, person_id: int, raw: str, described: Described = Described(), *, asks_himself: bool = False
) -> Contact:
    """Give a person one more number, typed in any writing. Raises PersonNotFound, FieldRefused or NumberThere.

    With that number he must not be somebody who was erased, unless that one asks for it himself.
    """
    person = held(uow, person_id)
    number = clean(uow, raw, place_of(uow, person))
    is_there = exists().where(Contact.person_id == person.id, Contact.msisdn == number.e164)
    if uow.session.scalar(select(is_there)):
        raise NumberThere
    if not asks_himself:
        refuse_erased(uow, Facts(person.name), [number.e164])
    _refuse_owner(uow, described.owner_id)
    contact = Contact(
        person_id=person.id,
        msisdn=number.e164,
        extension=number.extension or "",
        kind=described.kind or (ContactKind.MOBILE if number.line in MOBILE else ContactKind.FIXED),
        label=described.label,
        owner_id=described.owner_id if described.owner_id != person.id else None,
    )
    uow.session.add(contact)
    uow.session.flush()  # the note names its id
    _note(uow, contact, number.e164, "", "contact.added")
    return contact


def describe(uow: UnitOfWork, person_id: int, contact_id: int, described: Described) -> Contact:
    """Say whose telephone it is and what it can do. Raises ContactNotFound or FieldRefused."""
    contact = _held(uow, person_id, contact_id)
    _refuse_owner(uow, described.owner_id)
    contact.label = described.label
    contact.owner_id = described.owner_id if described.owner_id != person_id else None
    contact.kind = described.kind or contact.kind
    _note(uow, contact, contact.msisdn, contact.msisdn, "contact.described")
    return contact


def verify(uow: UnitOfWork, person_id: int, contact_id: int, how: str) -> Contact:
    """Note that the number is the person's, and how we know. Raises ContactNotFound or FieldRefused."""
    if not how.strip():
        raise FieldRefused("how", "how_missing")
    contact = _held(uow, person_id, contact_id)
    contact.verified_at, contact.verified_how, contact.wrong_since = uow.now, how.strip(), None
    _note(uow, contact, contact.msisdn, contact.msisdn, "contact.verified")
    return contact


def set_wrong(uow: UnitOfWork, person_id: int, contact_id: int) -> Contact:
    """The number is not this person's: nobody is recognised by it, nothing is written to it for him."""
    contact = _held(uow, person_id, contact_id)
    if contact.wrong_since is None:
        contact.wrong_since = uow.now
        contact.verified_at, contact.verified_how = None, ""
        _note(uow, contact, "", contact.msisdn, "contact.wrong")
        _write_elsewhere(uow, person_id, contact.msisdn)
    return contact


def _write_elsewhere(uow: UnitOfWork, person_id: int, msisdn: str) -> None:
    """Nothing more goes to a wrong number, for him and for those whose messages he gets."""
    concerned = uow.session.scalars(
        select(Person)
        .where(or_(Person.id == person_id, Person.helper_id == person_id), *lives_here())
        .order_by(Person.id)
        .execution_options(populate_existing=True)
    ).all()
    for person in concerned:
        uow.announce(TextsGoElsewhere(person.id, frozenset({msisdn}), card(person).mobile))


def set_right(uow: UnitOfWork, person_id: int, contact_id: int) -> Contact:
    """That the number was wrong was a mistake."""
    contact = _held(uow, person_id, contact_id)
    if contact.wrong_since is not None:
        contact.wrong_since = None
        _note(uow, contact, contact.msisdn, "", "contact.right")
    return contact


def _note(uow: UnitOfWork, contact: Contact, said: str, before: str, action: str) -> None:
    field = "mobile" if contact.kind is ContactKind.MOBILE else "landline"
    provenance.by_hand(uow, contact.person_id, {field: said}, {field: before})
    place = uow.session.scalars(
        select(Household.community_code)
        .join(Person, Person.household_id == Household.id)
        .where(Person.id == contact.person_id)
    ).one()
    uow.audit(action, f"person:{contact.person_id}", place=place, contact=contact.id)
    uow.session.flush()  # the search reads rows by statement
    search.reindex(uow, [contact.person_id])


def _refuse_owner(uow: UnitOfWork, owner_id: int | None) -> None:
    if owner_id is None:
        return
    owner = uow.session.get(Person, owner_id)
    if owner is None or owner.merged_into_id is not None or owner.erased_at is not None:
        raise FieldRefused("owner", "owner_unknown")


def _held(uow: UnitOfWork, person_id: int, contact_id: int) -> Contact:
    """A number of a person, or of somebody who was merged into him."""
    held(uow, person_id)
    contact = uow.session.scalar(
        select(Contact)
        .where(Contact.id == contact_id, Contact.person_id.in_(rows_of(person_id)))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if contact is None:
        raise ContactNotFound
    return contact
