"""Offers made in rounds or by hand: taken by one, refused, run out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from core.uow import UnitOfWork
from providers import queries as providers
from providers import service as provider_service
from providers.eligibility import Cause
from sms import service as sms
from sms.models import Delivery, Urgency
from ticketing import privacy, rounds, sla
from ticketing.dispatch_lifecycle import HOLDING, DispatchState, check_move
from ticketing.errors import IllegalMove, NotEligible, ReasonMissing
from ticketing.events import NobodyToSend
from ticketing.lifecycle import State
from ticketing.matching import Choice
from ticketing.models import Candidate, Dispatch, TaskKind, Ticket
from ticketing.promise import Window
from ticketing.service import tasks
from ticketing.service.contacts import address, community
from ticketing.service.history import locked, move, record
from ticketing.service.holding import end_job, iso, name_of, tell_or_call, untold_cause, visit_cause, with_ticket
from ticketing.service.ranking import rank_for
from ticketing.service.telling import provider_contact, service_name, tell_provider
from ticketing.service.tickets import match_now
from ticketing.tier import URGENT

MAY_OVERRIDE = frozenset({Cause.TRIAL_CAP, Cause.CLOSED, Cause.FULL, Cause.ABSENT, Cause.DECLINED, Cause.UNWISHED})
"""Causes that a person who knows better may set aside; missing papers, standing and disputes are not among them."""
BY_HAND = frozenset({State.OPEN, State.DISPATCHED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.WAITING_QUOTE})
"""Where a ticket stands when a person may still name who does it."""
JOB_QUESTION_LASTS = timedelta(days=30)
NOBODY_CAUSE = "no_provider"
ARRANGED = (NOBODY_CAUSE, "no_access", "incomplete", "said_called_off", "reopened")
"""Causes of tasks that somebody's coming meets."""
PIN_DIGITS = 4


def make_round(uow: UnitOfWork, ticket: Ticket) -> list[Dispatch]:
    """Ask the next providers for an open ticket; the ticket must be locked. Returns the offers that went out.

    The ranking is stored with its reasons. With all rounds over, or nobody left, a person decides.
    """
    ticket.match_at = None
    if ticket.state is not State.OPEN:
        return []
    made = ticket.round - ticket.rounds_before
    if rounds.is_last_word(made, uow.policy.dispatch):
        _give_to_a_person(uow, ticket)
        return []
    choices = rank_for(uow, ticket)
    ticket.round += 1
    _keep_candidates(uow, ticket, choices)
    wanted = rounds.asked_now(choices, made, uow.policy.dispatch)
    offered: list[Dispatch] = []
    for choice in choices:
        if choice.rank is None or len(offered) == wanted:
            break
        dispatch = _offer(uow, ticket, choice.facts.provider_id)
        if dispatch.state is DispatchState.OFFERED:
            offered.append(dispatch)
    if offered:
        _dispatched(uow, ticket)
        return offered
    morning = rounds.wait_for_hours(choices, ticket.tier, uow.local_now, ticket.wanted_by)
    if morning is not None:
        ticket.rounds_before += 1
        ticket.match_at = morning
        record(uow, ticket, "waits_for_hours", when=morning.isoformat())
    else:
        _give_to_a_person(uow, ticket)
    return []


def dispatch_by_hand(
    uow: UnitOfWork, code: str, provider_code: str, reason: str, version: int | None = None
) -> Dispatch:
    """An agent offers the job to a named provider, with a reason. Present offers are withdrawn, a holder released.

    Raises ReasonMissing, ChangedMeanwhile, NotEligible (wrong trade or area, papers, standing, dispute), IllegalMove.
    """
    if not reason.strip():
        raise ReasonMissing
    ticket = locked(uow.session, code, version)
    if ticket.state not in BY_HAND:
        raise IllegalMove(ticket.state, State.DISPATCHED)
    provider = providers.by_code(uow.session, provider_code)
    if ticket.service not in uow.catalogue.services or not ticket.jurisdiction_code:
        raise NotEligible(provider.name, Cause.OTHER_SERVICE)
    choice = next((one for one in rank_for(uow, ticket) if one.facts.provider_id == provider.id), None)
    if choice is None:
        offers_it = any(one.service == ticket.service for one in provider.services)
        raise NotEligible(provider.name, Cause.OTHER_AREA if offers_it else Cause.OTHER_SERVICE)
    if choice.cause is not None and choice.cause not in MAY_OVERRIDE:
        raise NotEligible(provider.name, choice.cause)
    if ticket.state in (State.ACKNOWLEDGED, State.IN_PROGRESS, State.WAITING_QUOTE):
        _release_holder(uow, ticket, "by_hand")
    _withdraw_offers(uow, ticket, "by_hand", tells=True)
    if ticket.state is State.DISPATCHED:
        move(ticket, State.OPEN)
    dispatch = _offer(uow, ticket, provider.id, by_hand=reason.strip())
    if dispatch.state is not DispatchState.OFFERED:
        raise NotEligible(provider.name, "not_reached")
    _dispatched(uow, ticket)
    return dispatch


def accept(uow: UnitOfWork, dispatch_id: int, promised: Window | None = None) -> bool:
    """The provider takes the job. False when somebody else has it, or the offer is over: then nothing changed.

    One conditional statement decides; the index `uq_dispatches_one_holder` stands behind it. The others are told, the
    requester learns who comes and when. `promised`: when he says he will be there.
    """
    dispatch, ticket = with_ticket(uow, dispatch_id)
    try:
        with uow.attempt():
            won = uow.session.scalar(
                update(Dispatch)
                .where(
                    Dispatch.id == dispatch_id,
                    Dispatch.state == DispatchState.OFFERED,
                    Dispatch.expires_at > uow.now,
                    select(Ticket.id).where(Ticket.id == ticket.id, Ticket.state == State.DISPATCHED).exists(),
                )
                .values(
                    state=DispatchState.ACCEPTED,
                    answered_at=uow.now,
                    promised_at=promised.at if promised is not None else None,
                    promised_until=promised.until if promised is not None else None,
                )
                .returning(Dispatch.id)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    if won is None:
        return False
    uow.session.refresh(dispatch)
    move(ticket, State.ACKNOWLEDGED)
    provider = providers.by_id(uow.session, dispatch.provider_id)
    record(uow, ticket, "accepted", provider=provider.name, when=iso(dispatch.promised_at))
    provider_service.record_job(uow, provider.id)
    sms.close_questions(uow, kind="offer", reference=dispatch.id)
    sms.open_question(uow, provider.msisdn, "job", ticket.code, dispatch.id, JOB_QUESTION_LASTS)
    _withdraw_offers(uow, ticket, "taken", tells=True)
    for cause in ARRANGED:
        tasks.meet(uow, cause=f"ticket:{ticket.id}:{cause}")
    _announce_visit(uow, ticket, dispatch, provider.name)
    return True


def refuse(uow: UnitOfWork, dispatch_id: int, reason: str = "") -> bool:
    """The provider does not want the job: the next one is asked. False when the offer was over anyway."""
    return _went_by(uow, dispatch_id, DispatchState.REFUSED, reason)


def expire(uow: UnitOfWork, dispatch_id: int, reason: str = "expired") -> bool:
    """The offer ran out, or never reached its provider: the next one is asked. False when it was over anyway."""
    return _went_by(uow, dispatch_id, DispatchState.EXPIRED, reason)


def _went_by(uow: UnitOfWork, dispatch_id: int, state: DispatchState, reason: str) -> bool:
    dispatch, ticket = with_ticket(uow, dispatch_id)
    if dispatch.state is not DispatchState.OFFERED:
        return False
    _end_offer(uow, ticket, dispatch, state, reason)
    _look_on(uow, ticket)
    return True


def _offer(uow: UnitOfWork, ticket: Ticket, provider_id: int, *, by_hand: str = "") -> Dispatch:
    """One offer by text. It ends at once as `not_reached` when no text can go to the provider."""
    lasts = rounds.offer_lasts(uow.catalogue.services[ticket.service], uow.policy.tiers[ticket.tier])
    dispatch = Dispatch(
        ticket_id=ticket.id,
        provider_id=provider_id,
        round=ticket.round,
        state=DispatchState.OFFERED,
        offered_at=uow.now,
        expires_at=uow.now + lasts,
        by_hand_reason=by_hand,
    )
    uow.session.add(dispatch)
    uow.session.flush()
    kind = "dispatched_by_hand" if by_hand else "offered"
    record(uow, ticket, kind, provider=name_of(uow, dispatch), round=ticket.round, note=by_hand)
    msisdn, lang = provider_contact(uow, provider_id)
    told = sms.ask(
        uow,
        msisdn,
        "offer",
        kind="offer",
        about=ticket.code,
        reference=dispatch.id,
        lang=lang,
        facts={
            "code": ticket.code,
            "place": privacy.place_without_flat(community(uow, ticket, lang), address(ticket, lang)),
            "service": service_name(uow, ticket, lang),
            "wanted_by": ticket.wanted_by,
            "minutes": int(lasts.total_seconds()) // 60,
        },
        urgency=Urgency.DISPATCH,
        lasts=lasts,
        useful_until=dispatch.expires_at,
    )
    if dispatch.state is DispatchState.OFFERED and (told is None or told.delivery is not Delivery.QUEUED):
        _end_offer(uow, ticket, dispatch, DispatchState.EXPIRED, "not_reached")
    return dispatch


def _dispatched(uow: UnitOfWork, ticket: Ticket) -> None:
    move(ticket, State.DISPATCHED)
    ticket.match_at = None
    if ticket.dispatched_at is None:
        ticket.dispatched_at = uow.now
        limits = uow.policy.tiers[ticket.tier]
        ticket.clock_from, ticket.close_by = sla.at_first_dispatch(ticket.clock_from, uow.now, limits)


def _keep_candidates(uow: UnitOfWork, ticket: Ticket, choices: Sequence[Choice]) -> None:
    """The reasons, one row a candidate; of the rest one count for each cause."""
    counts = providers.left_out_counts(uow.session, service=ticket.service, candidates=len(choices))
    record(uow, ticket, "round", round=ticket.round, left_out={str(cause): many for cause, many in counts.items()})
    if choices:
        uow.session.execute(
            insert(Candidate),
            [
                {
                    "ticket_id": ticket.id,
                    "round": ticket.round,
                    "provider_id": one.facts.provider_id,
                    "rank": one.rank,
                    "cause": one.cause.value if one.cause is not None else "",
                    "facts": {
                        "distance": one.distance,
                        "load": one.load,
                        "cap": one.facts.max_open_jobs,
                        "rating": round(one.rating, 2),
                        "idle_days": one.idle_days,
                    },
                }
                for one in choices
            ],
        )


def _end_offer(uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch, state: DispatchState, reason: str) -> None:
    check_move(dispatch.state, state)
    dispatch.state, dispatch.reason = state, reason
    dispatch.answered_at = uow.now if state is DispatchState.REFUSED else None
    dispatch.ended_at = uow.now
    record(uow, ticket, state.value, provider=name_of(uow, dispatch), reason=reason or "none")
    sms.close_questions(uow, kind="offer", reference=dispatch.id)
    sms.withdraw_unsent(uow, about=ticket.code, wording="offer", msisdn=provider_contact(uow, dispatch.provider_id)[0])
    uow.session.flush()


def _withdraw_offers(uow: UnitOfWork, ticket: Ticket, reason: str, *, tells: bool) -> None:
    others = uow.session.scalars(
        select(Dispatch).where(Dispatch.ticket_id == ticket.id, Dispatch.state == DispatchState.OFFERED)
    ).all()
    for dispatch in others:
        _end_offer(uow, ticket, dispatch, DispatchState.WITHDRAWN, reason)
        if tells:
            tell_provider(uow, ticket, dispatch.provider_id, "offer_lost")


def _look_on(uow: UnitOfWork, ticket: Ticket) -> None:
    """Once nobody is left to answer, the next round begins."""
    if ticket.state is not State.DISPATCHED:
        return
    waiting = select(Dispatch.id).where(Dispatch.ticket_id == ticket.id, Dispatch.state == DispatchState.OFFERED)
    if uow.session.scalar(waiting.limit(1)) is None:
        move(ticket, State.OPEN)
        match_now(uow, ticket)


def _give_to_a_person(uow: UnitOfWork, ticket: Ticket) -> None:
    is_known = tasks.is_open(uow, _nobody(ticket))
    record(uow, ticket, "nobody")
    if is_known:
        return  # somebody sees to it already, and the resident has heard it
    task = tasks.open_task(uow, TaskKind.CHECK, _nobody(ticket), NOBODY_CAUSE, ticket=ticket)
    tell_or_call(uow, ticket, "nobody_found")
    if ticket.tier <= URGENT:
        uow.announce(NobodyToSend(ticket.code, f"nobody:{task.id}"))


def _announce_visit(uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch, provider_name: str) -> None:
    if uow.catalogue.services[ticket.service].has_completion_pin:
        ticket.completion_pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    told = sms.ask(
        uow,
        ticket.notify_msisdn,
        "visit_told",
        kind="visit",
        about=ticket.code,
        reference=dispatch.id,
        lang=ticket.lang,
        facts={
            "code": ticket.code,
            "provider": provider_name,
            "service": service_name(uow, ticket),
            "at": dispatch.promised_at,
            "until": dispatch.promised_until,
            "pin": ticket.completion_pin,
        },
        urgency=Urgency.DISPATCH,
    )
    tasks.meet(uow, cause=untold_cause(ticket))  # who comes now is all that is still to be said
    if told is None:
        tasks.open_task(uow, TaskKind.CALL_BACK, visit_cause(ticket), "tell_visit", ticket=ticket)


def _release_holder(uow: UnitOfWork, ticket: Ticket, reason: str) -> None:
    held = uow.session.scalars(
        select(Dispatch).where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_(HOLDING))
    ).one()
    end_job(uow, ticket, held, DispatchState.CANCELLED, reason)
    move(ticket, State.OPEN)
    record(uow, ticket, "released", provider=name_of(uow, held))
    sms.close_questions(uow, about=ticket.code)
    tell_provider(uow, ticket, held.provider_id, "job_cancelled")
    tell_or_call(uow, ticket, "provider_changed")


def _nobody(ticket: Ticket) -> str:
    return f"ticket:{ticket.id}:{NOBODY_CAUSE}"
