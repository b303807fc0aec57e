"""Whom to offer to next, how long an offer stands, and when a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.catalogue import Service
from config.policy import DispatchPolicy, TierLimits
from providers.eligibility import Cause
from providers.working_hours import opens_next
from ticketing.matching import Choice
from ticketing.tier import NORMAL


def is_last_word(rounds_made: int, policy: DispatchPolicy) -> bool:
    """Whether all rounds are over and a person decides."""
    return rounds_made >= policy.rounds


def asked_now(choices: Sequence[Choice], rounds_made: int, policy: DispatchPolicy) -> int:
    """How many of the ranked to ask at once: the first round one, later ones several."""
    size = policy.first_round if rounds_made == 0 else policy.later_rounds
    return min(size, sum(one.rank is not None for one in choices))


def offer_lasts(service: Service, limits: TierLimits) -> timedelta:
    """How long an offer stands: the tier's time unless the service has its own."""
    return service.offer_lasts or limits.offer_lasts


def wait_for_hours(
    choices: Sequence[Choice], tier: str, local_now: datetime, wanted_by: datetime | None = None
) -> datetime | None:
    """When to look again because all who could come are merely closed; None when waiting is no answer.

    What is urgent does not wait for the morning: a person looks for somebody. Nor does waiting open a door at the
    hour that the resident named: another hour has to be agreed upon. In and out in the city's zone.
    """
    if tier < NORMAL or any(one.rank is not None for one in choices):
        return None
    if wanted_by is not None and wanted_by > local_now:
        return None
    closed = [one.facts for one in choices if one.cause is Cause.CLOSED]
    return min((opens_next(local_now, one.opens, one.closes) for one in closed), default=None)
