"""The carrier's words and codes, and the order of receipts."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from telephony.carrier import CarrierRefused
from telephony.statuses import FINAL, Delivery, Fault, call_state, delivery, fault, is_forward
from telephony.statuses import CallState as State


def settled(receipts: list[Delivery]) -> Delivery:
    """Where a text ends when these receipts come in this order."""
    now = Delivery.SUBMITTED
    for receipt in receipts:
        now = receipt if is_forward(now, receipt) else now
    return now


def test_receipts_in_any_order_and_number_end_at_the_same_place() -> None:
    story = [Delivery.SUBMITTED, Delivery.SENT, Delivery.DELIVERED]

    orders = [list(order) for order in itertools.permutations([*story, *story])]

    assert {settled(order) for order in orders} == {Delivery.DELIVERED}


@given(st.sampled_from(sorted(FINAL)), st.lists(st.sampled_from(list(Delivery)), max_size=8))
def test_the_first_final_word_stands(final: Delivery, later: list[Delivery]) -> None:
    assert settled([final, *later]) is final


def test_every_word_of_the_carrier_for_an_outbound_text_is_known() -> None:
    words = "accepted scheduled queued sending sent delivered read undelivered failed canceled partially_delivered"

    assert None not in {delivery(word) for word in words.split()}
    assert delivery("Delivered ") is Delivery.DELIVERED
    assert delivery("received") is None
    assert delivery("") is None


def test_an_unknown_call_status_ends_nothing() -> None:
    assert call_state("no-answer") is State.NO_ANSWER
    assert call_state("exploded") is State.UNKNOWN


def test_an_unknown_code_marks_no_number() -> None:
    refusal = CarrierRefused("29999")

    assert refusal.kind is Fault.UNKNOWN
    assert {refusal.is_bad_number, refusal.is_opted_out, refusal.is_configuration} == {False}


def test_codes_say_what_to_do() -> None:
    assert CarrierRefused("21610").is_opted_out
    assert CarrierRefused("21614").is_bad_number
    assert CarrierRefused("21211").is_bad_number
    assert CarrierRefused("20003").is_configuration
    assert fault("30003") is Fault.HOURS_APART
    assert fault("30006") is Fault.NOT_MOBILE
