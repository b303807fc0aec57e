"""How a text is settled that may have reached the carrier: first its receipt, then the carrier's log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import StrEnum

from config.policy import SmsPolicy
from sms.urgency import Urgency
from telephony.carrier import LoggedMessage

ASKS = 2  # misses in the carrier's log before it counts as not sent


class Next(StrEnum):
    """What to do with a text that the carrier's log does not know."""

    ASK_AGAIN = "ask_again"
    SEND_AGAIN = "send_again"
    GIVE_UP = "give_up"  # its use is over
    PERSON = "person"  # sent again once and found nowhere: a person decides


def first_ask(urgency: Urgency, policy: SmsPolicy) -> timedelta:
    """How long to wait for a receipt, from the claim, before the carrier's log is asked."""
    match urgency:
        case Urgency.CODE:
            return policy.code_first_ask
        case Urgency.DISPATCH:
            return policy.offer_first_ask
    return policy.unknown_first_ask


def after_a_miss(misses: int, *, was_resent: bool, is_useful: bool) -> Next:
    """What to do when the log did not show the text for the `misses`-th time."""
    if misses < ASKS:
        return Next.ASK_AGAIN
    if was_resent:
        return Next.PERSON
    return Next.SEND_AGAIN if is_useful else Next.GIVE_UP


def find(body: str, logged: Iterable[LoggedMessage], owned: Collection[str]) -> LoggedMessage | None:
    """The text in the carrier's log that is ours: the same words, and no other row's. The oldest, for the log of a
    number may hold the same words from later rows too."""
    ours = [one for one in logged if one.carrier_sid not in owned and one.body.strip() == body.strip()]
    return min(ours, key=lambda one: one.sent_at, default=None)
