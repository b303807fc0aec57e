"""What providers text about themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import events
from core.answers import Reply, Taken
from core.uow import UnitOfWork
from providers import answers
from providers.events import ProviderBack
from providers.models import Absence
from sms.events import PersonAsked
from tests.factories.people import RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider


def text_from(uow: UnitOfWork, words: str, msisdn: str = PROVIDER) -> Taken | None:
    return answers.take_free_text(uow, msisdn, words, uow.now, 12)


def away_until(uow: UnitOfWork) -> list[datetime | None]:
    return [
        absence.until_at
        for absence in uow.session.scalars(select(Absence).execution_options(populate_existing=True))
        if absence.until_at is None or absence.until_at > uow.now
    ]


@pytest.mark.parametrize("words", ["停单", "先别给我派单了", "no jobs for now please"])
def test_no_jobs_until_told_otherwise(uow: UnitOfWork, words: str) -> None:
    a_provider(uow, lang="en" if words.isascii() else "zh")

    assert text_from(uow, words) == Taken(Reply("paused", {"until": None}))
    assert away_until(uow) == [None]


def test_no_jobs_until_a_day_means_jobs_again_from_its_morning_in_the_city(uow: UnitOfWork) -> None:
    a_provider(uow)

    assert text_from(uow, "这两天有事 周五之前别派单") == Taken(Reply("paused", {"until": date(2026, 11, 27)}))
    assert away_until(uow) == [datetime(2026, 11, 27, tzinfo=uow.zone)]


def test_jobs_again_ends_the_absence_and_says_so_to_those_who_wait(uow: UnitOfWork) -> None:
    heard: list[object] = []
    events.subscribe({ProviderBack: (lambda uow, event: heard.append(event),)})
    provider = a_provider(uow)
    text_from(uow, "停单")
    uow.now += timedelta(minutes=5)

    assert text_from(uow, "可以派单了") == Taken(Reply("resumed"))
    assert away_until(uow) == []
    assert heard == [ProviderBack(provider.id)]


def test_help_tells_the_words_of_a_provider(uow: UnitOfWork) -> None:
    a_provider(uow)

    assert text_from(uow, "帮助") == Taken(Reply("help_provider"))


def test_a_new_number_is_not_taken_from_a_text_but_asked_for_by_a_person(uow: UnitOfWork) -> None:
    provider = a_provider(uow)
    heard: list[PersonAsked] = []
    events.subscribe({PersonAsked: (lambda _, event: heard.append(event),)})

    assert text_from(uow, "我换号了 16500000199") == Taken(Reply("person_called"))

    events.subscribe({})
    assert heard == [PersonAsked(12, PROVIDER, "")]
    assert provider.msisdn == PROVIDER


def test_two_firms_behind_one_number_rest_together(uow: UnitOfWork) -> None:
    a_provider(uow, "P901")
    a_provider(uow, "P902")

    text_from(uow, "休息一周")

    assert away_until(uow) == [datetime(2026, 12, 2, tzinfo=uow.zone)] * 2


@pytest.mark.parametrize("words", ["完工 120元", "到了", "我家水管爆了", "哈哈", "", "1"])
def test_words_about_a_job_or_about_nothing_are_left_to_others(uow: UnitOfWork, words: str) -> None:
    a_provider(uow)

    assert text_from(uow, words) is None
    assert away_until(uow) == []


def test_a_resident_cannot_stop_the_jobs_of_anybody(uow: UnitOfWork) -> None:
    a_person(uow)
    a_provider(uow)

    assert text_from(uow, "停单", RESIDENT) is None
    assert away_until(uow) == []


@pytest.mark.parametrize(
    ("named", "back"),
    [
        (None, None),
        ("2026-11-27", date(2026, 11, 27)),
        ("2026-11-25", date(2026, 11, 26)),
        ("2026-11-01", date(2026, 11, 26)),
    ],
)
def test_a_day_that_is_over_means_tomorrow(named: str | None, back: date | None) -> None:
    assert answers.first_day_back(named, date(2026, 11, 25)) == back
