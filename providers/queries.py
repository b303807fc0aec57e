"""Reads of providers: who belongs to a number, and who may be asked for a service at a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Float, Integer, Select, String, any_, bindparam, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, selectinload

from core.db import UtcDateTime
from directory.jurisdiction import path
from providers.eligibility import CandidateFacts, Cause
from providers.errors import ProviderNotFound
from providers.models import Absence, Credential, Provider, ProviderArea, ProviderService


def by_msisdn(session: Session, msisdn: str) -> list[Provider]:
    """The providers whose job offers go to this E.164 number, with their services; usually none or one."""
    return list(
        session.scalars(
            select(Provider)
            .where(Provider.msisdn == msisdn)
            .options(selectinload(Provider.services))
            .order_by(Provider.code)
        )
    )


def by_code(session: Session, code: str) -> Provider:
    """The provider of this code (P001), in any case of letters. Raises ProviderNotFound."""
    found = session.scalar(select(Provider).where(Provider.code == code.strip().upper()))
    if found is None:
        raise ProviderNotFound(code)
    return found


def by_id(session: Session, provider_id: int) -> Provider:
    """The provider of this id. Raises ProviderNotFound."""
    found = session.get(Provider, provider_id)
    if found is None:
        raise ProviderNotFound(provider_id)
    return found


def candidate_facts(
    session: Session, *, service: str, community_code: str, papers: Sequence[str], now: datetime, zone: ZoneInfo
) -> list[CandidateFacts]:
    """Everybody who offers the service and covers the place, with what eligibility needs; one indexed statement.

    `papers` are the kinds that the service needs; a paper is good to the end of its last day in `zone`. How many jobs
    a provider has in hand is not known here.
    """
    wanted = sorted(set(papers))
    rows = session.execute(
        _CANDIDATES,
        {
            "service": service,
            "places": list(path(community_code)),
            "papers": wanted,
            "papers_wanted": len(wanted),
            "today": now.astimezone(zone).date(),
            "now": now,
        },
    )
    return [CandidateFacts(*row) for row in rows]


def _candidates() -> Select[Any]:
    """Built once: it starts at the service and the place, and reads of the providers only those who are left."""
    now = bindparam("now", type_=UtcDateTime())
    near = (
        select(ProviderService.provider_id, func.max(ProviderArea.jurisdiction_code).label("area_code"))
        .join(ProviderArea, ProviderArea.provider_id == ProviderService.provider_id)
        .where(
            ProviderService.service == bindparam("service"),
            ProviderArea.jurisdiction_code == any_(bindparam("places", type_=ARRAY(String))),
        )
        .group_by(ProviderService.provider_id)
        .subquery("near")
    )
    papers_held = (
        select(func.count())
        .where(
            Credential.provider_id == Provider.id,
            Credential.kind == any_(bindparam("papers", type_=ARRAY(String))),
            Credential.valid_until >= bindparam("today", type_=Date()),
        )
        .scalar_subquery()
    )
    is_absent = exists().where(
        Absence.provider_id == Provider.id,
        Absence.from_at <= now,
        or_(Absence.until_at.is_(None), Absence.until_at > now),
    )
    return (
        select(
            Provider.id,
            Provider.code,
            Provider.name,
            Provider.msisdn,
            Provider.lang,
            Provider.standing,
            Provider.opens,
            Provider.closes,
            cast(Provider.rating, Float),
            Provider.ratings,
            Provider.max_open_jobs,
            Provider.last_job_at,
            near.c.area_code,
            papers_held >= bindparam("papers_wanted", type_=Integer()),
            is_absent,
        )
        .join(near, near.c.provider_id == Provider.id)
        .order_by(Provider.id)
    )


_CANDIDATES = _candidates()


def left_out_counts(session: Session, *, service: str, candidates: int) -> dict[Cause, int]:
    """How many providers are no candidates at all, by cause; `candidates` is how many are."""
    offering = select(func.count()).where(ProviderService.service == service).scalar_subquery()
    everybody = select(func.count()).select_from(Provider).scalar_subquery()
    all_of_them, of_the_service = session.execute(select(everybody, offering)).one()
    return {
        Cause.OTHER_SERVICE: all_of_them - of_the_service,
        Cause.OTHER_AREA: max(of_the_service - candidates, 0),
    }
