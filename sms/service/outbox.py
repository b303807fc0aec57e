"""The outbox: due texts are claimed in batches, and what became of them is written back in one statement."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, select, text, update

from core.uow import UnitOfWork
from directory import consent
from directory.models import Purpose
from directory.service import consents
from sms import retry
from sms.delivery import Delivery
from sms.events import TextFailed
from sms.models import OutboundSms
from sms.service import failures
from sms.service.failures import Failed
from sms.unknown import first_ask
from sms.urgency import Urgency
from telephony.carrier import CarrierAway, CarrierRefused, Outcome, OutcomeUnknown, Sent
from telephony.statuses import Fault

log = logging.getLogger(__name__)

CODE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed text: what the carrier needs, and what decides about another attempt."""

    id: int
    key: str
    msisdn: str
    body: str
    about: str
    wording: str
    purpose: Purpose
    urgency: Urgency
    attempts: int  # this one included; it is the proof of the claim
    created_at: datetime
    claimed_at: datetime
    useful_until: datetime | None


@dataclass(frozen=True, slots=True)
class _Written:
    """One line of what is written back."""

    delivery: Delivery
    carrier_sid: str | None = None
    error_code: str | None = None
    send_at: datetime | None = None
    settle_at: datetime | None = None


_WRITE_BACK = text(
    """
    update outbound_sms as o
    set delivery = v.delivery,
        carrier_sid = coalesce(o.carrier_sid, v.carrier_sid),
        error_code = v.error_code,
        send_at = coalesce(v.send_at, o.send_at),
        settle_at = v.settle_at,
        log_asks = 0,
        submitted_at = case when v.carrier_sid is null then o.submitted_at else coalesce(o.submitted_at, :now) end,
        settled_at = case when v.delivery = 'failed' then :now else o.settled_at end
    from unnest(cast(:ids as integer[]), cast(:attempts as integer[]), cast(:deliveries as text[]),
                cast(:sids as text[]), cast(:codes as text[]), cast(:send_ats as timestamptz[]),
                cast(:settle_ats as timestamptz[]))
         as v(id, attempts, delivery, carrier_sid, error_code, send_at, settle_at)
    where o.id = v.id and o.attempts = v.attempts and o.delivery in ('sending', 'unknown')
    returning o.id
    """
)


def claim_due(uow: UnitOfWork) -> tuple[list[Due], bool]:
    """Take up to a batch of due texts, the most urgent first, and whether there was anything due at all.

    One statement claims; two senders never take the same text. What is no longer useful expires, and what was stopped
    since it was written is suppressed, instead of being sent. Commit before calling the carrier.
    """
    claimed = _claim(uow)
    sending = [due for delivery, due in claimed if delivery is Delivery.SENDING]
    stopped = consents.stopped_among(uow, {due.msisdn for due in sending})
    held_back = {
        due.id: reason.value
        for due in sending
        if due.msisdn in stopped
        and (reason := consent.held_back(due.purpose.value, stopped[due.msisdn], has_consent=True))
    }
    if held_back:
        _suppress(uow, held_back)
        for due in sending:
            if due.id in held_back and due.about and due.purpose is Purpose.SERVICE:
                uow.announce(TextFailed(due.id, due.about, due.msisdn, due.wording))
    return [due for due in sending if due.id not in held_back], bool(claimed)


def keep_claims(uow: UnitOfWork, batch: Sequence[Due]) -> None:
    """Tell the settler that these texts are still in our hands: the carrier is slow, the sender lives."""
    uow.session.execute(
        update(OutboundSms)
        .where(OutboundSms.id.in_([due.id for due in batch]), OutboundSms.delivery == Delivery.SENDING)
        .values(settle_at=uow.now + uow.policy.sms.stuck_sending_after)
        .execution_options(synchronize_session=False)
    )


def record_outcomes(uow: UnitOfWork, ended: Sequence[tuple[Due, Outcome]]) -> None:
    """Write back what became of claimed texts, in one statement.

    A text that its receipt has moved on already, or that somebody else has claimed since, is left alone.
    """
    written = [(due, _outcome(uow, due, outcome)) for due, outcome in ended]
    changed = set(
        uow.session.scalars(
            _WRITE_BACK,
            {
                "now": uow.now,
                "ids": [due.id for due, _ in written],
                "attempts": [due.attempts for due, _ in written],
                "deliveries": [line.delivery.value for _, line in written],
                "sids": [line.carrier_sid for _, line in written],
                "codes": [line.error_code for _, line in written],
                "send_ats": [line.send_at for _, line in written],
                "settle_ats": [line.settle_at for _, line in written],
            },
        )
    )
    for due, line in written:
        if line.delivery is Delivery.FAILED and due.id in changed:
            failures.follow_up(uow, Failed(due.id, due.about, due.msisdn, due.wording, line.error_code))
    if any(isinstance(outcome, CarrierRefused) and outcome.is_configuration for _, outcome in ended):
        log.error("the carrier refuses our account or sender: texts wait until that is mended")


def _claim(uow: UnitOfWork) -> list[tuple[Delivery, Due]]:
    text = OutboundSms
    due = (
        select(text.id)
        .where(text.delivery == Delivery.QUEUED, text.send_at <= uow.now)
        .order_by(text.urgency, text.send_at, text.id)
        .limit(uow.policy.sms.batch)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    is_useful = text.useful_until.is_(None) | (text.useful_until > uow.now)
    rows = uow.session.execute(
        update(text)
        .where(text.id == due.c.id)
        .values(
            delivery=case((is_useful, Delivery.SENDING.value), else_=Delivery.EXPIRED.value),
            attempts=text.attempts + case((is_useful, 1), else_=0),
            claimed_at=uow.now,
            settle_at=case((is_useful, uow.now + uow.policy.sms.stuck_sending_after), else_=None),
            settled_at=case((is_useful, text.settled_at), else_=uow.now),
        )
        .returning(
            text.delivery,
            text.id,
            text.key,
            text.msisdn,
            text.body,
            text.about,
            text.wording,
            text.purpose,
            text.urgency,
            text.attempts,
            text.created_at,
            text.claimed_at,
            text.useful_until,
        )
        .execution_options(synchronize_session=False)
    )
    claimed = [
        (
            row.delivery,
            Due(
                id=row.id,
                key=row.key,
                msisdn=row.msisdn,
                body=row.body,
                about=row.about,
                wording=row.wording,
                purpose=row.purpose,
                urgency=row.urgency,
                attempts=row.attempts,
                created_at=row.created_at,
                claimed_at=row.claimed_at,
                useful_until=row.useful_until,
            ),
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda one: (one[1].urgency, one[1].id))


def _suppress(uow: UnitOfWork, held_back: Mapping[int, str]) -> None:
    uow.session.execute(
        update(OutboundSms)
        .where(OutboundSms.id.in_(held_back))
        .values(
            delivery=Delivery.SUPPRESSED,
            error_code=case(dict(held_back), value=OutboundSms.id),
            settle_at=None,
            settled_at=uow.now,
        )
        .execution_options(synchronize_session=False)
    )


def _outcome(uow: UnitOfWork, due: Due, outcome: Outcome) -> _Written:
    match outcome:
        case Sent():
            return _Written(Delivery(outcome.status.value), carrier_sid=outcome.carrier_sid)
        case OutcomeUnknown():
            ask_at = max(uow.now, due.claimed_at + first_ask(due.urgency, uow.policy.sms))
            return _Written(Delivery.UNKNOWN, error_code=outcome.code[:CODE_LENGTH], settle_at=ask_at)
        case CarrierAway():
            return _again_or_failed(uow, due, outcome.code, Fault.LATER)
        case CarrierRefused():
            return _again_or_failed(uow, due, outcome.code, outcome.kind)


def _again_or_failed(uow: UnitOfWork, due: Due, code: str, fault: Fault) -> _Written:
    wait: timedelta | None = retry.pause(
        fault, attempts=due.attempts, age=uow.now - due.created_at, row_id=due.id, policy=uow.policy.sms
    )
    if wait is None:
        return _Written(Delivery.FAILED, error_code=code[:CODE_LENGTH])
    return _Written(Delivery.QUEUED, error_code=code[:CODE_LENGTH], send_at=uow.now + wait)
