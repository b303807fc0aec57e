"""A carrier's status words and error codes -> ours, one table each, with where each line comes from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Delivery(StrEnum):
    """Where a text stands at the carrier. The values are those that the house stores."""

    SUBMITTED = "submitted"  # the carrier took it: accepted, scheduled, queued or sending
    SENT = "sent"  # passed on to the receiver's network
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


class CallState(StrEnum):
    """Where a call stands. The values are those of the carrier's documentation."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"
    UNKNOWN = "unknown"  # a word that this table does not know: never final


class Fault(StrEnum):
    """What an error code asks us to do."""

    OPTED_OUT = "opted_out"  # the receiver said STOP to the carrier: write the opt-out down, never retry
    BAD_NUMBER = "bad_number"  # no such number: mark it, never retry
    NOT_MOBILE = "not_mobile"  # a landline: never text it again, speech only
    CONFIGURATION = "configuration"  # our account or sender: stop and call somebody
    OUR_BUG = "our_bug"  # the request made no sense
    GATED = "gated"  # our own gate: not live, and the number is not on the list
    BLOCKED = "blocked"  # the receiver or their network does not want it: no retry now
    FILTERED = "filtered"  # taken for spam: no retry, look at the wording
    LOOP = "loop"  # we answer an answering machine: stop and call somebody
    PERMANENT = "permanent"  # never for this message; says nothing about the number
    LATER = "later"  # try again with growing pauses
    ONCE = "once"  # try once more, later
    HOURS_APART = "hours_apart"  # at most twice more, hours apart, then mark the number
    TOMORROW = "tomorrow"  # a daily limit
    EXPIRED = "expired"  # its time was up before it was sent: only if it still helps
    UNKNOWN = "unknown"  # not in the table: as permanent, and nothing is marked


RETRIED: frozenset[Fault] = frozenset(
    {Fault.LATER, Fault.ONCE, Fault.HOURS_APART, Fault.TOMORROW, Fault.EXPIRED},
)
BAD_NUMBERS: frozenset[Fault] = frozenset({Fault.BAD_NUMBER, Fault.NOT_MOBILE})

FINAL: frozenset[Delivery] = frozenset({Delivery.DELIVERED, Delivery.UNDELIVERED, Delivery.FAILED})
FINAL_CALLS: frozenset[CallState] = frozenset(
    {
        CallState.COMPLETED,
        CallState.BUSY,
        CallState.FAILED,
        CallState.NO_ANSWER,
        CallState.CANCELED,
    }
)

# Message status: the enum of the carrier's OpenAPI description (twilio_api_v2010). A read message was delivered; one
# of which only parts arrived was not; one that was cancelled will never go out.
DELIVERY_WORDS: Mapping[str, Delivery] = MappingProxyType(
    {
        "accepted": Delivery.SUBMITTED,
        "scheduled": Delivery.SUBMITTED,
        "queued": Delivery.SUBMITTED,
        "sending": Delivery.SUBMITTED,
        "sent": Delivery.SENT,
        "delivered": Delivery.DELIVERED,
        "read": Delivery.DELIVERED,
        "partially_delivered": Delivery.UNDELIVERED,
        "undelivered": Delivery.UNDELIVERED,
        "failed": Delivery.FAILED,
        "canceled": Delivery.FAILED,
    }
)

_RANK: Mapping[Delivery, int] = MappingProxyType(
    {
        Delivery.SUBMITTED: 1,
        Delivery.SENT: 2,
        Delivery.DELIVERED: 3,
        Delivery.UNDELIVERED: 3,
        Delivery.FAILED: 3,
    }
)

# Error codes. [D] the carrier's documentation, [A] its own guides, [R] from memory; where the meaning is [D] or [A]
# the advice is still ours. The first block comes with the answer to our request, the second with a receipt.
FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        # at creation
        "20003": Fault.CONFIGURATION,  # authentication [R]
        "20008": Fault.CONFIGURATION,  # not reachable with test credentials [R]
        "20404": Fault.PERMANENT,  # the resource is gone [R]
        "20429": Fault.LATER,  # too many requests at once: never processed [D]
        "21210": Fault.CONFIGURATION,  # call: From not verified [D]
        "21211": Fault.BAD_NUMBER,  # invalid To [D]
        "21212": Fault.CONFIGURATION,  # invalid From [D]
        "21214": Fault.BAD_NUMBER,  # call: To cannot be reached [D]
        "21215": Fault.CONFIGURATION,  # call: country not enabled [D]
        "21216": Fault.BLOCKED,  # call: To is on the carrier's block list [D]
        "21217": Fault.BAD_NUMBER,  # call: To invalid [D]
        "21408": Fault.CONFIGURATION,  # region not enabled for texts [D]
        "21602": Fault.OUR_BUG,  # body missing [R]
        "21603": Fault.CONFIGURATION,  # From missing [R]
        "21606": Fault.CONFIGURATION,  # From is not ours, or cannot send texts [D]
        "21608": Fault.CONFIGURATION,  # trial account, To not verified [R]
        "21610": Fault.OPTED_OUT,  # [D]
        "21611": Fault.LATER,  # this From has more than ten hours of texts waiting [D]
        "21612": Fault.CONFIGURATION,  # this pair of To and From is impossible [D]
        "21614": Fault.NOT_MOBILE,  # [D]
        "21617": Fault.OUR_BUG,  # body above 1,600 characters [R]
        "21619": Fault.OUR_BUG,  # body or media missing [R]
        "21620": Fault.OUR_BUG,  # bad media address [R]
        "21623": Fault.OUR_BUG,  # too many media [R]
        "21703": Fault.CONFIGURATION,  # service without numbers [R]
        "21704": Fault.CONFIGURATION,  # service cannot send to this receiver [R]
        "21705": Fault.CONFIGURATION,  # service invalid [R]
        "21712": Fault.CONFIGURATION,  # sender not in the service [R]
        "22005": Fault.LATER,  # more than a day of calls is waiting [D]
        # in receipts
        "14107": Fault.LOOP,  # more than 30 answers to one number in 30 s [D]
        "30001": Fault.LATER,  # queue overflow [D]
        "30002": Fault.CONFIGURATION,  # account suspended [R]
        "30003": Fault.HOURS_APART,  # handset off, without signal, or wrong [A]
        "30004": Fault.BLOCKED,  # blocked by receiver or network [R]
        "30005": Fault.BAD_NUMBER,  # number not in service [R]
        "30006": Fault.NOT_MOBILE,  # landline, or a network out of reach [R]
        "30007": Fault.FILTERED,  # taken for spam [A]
        "30008": Fault.ONCE,  # unknown error [R]
        "30009": Fault.PERMANENT,  # an inbound segment is missing [R]
        "30010": Fault.PERMANENT,  # price cap [R]
        "30011": Fault.PERMANENT,  # MMS not supported [R]
        "30017": Fault.LATER,  # the network is congested [R]
        "30022": Fault.LATER,  # campaign rate exceeded [D]
        "30023": Fault.TOMORROW,  # campaign's daily cap [R]
        "30024": Fault.CONFIGURATION,  # sender not provisioned [R]
        "30032": Fault.CONFIGURATION,  # toll-free number not verified [R]
        "30034": Fault.CONFIGURATION,  # campaign not registered [A]
        "30036": Fault.EXPIRED,  # validity period over before sending [R]
        "30410": Fault.ONCE,  # provider time-out [R]
        "30450": Fault.BLOCKED,  # blocked as SMS pumping [A]
        "30610": Fault.LATER,  # quiet hours of the receiver's place [A]
        "30640": Fault.BLOCKED,  # on a litigator list [A]
        "63017": Fault.LATER,  # the account's rate limit [D]
        "63038": Fault.TOMORROW,  # the account's daily cap [D]
        "gate": Fault.GATED,  # ours: telephony.gate
    }
)


def delivery(word: str) -> Delivery | None:
    """Our word for a carrier's message status, in any case; None for words that say nothing about an outbound text."""
    return DELIVERY_WORDS.get(word.strip().lower())


def call_state(word: str) -> CallState:
    """Our word for a carrier's call status; UNKNOWN for one that the table does not hold."""
    try:
        return CallState(word.strip().lower())
    except ValueError:
        return CallState.UNKNOWN


def fault(code: str) -> Fault:
    """What an error code asks us to do; UNKNOWN for a code that the table does not hold."""
    return FAULTS.get(code.strip(), Fault.UNKNOWN)


def is_forward(old: Delivery, new: Delivery) -> bool:
    """Whether a receipt moves a text on. Receipts come late, twice and in any order; the first final word stands."""
    return _RANK[new] > _RANK[old]
