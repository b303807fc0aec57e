"""How facts are worded on the console's pages: clocks, matters, places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from config import catalogue as catalogue_file
from config import policy as policy_file
from console.clocks import clock, parts
from console.queries.queue import waits_for_contact
from core import web
from directory.models import Jurisdiction
from ticketing.lifecycle import OVER
from ticketing.models import Ticket

NEAR_DAYS = {-1: "yesterday", 1: "tomorrow"}


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as the page draws it."""

    kind: str
    percent: int
    left: str
    due: str


def matter(ticket: Ticket) -> str:
    """What the ticket is about, in a few words of the reader's language."""
    service = catalogue_file.current().services.get(ticket.service)
    kind = web.say(f"ticketing.kind.{ticket.kind}")
    if service is None:
        return kind
    name = service.name[web.lang()]
    return name if ticket.kind == "service" else f"{kind} · {name}"


def place_name(place: Jurisdiction) -> str:
    """Name of a place in the reader's language."""
    return place.name_zh if web.lang() == "zh" else place.name_en


def place(ticket: Ticket, jurisdiction: Jurisdiction | None) -> str:
    """Community and address as one line; empty when the place is not known."""
    community = "" if jurisdiction is None else place_name(jurisdiction)
    return " ".join(part for part in (community, ticket.address) if part)


def ticket_clock(ticket: Ticket, now: datetime) -> ClockView | None:
    """The next promise of an open ticket: first contact until it is met, then closing."""
    if ticket.state in OVER:
        return None
    is_contact = waits_for_contact(ticket)
    start, by = (ticket.opened_at, ticket.contact_by) if is_contact else (ticket.clock_from, ticket.close_by)
    promise = web.say(f"console.promise.{'contact' if is_contact else 'close'}")
    return clock_view(start, by, now, f"{moment(by, now)} {promise}")


def clock_view(start: datetime, by: datetime, now: datetime, due: str) -> ClockView:
    """A promise that runs from `start` to `by`, with what is left or over in words."""
    seen = clock(start, by, now)
    key, facts = parts(seen.left)
    left = web.say(
        f"console.clock.{'over' if seen.look == 'late' else 'left'}", time=web.say(f"console.clock.{key}", **facts)
    )
    return ClockView(seen.look, seen.percent, left, due)


def moment(at: datetime | None, now: datetime) -> str:
    """A moment as one says it today: only the hour for today, the day before it for others."""
    if at is None:
        return "–"
    zone = policy_file.current().city.zone
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return web.city_time(at)
    if days in NEAR_DAYS:
        return web.say(f"console.day.{NEAR_DAYS[days]}", time=web.city_time(at))
    return web.city_moment(at, now)


def last_day(until: datetime | None) -> str:
    """The end of something given by days: its last day when it ends with a day, else the moment; empty: no end."""
    if until is None:
        return ""
    if until.astimezone(policy_file.current().city.zone).time() != time():
        return web.city_moment(until)
    return web.say("console.day.through", day=web.city_day(until - timedelta(days=1)))


def since(at: datetime, now: datetime) -> str:
    """When something began, short: the hour today and yesterday, the days before that."""
    zone = policy_file.current().city.zone
    days = (now.astimezone(zone).date() - at.astimezone(zone).date()).days
    if days <= 1:
        return moment(at, now)
    return web.say("console.day.ago", days=days)
