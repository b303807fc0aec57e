"""One store of wishes by number, purpose and channel: with evidence and the words that were read; merges are strict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.uow import UnitOfWork, unit_of_work
from directory.models import Channel, Consent, Purpose, Suppression
from directory.queries import consents as reads
from directory.service import consents
from sms import wording
from tests.statements import counted

FIRST, SECOND, THIRD = "+8616200000661", "+8616200000662", "+8616200000663"


def given(uow: UnitOfWork, *numbers: str) -> None:
    """These numbers agreed to notices."""
    for number in numbers:
        consents.record_consent(uow, number, Purpose.NOTICE, is_given=True, evidence="import")


def may(uow: UnitOfWork, *numbers: str) -> list[str]:
    """Why no notice may go to each of these; empty when it may."""
    return [consents.may_write(uow, number, Purpose.NOTICE) for number in numbers]


def test_numbers_of_one_person_hold_what_the_strictest_of_them_holds(uow: UnitOfWork) -> None:
    given(uow, FIRST, SECOND)
    consents.stop(uow, FIRST, is_everything=True, evidence="sms:1")

    changes = consents.strictest(uow, [FIRST, SECOND], "merge:1")

    assert may(uow, FIRST, SECOND) == ["stopped_all", "stopped_all"]
    assert {change["msisdn"] for change in changes} == {SECOND}


def test_a_consent_that_one_number_withdrew_is_withdrawn_for_all(uow: UnitOfWork) -> None:
    given(uow, FIRST, SECOND)
    consents.record_consent(uow, FIRST, Purpose.NOTICE, is_given=False, evidence="user:1")

    consents.strictest(uow, [FIRST, SECOND], "merge:1")

    assert may(uow, SECOND) == ["no_consent"]


def test_what_the_erased_owner_of_a_number_said_counts_when_it_is_found_to_be_somebodys(uow: UnitOfWork) -> None:
    given(uow, FIRST, SECOND, THIRD)
    consents.stop(uow, FIRST, is_everything=True, evidence="sms:1")
    consents.record_consent(uow, FIRST, Purpose.SERVICE, is_given=False, evidence="user:1")
    consents.hide(uow, [FIRST], [])

    changes = consents.strictest(uow, [FIRST, SECOND], "merge:1")

    assert may(uow, FIRST, SECOND, THIRD) == ["stopped_all", "stopped_all", ""]
    assert {(change["what"], change["msisdn"]) for change in changes} >= {("stop", SECOND), ("consent", SECOND)}
    consents.relax(uow, changes, "merge:1")
    assert may(uow, FIRST, SECOND) == ["stopped_all", ""]


def test_what_a_merge_made_strict_is_taken_back_exactly(uow: UnitOfWork) -> None:
    given(uow, FIRST, SECOND, THIRD)
    consents.stop(uow, FIRST, is_everything=True, evidence="sms:1")
    consents.stop(uow, THIRD, is_everything=False, evidence="sms:2")
    before = may(uow, FIRST, SECOND, THIRD)
    changes = consents.strictest(uow, [FIRST, SECOND, THIRD], "merge:1")

    consents.relax(uow, changes, "merge:1")

    assert may(uow, FIRST, SECOND, THIRD) == before


def test_a_stop_said_since_the_merge_outlives_its_undoing(uow: UnitOfWork) -> None:
    given(uow, FIRST, SECOND)
    consents.stop(uow, FIRST, is_everything=False, evidence="sms:1")
    changes = consents.strictest(uow, [FIRST, SECOND], "merge:1")
    consents.stop(uow, SECOND, is_everything=True, evidence="sms:2")

    consents.relax(uow, changes, "merge:1")

    assert may(uow, SECOND) == ["stopped_all"]


def test_a_number_that_agreed_and_never_stopped_is_left_alone(uow: UnitOfWork) -> None:
    given(uow, FIRST, SECOND)

    assert consents.strictest(uow, [FIRST, SECOND], "merge:1") == []
    assert may(uow, FIRST, SECOND) == ["", ""]


def test_the_strictest_takes_no_more_statements_for_more_numbers(uow: UnitOfWork) -> None:
    numbers = [f"+86162000{number:05d}" for number in range(100)]
    given(uow, *numbers)
    consents.stop(uow, numbers[0], is_everything=True, evidence="sms:1")

    with counted() as seen:
        consents.strictest(uow, numbers, "merge:1")

    assert len(seen) <= 4


def test_a_channel_is_stopped_by_itself(uow: UnitOfWork) -> None:
    given(uow, FIRST)

    consents.withdraw(uow, FIRST, Purpose.NOTICE, Channel.VOICE, "request:1")

    assert consents.may_write(uow, FIRST, Purpose.NOTICE) == ""
    assert consents.may_write(uow, FIRST, Purpose.NOTICE, Channel.VOICE) == "stopped_notices"


@pytest.mark.parametrize(("text", "words"), [("退订", "opt_out_footer"), ("STOP", "opt_out_footer")])
def test_a_stop_by_text_keeps_message_and_the_words_that_were_read(
    twilio: Callable[..., TestResponse], text: str, words: str
) -> None:
    twilio("/sms/inbound", MessageSid="SM1", From=FIRST, To="+869785550156", Body=text, NumMedia="0")

    with unit_of_work("test") as uow:
        noted = uow.session.scalars(select(Consent)).one()
    assert (noted.msisdn, noted.is_given, noted.evidence, noted.actor) == (FIRST, False, "sms:1", "sms:1")
    assert noted.wording_version == wording.version(words)


def test_coming_back_keeps_the_words_that_told_how(twilio: Callable[..., TestResponse]) -> None:
    for sid, text in (("SM1", "STOP"), ("SM2", "START")):
        twilio("/sms/inbound", MessageSid=sid, From=FIRST, To="+869785550156", Body=text, NumMedia="0")

    with unit_of_work("test") as uow:
        told = reads.history(uow.session, [FIRST])
        stops = uow.session.scalars(select(Suppression)).all()
    assert [(one.is_given, one.is_latest) for one in told] == [(True, True), (False, False)]
    assert told[0].wording_version == wording.version("opt_out_done")
    assert stops == []


def test_a_version_changes_with_the_words_and_names_them() -> None:
    assert wording.version("opt_out_footer").startswith("opt_out_footer.")
    assert wording.version("opt_out_footer") != wording.version("opt_out_done")
