"""Drains of calls: place those that are due, fetch recordings, end calls whose end the carrier never told."""

from __future__ import annotations

import hashlib
import logging
import os
from datetime import timedelta
from pathlib import Path

from config import settings as environment
from core import disposal
from core.jobs import Deadline, job
from core.private_folder import private_folder
from core.uow import unit_of_work
from ivr.service import calls, placing, voicemail
from ivr.service.forgetting import AT_CARRIER, SOUND, is_used
from telephony import carrier, urls
from telephony.carrier import CarrierAway, CarrierRefused, OutcomeUnknown
from telephony.statuses import FINAL_CALLS
from ticketing.models import TaskKind
from ticketing.service import tasks

log = logging.getLogger(__name__)

PLACE = "ivr.place_calls"
FETCH = "ivr.fetch_recordings"
END = "ivr.end_forgotten"
DELETE = "ivr.delete_recordings"
TOLD_AFTER = 5  # tries at deleting a recording
RINGS = timedelta(seconds=45)  # the duty phone, called by the house itself
FOLDER = "recordings"
ASKED_AT_ONCE = 50


@job(PLACE, every=timedelta(seconds=10))
def place_calls() -> bool:
    """Dial what is due, and settle what may have been dialled. No transaction is open while the carrier thinks."""
    deadline = Deadline()
    _settle_unknown()
    while True:
        with unit_of_work(f"job:{PLACE}") as uow:
            due = [(call.id, call.msisdn) for call in placing.claim_due(uow)]
        for call_id, msisdn in due:
            _place(call_id, msisdn)
        if not due:
            return False
        if deadline.is_over():
            return True


@job(FETCH, every=timedelta(seconds=30))
def fetch_recordings() -> bool:
    """Keep the sound of messages ourselves, then delete it at the carrier."""
    deadline = Deadline()
    while True:
        with unit_of_work(f"job:{FETCH}") as uow:
            due = [(one.id, one.url, one.recording_sid, one.sha256, one.attempts) for one in voicemail.due(uow)]
        for voicemail_id, url, recording_sid, sha256, attempts in due:
            _fetch(voicemail_id, url, recording_sid, is_stored=sha256 is not None, attempts=attempts)
        if not due:
            return False
        if deadline.is_over():
            return True


@job(END, every=timedelta(minutes=5))
def end_forgotten() -> bool:
    """End calls that the carrier says are over, or does not know; one that is still going on is left alone."""
    with unit_of_work(f"job:{END}") as uow:
        before = uow.now - uow.policy.ivr.stale_call_after
        forgotten = calls.forgotten(uow, before, ASKED_AT_ONCE)
    for call_sid in forgotten:
        if _is_over(call_sid):
            with unit_of_work(f"job:{END}") as uow:
                calls.end_by_sid(uow, call_sid)
    return False


@job(DELETE, every=timedelta(minutes=10))
def delete_recordings() -> bool:
    """Delete the sound of messages that must go, here and at the carrier; tried until it is gone."""
    deadline = Deadline()
    while True:
        with unit_of_work(f"job:{DELETE}") as uow:
            due = disposal.due(uow, SOUND, AT_CARRIER)
            wanted = [(one.id, one.kind, one.name, one.attempts) for one in due]
            used = {one.name for one in due if one.kind == SOUND and is_used(uow, one.name)}
        for disposal_id, kind, name, attempts in wanted:
            if name not in used:
                _delete_sound(disposal_id, kind, name, attempts)
            else:
                _note_gone(disposal_id)
        if not wanted:
            return False
        if deadline.is_over():
            return True


def _place(call_id: int, msisdn: str) -> None:
    public_url = environment.current().public_url
    url = urls.for_voice(public_url, f"/ivr/placed/{call_id}")
    status_url = urls.for_status(public_url, f"/ivr/placed/{call_id}/status")
    try:
        carrier_sid = carrier.current().dial(to=msisdn, url=url, status_url=status_url, timeout=RINGS)
    except (CarrierRefused, CarrierAway) as err:
        log.warning("call to place %d was not taken: %s", call_id, err.code)
        with unit_of_work(f"job:{PLACE}") as uow:
            placing.record_unplaced(uow, call_id, for_good=isinstance(err, CarrierRefused))
    except OutcomeUnknown:
        with unit_of_work(f"job:{PLACE}") as uow:
            placing.record_unknown(uow, call_id)
    else:
        with unit_of_work(f"job:{PLACE}") as uow:
            placing.record_placed(uow, call_id, carrier_sid)


def _settle_unknown() -> None:
    with unit_of_work(f"job:{PLACE}") as uow:
        placing.recover_stuck(uow)
        unknown = [(call.id, call.msisdn, placing.log_from(call)) for call in placing.unknown_due(uow)]
    for call_id, msisdn, since in unknown:
        try:
            logged = carrier.current().find_calls(msisdn, since)
        except (CarrierAway, CarrierRefused) as err:
            log.warning("the carrier's log of calls is out of reach: %s", err.code)
            logged = None
        with unit_of_work(f"job:{PLACE}") as uow:
            placing.settle_unknown(uow, call_id, logged)


def _fetch(voicemail_id: int, url: str, recording_sid: str, *, is_stored: bool, attempts: int) -> None:
    try:
        if not is_stored:
            sound = carrier.current().fetch_recording(url)
            sha256 = _store(sound.content)
            with unit_of_work(f"job:{FETCH}") as uow:
                voicemail.stored(uow, voicemail_id, sha256, sound.content_type)
        carrier.current().delete_recording(recording_sid)
    except CarrierAway as err:
        log.warning("recording %d cannot be had now: %s", voicemail_id, err.code)
        if attempts >= voicemail.ATTEMPTS:
            _give_up(voicemail_id)
    except CarrierRefused as err:
        log.warning("recording %d is not handed out: %s", voicemail_id, err.code)
        _give_up(voicemail_id)
    else:
        with unit_of_work(f"job:{FETCH}") as uow:
            voicemail.deleted(uow, voicemail_id)


def _delete_sound(disposal_id: int, kind: str, name: str, attempts: int) -> None:
    try:
        if kind == AT_CARRIER:
            carrier.current().delete_recording(name)
        else:
            (folder_of_recordings() / name).unlink(missing_ok=True)
    except (CarrierAway, CarrierRefused) as err:
        log.warning("disposal %d is not done: %s", disposal_id, err.code)
        if attempts == TOLD_AFTER:
            _tell_of_remains(disposal_id)
    except OSError as err:
        log.warning("disposal %d is not done: %s", disposal_id, type(err).__name__)
        if attempts == TOLD_AFTER:
            _tell_of_remains(disposal_id)
    else:
        _note_gone(disposal_id)


def _note_gone(disposal_id: int) -> None:
    with unit_of_work(f"job:{DELETE}") as uow:
        disposal.gone(uow, disposal_id)


def _tell_of_remains(disposal_id: int) -> None:
    """A person has to see to it; it is tried on all the same."""
    with unit_of_work(f"job:{DELETE}") as uow:
        tasks.open_task(uow, TaskKind.CHECK, f"disposal:{disposal_id}", "recording_remains")


def _give_up(voicemail_id: int) -> None:
    with unit_of_work(f"job:{FETCH}") as uow:
        voicemail.given_up(uow, voicemail_id)


def _store(content: bytes) -> str:
    """Write the sound under the name of its SHA-256, whole or not at all, for our own eyes only."""
    sha256 = hashlib.sha256(content).hexdigest()
    folder = folder_of_recordings()
    folder.mkdir(mode=0o700, exist_ok=True)
    half = folder / f".{sha256}.{os.getpid()}"
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(folder / sha256)
    return sha256


def folder_of_recordings() -> Path:
    """Where the sound of messages is kept, one file named by the SHA-256 of what is in it."""
    return private_folder() / FOLDER


def _is_over(call_sid: str) -> bool:
    try:
        return carrier.current().call_status(call_sid) in FINAL_CALLS
    except CarrierRefused:
        return True
    except CarrierAway:
        return False
