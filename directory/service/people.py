"""Everything that changes persons, households and numbers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from core.bulk import insert_missing
from core.uow import UnitOfWork
from directory.models import AccessNeed, Contact, ContactKind, Household, Person


def mark_wrong(uow: UnitOfWork, msisdn: str) -> None:
    """Somebody at this number told us that it is not the person's: it is not used to recognise callers any more."""
    for contact in uow.session.scalars(select(Contact).where(Contact.msisdn == msisdn, Contact.wrong_since.is_(None))):
        contact.wrong_since = uow.now


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
    """Enter a person at an address, in the household that lives there when it is known. Returns the person."""
    insert_missing(
        uow.session,
        Household,
        [{"community_code": community_code, "address": address, "note": ""}],
        "community_code",
        "address",
    )
    home = uow.session.scalars(
        select(Household).where(Household.community_code == community_code, Household.address == address)
    ).one()
    person = Person(name=name, household=home, lang=lang, birth_date=birth_date, access_need=access_need)
    if msisdn is not None:
        person.contacts.append(Contact(msisdn=msisdn, kind=kind))
    uow.session.add(person)
    uow.session.flush()  # callers note the person's id
    return person
