"""Messages left after the tone: one ticket for one recording, however often we are told; the sound kept by us."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core import disposal
from core.uow import UnitOfWork
from ivr.models import CallOutcome, Voicemail
from ivr.service import acts, outcomes, placing, speech
from ivr.service.forgetting import SOUND
from ivr.service.speech import Turn
from telephony.inbound import RecordingDone
from ticketing.models import TaskKind, TicketKind
from ticketing.service import tasks, tickets

SHORTEST = timedelta(seconds=2)  # shorter is a breath, or a phone put down
BATCH = 10
UNTOLD_AFTER = timedelta(minutes=10)  # the carrier's report that the sound is ready got lost: fetch it all the same
RETRY_AFTER = timedelta(minutes=2)
ATTEMPTS = 8
TYPE_LENGTH = 32  # characters kept of what the carrier calls the sound
LATER_EACH_TIME = 2  # the pause doubles


def keep(uow: UnitOfWork, turn: Turn, done: RecordingDone) -> bool:
    """Make the message a row, a task and, unless the call has one already, a ticket. False: nothing was said.

    The ticket's clocks start when the caller hung up, not when we heard of it.
    """
    if not done.recording_sid or done.duration is None or done.duration < SHORTEST:
        return False
    call = turn.call
    row = (
        insert(Voicemail)
        .values(
            call_id=call.id,
            recording_sid=done.recording_sid,
            url=done.url,
            seconds=round(done.duration.total_seconds()),
            at=call.ended_at or uow.now,
            fetch_at=uow.now + UNTOLD_AFTER,
        )
        .on_conflict_do_nothing(index_elements=[Voicemail.recording_sid])
        .returning(Voicemail.id)
    )
    voicemail_id = uow.session.scalar(row)
    if voicemail_id is not None:
        _make_known(replace(uow, now=call.ended_at or uow.now), turn, voicemail_id, done.duration)
    return True


def ready(uow: UnitOfWork, done: RecordingDone) -> None:
    """The carrier says that the sound is complete: fetch it. Said again, it changes nothing."""
    voicemail = uow.session.scalar(
        select(Voicemail).where(Voicemail.recording_sid == done.recording_sid).with_for_update()
    )
    if voicemail is not None and voicemail.url and voicemail.sha256 is None and not voicemail.attempts:
        voicemail.url = done.url or voicemail.url
        voicemail.fetch_at = uow.now
        uow.wake("ivr.fetch_recordings")


def due(uow: UnitOfWork) -> list[Voicemail]:
    """The messages whose sound is to be fetched, put off in case this process dies; two workers never take the same."""
    found = list(
        uow.session.scalars(
            select(Voicemail)
            .where(Voicemail.fetch_at <= uow.now)
            .order_by(Voicemail.fetch_at, Voicemail.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    )
    for voicemail in found:
        voicemail.attempts += 1
        voicemail.fetch_at = uow.now + RETRY_AFTER * LATER_EACH_TIME ** min(voicemail.attempts - 1, ATTEMPTS)
    return found


def stored(uow: UnitOfWork, voicemail_id: int, sha256: str, content_type: str) -> None:
    """The sound is in our own folder."""
    voicemail = uow.session.get_one(Voicemail, voicemail_id, with_for_update=True)
    if not voicemail.url:  # whose message it is was erased, or it got too old, while it was being fetched
        disposal.dispose(uow, SOUND, sha256)
        uow.wake("ivr.delete_recordings")
        return
    voicemail.sha256, voicemail.content_type = sha256, content_type.partition(";")[0].strip()[:TYPE_LENGTH]


def deleted(uow: UnitOfWork, voicemail_id: int) -> None:
    """The carrier no longer has the sound: nothing is left to do."""
    uow.session.get_one(Voicemail, voicemail_id).fetch_at = None


def given_up(uow: UnitOfWork, voicemail_id: int) -> None:
    """The carrier will not hand the sound out: somebody has to look."""
    voicemail = uow.session.get_one(Voicemail, voicemail_id)
    voicemail.fetch_at = None
    if not voicemail.url:
        return  # it was to go anyway
    ticket = tickets.get(uow, voicemail.about) if voicemail.about else None
    tasks.open_task(uow, TaskKind.CHECK, f"voicemail:{voicemail.id}", "recording_not_fetched", ticket=ticket)


def _make_known(uow: UnitOfWork, turn: Turn, voicemail_id: int, length: timedelta) -> None:
    call = turn.call
    turn.uow = uow
    if not call.about:
        description = speech.word("voicemail.description", turn.lang, seconds=round(length.total_seconds()))
        turn.said.words = " ".join(filter(None, (turn.said.words, description)))
        kind = TicketKind.SERVICE if turn.said.service else TicketKind.QUESTION
        ticket = tickets.open_ticket(uow, acts.request(turn, kind, is_draft=True))
        turn.talk_about(ticket)
        turn.said.drop_matter()
        call.about = ticket.code
    else:
        ticket = tickets.get(uow, call.about)
    uow.session.get_one(Voicemail, voicemail_id).about = ticket.code
    tasks.open_task(
        uow,
        TaskKind.VOICEMAIL,
        f"voicemail:{voicemail_id}",
        "voicemail",
        msisdn=call.msisdn,
        ticket=ticket,
        due_by=uow.policy.tasks.voicemail_within,
    )
    turn.said.wants_person = False
    outcomes.reached(uow, call, CallOutcome.VOICEMAIL, ticket.code)
    if call.outcome is CallOutcome.EMERGENCY:
        placing.page_now(uow, call)
