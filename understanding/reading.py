"""What a reading is: an intent, its values and a certainty, and the certainties at which the house acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

SURE = 0.75
"""From here the house acts, or confirms in one sentence."""
MAYBE = 0.45
"""From here to SURE the house asks once more, naming what it thinks; below, a person reads."""


class Intent(StrEnum):
    """Everything a text or a spoken sentence can be read as."""

    AFFIRM = "affirm"
    DENY = "deny"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    CHOOSE = "choose"
    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    RATE = "rate"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    STATUS_QUERY = "status_query"
    QUESTION = "question"
    NEW_REQUEST = "new_request"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    ADDRESS_CHANGE = "address_change"
    PHONE_CHANGE = "phone_change"
    WRONG_NUMBER = "wrong_number"
    HUMAN = "human"
    HELP = "help"
    REPEAT = "repeat"
    LANGUAGE = "language"
    SLOWER = "slower"
    GOODBYE = "goodbye"
    EMERGENCY = "emergency"
    THANKS = "thanks"
    ACCEPT = "accept"
    REJECT = "reject"
    TRANSFER = "transfer"
    ACK = "ack"
    ETA = "eta"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    QUOTE = "quote"
    NO_ACCESS = "no_access"
    CANCELLED = "cancelled"
    PAUSE = "pause"
    RESUME = "resume"
    UNKNOWN = "unknown"


VALUE_KEYS = frozenset((
    "score", "option", "date", "time", "time_to", "time_after", "time_before", "part", "minutes", "delay", "until",
    "amount", "labour", "parts", "ticket", "address", "phone", "moved", "guests", "category", "service", "urgency",
    "number", "lang", "reason", "name", "digits",
))  # fmt: skip
"""Every key a reading can carry; ``name`` and ``digits`` serve the contexts of the house itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text means to whoever asked: ``certainty`` is 0 to 1, to be compared with SURE and MAYBE."""

    intent: Intent
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    certainty: float = 0.0
