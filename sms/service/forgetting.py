"""What goes of texts when a person is erased or the texts are old: words, numbers, pictures; the rows stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true, update

from core import disposal
from core.retention import Kind
from core.uow import UnitOfWork
from directory.events import Matter, Obstacle, Traces
from directory.queries.privacy import held_numbers
from sms.delivery import Delivery
from sms.models import InboundSms, OpenQuestion, OutboundSms

WAITING = (Delivery.QUEUED, Delivery.UNKNOWN)
AT_CARRIER = "carrier_media"
"""Pictures of a text that came in, named by the carrier's id of the text. The house never fetches them."""


def out_of(traces: Traces) -> ColumnElement[bool]:
    """The texts to the numbers that only this person has, and those about his tickets, to whomever they went."""
    return or_(OutboundSms.msisdn.in_(traces.own), *(_about(OutboundSms, OutboundSms.created_at, traces)))


def in_of(traces: Traces) -> ColumnElement[bool]:
    """The texts from the numbers that only this person has, and those about his tickets, from whomever they came."""
    opened = [one.message_id for one in traces.matters if one.message_id is not None]
    about = _about(InboundSms, InboundSms.received_at, traces)
    return or_(InboundSms.msisdn.in_(traces.own), InboundSms.id.in_(opened), *about)


def obstacles(uow: UnitOfWork, traces: Traces) -> list[Obstacle]:
    """Texts that are being handed to the carrier this moment: what becomes of them must be known first."""
    sending = select(OutboundSms.id).where(OutboundSms.delivery == Delivery.SENDING, out_of(traces)).limit(1)
    return [Obstacle("text", str(number)) for number in uow.session.scalars(sending)]


def forget(uow: UnitOfWork, traces: Traces) -> Counter[str]:
    """Take words and numbers out of a person's texts. What waits is not sent, what is asked is not waited for.

    The number of somebody else who texted about his tickets stays with that text; the words go.
    """
    session, gone = uow.session, Counter[str]()
    session.flush()
    mine = out_of(traces)
    waiting = {"delivery": Delivery.EXPIRED, "settled_at": uow.now}
    session.execute(update(OutboundSms).where(mine, OutboundSms.delivery.in_(WAITING)).values(waiting))
    gone["texts_out"] += _changed(uow, update(OutboundSms).where(mine).values(body=""))
    gone["pictures"] += remove_media(uow, in_of(traces))
    gone["texts_in"] += _changed(uow, update(InboundSms).where(in_of(traces)).values(body="", values={}))
    for table in (OutboundSms, InboundSms):
        session.execute(update(table).where(table.msisdn.in_(traces.own)).values(msisdn=""))
    asked = or_(OpenQuestion.msisdn.in_(traces.own), *_about(OpenQuestion, OpenQuestion.asked_at, traces))
    session.execute(update(OpenQuestion).where(asked, OpenQuestion.closed_at.is_(None)).values(closed_at=uow.now))
    session.execute(update(OpenQuestion).where(OpenQuestion.msisdn.in_(traces.own)).values(msisdn=""))
    session.expire_all()
    return gone


def remove_media(uow: UnitOfWork, which: ColumnElement[bool]) -> int:
    """Have the pictures go that came with these texts; of how many texts it is known that they had some.

    A text of which nobody counted them is asked about at the carrier.
    """
    may_have = select(InboundSms).where(which, InboundSms.media_count.is_distinct_from(0))
    found = list(uow.session.scalars(may_have.order_by(InboundSms.id).with_for_update()))
    known = sum(text.media_count is not None for text in found)
    for text in found:
        disposal.dispose(uow, AT_CARRIER, text.carrier_sid)
        text.media_count = 0
    uow.session.flush()
    if found:
        uow.wake("sms.delete_media")
    return known


def old_out(before: datetime) -> Select[int]:
    """Texts to people that are older than this and still have words or a number, but not of people under a hold."""
    return _old_out(before).where(OutboundSms.msisdn.not_in(held_numbers()))


def held_out(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_out(before).where(OutboundSms.msisdn.in_(held_numbers()))


def old_in(before: datetime) -> Select[int]:
    """Texts from people, likewise."""
    return _old_in(before).where(InboundSms.msisdn.not_in(held_numbers()))


def held_in(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_in(before).where(InboundSms.msisdn.in_(held_numbers()))


def blank_out(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take words and numbers out of these texts to people."""
    uow.session.execute(update(OutboundSms).where(OutboundSms.id.in_(ids)).values(body="", msisdn=""))


def blank_in(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take words, numbers and pictures out of these texts from people, and the number out of what was asked of them."""
    remove_media(uow, InboundSms.id.in_(ids))
    numbers = select(InboundSms.msisdn).where(InboundSms.id.in_(ids))
    old = select(InboundSms.received_at).where(InboundSms.id.in_(ids)).order_by(InboundSms.received_at.desc()).limit(1)
    asked = and_(OpenQuestion.msisdn.in_(numbers), OpenQuestion.asked_at <= old.scalar_subquery())
    uow.session.execute(update(OpenQuestion).where(asked, OpenQuestion.closed_at.is_not(None)).values(msisdn=""))
    uow.session.execute(update(InboundSms).where(InboundSms.id.in_(ids)).values(body="", msisdn="", values={}))


def old_questions(before: datetime) -> Select[int]:
    """Questions asked before this that wait for no answer any more, but not of people under a hold."""
    return _old_questions(before).where(OpenQuestion.msisdn.not_in(held_numbers()))


def held_questions(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_questions(before).where(OpenQuestion.msisdn.in_(held_numbers()))


def blank_questions(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take the number out of these questions."""
    closed = func.coalesce(OpenQuestion.closed_at, OpenQuestion.expires_at)
    uow.session.execute(update(OpenQuestion).where(OpenQuestion.id.in_(ids)).values(msisdn="", closed_at=closed))


def _old_questions(before: datetime) -> Select[int]:
    is_over = or_(OpenQuestion.closed_at.is_not(None), OpenQuestion.expires_at < before)
    return select(OpenQuestion.id).where(OpenQuestion.asked_at < before, is_over, OpenQuestion.msisdn != "")


def _old_out(before: datetime) -> Select[int]:
    has_something = or_(OutboundSms.body != "", OutboundSms.msisdn != "")
    is_over = OutboundSms.delivery.not_in((*WAITING, Delivery.SENDING))
    return select(OutboundSms.id).where(OutboundSms.created_at < before, has_something, is_over)


def _old_in(before: datetime) -> Select[int]:
    has_something = or_(InboundSms.body != "", InboundSms.msisdn != "")
    return select(InboundSms.id).where(InboundSms.received_at < before, has_something)


def _about(table: type[OutboundSms | InboundSms | OpenQuestion], at: Any, traces: Traces) -> list[ColumnElement[bool]]:
    return [_of_matter(table, at, matter) for matter in traces.matters] or [false()]


def _of_matter(table: type[OutboundSms | InboundSms | OpenQuestion], at: Any, matter: Matter) -> ColumnElement[bool]:
    """The code of a ticket is another's before it was opened and after it was released."""
    until = at <= matter.until_at if matter.until_at is not None else true()
    return and_(table.about == matter.code, at >= matter.from_at, until)


def _changed(uow: UnitOfWork, statement: object) -> int:
    done = uow.session.execute(statement)  # type: ignore[call-overload]
    return int(done.rowcount)


KINDS = (
    Kind("texts_out", 730, 30, due=old_out, held=held_out, remove=blank_out),
    Kind("texts_in", 730, 30, due=old_in, held=held_in, remove=blank_in),
    Kind("questions", 730, 30, due=old_questions, held=held_questions, remove=blank_questions),
)
