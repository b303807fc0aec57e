"""May a provider be sent at all: standing, papers, hours, cap, absence, dispute, wishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from providers.working_hours import is_open


class Cause(StrEnum):
    """Why a provider is left out. The last two are counted, not stored by candidate."""

    NOT_ACTIVE = "not_active"
    TRIAL_CAP = "trial_cap"
    PAPERS = "papers"
    CLOSED = "closed"
    FULL = "full"
    ABSENT = "absent"
    DISPUTE = "dispute"
    DECLINED = "declined"
    UNWISHED = "unwished"
    OTHER_SERVICE = "other_service"
    OTHER_AREA = "other_area"


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """What is known of a provider who offers the service and covers the place, at one moment."""

    provider_id: int
    code: str
    name: str
    msisdn: str
    lang: str
    standing: str
    opens: time | None  # city time; None: round the clock
    closes: time | None
    rating: float  # 1 to 5
    ratings: int
    max_open_jobs: int
    last_job_at: datetime | None  # UTC
    area_code: str  # the smallest area of the provider's that holds the place
    has_papers: bool  # every paper that the service needs is valid on the day
    is_absent: bool


@dataclass(frozen=True, slots=True)
class Dealings:
    """What ticketing knows of a provider: jobs in hand, and how he stands to this resident and ticket."""

    open_jobs: int = 0
    in_dispute: bool = False  # with this resident
    has_declined: bool = False  # this ticket
    is_unwished: bool = False  # the resident asked not to have him


def why_not(facts: CandidateFacts, dealings: Dealings, *, at: time, trial_cap: int) -> Cause | None:
    """The first reason to leave a provider out, or None when he may be sent.

    `at` is the time of the wanted visit on the city's clocks; `trial_cap` is `policy.dispatch.trial_cap`.
    """
    if facts.standing not in ("active", "trial"):
        return Cause.NOT_ACTIVE
    if facts.standing == "trial" and dealings.open_jobs >= trial_cap:
        return Cause.TRIAL_CAP
    if not facts.has_papers:
        return Cause.PAPERS
    if facts.is_absent:
        return Cause.ABSENT
    if not is_open(at, facts.opens, facts.closes):
        return Cause.CLOSED
    if dealings.open_jobs >= facts.max_open_jobs:
        return Cause.FULL
    if dealings.in_dispute:
        return Cause.DISPUTE
    if dealings.has_declined:
        return Cause.DECLINED
    return Cause.UNWISHED if dealings.is_unwished else None
