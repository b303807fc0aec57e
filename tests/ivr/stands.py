"""Every place where a call can stand, and how a caller comes there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.uow import UnitOfWork
from directory.models import ContactKind
from tests.factories.ivr import Phone
from tests.factories.people import LANDLINE, RESIDENT, a_person
from tests.factories.providers import a_provider
from tests.factories.requests import a_request, a_ticket
from ticketing.service import tickets

STRANGER = "+8616200000955"


@dataclass(frozen=True, slots=True)
class Stand:
    """What must be on file first, who calls, and what is answered until the call stands there.

    An answer is said; one of digits, `#` and `*` is pressed; an empty one is silence; `duty:busy` is how the duty
    phone's ringing ends.
    """

    answers: tuple[str, ...]
    number: str = RESIDENT
    on_file: Callable[[UnitOfWork], object] = lambda uow: a_person(uow)


def arrive(phone: Phone, stand: Stand) -> None:
    """Dial, and answer until the call stands there."""
    phone.dial()
    for one in stand.answers:
        answer(phone, one)


def answer(phone: Phone, one: str) -> None:
    """Give one answer."""
    if one.startswith("duty:"):
        phone.duty(one.removeprefix("duty:"))
    elif not one:
        phone.keep_silent()
    elif set(one) <= set("0123456789*#"):
        phone.press(one)
    else:
        phone.say(one)


def _a_shared_number(uow: UnitOfWork) -> None:
    a_person(uow, "陈先生")
    a_person(uow, "陈太太")


def _only_a_landline(uow: UnitOfWork) -> None:
    a_person(uow, msisdn=LANDLINE, kind=ContactKind.FIXED)


def _an_open_ticket(uow: UnitOfWork) -> None:
    a_ticket(uow, a_request(person=a_person(uow)))


def _two_open_tickets(uow: UnitOfWork) -> None:
    person = a_person(uow)
    a_ticket(uow, a_request(person=person))
    a_ticket(uow, a_request(person=person, service="cleaning"))


def _a_closed_ticket(uow: UnitOfWork) -> None:
    a_provider(uow)
    tickets.close(uow, a_ticket(uow, a_request(person=a_person(uow))).code, "solved")


STANDS: Mapping[str, Stand] = {
    "open": Stand(()),
    "menu": Stand(("",)),
    "retell": Stand(("水池", "不是")),
    "confirm_service": Stand(("我家水管爆了，水都淹到客厅了",)),
    "confirm_maybe": Stand(("水池",)),
    "same_open": Stand(("1",), on_file=_an_open_ticket),
    "confirm_address": Stand(("1",)),
    "who": Stand(("1",), on_file=_a_shared_number),
    "address": Stand(("1",), number=STRANGER),
    "mobile": Stand(("1", "1"), number=LANDLINE, on_file=_only_a_landline),
    "confirm_mobile": Stand(("1", "1", "16200000977"), number=LANDLINE, on_file=_only_a_landline),
    "another": Stand(("1", "1")),
    "code_or_latest": Stand(("7",), on_file=_an_open_ticket),
    "code": Stand(("7",)),
    "cancel_code": Stand(("我要取消上门",), on_file=_two_open_tickets),
    "confirm_cancel": Stand(("我要取消上门",), on_file=_an_open_ticket),
    "offer_reopen": Stand(("1",), on_file=_a_closed_ticket),
    "duty": Stand(("0",)),
    "voicemail": Stand(("0", "duty:no-answer")),
    "duty_now": Stand(("厨房着火了",)),
    "emergency_message": Stand(("厨房着火了", "duty:busy")),
}
