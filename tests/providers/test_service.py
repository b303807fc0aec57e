"""Absences, ratings, jobs, standing and loads, on the real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core import events as announcements
from core.uow import UnitOfWork, unit_of_work
from providers import events, queries, service
from providers.errors import IllegalStanding, ProviderNotFound
from providers.models import Absence, Credential, Provider
from providers.vetting import Standing
from tests.factories.providers import a_provider


def is_away(uow: UnitOfWork) -> bool:
    (facts,) = queries.candidate_facts(
        uow.session, service="plumbing", community_code="AH010201", papers=(), now=uow.now, zone=uow.zone
    )
    return facts.is_absent


def test_away_until_told_otherwise_and_back_again(uow: UnitOfWork) -> None:
    heard: list[object] = []
    announcements.subscribe({events.ProviderBack: (lambda uow, event: heard.append(event),)})
    provider = a_provider(uow)
    service.be_absent(uow, provider.id, until=None, told_by="sms:1")
    uow.now += timedelta(days=30)
    assert is_away(uow)

    assert service.be_back(uow, provider.id) is True

    assert not is_away(uow)
    assert heard == [events.ProviderBack(provider.id)]


def test_a_newer_wish_replaces_the_one_in_force(uow: UnitOfWork) -> None:
    provider = a_provider(uow)
    service.be_absent(uow, provider.id, until=None, told_by="sms:1")
    service.be_absent(uow, provider.id, until=uow.now + timedelta(hours=2), told_by="sms:2")

    uow.now += timedelta(hours=2)

    assert not is_away(uow)


def test_coming_back_without_having_been_away_is_no_fault(uow: UnitOfWork) -> None:
    provider = a_provider(uow)

    assert service.be_back(uow, provider.id) is False


def test_an_absence_that_is_over_stays_as_it_was(uow: UnitOfWork) -> None:
    provider = a_provider(uow)
    until = uow.now + timedelta(hours=2)
    service.be_absent(uow, provider.id, until=until, told_by="sms:1")
    uow.now += timedelta(days=1)

    service.be_back(uow, provider.id)

    assert uow.session.scalars(select(Absence.until_at)).one() == until


def test_a_score_moves_the_mean(uow: UnitOfWork) -> None:
    provider = a_provider(uow, rating="4.5", ratings=1)

    service.record_rating(uow, provider.id, 5)

    uow.session.refresh(provider)
    assert (provider.rating, provider.ratings) == (Decimal("4.75"), 2)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_what_is_no_score_is_refused(uow: UnitOfWork, score: int) -> None:
    provider = a_provider(uow)

    with pytest.raises(ValueError, match="1 to 5"):
        service.record_rating(uow, provider.id, score)


def test_many_scores_do_not_wear_the_mean_away(uow: UnitOfWork) -> None:
    provider = a_provider(uow, rating="4.7", ratings=1000)

    for score in [5, 4] * 150:
        service.record_rating(uow, provider.id, score)

    uow.session.refresh(provider)
    assert float(provider.rating) == pytest.approx((4700 + 4.5 * 300) / 1300, abs=0.001)


@pytest.mark.usefixtures("clean")
def test_scores_given_at_the_same_moment_all_count() -> None:
    with unit_of_work("test") as uow:
        provider_id = a_provider(uow, rating="5", ratings=0).id

    def one_score(score: int) -> None:
        with unit_of_work("test") as uow:
            service.record_rating(uow, provider_id, score)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one_score, [1, 2, 3, 4, 5, 5, 4, 4]))

    with unit_of_work("test") as uow:
        provider = queries.by_id(uow.session, provider_id)
        assert provider.ratings == 8
    assert abs(provider.rating - Decimal("3.5")) < Decimal("0.00001")  # each step rounds at the sixth place


def test_the_last_job_is_noted(uow: UnitOfWork) -> None:
    provider = a_provider(uow)

    service.record_job(uow, provider.id)

    uow.session.refresh(provider)
    assert provider.last_job_at == uow.now


def test_a_standing_moves_along_the_table(uow: UnitOfWork) -> None:
    provider = a_provider(uow)

    assert service.change_standing(uow, provider.id, Standing.SUSPENDED).standing is Standing.SUSPENDED
    with pytest.raises(IllegalStanding):
        service.change_standing(uow, provider.id, Standing.APPLIED)
    with pytest.raises(ProviderNotFound):
        service.change_standing(uow, 999, Standing.ACTIVE)


def test_a_loaded_provider_has_the_papers_of_all_its_services(uow: UnitOfWork) -> None:
    provider = a_provider(uow, services=("plumbing", "electrical", "drain"))

    kinds = uow.session.scalars(select(Credential.kind).where(Credential.provider_id == provider.id)).all()

    assert sorted(kinds) == ["electrician_licence", "id", "insurance", "trade_cert"]


def test_loading_again_keeps_what_people_changed(uow: UnitOfWork) -> None:
    provider = a_provider(uow)
    service.change_standing(uow, provider.id, Standing.SUSPENDED)

    a_provider(uow)

    assert queries.by_code(uow.session, "P901").standing is Standing.SUSPENDED
    assert uow.session.scalar(select(func.count()).select_from(Provider)) == 1
