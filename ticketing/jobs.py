"""Drains of tickets: match what waits, end offers that ran out, watch the clocks, ask whether it is solved."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.jobs import Deadline, job
from core.uow import UnitOfWork, unit_of_work
from ticketing import queries
from ticketing.service import clocks, dispatches, follow_ups, offering, places, quotes, tickets
from ticketing.service.history import locked_by_id

log = logging.getLogger(__name__)

BATCH = 50


@job("ticketing.match", every=timedelta(seconds=10))
def match() -> bool:
    """Ask the next providers for every ticket whose turn it is. True when the minute was up before."""
    return _drain("ticketing.match", queries.to_match, _match)


@job("ticketing.expire_offers", every=timedelta(seconds=10))
def expire_offers() -> bool:
    """End offers that ran out; after a stop of any length the first run ends them all."""
    return _drain("ticketing.expire_offers", queries.run_out, offering.expire)


@job("ticketing.clocks", every=timedelta(seconds=60))
def watch_clocks() -> bool:
    """Warn of promises, find providers who never came and tickets that nobody minds, give old codes back."""
    with unit_of_work("job:ticketing.clocks") as uow:
        dispatches.late_ones(uow)
        quotes.unanswered(uow)
        tickets.release_codes(uow)
        places.follow_late(uow)
    is_more = _drain("ticketing.clocks", queries.contact_missed, clocks.contact_is_late)
    is_more |= _drain("ticketing.clocks", queries.clocks_passed, clocks.warn)
    return _drain("ticketing.clocks", queries.left_lying, clocks.remind) or is_more


@job("ticketing.follow_up", every=timedelta(seconds=30))
def follow_up() -> bool:
    """Ask residents about what was reported done."""
    return _drain("ticketing.follow_up", queries.to_follow_up, follow_ups.ask)


def _match(uow: UnitOfWork, ticket_id: int) -> None:
    ticket = locked_by_id(uow.session, ticket_id)
    if ticket.match_at is not None and ticket.match_at <= uow.now:
        offering.make_round(uow, ticket)


def _drain(
    name: str,
    due: Callable[[Session, datetime, int], list[int]],
    act: Callable[[UnitOfWork, int], object],
) -> bool:
    """Act on each due row in a transaction of its own, so that one that fails costs no other its turn."""
    deadline = Deadline()
    failed: set[int] = set()
    while True:
        with unit_of_work(f"job:{name}") as uow:
            wanted = [row_id for row_id in due(uow.session, uow.now, BATCH + len(failed)) if row_id not in failed]
        if not wanted:
            return False
        for row_id in wanted:
            if deadline.is_over():
                return True
            try:
                with unit_of_work(f"job:{name}") as uow:
                    act(uow, row_id)
            except Exception:
                log.exception("%s could not do its work on row %d", name, row_id)
                failed.add(row_id)
