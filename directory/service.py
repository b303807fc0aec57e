"""Everything that changes places, people, consent and stops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import case, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.bulk import insert_missing
from core.uow import UnitOfWork
from directory import consent
from directory.city_list import PlaceLine, ResidentLine
from directory.models import (
    AccessNeed,
    Consent,
    Contact,
    ContactKind,
    Household,
    Jurisdiction,
    Person,
    Purpose,
    Suppression,
    SuppressionScope,
)

IMPORTED = "import"


def may_write(session: Session, msisdn: str, purpose: Purpose) -> str:
    """Whether a text of this purpose may go to the number: "" when it may, else why not.

    The reasons are `stopped_all`, `stopped_notices` and `no_consent`. One statement.
    """
    stopped = select(Suppression.scope).where(Suppression.msisdn == msisdn).scalar_subquery()
    agreed = (
        select(Consent.is_given)
        .where(Consent.msisdn == msisdn, Consent.purpose == purpose)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    scope, is_given = session.execute(select(stopped, agreed)).one()
    return consent.held_back(purpose, scope, has_consent=bool(is_given)).value


def stop(uow: UnitOfWork, msisdn: str, *, is_everything: bool, evidence: str) -> SuppressionScope:
    """Stop writing to a number: notices at the first wish, everything at the second or when `is_everything`.

    `is_everything` is for stop words of the carrier (US STOP) and error 21610. The same evidence twice
    counts once. One statement, so that two wishes at the same moment both count. Returns what is stopped now.
    """
    wish = insert(Suppression).values(
        msisdn=msisdn,
        scope=SuppressionScope(consent.stricter(None, is_everything=is_everything)),
        since=uow.now,
        evidence=evidence,
    )
    is_same = Suppression.evidence == evidence
    scope = uow.session.scalars(
        wish.on_conflict_do_update(
            index_elements=[Suppression.msisdn],
            set_={
                "scope": case(
                    (is_same & literal(not is_everything), Suppression.scope), else_=literal(SuppressionScope.ALL.value)
                ),
                "evidence": evidence,
            },
        ).returning(Suppression.scope)
    ).one()
    record_consent(uow, msisdn, Purpose.NOTICE, is_given=False, evidence=evidence)
    return scope


def resume(uow: UnitOfWork, msisdn: str, evidence: str) -> bool:
    """Take the number back in, notices too: asking for texts again is express consent. True when it had stopped."""
    stopped = uow.session.scalars(delete(Suppression).where(Suppression.msisdn == msisdn).returning(Suppression.msisdn))
    had_stopped = stopped.first() is not None
    record_consent(uow, msisdn, Purpose.NOTICE, is_given=True, evidence=evidence)
    return had_stopped


def record_consent(uow: UnitOfWork, msisdn: str, purpose: Purpose, *, is_given: bool, evidence: str) -> None:
    """Note that a purpose was agreed to or withdrawn; the history stays. The same evidence twice is noted once."""
    is_noted = uow.session.scalar(
        select(
            exists().where(
                Consent.msisdn == msisdn,
                Consent.purpose == purpose,
                Consent.is_given == is_given,
                Consent.evidence == evidence,
            )
        )
    )
    if not is_noted:
        uow.session.add(Consent(msisdn=msisdn, purpose=purpose, is_given=is_given, at=uow.now, evidence=evidence))
        uow.session.flush()  # may_write reads consents by statement, also later in this unit


def mark_wrong(uow: UnitOfWork, msisdn: str) -> None:
    """Somebody at this number told us that it is not the person's: it is not used to recognise callers any more."""
    for contact in uow.session.scalars(select(Contact).where(Contact.msisdn == msisdn, Contact.wrong_since.is_(None))):
        contact.wrong_since = uow.now


def import_places(uow: UnitOfWork, lines: Sequence[PlaceLine]) -> int:
    """Enter the jurisdictions that are missing, parents before children. Returns how many were entered."""
    rows = [
        {
            "code": line.code,
            "parent_code": line.parent_code,
            "level": line.level,
            "kind": line.kind,
            "name_zh": line.name_zh,
            "name_en": line.name_en,
            "households": line.households,
            "buildings": line.buildings,
        }
        for line in sorted(lines, key=lambda line: (len(line.code), line.code))
    ]
    return insert_missing(uow.session, Jurisdiction, rows, "code")


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
