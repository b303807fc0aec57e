"""Callers whose messages somebody else gets."""

from __future__ import annotations

from directory.models import ContactKind
from directory.service import people
from tests.factories.people import LANDLINE, RESIDENT, a_person
from tests.ivr.conftest import Book, NewPhone, Work


def test_who_has_a_helper_is_not_asked_for_a_mobile_and_the_helper_gets_the_news(
    work: Work, new_phone: NewPhone, book: Book
) -> None:
    with work() as uow:
        mother = a_person(uow, "孙淑珍", msisdn=LANDLINE, kind=ContactKind.FIXED)
        son = a_person(uow, "陈建国", address="9号楼101")
        people.set_helper(uow, mother.id, son.id)
    phone = new_phone(LANDLINE)

    phone.dial()
    phone.press("1")
    phone.press("1")

    [ticket] = book.tickets()
    assert (ticket.msisdn, ticket.notify_msisdn) == (LANDLINE, RESIDENT)


def test_also_who_calls_from_a_mobile_of_his_own(work: Work, new_phone: NewPhone, book: Book) -> None:
    with work() as uow:
        mother = a_person(uow, "孙淑珍", msisdn="+8616200000905")
        son = a_person(uow, "陈建国", address="9号楼101")
        people.set_helper(uow, mother.id, son.id)
    phone = new_phone("+8616200000905")

    phone.dial()
    phone.press("1")
    phone.press("1")

    assert [ticket.notify_msisdn for ticket in book.tickets()] == [RESIDENT]
