"""Rank the providers who may be sent to a ticket; the same facts give the same order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from directory.jurisdiction import path
from providers.eligibility import CandidateFacts, Cause, Dealings, why_not
from providers.standing import rating_with_prior

NOBODY = Dealings()


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate with his rank (1 is asked first) or the cause why he is left out, and what decided it."""

    facts: CandidateFacts
    rank: int | None
    cause: Cause | None
    distance: int  # levels of the tree between the place and the provider's area: 0 is the same community
    load: int  # jobs in hand
    rating: float  # with the prior
    idle_days: int | None  # whole days since his last job; None: never had one


def rank(
    candidates: Iterable[CandidateFacts],
    dealings: Mapping[int, Dealings],
    *,
    community_code: str,
    at: time,
    now: datetime,
    trial_cap: int,
    before: int | None,
) -> list[Choice]:
    """Everybody, those who may be sent first and in order.

    The order: who did it before when the matter comes back, nearness in the tree, jobs in hand, rating with a prior,
    last job longest ago, code. `at` is the time of the visit on the city's clocks, `before` the provider who did the
    job that is reopened.
    """
    depth = len(path(community_code))
    weighed = [_weigh(one, dealings.get(one.provider_id, NOBODY), depth, at, now, trial_cap) for one in candidates]
    able = sorted((one for one in weighed if one.cause is None), key=lambda one: _order(one, before))
    ranked = [_with_rank(one, place) for place, one in enumerate(able, start=1)]
    return ranked + sorted((one for one in weighed if one.cause is not None), key=lambda one: one.facts.code)


def _weigh(facts: CandidateFacts, dealings: Dealings, depth: int, at: time, now: datetime, trial_cap: int) -> Choice:
    return Choice(
        facts=facts,
        rank=None,
        cause=why_not(facts, dealings, at=at, trial_cap=trial_cap),
        distance=depth - len(path(facts.area_code)),
        load=dealings.open_jobs,
        rating=rating_with_prior(facts.rating, facts.ratings),
        idle_days=(now - facts.last_job_at).days if facts.last_job_at is not None else None,
    )


def _order(one: Choice, before: int | None) -> tuple[bool, int, int, float, float, str]:
    last_job = one.facts.last_job_at.timestamp() if one.facts.last_job_at is not None else 0.0
    is_other = one.facts.provider_id != before
    return is_other, one.distance, one.load, -round(one.rating, 2), last_job, one.facts.code


def _with_rank(one: Choice, place: int) -> Choice:
    return Choice(one.facts, place, None, one.distance, one.load, one.rating, one.idle_days)
