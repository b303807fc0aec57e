"""Texts that come in: once per message id, danger first, stops obeyed, and each ends with an outcome."""

from __future__ import annotations

import logging

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from core.answers import Reply
from core.errors import HotlineError
from core.uow import UnitOfWork
from directory import language
from directory.models import Purpose, SuppressionScope
from directory.service import consents
from sms import carrier_words, loop_guard, queries
from sms.carrier_words import Verb
from sms.events import DangerTexted, PersonAsked, UnclearText
from sms.models import InboundSms, Outcome
from sms.service.answering import Conversation, awaits_a_sum
from sms.service.replying import answer_with, language_for
from sms.urgency import Urgency
from sms.wording import FOOTER, MACHINES, version
from telephony.inbound import MoMessage
from understanding import Intent, danger
from understanding.danger import Danger

log = logging.getLogger(__name__)

SENDER_LENGTH = 16
BACK_AGAIN = "opt_out_done"  # the text that tells how to come back
CARRIER_INTENTS = {Verb.STOP: Intent.OPT_OUT, Verb.START: Intent.OPT_IN, Verb.HELP: Intent.HELP}


def receive(uow: UnitOfWork, message: MoMessage) -> InboundSms | None:
    """Keep a text and act upon it. None, and nothing done, when this message id was handled before.

    Texts of one number are handled one after the other. Whatever goes wrong, the text is kept and a person reads it.
    """
    if not message.carrier_sid:
        log.warning("a text without a message id was left aside")
        return None
    sender = message.msisdn or message.sender[:SENDER_LENGTH]
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(sender, 0))))
    text = _keep(uow, message, sender)
    if text is None:
        return None
    uow.actor = f"sms:{text.id}"
    if message.msisdn is None or sender in {uow.settings.hotline_number, uow.settings.sms_sender}:
        text.outcome = Outcome.NOTED  # short codes and names cannot be answered, and we do not talk to ourselves
        return text
    try:
        with uow.attempt():
            text.outcome = _act(uow, text, message)
    except HotlineError as refusal:
        log.warning("text %s could not be acted upon: %s", text.id, refusal)
        _to_a_person(uow, text)
    except OperationalError:
        raise  # a lock or the database, not the text: the carrier sends it again
    except Exception:
        log.exception("text %s could not be handled", text.id)
        _to_a_person(uow, text)
    return text


def _keep(uow: UnitOfWork, message: MoMessage, sender: str) -> InboundSms | None:
    return uow.session.scalars(
        insert(InboundSms)
        .values(
            carrier_sid=message.carrier_sid,
            msisdn=sender,
            body=message.body,
            received_at=uow.now,
            outcome=Outcome.QUEUED,
            media_count=message.media_count,
        )
        .on_conflict_do_nothing(index_elements=[InboundSms.carrier_sid])
        .returning(InboundSms)
    ).one_or_none()


def _to_a_person(uow: UnitOfWork, text: InboundSms) -> None:
    text.outcome = Outcome.QUEUED
    uow.announce(UnclearText(text.id, text.msisdn, text.about))


def _act(uow: UnitOfWork, text: InboundSms, message: MoMessage) -> Outcome:
    """In this order: danger, the carrier's own words, machines, opt-out and opt-in, floods, people, answers."""
    since = uow.now - loop_guard.MINUTE
    is_flood = queries.count_inbound(uow.session, text.msisdn, since) > uow.policy.sms.inbound_per_minute
    is_machine = loop_guard.is_automatic(
        text.body, marks=MACHINES, signatures={uow.policy.city.signature, uow.policy.city.signature_en}
    )
    found = _danger_in(uow, text)
    if found is not None:
        return _warn(uow, text, found, is_flood=is_flood, is_machine=is_machine)
    verb = carrier_words.acted_upon(text.body, message.opt_out_type, has_stopped=_has_stopped(uow, text.msisdn))
    if verb is not None:
        return _follow_the_carrier(uow, text, verb)
    if is_machine:
        return Outcome.NOTED
    talk = Conversation(uow, text)
    talk.note(talk.reading)
    if talk.reading.intent in (Intent.OPT_OUT, Intent.OPT_IN):
        return _obey(uow, text, talk.reading.intent, is_flood=is_flood)
    if is_flood:
        return _block(uow, text)
    lang = language_for(uow, text)
    match talk.reading.intent:
        case Intent.HUMAN:
            text.about = talk.about
            return _call_a_person(uow, text, lang)
        case Intent.HELP:
            return talk.help(lang)
        case Intent.LANGUAGE:
            return talk.help(language.of_person(talk.reading.values["lang"]))
    return talk.handle(lang)


def _danger_in(uow: UnitOfWork, text: InboundSms) -> Danger | None:
    """Danger in the words; a bare 110, 119 or 120 of somebody whom we asked for a sum is that sum."""
    found = danger.find(text.body)
    if found is None or danger.find(text.body, expects_sum=True) is not None:
        return found
    return None if awaits_a_sum(uow, text.msisdn) else found


def _warn(uow: UnitOfWork, text: InboundSms, found: Danger, *, is_flood: bool, is_machine: bool) -> Outcome:
    """Tell the number to dial and wake the people on duty; once a minute in a flood, and no machine is answered."""
    text.intent, text.values, text.certainty = Intent.EMERGENCY.value, {"number": found.number}, 1.0
    lately = uow.now - loop_guard.MINUTE
    if is_flood and queries.count_inbound(uow.session, text.msisdn, lately, intent=Intent.EMERGENCY.value) > 1:
        return _block(uow, text)
    if not is_machine:
        answer_with(
            uow,
            text,
            Reply("emergency"),
            language_for(uow, text),
            purpose=Purpose.EMERGENCY,
            urgency=Urgency.CODE,
        )
    uow.announce(DangerTexted(text.id, text.msisdn, found.kind.value, found.number, text.body))
    return Outcome.HANDLED


def _has_stopped(uow: UnitOfWork, msisdn: str) -> bool:
    return consents.stopped_among(uow, [msisdn]).get(msisdn) == SuppressionScope.ALL.value


def _follow_the_carrier(uow: UnitOfWork, text: InboundSms, verb: Verb) -> Outcome:
    """The carrier has acted and answered: note the same, and say nothing."""
    text.intent, text.certainty = CARRIER_INTENTS[verb].value, 1.0
    match verb:
        case Verb.STOP:
            words = version(FOOTER)
            consents.stop(uow, text.msisdn, is_everything=True, evidence=uow.actor, wording_version=words)
        case Verb.START:
            consents.resume(uow, text.msisdn, uow.actor, wording_version=version(BACK_AGAIN))
        case Verb.HELP:
            return Outcome.NOTED
    return Outcome.HANDLED


def _obey(uow: UnitOfWork, text: InboundSms, wish: Intent, *, is_flood: bool) -> Outcome:
    """Stop or go on writing, and confirm it by the one text that a stop does not hold back."""
    if wish is Intent.OPT_IN:
        consents.resume(uow, text.msisdn, uow.actor, wording_version=version(BACK_AGAIN))
        wording = "opt_in_done"
    else:
        is_everything = carrier_words.stops_everything(text.body)
        stopped = consents.stop(
            uow,
            text.msisdn,
            is_everything=is_everything,
            evidence=uow.actor,
            wording_version=version(FOOTER),
        )
        wording = "opt_out_all" if stopped is SuppressionScope.ALL else "opt_out_done"
    if not is_flood:
        answer_with(uow, text, Reply(wording), language_for(uow, text), purpose=Purpose.SYSTEM)
    return Outcome.HANDLED


def _call_a_person(uow: UnitOfWork, text: InboundSms, lang: str) -> Outcome:
    """Confirm that somebody will call, unless a machine asks for "our service desk" in the same words each time."""
    uow.announce(PersonAsked(text.id, text.msisdn, text.about))
    lately = uow.now - loop_guard.WINDOW
    asked = queries.count_inbound(uow.session, text.msisdn, lately, intent=Intent.HUMAN.value, body=text.body)
    if asked <= uow.policy.sms.automatic_answers_an_hour:
        answer_with(uow, text, Reply("person_called", about=text.about), lang)
    return Outcome.HANDLED


def _block(uow: UnitOfWork, text: InboundSms) -> Outcome:
    """Too many in a minute: kept and not answered; a person is told of the first."""
    since = uow.now - loop_guard.WINDOW
    if not queries.count_inbound(uow.session, text.msisdn, since, outcome=Outcome.BLOCKED):
        uow.announce(UnclearText(text.id, text.msisdn, text.about))
    return Outcome.BLOCKED
