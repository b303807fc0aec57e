"""A carrier that is not there: it remembers what it was asked to do, for tests of services and jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count

from telephony.carrier import (
    CarrierAway,
    CarrierRefused,
    LoggedCall,
    LoggedMessage,
    Outcome,
    OutcomeUnknown,
    Outgoing,
    Recording,
    Sent,
)
from telephony.statuses import CallState, Delivery

Failure = CarrierRefused | CarrierAway | OutcomeUnknown


class PhoneLine:
    """Takes everything, unless `fails_with` says how the next texts end."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.dialled: list[tuple[str, str]] = []
        self.hung_up: list[str] = []
        self.log: list[LoggedMessage] = []
        self.calls: list[LoggedCall] = []
        self.recordings: dict[str, Recording] = {}
        self.deleted: list[str] = []
        self.fails_with: Failure | None = None
        self.log_is_away = False
        self._numbers = count(1)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Number and body of every text that was taken."""
        return [(one.to, one.body) for one in self.sent]

    def send_batch(self, batch: Sequence[Outgoing], *, on_outcome: Callable[[Outgoing, Outcome], None]) -> None:
        """Take them one after the other."""
        for one in batch:
            on_outcome(one, self.fails_with or self._take(one))

    def send_sms(self, message: Outgoing) -> Sent:
        """Take one, or fail as told."""
        if self.fails_with is not None:
            raise self.fails_with
        return self._take(message)

    def dial(self, *, to: str, url: str, status_url: str, timeout: timedelta) -> str:
        """Remember whom and what."""
        if self.fails_with is not None:
            raise self.fails_with
        self.dialled.append((to, url))
        return f"CA{next(self._numbers):032d}"

    def hang_up(self, call_sid: str) -> None:
        """Remember it."""
        self.hung_up.append(call_sid)

    def redirect(self, call_sid: str, url: str) -> None:
        """Remember it as a call to place."""
        self.dialled.append((call_sid, url))

    def find_messages(self, to: str, sent_after: datetime, sent_before: datetime) -> list[LoggedMessage]:
        """What the log holds for this number and span."""
        if self.log_is_away:
            raise CarrierAway
        return [one for one in self.log if one.to == to and sent_after <= one.sent_at <= sent_before]

    def find_calls(self, to: str, started_after: datetime) -> list[LoggedCall]:
        """What the log holds for this number."""
        if self.log_is_away:
            raise CarrierAway
        return [one for one in self.calls if one.to == to and one.started_at >= started_after]

    def call_status(self, call_sid: str) -> CallState:
        """Over, unless the log knows better."""
        return next((one.status for one in self.calls if one.call_sid == call_sid), CallState.COMPLETED)

    def fetch_recording(self, url: str) -> Recording:
        """The sound behind an address."""
        if url not in self.recordings:
            raise CarrierRefused("20404")
        return self.recordings[url]

    def delete_recording(self, recording_sid: str) -> None:
        """Remember it."""
        self.deleted.append(recording_sid)

    def delete_media(self, message_sid: str) -> None:
        """Remember it."""
        self.deleted.append(message_sid)

    def _take(self, message: Outgoing) -> Sent:
        self.sent.append(message)
        return Sent(f"SM{next(self._numbers):032d}", Delivery.SUBMITTED)
