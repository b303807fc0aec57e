"""When to ask the resident whether it is really solved, how often, and which score raises an alarm."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from config.policy import FollowUpPolicy

SCORES = range(1, 6)  # 5 very satisfied ... 1 very dissatisfied


def ask_at(done_at: datetime, last_contact_at: datetime | None, policy: FollowUpPolicy) -> datetime:
    """When to ask about something done at `done_at`: at once by day, in the morning by night.

    Somebody who called or wrote to us a moment ago is awake. Both moments in the city's zone, and the result too.
    """
    wanted = done_at + policy.after
    if last_contact_at is not None and done_at - last_contact_at <= policy.recent_contact:
        return wanted
    return by_day(wanted, policy)


def ask_again_at(asked_at: datetime, policy: FollowUpPolicy) -> datetime:
    """When to ask once more, or to give up. In and out in the city's zone."""
    return by_day(asked_at + policy.no_answer_after, policy)


def is_given_up(tries: int, policy: FollowUpPolicy) -> bool:
    """Whether it was asked often enough: unreached is neither yes nor no."""
    return tries >= policy.tries


def is_low(score: int, policy: FollowUpPolicy) -> bool:
    """Whether somebody has to call about this score."""
    return score <= policy.low_score


def by_day(at: datetime, policy: FollowUpPolicy) -> datetime:
    """The same moment, or the next morning when it lies outside the hours for asking. In the city's zone."""
    if policy.from_hour <= at.hour < policy.until_hour:
        return at
    morning = datetime.combine(at.date(), time(policy.from_hour), tzinfo=at.tzinfo)
    return morning if at < morning else morning + timedelta(days=1)
