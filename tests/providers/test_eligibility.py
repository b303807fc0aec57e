"""Why somebody may not be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from providers.eligibility import CandidateFacts, Cause, Dealings, why_not

GOOD = CandidateFacts(
    provider_id=1,
    code="P001",
    name="快修水电",
    msisdn="+8616500000901",
    lang="zh",
    standing="active",
    opens=time(8),
    closes=time(18),
    rating=4.5,
    ratings=20,
    max_open_jobs=2,
    last_job_at=None,
    area_code="AH01",
    has_papers=True,
    is_absent=False,
)
NOON = time(12)


def cause(facts: CandidateFacts = GOOD, dealings: Dealings | None = None, at: time = NOON) -> Cause | None:
    return why_not(facts, dealings or Dealings(), at=at, trial_cap=1)


def test_an_active_provider_with_papers_time_and_room_may_be_sent() -> None:
    assert cause() is None
    assert cause(dealings=Dealings(open_jobs=1)) is None


@pytest.mark.parametrize("standing", ["applied", "documents_checked", "visited", "suspended", "expired", "removed"])
def test_only_the_active_and_those_on_trial_are_sent(standing: str) -> None:
    assert cause(replace(GOOD, standing=standing)) is Cause.NOT_ACTIVE


def test_on_trial_one_job_at_a_time() -> None:
    trial = replace(GOOD, standing="trial", max_open_jobs=5)

    assert cause(trial) is None
    assert cause(trial, Dealings(open_jobs=1)) is Cause.TRIAL_CAP


@pytest.mark.parametrize(
    ("facts", "dealings", "why"),
    [
        (replace(GOOD, has_papers=False), Dealings(), Cause.PAPERS),
        (replace(GOOD, is_absent=True), Dealings(), Cause.ABSENT),
        (GOOD, Dealings(open_jobs=2), Cause.FULL),
        (GOOD, Dealings(in_dispute=True), Cause.DISPUTE),
        (GOOD, Dealings(has_declined=True), Cause.DECLINED),
        (GOOD, Dealings(is_unwished=True), Cause.UNWISHED),
    ],
)
def test_each_reason_is_named(facts: CandidateFacts, dealings: Dealings, why: Cause) -> None:
    assert cause(facts, dealings) is why


def test_closed_counts_for_the_time_of_the_visit() -> None:
    assert cause(at=time(18)) is Cause.CLOSED
    assert cause(at=time(17, 59)) is None


def test_papers_come_before_hours_so_that_the_lasting_reason_is_told() -> None:
    assert cause(replace(GOOD, has_papers=False), at=time(3)) is Cause.PAPERS
