"""Writing to people: a row in the outbox for each text, and the questions that wait for an answer."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select, update

from core.uow import UnitOfWork
from directory.models import Purpose
from directory.queries import people
from directory.service import consents
from sms import queries, segments
from sms.errors import EmptyText, NotTextable, ReceiverStopped, TextTooLong
from sms.events import TextFailed
from sms.models import Delivery, InboundSms, OutboundSms, Urgency
from sms.service.questions import open_question
from sms.textable import is_textable
from sms.wording import LONGEST, TextMissing, compose, signed

log = logging.getLogger(__name__)

BY_HAND = "by_hand"
DELIVER = "sms.deliver"
KEY = re.compile("[0-9a-f]{32}")  # our id of a text; it stands in the address that its receipts come to


def tell(
    uow: UnitOfWork,
    msisdn: str | None,
    wording: str,
    *,
    lang: str,
    about: str = "",
    purpose: Purpose = Purpose.SERVICE,
    urgency: Urgency = Urgency.SERVICE,
    facts: Mapping[str, object] | None = None,
    useful_until: datetime | None = None,
    answers: InboundSms | None = None,
) -> OutboundSms | None:
    """Write the text `wording` to a number (E.164) and ring for the senders.

    Returns None, and writes nothing, when there is no number, it is a landline or the carrier said that it cannot get
    texts, the inbound text has its answer already, or the text cannot be composed (that is logged: what follows from
    a ticket must not cost the ticket).
    When the receiver asked us to stop, the row is written as suppressed, and TextFailed announced if it was about a
    ticket. `lang` is zh or en, `about` a ticket's code, `useful_until` (UTC) when it stops being worth sending.
    """
    if msisdn is None or not _may_be_texted(uow, msisdn):
        return None
    if answers is not None and _is_answered(uow, answers):
        return None
    try:
        body = compose(
            wording,
            lang,
            facts or {},
            city=uow.policy.city,
            now=uow.now,
            hotline=uow.settings.hotline_number,
            footer=purpose is Purpose.NOTICE,
        )
    except TextMissing:
        log.exception("a text cannot be composed")
        return None
    return _write(uow, msisdn, wording, body, lang, about, purpose, urgency, useful_until, answers)


def ask(
    uow: UnitOfWork,
    msisdn: str | None,
    wording: str,
    *,
    kind: str,
    about: str,
    reference: int | None = None,
    lang: str,
    facts: Mapping[str, object] | None = None,
    urgency: Urgency = Urgency.SERVICE,
    lasts: timedelta | None = None,
    useful_until: datetime | None = None,
    answers: InboundSms | None = None,
) -> OutboundSms | None:
    """Write a text that waits for an answer. `kind` names the question, `reference` the row it is about.

    The question stands for `lasts` (policy: question_lasts). None, and no question, when the text cannot go out.
    """
    told = tell(
        uow,
        msisdn,
        wording,
        lang=lang,
        about=about,
        facts=facts,
        urgency=urgency,
        useful_until=useful_until,
        answers=answers,
    )
    if told is not None and told.delivery is Delivery.QUEUED:
        open_question(uow, told.msisdn, kind, about, reference, lasts)
    return told


def write_by_hand(
    uow: UnitOfWork, msisdn: str | None, body: str, *, about: str, lang: str, key: str = ""
) -> OutboundSms:
    """An agent's own words, with our signature. Raises EmptyText, TextTooLong, NotTextable or ReceiverStopped.

    `key` (32 hexadecimal digits) makes it safe to send the same form twice: the second time finds the first text.
    """
    if not KEY.fullmatch(key):
        key = ""
    earlier = uow.session.scalar(select(OutboundSms).where(OutboundSms.key == key)) if key else None
    if earlier is not None:
        return earlier
    if not body.strip():
        raise EmptyText
    text = signed(body, lang, uow.policy.city)
    if len(text) > LONGEST:
        raise TextTooLong(len(text), LONGEST)
    if msisdn is None or not _may_be_texted(uow, msisdn):
        raise NotTextable
    if consents.may_write(uow, msisdn, Purpose.SERVICE):
        raise ReceiverStopped
    return _write(uow, msisdn, BY_HAND, text, lang, about, Purpose.SERVICE, Urgency.SERVICE, None, None, key)


def withdraw_unsent(uow: UnitOfWork, *, about: str, wording: str | None = None, msisdn: str | None = None) -> int:
    """Keep texts about a ticket from going out when they still wait. Returns how many.

    Those of one wording; without it all but the words that a person wrote by hand.
    """
    is_meant = OutboundSms.wording == wording if wording is not None else OutboundSms.wording != BY_HAND
    waiting = (
        update(OutboundSms)
        .where(OutboundSms.about == about, is_meant, OutboundSms.delivery == Delivery.QUEUED)
        .values(delivery=Delivery.EXPIRED, settled_at=uow.now)
        .returning(OutboundSms.id)
    )
    if msisdn is not None:
        waiting = waiting.where(OutboundSms.msisdn == msisdn)
    return len(uow.session.scalars(waiting).all())


def _may_be_texted(uow: UnitOfWork, msisdn: str) -> bool:
    listed = people.is_textable(uow.session, msisdn)
    return is_textable(msisdn, listed) and not queries.is_out_of_reach(uow.session, msisdn)


def _is_answered(uow: UnitOfWork, text: InboundSms) -> bool:
    return bool(uow.session.scalar(select(exists().where(OutboundSms.answers_id == text.id))))


def _write(
    uow: UnitOfWork,
    msisdn: str,
    wording: str,
    body: str,
    lang: str,
    about: str,
    purpose: Purpose,
    urgency: Urgency,
    useful_until: datetime | None,
    answers: InboundSms | None,
    key: str = "",
) -> OutboundSms:
    held_back = consents.may_write(uow, msisdn, purpose)
    row = uow.session.scalars(
        insert(OutboundSms)
        .values(
            key=key or secrets.token_hex(16),
            msisdn=msisdn,
            lang=lang,
            wording=wording,
            body=body,
            segments=segments.count(body).segments,
            about=about,
            purpose=purpose,
            urgency=urgency,
            delivery=Delivery.SUPPRESSED if held_back else Delivery.QUEUED,
            error_code=held_back or None,
            created_at=uow.now,
            send_at=uow.now,
            useful_until=useful_until,
            answers_id=answers.id if answers is not None else None,
        )
        .returning(OutboundSms)
    ).one()
    if not held_back:
        uow.wake(DELIVER)
    elif about and purpose is Purpose.SERVICE:
        uow.announce(TextFailed(row.id, about, msisdn, wording))
    return row
