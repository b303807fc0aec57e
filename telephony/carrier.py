"""The Carrier protocol: send, dial, hang up, ask what became of it, fetch a recording; and its three failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from telephony.statuses import BAD_NUMBERS, CallState, Delivery, Fault, fault


class CarrierRefused(Exception):
    """The carrier will never take this one as it stands. Sending it again gives the same answer.

    `code` is the carrier's error code as text, or `http-<status>` where it gave none, or `gate` for our own gate.
    """

    def __init__(self, code: str, kind: Fault | None = None) -> None:
        super().__init__(f"refused: {code}")
        self.code = code
        self.kind = kind or fault(code)

    @property
    def is_configuration(self) -> bool:
        """Our account, sender or settings are at fault: every other message will fail too."""
        return self.kind is Fault.CONFIGURATION

    @property
    def is_opted_out(self) -> bool:
        """The receiver told the carrier to stop."""
        return self.kind is Fault.OPTED_OUT

    @property
    def is_bad_number(self) -> bool:
        """This number cannot get texts (or calls): mark it."""
        return self.kind in BAD_NUMBERS


class CarrierAway(Exception):
    """The carrier did not take it for certain (no connection, too many requests, queue full): safe to try again."""

    def __init__(self, code: str = "away") -> None:
        super().__init__(f"away: {code}")
        self.code = code


class OutcomeUnknown(Exception):
    """It may have reached the carrier (no answer in time, line dropped, 5xx): never send it again without asking."""

    def __init__(self, code: str = "unknown") -> None:
        super().__init__(f"outcome unknown: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to hand over."""

    reference: str  # our own id; it comes back with the outcome and never goes to the carrier as such
    to: str  # E.164
    body: str
    callback_url: str  # where receipts go; it names our id
    valid_for: timedelta | None = None  # after this the carrier drops it; None: the carrier's own limit (ten hours)


@dataclass(frozen=True, slots=True)
class Sent:
    """The carrier took a text."""

    carrier_sid: str
    status: Delivery


Outcome = Sent | CarrierRefused | CarrierAway | OutcomeUnknown


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """One text as the carrier's log tells it."""

    carrier_sid: str
    to: str
    body: str
    status: Delivery
    error_code: str | None
    sent_at: datetime  # UTC; when the carrier took it from us, in whole seconds


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call as the carrier's log tells it."""

    call_sid: str
    to: str
    status: CallState
    started_at: datetime  # UTC; when the carrier took it from us, in whole seconds


@dataclass(frozen=True, slots=True)
class Recording:
    """The sound of a recording."""

    content: bytes
    content_type: str


class Carrier(Protocol):
    """What the house needs of the telephone network. No database transaction may be open while it is called."""

    def send_batch(
        self,
        batch: Sequence[Outgoing],
        *,
        on_outcome: Callable[[Outgoing, Outcome], None],
    ) -> None:
        """Send side by side. Calls `on_outcome` in the caller's thread once per text, as they end, in any order.

        When `on_outcome` raises, no further text is started and the exception is passed on.
        """

    def send_sms(self, message: Outgoing) -> Sent:
        """Send one. Raises CarrierRefused, CarrierAway or OutcomeUnknown."""

    def dial(self, *, to: str, url: str, status_url: str, timeout: timedelta) -> str:
        """Call a number; `url` says what it hears. Returns the call's id. Raises as `send_sms`."""

    def hang_up(self, call_sid: str) -> None:
        """End a call. Raises CarrierRefused (it is over already, or unknown) or CarrierAway."""

    def redirect(self, call_sid: str, url: str) -> None:
        """Let a live call go on at another document. Raises CarrierRefused or CarrierAway."""

    def find_messages(self, to: str, sent_after: datetime, sent_before: datetime) -> list[LoggedMessage]:
        """The texts from our sender to this number in the carrier's log, newest first.

        Raises CarrierAway when the log is out of reach, CarrierRefused when we may not read it.
        """

    def find_calls(self, to: str, started_after: datetime) -> list[LoggedCall]:
        """The calls from our line to this number in the carrier's log, newest first. Raises as `find_messages`."""

    def call_status(self, call_sid: str) -> CallState:
        """Where a call stands, as far as the carrier's log knows. Raises as `find_messages`."""

    def fetch_recording(self, url: str) -> Recording:
        """The sound behind a recording's address. Raises CarrierRefused (foreign address, too large, gone) or Away."""

    def delete_recording(self, recording_sid: str) -> None:
        """Delete a recording at the carrier; one that is gone already counts as deleted. Raises as `hang_up`."""

    def delete_media(self, message_sid: str) -> None:
        """Delete the pictures and other files of a text that came in; what is gone already counts as deleted.

        Raises as `hang_up`; the text itself stays in the carrier's log.
        """


class NoCarrier(Exception):
    """The wiring of this process set no carrier."""


_carrier: list[Carrier] = []


def use(carrier: Carrier) -> None:
    """Set the carrier of this process."""
    _carrier[:] = [carrier]


def current() -> Carrier:
    """The carrier of this process. Raises NoCarrier before `use`."""
    if not _carrier:
        raise NoCarrier("no carrier is set: the wiring calls telephony.carrier.use at start")
    return _carrier[0]
