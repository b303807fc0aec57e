"""Texts that may have reached the carrier: settled by the carrier's log when no receipt came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select, update

from core.uow import UnitOfWork
from sms import unknown
from sms.delivery import Delivery
from sms.events import TextUnsettled
from sms.models import OutboundSms
from sms.service import receipts
from sms.service.outgoing import DELIVER
from sms.unknown import Next, first_ask
from sms.urgency import Urgency
from telephony.carrier import LoggedMessage

AT_ONCE = 50
EARLIER = timedelta(minutes=1)  # our clock and the carrier's differ
OUT_OF_REACH = "log-away"


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A text to look for in the carrier's log."""

    id: int
    msisdn: str
    sent_after: datetime
    sent_before: datetime


def doubt_stuck(uow: UnitOfWork) -> int:
    """Texts that a sender claimed and never reported become unknown: nobody knows how far it came. Returns how many."""
    waits = case({urgency.value: first_ask(urgency, uow.policy.sms) for urgency in Urgency}, value=OutboundSms.urgency)
    stuck = (
        update(OutboundSms)
        .where(OutboundSms.delivery == Delivery.SENDING, OutboundSms.settle_at <= uow.now)
        .values(delivery=Delivery.UNKNOWN, settle_at=func.greatest(OutboundSms.claimed_at + waits, uow.now))
        .returning(OutboundSms.id)
        .execution_options(synchronize_session=False)
    )
    return len(uow.session.scalars(stuck).all())


def claim_doubtful(uow: UnitOfWork) -> list[Doubtful]:
    """Unknown texts whose moment has come. They are not given to another settler before the next ask is due."""
    due = (
        select(OutboundSms.id)
        .where(OutboundSms.delivery == Delivery.UNKNOWN, OutboundSms.settle_at <= uow.now)
        .order_by(OutboundSms.settle_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = uow.session.execute(
        update(OutboundSms)
        .where(OutboundSms.id == due.c.id)
        .values(settle_at=uow.now + uow.policy.sms.unknown_next_ask)
        .returning(OutboundSms.id, OutboundSms.msisdn, OutboundSms.claimed_at)
        .execution_options(synchronize_session=False)
    )
    return [
        Doubtful(row.id, row.msisdn, (row.claimed_at or uow.now) - EARLIER, uow.now + EARLIER) for row in rows.all()
    ]


def settle_by_log(uow: UnitOfWork, outbound_id: int, logged: Sequence[LoggedMessage]) -> None:
    """Adopt the text when the log shows it; else ask again, send it again once, or tell a person."""
    text = _still_unknown(uow, outbound_id)
    if text is None:
        return
    found = unknown.find(text.body, logged, _owned(uow, logged))
    if found is not None:
        receipts.apply(uow, text.key, Delivery(found.status.value), found.carrier_sid, found.error_code)
        return
    text.log_asks += 1
    is_useful = text.useful_until is None or text.useful_until > uow.now
    match unknown.after_a_miss(text.log_asks, was_resent=text.was_resent, is_useful=is_useful):
        case Next.SEND_AGAIN:
            text.delivery, text.send_at, text.settle_at = Delivery.QUEUED, uow.now, None
            text.was_resent, text.log_asks = True, 0
            uow.wake(DELIVER)
        case Next.GIVE_UP:
            text.delivery, text.settled_at, text.settle_at = Delivery.EXPIRED, uow.now, None
        case Next.PERSON:
            text.settle_at = None
            uow.announce(TextUnsettled(text.id, text.about, text.msisdn))
        case Next.ASK_AGAIN:
            pass  # the claim has set when


def log_out_of_reach(uow: UnitOfWork, outbound_id: int) -> None:
    """The text stays unknown and is asked about again; a person is told once."""
    text = _still_unknown(uow, outbound_id)
    if text is not None and text.error_code != OUT_OF_REACH:
        text.error_code = OUT_OF_REACH
        uow.announce(TextUnsettled(text.id, text.about, text.msisdn))


def _still_unknown(uow: UnitOfWork, outbound_id: int) -> OutboundSms | None:
    return uow.session.scalars(
        select(OutboundSms)
        .where(OutboundSms.id == outbound_id, OutboundSms.delivery == Delivery.UNKNOWN)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _owned(uow: UnitOfWork, logged: Sequence[LoggedMessage]) -> set[str]:
    sids = [one.carrier_sid for one in logged]
    owned = uow.session.scalars(select(OutboundSms.carrier_sid).where(OutboundSms.carrier_sid.in_(sids)))
    return {sid for sid in owned if sid is not None}
