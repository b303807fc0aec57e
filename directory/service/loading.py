"""People entered many at once, in a few statements for a thousand of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from core.bulk import insert_missing
from core.uow import UnitOfWork
from directory.city_list import ResidentLine
from directory.models import AccessNeed, Consent, Contact, ContactKind, Household, Person, Purpose

IMPORTED = "import"


def import_residents(uow: UnitOfWork, lines: Sequence[ResidentLine]) -> int:
    """Enter the residents that are missing, with household, numbers and consent. Returns how many were entered.

    A person who is there keeps what people changed since; a number that has any history of consent keeps it, so that
    an import never undoes a withdrawal.
    """
    session = uow.session
    homes = sorted({(line.community_code, line.address) for line in lines})
    insert_missing(
        session,
        Household,
        [{"community_code": code, "address": address, "note": ""} for code, address in homes],
        "community_code",
        "address",
    )
    codes = {code for code, _ in homes}
    home_ids = {
        (code, address): number
        for number, code, address in session.execute(
            select(Household.id, Household.community_code, Household.address).where(Household.community_code.in_(codes))
        )
    }
    made = insert_missing(
        session,
        Person,
        [
            {
                "source_id": line.source_id,
                "name": line.name,
                "sex": line.sex,
                "birth_date": line.birth_date,
                "lang": line.lang,
                "access_need": AccessNeed(line.access_need) if line.access_need else None,
                "household_id": home_ids[line.community_code, line.address],
            }
            for line in lines
        ],
        "source_id",
    )
    if made:
        _import_contacts(uow, lines)
        _import_consents(uow, lines)
    return made


def _import_contacts(uow: UnitOfWork, lines: Sequence[ResidentLine]) -> None:
    ids = {
        source_id: number
        for number, source_id in uow.session.execute(
            select(Person.id, Person.source_id).where(Person.source_id.in_([line.source_id for line in lines]))
        )
    }
    insert_missing(
        uow.session,
        Contact,
        [
            {"person_id": ids[line.source_id], "msisdn": msisdn, "kind": kind, "verified_at": None, "wrong_since": None}
            for line in lines
            for msisdn, kind in ((line.mobile, ContactKind.MOBILE), (line.landline, ContactKind.FIXED))
            if msisdn
        ],
        "person_id",
        "msisdn",
    )


def _import_consents(uow: UnitOfWork, lines: Sequence[ResidentLine]) -> None:
    told = {
        number: line.has_consent
        for line in lines
        if line.has_consent is not None and (number := line.mobile or line.landline)
    }
    known = set(uow.session.scalars(select(Consent.msisdn).where(Consent.msisdn.in_(told))))
    uow.session.add_all(
        Consent(msisdn=msisdn, purpose=Purpose.NOTICE, is_given=is_given, at=uow.now, evidence=IMPORTED)
        for msisdn, is_given in told.items()
        if msisdn not in known
    )
    uow.session.flush()  # may_write reads consents by statement
