"""Answering a text: in the sender's language, at most once, and not to a machine that answers back."""

from __future__ import annotations

from core.answers import Reply
from core.uow import UnitOfWork
from directory.models import Purpose
from directory.queries import people
from sms import loop_guard, queries, reply_language
from sms.delivery import Delivery
from sms.models import InboundSms
from sms.service.outgoing import ask, tell
from sms.urgency import Urgency


def language_for(uow: UnitOfWork, text: InboundSms) -> str:
    """The language (zh, en) to answer this text in."""
    caller = people.caller(
        uow.session, text.msisdn, today=uow.local_now.date(), from_age=uow.policy.ivr.prefer_person_from_age
    )
    return reply_language.choose(
        text.body,
        last_written=queries.last_language(uow.session, text.msisdn),
        listed=caller.lang if caller.persons else None,
        guessed=caller.lang,
    )


def answer_with(
    uow: UnitOfWork,
    text: InboundSms,
    reply: Reply,
    lang: str,
    *,
    purpose: Purpose = Purpose.SERVICE,
    urgency: Urgency = Urgency.SERVICE,
) -> bool:
    """Write the answer to a text, and open the question that it asks. False when nobody will be told.

    That is when the loop guard keeps it back, the number asked us to stop or cannot be texted, or there is no such
    wording. True when it waits to be sent, or the text had its answer before.
    """
    sent = queries.answers_since(uow.session, text.msisdn, uow.now - loop_guard.WINDOW)
    if not loop_guard.may_answer(reply.wording, sent, uow.policy.sms.automatic_answers_an_hour):
        return False
    if reply.asks is None:
        told = tell(
            uow,
            text.msisdn,
            reply.wording,
            lang=lang,
            about=reply.about,
            purpose=purpose,
            urgency=urgency,
            facts=reply.facts,
            answers=text,
        )
    else:
        told = ask(
            uow,
            text.msisdn,
            reply.wording,
            kind=reply.asks.kind,
            about=reply.asks.about,
            reference=reply.asks.reference,
            lang=lang,
            facts=reply.facts,
            urgency=urgency,
            answers=text,
        )
    if told is None:
        return queries.has_answer(uow.session, text)
    return told.delivery is Delivery.QUEUED
