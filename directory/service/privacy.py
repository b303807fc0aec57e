"""Requests of people about their own data, and legal holds: how the person was known, and how each ended."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select

from core import retention, tries
from core.uow import UnitOfWork
from directory.errors import (
    AlreadyErased,
    MistakeNotTold,
    NotChecked,
    NotLongGone,
    PersonNotFound,
    ReasonMissing,
    RequestNotFound,
    RequestSettled,
    RequestStands,
)
from directory.models import (
    Channel,
    Household,
    LegalHold,
    Person,
    PrivacyRequest,
    Purpose,
    RequestKind,
    RequestState,
)
from directory.queries import privacy
from directory.service import consents, corrections, erasure
from directory.service.erasure import Erasure

OPEN = (RequestState.OPEN, RequestState.HELD)
GONE = "people_gone"
"""The kind in the table of retention: people who died or moved away."""
KEPT_OVER = "kept_over"
"""Way and check of an erasure for which nobody asked: the time for which such people are kept is over."""


class Checked(StrEnum):
    """How we know that it is the person who asks."""

    DOCUMENT = "document"  # showed an identity document
    CALLED_BACK = "called_back"  # called back at a number we had
    KNOWN = "known"  # known to the committee's staff in person
    LETTER = "letter"  # a signed letter with a copy of a document
    PROXY = "proxy"  # somebody with a written power, whose document was seen


class Way(StrEnum):
    """By which way a request came."""

    PHONE = "phone"
    SMS = "sms"
    DESK = "desk"
    LETTER = "letter"


def open_request(
    uow: UnitOfWork, person_id: int, kind: RequestKind, *, channel: str, checked_how: str, words: str = ""
) -> PrivacyRequest:
    """Take a request down and start its clock. `words` say what is wrong, of a correction.

    One open request a person and kind. Raises PersonNotFound, AlreadyErased, NotChecked, MistakeNotTold (a correction
    without words) or RequestStands.
    """
    person = uow.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise PersonNotFound
    if person.erased_at is not None:
        raise AlreadyErased
    if checked_how not in set(Checked) or channel not in set(Way):
        raise NotChecked
    if kind is RequestKind.CORRECTION and not words.strip():
        raise MistakeNotTold
    same = select(PrivacyRequest.id).where(
        PrivacyRequest.person_id == person_id, PrivacyRequest.kind == kind, PrivacyRequest.state.in_(OPEN)
    )
    if uow.session.scalar(same.limit(1)) is not None:
        raise RequestStands
    made = _taken_down(uow, person, kind, channel, checked_how)
    if kind is RequestKind.CORRECTION:
        made.correction_id = corrections.tell_mistake(uow, person_id, words).id
    return made


def propose_erasure(uow: UnitOfWork, person_id: int) -> PrivacyRequest:
    """Take down that somebody who died or moved away is to be erased: the time for which he is kept is over.

    Nothing is erased by that: whoever looks at the request decides. Raises NotLongGone.
    """
    days = retention.keep_days(uow.session, GONE)
    due = None if days is None else privacy.long_gone(uow.now - timedelta(days=days)).where(Person.id == person_id)
    person = uow.session.get(Person, person_id, with_for_update=True)
    if person is None or due is None or uow.session.scalar(due) is None:
        raise NotLongGone
    return _taken_down(uow, person, RequestKind.ERASURE, KEPT_OVER, KEPT_OVER)


def answered(uow: UnitOfWork, request_id: int) -> PrivacyRequest:
    """What was asked for was handed out. Raises RequestSettled, or RequestNotFound where nothing is handed out."""
    request = _open(uow, request_id)
    if request.kind is not RequestKind.ACCESS:
        raise RequestNotFound  # an erasure is not done by saying so, and a correction by whoever keeps the records
    _settle(uow, request, RequestState.DONE, "")
    return request


def refuse(uow: UnitOfWork, request_id: int, reason: str) -> PrivacyRequest:
    """Say no, with the reason that the person is told. Raises ReasonMissing or RequestSettled."""
    if not reason.strip():
        raise ReasonMissing
    request = _open(uow, request_id)
    _settle(uow, request, RequestState.REFUSED, reason.strip()[:500])
    return request


def erase(uow: UnitOfWork, request_id: int) -> Erasure:
    """Decide that a person is erased, and do it; held up by something, it goes on by itself when that is over.

    Raises RequestSettled, AlreadyErased.
    """
    request = _open(uow, request_id)
    if request.kind is not RequestKind.ERASURE:
        raise RequestNotFound
    return _erase(uow, request)


def go_on(uow: UnitOfWork, request_id: int) -> Erasure | None:
    """Try an erasure again that something held up. None when it was settled meanwhile."""
    request = uow.session.get(PrivacyRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None or request.state is not RequestState.HELD:
        return None
    return _erase(uow, request)


def could_not_go_on(uow: UnitOfWork, request_id: int) -> None:
    """An erasure that waited failed: it is tried again later, and after the last try a person says when."""
    request = uow.session.get(PrivacyRequest, request_id, with_for_update=True, populate_existing=True)
    if request is not None and request.state is RequestState.HELD and tries.failed(request, uow.now):
        uow.audit("erasure.set_aside", f"person:{request.person_id}", request=request.id, tries=request.tries)


def try_again(uow: UnitOfWork, request_id: int) -> None:
    """Have an erasure that was set aside tried again now. Raises RequestSettled when it is not set aside."""
    request = _open(uow, request_id)
    if not request.is_set_aside:
        raise RequestSettled
    tries.begin_anew(request)
    uow.audit("erasure.tried_again", f"person:{request.person_id}", request=request.id)
    uow.wake("directory.erase")


def correction_settled(uow: UnitOfWork, correction_id: int, *, is_right: bool) -> None:
    """Whoever keeps the records has looked: the request that told of it is answered."""
    request = uow.session.scalar(
        select(PrivacyRequest)
        .where(PrivacyRequest.correction_id == correction_id, PrivacyRequest.state.in_(OPEN))
        .with_for_update()
    )
    if request is not None:
        _settle(uow, request, RequestState.DONE if is_right else RequestState.REFUSED, "")


def withdraw_consent(
    uow: UnitOfWork, person_id: int, msisdn: str, purpose: Purpose, channel: Channel, request_id: int | None = None
) -> None:
    """A person takes back what he agreed to for one of his numbers."""
    evidence = f"request:{request_id}" if request_id is not None else f"told:{uow.actor}"
    consents.withdraw(uow, msisdn, purpose, channel, evidence)
    person = uow.session.get(Person, person_id)
    if person is None:
        raise PersonNotFound
    uow.audit(
        "consent.withdrawn",
        f"person:{person_id}",
        place=_place(uow, person),
        purpose=purpose.value,
        channel=channel.value,
    )


def set_hold(uow: UnitOfWork, person_id: int, reason: str) -> LegalHold:
    """Let nothing of a person be erased until the hold ends. Raises PersonNotFound, AlreadyErased, ReasonMissing."""
    person = uow.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise PersonNotFound
    if person.erased_at is not None:
        raise AlreadyErased
    if not reason.strip():
        raise ReasonMissing
    made = LegalHold(person_id=person_id, reason=reason.strip()[:200], set_by=uow.actor, set_at=uow.now)
    uow.session.add(made)
    uow.session.flush()
    uow.audit("hold.set", f"person:{person_id}", place=_place(uow, person), hold=made.id)
    return made


def end_hold(uow: UnitOfWork, hold_id: int) -> LegalHold:
    """The reason is over: erasures that waited for it go on at once. Raises RequestNotFound or RequestSettled."""
    hold = uow.session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True)
    if hold is None:
        raise RequestNotFound
    if hold.ended_at is not None:
        raise RequestSettled
    hold.ended_at, hold.ended_by = uow.now, uow.actor
    person = uow.session.get_one(Person, hold.person_id)
    uow.audit("hold.ended", f"person:{hold.person_id}", place=_place(uow, person), hold=hold.id)
    uow.wake("directory.erase")
    return hold


def note_read(uow: UnitOfWork, person: Person, *, how: str) -> None:
    """Write down that somebody looked at everything that is held about a person; `how`: page, print or json."""
    uow.audit("subject.read", f"person:{person.id}", place=_place(uow, person), how=how)


def _erase(uow: UnitOfWork, request: PrivacyRequest) -> Erasure:
    person = uow.session.get_one(Person, request.person_id)
    place = _place(uow, person)
    done = erasure.erase(uow, request.person_id)
    uow.session.refresh(request)
    tries.begin_anew(request)
    if done.obstacles:
        if request.state is not RequestState.HELD:
            request.state = RequestState.HELD
            kinds = sorted({one.kind for one in done.obstacles})
            uow.audit("erasure.held", f"person:{request.person_id}", place=place, request=request.id, by=kinds)
        return done
    _settle(uow, request, RequestState.DONE, "")
    for other in uow.session.scalars(
        select(PrivacyRequest).where(
            PrivacyRequest.person_id.in_(done.traces.person_ids),
            PrivacyRequest.state.in_(OPEN),
            PrivacyRequest.id != request.id,
        )
    ):
        _settle(uow, other, RequestState.DONE, "")
    uow.audit("person.erased", f"person:{request.person_id}", place=place, request=request.id, gone=dict(done.gone))
    return done


def _taken_down(uow: UnitOfWork, person: Person, kind: RequestKind, channel: str, checked_how: str) -> PrivacyRequest:
    made = PrivacyRequest(
        kind=kind,
        person_id=person.id,
        asked_at=uow.now,
        due_by=uow.now + uow.policy.privacy.answer_within,
        channel=channel,
        checked_how=checked_how,
        opened_by=uow.actor,
    )
    uow.session.add(made)
    uow.session.flush()
    uow.audit("privacy.asked", f"person:{person.id}", place=_place(uow, person), request=made.id, kind=kind.value)
    return made


def _open(uow: UnitOfWork, request_id: int) -> PrivacyRequest:
    request = uow.session.get(PrivacyRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None:
        raise RequestNotFound
    if request.state not in OPEN:
        raise RequestSettled
    return request


def _settle(uow: UnitOfWork, request: PrivacyRequest, state: RequestState, outcome: str) -> None:
    request.state, request.outcome = state, outcome
    request.done_at, request.done_by = uow.now, uow.actor
    uow.audit("privacy.settled", f"person:{request.person_id}", request=request.id, state=state.value)


def _place(uow: UnitOfWork, person: Person) -> str:
    home = uow.session.get(Household, person.household_id)
    return home.community_code if home is not None else ""
