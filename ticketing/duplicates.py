"""The same caller asking for the same thing again: the ticket there is, not a second one."""

from __future__ import annotations

from collections.abc import Iterable

from ticketing.lifecycle import State
from ticketing.models import Ticket, TicketKind


def same_matter(open_ones: Iterable[Ticket], service: str) -> Ticket | None:
    """Among somebody's open tickets the one that asks for this service and is not done yet."""
    return next(
        (
            one
            for one in open_ones
            if service
            and one.service == service
            and one.kind is TicketKind.SERVICE
            and one.state not in (State.DONE, State.FOLLOWING_UP)
        ),
        None,
    )
