"""The sound of messages left after the tone: what a page says of one, and which file it is, for who may hear it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from console.errors import RecordingNotFound
from console.paging import is_id
from core.audit import AuditEntry
from directory.queries.scoping import within
from directory.scope import Scope
from ivr.jobs import folder_of_recordings
from ivr.models import Voicemail
from ticketing.models import Ticket

HEARD = "recording.heard"
ONE_LISTENING = timedelta(minutes=10)
"""A browser asks for a sound in parts, and again when somebody winds back: within this time that is one listening."""
SOUNDS = {
    "audio/x-wav": "audio/wav",
    "audio/wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mpeg": "audio/mpeg",
    "audio/mp3": "audio/mpeg",
}
"""What the carrier calls a sound, and what browsers do; whatever else it says is not repeated to them."""


class Look(StrEnum):
    """What can be said of the sound of a message."""

    KEPT = "kept"
    COMING = "coming"  # still at the carrier
    GONE = "gone"  # erased, or kept long enough
    LOST = "lost"  # the carrier did not hand it out


@dataclass(frozen=True, slots=True)
class Sound:
    """A message as a page shows it."""

    id: int
    seconds: int
    look: Look


@dataclass(frozen=True, slots=True)
class Kept:
    """A sound that we have."""

    path: Path
    content_type: str
    place: str  # where its ticket lies; empty: not known


def sound(voicemail: Voicemail) -> Sound:
    """What a page says of a message."""
    return Sound(voicemail.id, voicemail.seconds, _look(voicemail))


def kept(session: Session, scope: Scope, voicemail_id: int) -> Kept:
    """The sound of a message about a ticket in scope. Raises RecordingNotFound, also for one that is not there."""
    wanted = _about_tickets(scope).where(Voicemail.id == voicemail_id)
    row = session.execute(wanted).first() if is_id(voicemail_id) else None
    if row is None or row[0] is None:
        raise RecordingNotFound
    path = folder_of_recordings() / row[0]
    if not path.is_file():
        raise RecordingNotFound
    return Kept(path, SOUNDS.get(row[1].partition(";")[0].strip().lower(), "audio/wav"), row[2])


def was_heard(session: Session, actor: str, subject: str, since: datetime) -> bool:
    """Whether it is written down already that this reader listens to it."""
    found = select(AuditEntry.number).where(
        AuditEntry.subject == subject, AuditEntry.actor == actor, AuditEntry.action == HEARD, AuditEntry.at > since
    )
    return session.scalar(found.limit(1)) is not None


def _about_tickets(scope: Scope) -> Select[str | None, str, str]:
    """A message belongs to the ticket that held the code when it was left: a code is given again."""
    theirs = and_(
        Ticket.code == Voicemail.about,
        Ticket.opened_at <= Voicemail.at,
        or_(Ticket.released_at.is_(None), Voicemail.at <= Ticket.released_at),
    )
    return (
        select(Voicemail.sha256, Voicemail.content_type, Ticket.jurisdiction_code)
        .join(Ticket, theirs)
        .where(within(Ticket.jurisdiction_code, scope))
    )


def _look(voicemail: Voicemail) -> Look:
    if voicemail.sha256 is not None:
        return Look.KEPT
    if not voicemail.url:
        return Look.GONE
    return Look.COMING if voicemail.fetch_at is not None else Look.LOST
