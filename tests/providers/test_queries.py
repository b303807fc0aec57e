"""Who may be asked, on the real database; with ten thousand providers too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from core.uow import UnitOfWork
from providers import queries, service
from providers.eligibility import CandidateFacts, Cause
from providers.errors import ProviderNotFound
from tests.factories.people import a_place
from tests.factories.providers import PROVIDER, a_provider


def candidates(uow: UnitOfWork, wanted: str = "plumbing", place: str = "AH010201") -> list[CandidateFacts]:
    papers = uow.catalogue.services[wanted].papers
    return queries.candidate_facts(
        uow.session, service=wanted, community_code=place, papers=papers, now=uow.now, zone=uow.zone
    )


def test_a_candidate_offers_the_service_and_covers_the_place(uow: UnitOfWork) -> None:
    a_provider(uow, "P901")
    a_provider(uow, "P902", services=("drain",))
    a_provider(uow, "P903", areas=("AH02",))
    a_provider(uow, "P904", areas=("AH0102",), services=("drain", "plumbing"))

    assert [facts.code for facts in candidates(uow)] == ["P901", "P904"]
    assert queries.left_out_counts(uow.session, service="plumbing", candidates=2) == {
        Cause.OTHER_SERVICE: 1,
        Cause.OTHER_AREA: 1,
    }


def test_of_several_areas_the_nearest_counts_and_nobody_is_listed_twice(uow: UnitOfWork) -> None:
    a_provider(uow, areas=("AH01", "AH0102", "AH02"))

    assert [facts.area_code for facts in candidates(uow)] == ["AH0102"]


def test_a_neighbouring_code_is_not_covered(uow: UnitOfWork) -> None:
    a_provider(uow, areas=("AH010202",))

    assert candidates(uow, place="AH010201") == []


def test_a_paper_is_good_to_the_end_of_its_last_day_in_the_city(uow: UnitOfWork) -> None:
    a_provider(uow, papers_until=date(2026, 11, 25))
    uow.now = uow.now.replace(hour=15, minute=59)  # 23:59 in the city
    assert candidates(uow)[0].has_papers

    uow.now += timedelta(minutes=1)

    assert not candidates(uow)[0].has_papers


def test_every_paper_that_the_service_needs_must_be_there(uow: UnitOfWork) -> None:
    a_provider(uow, services=("drain", "electrical"))
    uow.session.execute(text("delete from credentials where kind = 'insurance'"))

    assert candidates(uow, "drain")[0].has_papers
    assert not candidates(uow, "electrical")[0].has_papers


def test_a_service_without_papers_needs_none(uow: UnitOfWork) -> None:
    a_provider(uow, services=("phone_class",))

    assert candidates(uow, "phone_class")[0].has_papers


def test_who_is_away_is_a_candidate_with_that_mark(uow: UnitOfWork) -> None:
    provider = a_provider(uow)
    service.be_absent(uow, provider.id, until=uow.now + timedelta(hours=2), told_by="sms:1")
    assert candidates(uow)[0].is_absent

    uow.now += timedelta(hours=2)

    assert not candidates(uow)[0].is_absent


def test_a_provider_is_found_by_number_and_by_code(uow: UnitOfWork) -> None:
    provider = a_provider(uow)

    assert queries.by_msisdn(uow.session, PROVIDER) == [provider]
    assert queries.by_msisdn(uow.session, "+8616500000999") == []
    assert queries.by_code(uow.session, " p901") == provider


def test_an_unknown_provider_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(ProviderNotFound):
        queries.by_code(uow.session, "P999")
    with pytest.raises(ProviderNotFound):
        queries.by_id(uow.session, 999)


def ten_thousand(uow: UnitOfWork) -> None:
    """10,000 providers, two of fifty services and one of ten areas each, with papers; planner told."""
    areas = [f"AH{district:02}{street:02}" for district in (1, 2) for street in range(1, 6)]
    for code in (*areas, "AH010201"):
        a_place(uow, code)
    services = list(uow.catalogue.services)
    session = uow.session
    session.execute(
        text(
            "insert into providers (code, name, category, msisdn, lang, rating, ratings, max_open_jobs, standing)"
            " select 'B' || n, 'B' || n, 'repair', '+86165' || lpad(n::text, 8, '0'), 'zh', 4, 10, 3, 'active'"
            " from generate_series(1, 10000) n"
        )
    )
    session.execute(
        text(
            "insert into provider_services (provider_id, service)"
            " select id, (cast(:services as text[]))[1 + (id + step) % :many] from providers, (values (0), (7)) s(step)"
        ),
        {"services": services, "many": len(services)},
    )
    session.execute(
        text(
            "insert into provider_areas (provider_id, jurisdiction_code)"
            " select id, (cast(:areas as text[]))[1 + id / 50 % 10] from providers"
        ),
        {"areas": areas},
    )
    session.execute(
        text(
            "insert into credentials (provider_id, kind, valid_until, seen_by, seen_on)"
            " select id, kind, date '2027-06-30', 'test', date '2026-01-01'"
            " from providers, (values ('id'), ('trade_cert'), ('insurance')) k(kind)"
        )
    )
    for table in ("providers", "provider_services", "provider_areas", "credentials", "absences"):
        session.execute(text(f"analyze {table}"))


def test_ten_thousand_providers_are_never_read_through(uow: UnitOfWork) -> None:
    ten_thousand(uow)
    statements: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        statements.append((statement, parameters))

    connection = uow.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    found = candidates(uow)
    event.remove(connection, "before_cursor_execute", note)

    assert len(found) == 40
    assert len(statements) == 1
    statement, parameters = statements[0]
    plan = [row[0] for row in connection.exec_driver_sql(f"explain {statement}", parameters)]
    for table in ("providers", "provider_services", "provider_areas", "credentials"):
        assert not any(f"Seq Scan on {table}" in line for line in plan), "\n".join(plan)
