"""What follows from a text that will not arrive: a stop is noted, and whoever it was about is told.

That a number cannot get texts needs no mark of its own: `queries.is_out_of_reach` reads it off the texts that failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.uow import UnitOfWork
from directory.service import consents
from sms.events import TextFailed
from telephony.statuses import Fault, fault

QUIET = frozenset({Fault.GATED})
"""Not a failure of the receiver or the carrier: this installation may not reach the number at all."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A text that failed for good."""

    outbound_id: int
    about: str
    msisdn: str
    wording: str
    error_code: str | None


def follow_up(uow: UnitOfWork, failed: Failed) -> None:
    """Do what the carrier's error code asks for, and announce that the text failed."""
    if not failed.msisdn:
        return  # whose it was asked to be forgotten meanwhile
    kind = fault(failed.error_code or "")
    if kind is Fault.OPTED_OUT:
        consents.stop(uow, failed.msisdn, is_everything=True, evidence=f"refused:{failed.outbound_id}")
    if kind not in QUIET:
        uow.announce(TextFailed(failed.outbound_id, failed.about, failed.msisdn, failed.wording))
