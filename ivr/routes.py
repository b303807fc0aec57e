"""Webhooks of calls: read the request, work, speak; and never drop the caller."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from config import policy as policy_file
from config.settings import Settings
from core import web
from core.errors import HotlineError
from core.uow import unit_of_work
from ivr.hearing import OPEN
from ivr.reply import Reply, Then
from ivr.service import calls, placing, speech
from ivr.tree import Takes
from telephony import gate, twiml, urls
from telephony.inbound import CallStatus, DialledLeg, DialResult, Heard, IncomingCall, RecordingDone
from telephony.signature import require_signature
from telephony.twiml import Document, Line

log = logging.getLogger(__name__)

bp = Blueprint("ivr", __name__, url_prefix="/ivr")
bp.before_request(require_signature)
web.csrf.exempt(bp)


@bp.record_once
def check_dialog(state: BlueprintSetupState) -> None:
    """A dialog that could lock a caller in stops the start."""
    speech.dialog()


MANY_KEYS = frozenset({Takes.CODE, Takes.MOBILE})
"""Questions answered by several keys, ended by the pound key or by waiting."""
TOLD = frozenset({"ivr.status", "ivr.recording", "ivr.placed_status", "ivr.duty_answered"})
"""Reports that nobody listens to: they fail openly. After a 5xx the carrier sends them again, after a 404 not."""
TO_DUTY = frozenset({"ivr.placed", "ivr.placed_answer"})
TO_LEG = frozenset({"ivr.duty_whisper"})
"""Heard before a caller is put through: whatever breaks here must not keep the two apart."""
AFTER_DIAL = frozenset({"ivr.dialled"})
AFTER_RECORD = frozenset({"ivr.recorded"})


@bp.errorhandler(Exception)
def never_drop_the_caller(err: Exception) -> Response | HTTPException | tuple[str, int]:
    """A caller must hear something, and reach someone, whatever broke; also while the database is away."""
    if isinstance(err, HTTPException):
        return err
    is_refused = isinstance(err, HotlineError)
    if is_refused:
        log.warning("a webhook made no sense at %s: %s", request.endpoint, type(err).__name__)
    else:
        log.exception("a call went wrong at %s", request.endpoint)
    if request.endpoint in TOLD:
        return "", 404 if is_refused else 500
    if request.endpoint in TO_LEG:
        return _spoken(twiml.empty())
    if request.endpoint in TO_DUTY or request.endpoint in AFTER_RECORD:
        return _spoken(twiml.hang_up(_in_both("apology_bye")))
    if request.endpoint in AFTER_DIAL:
        return _after_apology_dial()
    return _spoken(_apology())


@bp.post("/incoming")
def incoming() -> Response:
    """Somebody dialled the line."""
    call = IncomingCall.from_form(request.form)
    with unit_of_work(f"call:{call.call_sid}") as uow:
        reply = calls.begin(uow, call)
    return speak(reply)


@bp.post("/answer/<node>/<int:step>")
def answer(node: str, step: int) -> Response:
    """The caller pressed a key, said something, or was silent."""
    heard = Heard.from_form(request.form)
    with unit_of_work(f"call:{heard.call_sid}") as uow:
        reply = calls.take_answer(uow, IncomingCall.from_form(request.form), node, step, heard)
    return speak(reply)


@bp.post("/dialled/<int:step>")
def dialled(step: int) -> Response:
    """The duty phone was rung."""
    result = DialResult.from_form(request.form)
    with unit_of_work(f"call:{result.call_sid}") as uow:
        reply = calls.take_dial(uow, IncomingCall.from_form(request.form), step, result)
    return speak(reply)


@bp.post("/duty/<int:step>/whisper")
def duty_whisper(step: int) -> Response:
    """Somebody picked up the duty phone: he hears whom he will talk to; then, or at once, the caller is put through."""
    leg = DialledLeg.from_form(request.form)
    with unit_of_work(f"call:{leg.caller_sid}") as uow:
        says = calls.whisper(uow, leg, step)
    return _spoken(twiml.whisper([Line(sentence.text, sentence.lang) for sentence in says]))


@bp.post("/duty/<int:step>/answered")
def duty_answered(step: int) -> Response:
    """Somebody picked up the duty phone; how it ended is told later, at /ivr/dialled."""
    leg = DialledLeg.from_form(request.form)
    with unit_of_work(f"call:{leg.caller_sid}") as uow:
        calls.note_answered(uow, leg, step)
    return _spoken(twiml.empty())


@bp.post("/recorded/<int:step>")
def recorded(step: int) -> Response:
    """The caller has spoken after the tone; the sound cannot be fetched yet."""
    done = RecordingDone.from_form(request.form)
    with unit_of_work(f"call:{done.call_sid}") as uow:
        reply = calls.take_message(uow, IncomingCall.from_form(request.form), step, done)
    return speak(reply)


@bp.post("/recording")
def recording() -> Response:
    """The sound of a recording is ready, or there is none."""
    done = RecordingDone.from_form(request.form)
    with unit_of_work(f"call:{done.call_sid}") as uow:
        calls.note_recording(uow, done)
    return _spoken(twiml.empty())


@bp.post("/status")
def status() -> Response:
    """A call has come a step further; we care for its end."""
    step = CallStatus.from_form(request.form)
    with unit_of_work(f"call:{step.call_sid}") as uow:
        calls.note_status(uow, step)
    return _spoken(twiml.empty())


@bp.post("/placed/<int:call_id>")
def placed(call_id: int) -> Response:
    """Somebody picked up a call that the house made."""
    call = IncomingCall.from_form(request.form)
    with unit_of_work(f"placed:{call_id}") as uow:
        to_place = placing.answered(uow, call_id, call.call_sid)
        lines = _lines(speech.of_placed(uow, to_place), to_place.lang)
        confirm = _lines([speech.word("placed.confirm", to_place.lang)], to_place.lang)
        lang = to_place.lang
    return _spoken(_ask_to_confirm(call_id, lines + confirm + lines + confirm, lang))


@bp.post("/placed/<int:call_id>/answer")
def placed_answer(call_id: int) -> Response:
    """The one called confirmed, wants to hear it again, or said nothing."""
    heard = Heard.from_form(request.form)
    if heard.digits.startswith("*"):
        return placed(call_id)
    with unit_of_work(f"placed:{call_id}") as uow:
        is_confirmed = heard.digits.startswith("1")
        to_place = placing.confirm(uow, call_id) if is_confirmed else placing.get(uow, call_id)
        lang = to_place.lang
    return _spoken(twiml.hang_up(_lines([speech.word("placed.thanks" if is_confirmed else "bye", lang)], lang)))


@bp.post("/placed/<int:call_id>/status")
def placed_status(call_id: int) -> Response:
    """A call that the house made is over."""
    step = CallStatus.from_form(request.form)
    with unit_of_work(f"placed:{call_id}") as uow:
        if step.is_final:
            placing.ended(uow, call_id, step.call_sid)
    return _spoken(twiml.empty())


@bp.post("/apology/dialled")
def apology_dialled() -> Response:
    """After an apology the duty phone was rung. Works without the database."""
    return _after_apology_dial()


@bp.post("/apology/recorded")
def apology_recorded() -> Response:
    """After an apology a message was left; /ivr/recording keeps it. Works without the database."""
    return _spoken(twiml.hang_up(_in_both("bye")))


def speak(reply: Reply) -> Response:
    """A reply as the document that the carrier plays."""
    lines = [Line(sentence.text, sentence.lang, reply.is_slow) for sentence in reply.says]
    policy = policy_file.current().ivr
    match reply.then:
        case Then.LISTEN:
            is_number = reply.takes in MANY_KEYS
            document = twiml.ask(
                lines,
                _voice(f"/ivr/answer/{reply.node}/{reply.step}"),
                digits=None if is_number else 1,
                finish_on_key="#" if is_number else "",
                hints=speech.hints(reply.lang) if reply.takes in OPEN else (),
                lang=reply.lang,
                timeout=policy.silence,
            )
        case Then.DIAL:
            document = _dial(
                lines,
                f"/ivr/dialled/{reply.step}",
                whisper_url=_voice(f"/ivr/duty/{reply.step}/whisper") if reply.is_whispered else None,
                answered_url=urls.for_status(_settings().public_url, f"/ivr/duty/{reply.step}/answered"),
            )
        case Then.RECORD:
            document = _record(lines, f"/ivr/recorded/{reply.step}")
        case Then.HANG_UP:
            document = twiml.hang_up(lines)
    return _spoken(document)


def _ask_to_confirm(call_id: int, lines: list[Line], lang: str) -> Document:
    timeout = policy_file.current().ivr.silence
    url = _voice(f"/ivr/placed/{call_id}/answer")
    return twiml.ask(lines, url, digits=1, finish_on_key="", speech=False, lang=lang, timeout=timeout)


def _after_apology_dial() -> Response:
    is_answered = DialResult.from_form(request.form).was_answered
    return _spoken(twiml.hang_up(_in_both("bye")) if is_answered else _apology_message())


def _apology() -> Document:
    settings = _settings()
    if not gate.may_reach(settings.duty_number, settings):
        return _apology_message()
    return _dial(_in_both("apology"), "/ivr/apology/dialled")


def _apology_message() -> Document:
    return _record(_in_both("apology_message"), "/ivr/apology/recorded")


def _dial(lines: list[Line], path: str, *, whisper_url: str | None = None, answered_url: str | None = None) -> Document:
    settings = _settings()
    return twiml.dial(
        settings.duty_number,
        _voice(path),
        caller_id=settings.hotline_number,
        timeout=policy_file.current().ivr.duty_ring,
        lines=lines,
        whisper_url=whisper_url,
        answered_url=answered_url,
    )


def _record(lines: list[Line], path: str) -> Document:
    longest = policy_file.current().ivr.voicemail_limit
    return twiml.record(lines, _voice(path), urls.for_status(_settings().public_url, "/ivr/recording"), longest)


def _in_both(key: str) -> list[Line]:
    """What is said before anybody knows which language the caller speaks."""
    return [Line(speech.word(key, lang), lang) for lang in policy_file.current().city.languages]


def _lines(texts: list[str], lang: str) -> list[Line]:
    return [Line(text, lang) for text in texts]


def _voice(path: str) -> str:
    return urls.for_voice(_settings().public_url, path)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _spoken(document: Document) -> Response:
    return Response(document, content_type=twiml.CONTENT_TYPE)
