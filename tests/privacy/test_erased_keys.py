"""By what an erased person is known again when a list brings him back."""

from __future__ import annotations

from datetime import date

from core.keyed import keyed
from core.uow import UnitOfWork
from directory import erased
from directory.models import ErasedKey, ErasedKind
from directory.service.erasure import erased_keys
from tests.statements import counted

BORN = date(1950, 3, 4)
NUMBER = "+8616200000001"


def test_a_name_alone_is_no_key() -> None:
    assert erased.person_key("李桂英", None) == ""
    assert erased.number_key("", NUMBER) == ""
    assert erased.keys("李桂英") == frozenset()


def test_spaces_and_width_of_letters_make_no_difference() -> None:
    assert erased.person_key("Ａｎｎa  Lee", BORN) == erased.person_key("anna lee", BORN)
    assert erased.person_key("李 桂英", BORN) == erased.person_key("李桂英", BORN)


def test_a_shared_number_makes_nobody_else_an_erased_person() -> None:
    assert erased.number_key("李桂英", NUMBER) != erased.number_key("王强", NUMBER)


def test_erased_keys_are_found_among_many_in_one_statement(uow: UnitOfWork) -> None:
    gone = erased.person_key("李桂英", BORN)
    uow.session.add(ErasedKey(key=keyed(uow.settings.hash_key, "erased", gone), kind=ErasedKind.PERSON, at=uow.now))
    uow.session.flush()
    others = {erased.person_key(f"王{number}", BORN) for number in range(500)}

    with counted() as seen:
        found = erased_keys(uow, [*others, gone, ""])

    assert found == {gone}
    assert len(seen) == 1
