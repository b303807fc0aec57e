"""Providers for tests: boring defaults, a test names only what it is about."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from core.uow import UnitOfWork
from providers import queries, service
from providers.models import Provider
from providers.provider_list import ProviderLine
from providers.vetting import Standing
from tests.factories.people import a_place

PROVIDER = "+8616500000901"


def a_provider(
    uow: UnitOfWork,
    code: str = "P901",
    *,
    name: str = "快修水电",
    services: tuple[str, ...] = ("plumbing",),
    areas: tuple[str, ...] = ("AH01",),
    msisdn: str = PROVIDER,
    lang: str = "zh",
    opens: time | None = None,
    closes: time | None = None,
    rating: str = "4.5",
    ratings: int = 20,
    max_open_jobs: int = 3,
    standing: Standing = Standing.ACTIVE,
    papers_until: date = date(2027, 6, 30),
) -> Provider:
    """An active provider, open round the clock, with every paper its services need."""
    for area in areas:
        a_place(uow, area)
    line = ProviderLine(
        code=code,
        name=name,
        category=uow.catalogue.services[services[0]].category,
        services=services,
        areas=areas,
        msisdn=msisdn,
        lang=lang,
        opens=opens,
        closes=closes,
        rating=Decimal(rating),
        ratings=ratings,
        max_open_jobs=max_open_jobs,
        standing=standing,
        licence_expires=papers_until,
    )
    service.import_providers(uow, [line], seen_by="test")
    return queries.by_code(uow.session, code)
