"""Everything that changes providers: the load of a list, absences, ratings, jobs given, standing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, or_, select, update

from core.bulk import insert_missing
from core.retention import Kind
from core.uow import UnitOfWork
from providers import queries, vetting
from providers.events import ProviderBack
from providers.models import Absence, Credential, Provider, ProviderArea, ProviderService
from providers.provider_list import ProviderLine
from providers.vetting import Standing


def old_papers(before: datetime) -> Select[int]:
    """Papers that ended before this: they open no work any more."""
    return select(Credential.id).where(Credential.valid_until < before.date())


def remove_papers(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these papers."""
    uow.session.execute(delete(Credential).where(Credential.id.in_(ids)))


KINDS = (Kind("papers", 1_096, 365, due=old_papers, remove=remove_papers),)
"""What goes of providers when it is old."""


def be_absent(uow: UnitOfWork, provider_id: int, *, until: datetime | None, told_by: str) -> Absence:
    """No job offers from now on, until a moment or until told otherwise. A newer wish replaces the one in force."""
    end_absences(uow, provider_id)
    absence = Absence(provider_id=provider_id, from_at=uow.now, until_at=until, told_by=told_by)
    uow.session.add(absence)
    uow.session.flush()  # who may be asked is read by statement, also later in this unit
    return absence


def be_back(uow: UnitOfWork, provider_id: int) -> bool:
    """Job offers again from now on; whoever still waits for a provider is looked at again. False: was not away."""
    was_away = end_absences(uow, provider_id)
    uow.announce(ProviderBack(provider_id))
    return was_away


def end_absences(uow: UnitOfWork, provider_id: int) -> bool:
    """End what is in force or planned. True when there was any."""
    ended = uow.session.scalars(
        update(Absence)
        .where(Absence.provider_id == provider_id, or_(Absence.until_at.is_(None), Absence.until_at > uow.now))
        .values(until_at=uow.now)
        .returning(Absence.id)
    ).all()
    return bool(ended)


def record_rating(uow: UnitOfWork, provider_id: int, score: int) -> None:
    """Add a resident's score of 1 to 5 to the mean, in one statement: two at the same moment both count.

    Raises ValueError for any other number.
    """
    if not 1 <= score <= 5:
        raise ValueError("a score is 1 to 5")
    uow.session.execute(
        update(Provider)
        .where(Provider.id == provider_id)
        .values(
            rating=(Provider.rating * Provider.ratings + score) / (Provider.ratings + 1),
            ratings=Provider.ratings + 1,
        )
        .execution_options(synchronize_session="fetch")
    )


def record_job(uow: UnitOfWork, provider_id: int) -> None:
    """Note that the provider got a job now: who waited longest for one comes first among equals."""
    uow.session.execute(update(Provider).where(Provider.id == provider_id).values(last_job_at=uow.now))


def change_standing(uow: UnitOfWork, provider_id: int, new: Standing) -> Provider:
    """Move a provider along the table of vetting. Raises ProviderNotFound or IllegalStanding."""
    provider = queries.by_id(uow.session, provider_id)
    vetting.check_move(provider.standing, new)
    provider.standing = new
    uow.session.flush()  # who may be asked is read by statement, also later in this unit
    return provider


def import_providers(uow: UnitOfWork, lines: Sequence[ProviderLine], *, seen_by: str) -> int:
    """Enter the providers that are missing, each with the papers its services need, seen today in the city.

    Returns how many were entered. A provider who is there keeps what people changed since.
    """
    session = uow.session
    made = insert_missing(session, Provider, [_row(line) for line in lines], "code")
    if not made:
        return 0
    ids = {
        code: number
        for number, code in session.execute(
            select(Provider.id, Provider.code).where(Provider.code.in_([line.code for line in lines]))
        )
    }
    insert_missing(
        session,
        ProviderService,
        [{"provider_id": ids[line.code], "service": service} for line in lines for service in line.services],
        "provider_id",
        "service",
    )
    insert_missing(
        session,
        ProviderArea,
        [{"provider_id": ids[line.code], "jurisdiction_code": area} for line in lines for area in line.areas],
        "provider_id",
        "jurisdiction_code",
    )
    insert_missing(
        session,
        Credential,
        [
            {
                "provider_id": ids[line.code],
                "kind": kind,
                "valid_until": line.licence_expires,
                "seen_by": seen_by,
                "seen_on": uow.local_now.date(),
            }
            for line in lines
            for kind in sorted({paper for code in line.services for paper in uow.catalogue.services[code].papers})
        ],
        "provider_id",
        "kind",
    )
    return made


def _row(line: ProviderLine) -> dict[str, object]:
    return {
        "code": line.code,
        "name": line.name,
        "category": line.category,
        "msisdn": line.msisdn,
        "lang": line.lang,
        "opens": line.opens,
        "closes": line.closes,
        "rating": line.rating,
        "ratings": line.ratings,
        "max_open_jobs": line.max_open_jobs,
        "standing": line.standing,
        "last_job_at": None,
    }
