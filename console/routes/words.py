"""How facts are worded on the console's pages: clocks, matters, places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config import catalogue as catalogue_file
from console.clocks import clock, parts
from core import web
from directory.models import Jurisdiction
from ticketing.lifecycle import OVER
from ticketing.models import Ticket


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


def place(ticket: Ticket, jurisdiction: Jurisdiction | None) -> str:
    """Community and address as one line; empty when the place is not known."""
    community = "" if jurisdiction is None else jurisdiction.name_zh if web.lang() == "zh" else jurisdiction.name_en
    return " ".join(part for part in (community, ticket.address) if part)


def ticket_clock(ticket: Ticket, now: datetime) -> ClockView | None:
    """The next promise of an open ticket: first contact until it is met, then closing."""
    if ticket.state in OVER:
        return None
    is_contact = ticket.contacted_at is None and ticket.contact_by < ticket.close_by
    start, by = (ticket.opened_at, ticket.contact_by) if is_contact else (ticket.clock_from, ticket.close_by)
    seen = clock(start, by, now)
    key, facts = parts(seen.left)
    left = web.say(
        f"console.clock.{'over' if seen.look == 'late' else 'left'}", time=web.say(f"console.clock.{key}", **facts)
    )
    promise = web.say(f"console.promise.{'contact' if is_contact else 'close'}")
    moment = web.city_time(by) if by.date() == now.date() else web.city_moment(by)
    return ClockView(seen.look, seen.percent, left, f"{moment} {promise}")


def next_promise(ticket: Ticket) -> datetime:
    """The moment by which the queue is grouped."""
    return ticket.contact_by if ticket.contacted_at is None and ticket.contact_by < ticket.close_by else ticket.close_by
