"""What goes of calls when a person is erased or they are old: what was said, the number, the sound of messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true, update

from core import disposal
from core.retention import Kind
from core.uow import UnitOfWork
from directory.events import Matter, Obstacle, Traces
from directory.queries.privacy import held_numbers, held_persons
from ivr.models import Call, CallToPlace, CallTurn, Placing, Voicemail

SOUND = "recording"
"""Our own copy of a message, named by its SHA-256."""
AT_CARRIER = "carrier_recording"
"""The carrier's copy, named by the carrier's id."""


def calls_of(traces: Traces) -> ColumnElement[bool]:
    """The calls of a person, those of his own numbers of which nobody knows whose they are, and those about tickets."""
    nobodys = and_(Call.person_id.is_(None), Call.msisdn.in_(traces.own))
    opened = [one.call_sid for one in traces.matters if one.call_sid]
    of_matters = [_of_matter(one) for one in traces.matters]
    return or_(Call.person_id.in_(traces.person_ids), nobodys, Call.carrier_sid.in_(opened), *of_matters)


def obstacles(uow: UnitOfWork, traces: Traces) -> list[Obstacle]:
    """Calls that are still going on."""
    live = select(Call.id).where(Call.ended_at.is_(None), or_(calls_of(traces), Call.msisdn.in_(traces.own)))
    return [Obstacle("call", str(number)) for number in uow.session.scalars(live.order_by(Call.id))]


def forget(uow: UnitOfWork, traces: Traces) -> Counter[str]:
    """Take out of a person's calls what was said and from where; sound goes from our folder and from the carrier."""
    session, gone = uow.session, Counter[str]()
    session.flush()
    ids = list(session.scalars(select(Call.id).where(calls_of(traces))))
    blank(uow, ids)
    voicemails = select(Voicemail.id).where(Voicemail.call_id.in_(ids), Voicemail.url != "")
    gone["recordings"] += remove_sound(uow, list(session.scalars(voicemails)))
    quiet = {"synchronize_session": False}
    session.execute(update(Call).where(Call.msisdn.in_(traces.own)).values(msisdn=None), execution_options=quiet)
    to_place = CallToPlace.msisdn.in_(traces.own)
    session.execute(
        update(CallToPlace)
        .where(to_place, CallToPlace.placing == Placing.DUE)
        .values(placing=Placing.FAILED, ended_at=uow.now),
        execution_options=quiet,
    )
    session.execute(update(CallToPlace).where(to_place).values(msisdn="", facts={}), execution_options=quiet)
    gone["calls"] += len(ids)
    session.expire_all()
    return gone


def blank(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take out of these calls what was said and from which number; length, outcome and times stay to be counted."""
    quiet = {"synchronize_session": False}
    uow.session.execute(
        update(Call).where(Call.id.in_(ids)).values(msisdn=None, said={}, reply={}), execution_options=quiet
    )
    uow.session.execute(
        update(CallTurn).where(CallTurn.call_id.in_(ids)).values(words="", digits=""), execution_options=quiet
    )


def remove_sound(uow: UnitOfWork, ids: Sequence[int]) -> int:
    """Have the sound of these messages go: our copy, and the carrier's, which may still be there. How many."""
    found = list(uow.session.scalars(select(Voicemail).where(Voicemail.id.in_(ids)).with_for_update()))
    for voicemail in found:
        if voicemail.sha256 is not None:
            disposal.dispose(uow, SOUND, voicemail.sha256)
        disposal.dispose(uow, AT_CARRIER, voicemail.recording_sid)
        voicemail.url, voicemail.sha256, voicemail.fetch_at = "", None, None
    uow.session.flush()
    if found:
        uow.wake("ivr.delete_recordings")
    return len(found)


def is_used(uow: UnitOfWork, sha256: str) -> bool:
    """Whether another message still has the very same sound, and so the same file."""
    return bool(uow.session.scalar(select(exists().where(Voicemail.sha256 == sha256))))


def old_recordings(before: datetime) -> Select[int]:
    """Messages left before this whose sound is still there, but not of people under a hold."""
    return _old_recordings(before).where(~_is_held())


def held_recordings(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_recordings(before).where(_is_held())


def old_calls(before: datetime) -> Select[int]:
    """Calls begun before this of which number or words are still there, but not of people under a hold."""
    return _old_calls(before).where(~_is_held())


def held_calls(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_calls(before).where(_is_held())


def remove_recordings(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Have the sound of these old messages go."""
    remove_sound(uow, ids)


def blank_old(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Leave these calls without number, person and words."""
    blank(uow, ids)
    uow.session.execute(
        update(Call).where(Call.id.in_(ids)).values(person_id=None), execution_options={"synchronize_session": False}
    )


def old_placed(before: datetime) -> Select[int]:
    """Calls that the house wanted to make before this, over by now, and not to people under a hold."""
    return _old_placed(before).where(CallToPlace.msisdn.not_in(held_numbers()))


def held_placed(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_placed(before).where(CallToPlace.msisdn.in_(held_numbers()))


def blank_placed(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Leave these calls without number and words."""
    uow.session.execute(
        update(CallToPlace).where(CallToPlace.id.in_(ids)).values(msisdn="", facts={}),
        execution_options={"synchronize_session": False},
    )


def _old_placed(before: datetime) -> Select[int]:
    is_over = CallToPlace.placing.not_in((Placing.DUE, Placing.DIALLING, Placing.UNKNOWN))
    return select(CallToPlace.id).where(CallToPlace.due_at < before, is_over, CallToPlace.msisdn != "")


def _old_recordings(before: datetime) -> Select[int]:
    return (
        select(Voicemail.id).join(Call, Call.id == Voicemail.call_id).where(Voicemail.at < before, Voicemail.url != "")
    )


def _old_calls(before: datetime) -> Select[int]:
    has_words = exists().where(CallTurn.call_id == Call.id, or_(CallTurn.words != "", CallTurn.digits != ""))
    has_something = or_(Call.msisdn.is_not(None), Call.person_id.is_not(None), has_words)
    return select(Call.id).where(Call.started_at < before, Call.ended_at.is_not(None), has_something)


def _is_held() -> ColumnElement[bool]:
    of_person = func.coalesce(Call.person_id.in_(held_persons()), False)
    return or_(of_person, func.coalesce(Call.msisdn.in_(held_numbers()), False))


def _of_matter(matter: Matter) -> ColumnElement[bool]:
    """The code of a ticket is another's before it was opened and after it was released."""
    until = Call.started_at <= matter.until_at if matter.until_at is not None else true()
    return and_(Call.about == matter.code, Call.started_at >= matter.from_at, until)


KINDS = (
    Kind("recordings", 183, 7, due=old_recordings, held=held_recordings, remove=remove_recordings),
    Kind("calls", 730, 30, due=old_calls, held=held_calls, remove=blank_old),
    Kind("calls_to_place", 730, 30, due=old_placed, held=held_placed, remove=blank_placed),
)
