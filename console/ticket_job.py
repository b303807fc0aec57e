"""Who was asked to come, who comes, and why him: the card of a ticket's job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.queries.tickets import Whole
from console.words import moment
from core import web
from core.uow import UnitOfWork
from providers.models import Provider
from ticketing import lifecycle
from ticketing.dispatch_lifecycle import HOLDING
from ticketing.models import Candidate, Dispatch, Ticket
from ticketing.service.ranking import rank_for


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the offer tracker: was, is, or to come."""

    name: str
    look: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """The provider who has the job."""

    code: str
    name: str
    rating: str
    promised: str  # empty: no hour was promised
    amount: int | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate as the table shows it."""

    name: str
    rank: int | None
    cause: str
    distance: str
    load: str
    rating: str
    last: str
    answer: str
    is_holder: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a list."""

    code: str
    name: str
    rank: int | None = None
    cause: str = ""
    line: str = ""


def tracker(found: Whole, shown: Dispatch | None) -> list[Step]:
    """The steps from the offer to the resident's yes."""
    one = found.ticket
    times = {
        "offered": shown.offered_at if shown else one.dispatched_at,
        "accepted": shown.answered_at if shown else None,
        "arrived": shown.arrived_at if shown else None,
        "done": one.done_at if shown else None,
        "confirmed": one.closed_at,
    }
    names = list(times)
    reached = max((index for index, name in enumerate(names) if times[name]), default=-1)
    is_over = one.state in lifecycle.OVER
    return [
        Step(name, "was" if index <= reached else "is" if index == reached + 1 and not is_over else "", times[name])
        for index, name in enumerate(names)
    ]


def holder(dispatch: Dispatch, provider: Provider, now: datetime) -> Holder:
    """Who has the job, in words."""
    promised = moment(dispatch.promised_at, now) if dispatch.promised_at else ""
    return Holder(provider.code, provider.name, f"{provider.rating:.1f}", promised, dispatch.amount)


def ranked(candidate: Candidate, provider: Provider, dispatches: Sequence[tuple[Dispatch, Provider]]) -> Ranked:
    """A candidate of the round with what spoke for and against him, and what he answered."""
    facts = candidate.facts
    asked = next(
        (d for d, _ in reversed(dispatches) if d.provider_id == provider.id and d.round == candidate.round), None
    )
    return Ranked(
        name=provider.name,
        rank=candidate.rank,
        cause=candidate.cause,
        distance=web.say(f"console.distance.{facts['distance']}") if "distance" in facts else "–",
        load=f"{facts.get('load', '–')}/{facts.get('cap', '–')}",
        rating=f"{facts['rating']:.2f}" if "rating" in facts else "–",
        last=_last(facts.get("idle_days")),
        answer=asked.state if asked else "",
        is_holder=asked is not None and asked.state in HOLDING,
    )


def _last(days: float | None) -> str:
    return web.say("console.why.never") if days is None else web.say("console.why.days", days=int(days))


def left_out(found: Whole) -> str:
    """Providers who were not candidates, by cause, as one sentence; empty for none."""
    told = (event.data["left_out"] for event in reversed(found.events) if event.data.get("left_out"))
    counts: dict[str, int] = next(told, {})
    if not any(counts.values()):
        return ""
    separator = "、" if web.lang() == "zh" else ", "
    listed = separator.join(f"{web.say(f'console.cause.{cause}')} {count}" for cause, count in counts.items() if count)
    return web.say("console.why.others", listed=listed)


def ranking(uow: UnitOfWork, one: Ticket) -> list[Choice]:
    """Who could be sent now, the best first."""
    return [
        Choice(
            row.facts.code,
            row.facts.name,
            row.rank,
            row.cause or "",
            web.say("console.dispatch.line", load=row.load, cap=row.facts.max_open_jobs, rating=f"{row.rating:.2f}"),
        )
        for row in rank_for(uow, one)
    ]
