"""Who could be sent to a ticket, best first, from two statements however many providers there are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Integer, Select, String, any_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from core.uow import UnitOfWork
from providers import queries as providers
from providers.eligibility import Dealings
from ticketing import matching
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.matching import Choice
from ticketing.models import Dispatch, FollowUp, Ticket

DECLINED = (DispatchState.REFUSED, DispatchState.EXPIRED, DispatchState.CANCELLED)
"""How a dispatch of this very ticket ended when its provider is not asked again."""


def rank_for(uow: UnitOfWork, ticket: Ticket) -> list[Choice]:
    """The providers who offer the ticket's service at its place, able ones first, with what decided it.

    The ticket needs a service and a place. Nothing is changed.
    """
    service = uow.catalogue.services[ticket.service]
    candidates = providers.candidate_facts(
        uow.session,
        service=service.code,
        community_code=ticket.jurisdiction_code,
        papers=service.papers,
        now=uow.now,
        zone=uow.zone,
    )
    visit = max(ticket.wanted_by or uow.now, uow.now).astimezone(uow.zone)  # a wish of last week is no visit
    return matching.rank(
        candidates,
        _dealings(uow, ticket, [one.provider_id for one in candidates]),
        community_code=ticket.jurisdiction_code,
        at=visit.time(),
        now=uow.now,
        trial_cap=uow.policy.dispatch.trial_cap,
        before=_did_it_before(uow, ticket) if ticket.reopened else None,
    )


def _dealings(uow: UnitOfWork, ticket: Ticket, provider_ids: Collection[int]) -> dict[int, Dealings]:
    """Jobs in hand, refusals of this ticket, and quarrels with this requester, in one statement."""
    found: dict[int, dict[str, int]] = {}
    if provider_ids:
        rows = uow.session.execute(
            _DEALINGS,
            {
                "providers": list(provider_ids),
                "ticket": ticket.id or 0,
                "low": uow.policy.follow_up.low_score,
                "msisdn": ticket.msisdn or "",
                "household": ticket.household_id or 0,
            },
        )
        for provider_id, what, count in rows:
            found.setdefault(provider_id, {})[what] = count
    return {
        provider_id: Dealings(
            open_jobs=known.get("load", 0), in_dispute="dispute" in known, has_declined="declined" in known
        )
        for provider_id, known in found.items()
    }


def _statement() -> Select[Any]:
    """Built once: each part starts at an index (jobs in hand, this ticket, this requester's tickets)."""
    held, declined, rated = aliased(Dispatch), aliased(Dispatch), aliased(Dispatch)
    other = aliased(Ticket)
    load = (
        select(held.provider_id, literal("load").label("what"), func.count().label("count"))
        .where(
            held.provider_id == any_(bindparam("providers", type_=ARRAY(Integer))),
            held.state.in_(HOLDING),
        )
        .group_by(held.provider_id)
    )
    refusals = (
        select(declined.provider_id, literal("declined"), func.count())
        .where(declined.ticket_id == bindparam("ticket", type_=Integer()), declined.state.in_(DECLINED))
        .group_by(declined.provider_id)
    )
    quarrels = (
        select(rated.provider_id, literal("dispute"), func.count())
        .join(FollowUp, FollowUp.dispatch_id == rated.id)
        .join(other, other.id == rated.ticket_id)
        .where(
            or_(
                other.msisdn == bindparam("msisdn", type_=String()),
                other.household_id == bindparam("household", type_=Integer()),
            ),
            FollowUp.score <= bindparam("low", type_=Integer()),
        )
        .group_by(rated.provider_id)
    )
    whole = union_all(load, refusals, quarrels).subquery("dealings")
    return select(whole.c.provider_id, whole.c.what, whole.c.count)


_DEALINGS = _statement()


def _did_it_before(uow: UnitOfWork, ticket: Ticket) -> int | None:
    """Who completed the job that comes back: he is asked first."""
    return uow.session.scalar(
        select(Dispatch.provider_id)
        .where(Dispatch.ticket_id == ticket.id, Dispatch.state == DispatchState.COMPLETED)
        .order_by(Dispatch.id.desc())
        .limit(1)
    )
