"""Delivery receipts: kept as they came, applied forward only, in any order and before our own record is written."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import case, exists, func, insert, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.uow import UnitOfWork
from sms import retry
from sms.delivery import FINAL, LOST, Delivery, moved_by
from sms.models import OutboundSms, Receipt
from sms.service import failures
from sms.service.failures import Failed
from sms.service.outgoing import DELIVER, KEY
from telephony.inbound import DeliveryReceipt
from telephony.statuses import RETRIED, fault


def record_dlr(uow: UnitOfWork, key: str, receipt: DeliveryReceipt) -> None:
    """Keep a receipt and move the text forward. `key` is our id out of the callback's address.

    A replay, a word that says nothing, and a receipt that is late change nothing. A receipt proves that the text went
    out, so it also settles one that is queued again, being sent, or unknown.
    """
    if receipt.status is None or not KEY.fullmatch(key):
        return
    kept = uow.session.scalar(
        upsert(Receipt)
        .values(
            outbound_key=key,
            carrier_sid=receipt.carrier_sid,
            status=receipt.status.value,
            error_code=receipt.error_code,
            received_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=[Receipt.outbound_key, Receipt.status])
        .returning(Receipt.id)
    )
    if kept is not None:
        apply(uow, key, Delivery(receipt.status.value), receipt.carrier_sid, receipt.error_code)


def apply(uow: UnitOfWork, key: str, reported: Delivery, carrier_sid: str, error_code: str | None) -> bool:
    """Move the text of this key to what the carrier reported, unless it stands further on. True when it moved."""
    is_final = reported in FINAL
    is_owned = exists().where(OutboundSms.carrier_sid == carrier_sid, OutboundSms.key != key)
    own_sid = case((is_owned, null()), else_=carrier_sid) if carrier_sid else null()
    row = uow.session.execute(
        update(OutboundSms)
        .where(OutboundSms.key == key, OutboundSms.delivery.in_(moved_by(reported)))
        .values(
            delivery=reported,
            carrier_sid=func.coalesce(OutboundSms.carrier_sid, own_sid),
            error_code=error_code if reported in LOST else None,
            submitted_at=func.coalesce(OutboundSms.submitted_at, uow.now),
            settled_at=uow.now if is_final else None,
            settle_at=None,
        )
        .returning(OutboundSms.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is not None and reported in LOST:
        _lost(uow, row.id)
    return row is not None


def _lost(uow: UnitOfWork, outbound_id: int) -> None:
    """Send another one when the carrier's reason allows it; else a person is told."""
    text = uow.session.scalars(
        select(OutboundSms).where(OutboundSms.id == outbound_id).execution_options(populate_existing=True)
    ).one()
    wait = _pause(uow, text)
    if wait is None:
        failures.follow_up(uow, Failed(text.id, text.about, text.msisdn, text.wording, text.error_code))
    else:
        _send_a_copy(uow, text, uow.now + wait)


def _pause(uow: UnitOfWork, text: OutboundSms) -> timedelta | None:
    kind = fault(text.error_code or "")
    if kind not in RETRIED or text.was_resent:
        return None
    wait = retry.pause(kind, attempts=1, age=uow.now - text.created_at, row_id=text.id, policy=uow.policy.sms)
    if wait is not None and text.useful_until is not None and uow.now + wait >= text.useful_until:
        return None
    return wait


def _send_a_copy(uow: UnitOfWork, text: OutboundSms, send_at: datetime) -> None:
    """What arrived nowhere stays as it is; its copy is another text with receipts of its own, and the last one."""
    uow.session.execute(
        insert(OutboundSms).values(
            key=secrets.token_hex(16),
            msisdn=text.msisdn,
            lang=text.lang,
            wording=text.wording,
            body=text.body,
            segments=text.segments,
            about=text.about,
            purpose=text.purpose,
            urgency=text.urgency,
            delivery=Delivery.QUEUED,
            created_at=uow.now,
            send_at=send_at,
            useful_until=text.useful_until,
            was_resent=True,
        )
    )
    uow.wake(DELIVER)
