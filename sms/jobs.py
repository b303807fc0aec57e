"""Drains of texts: send, settle what nobody knows, delete pictures. No transaction is open while the carrier thinks."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from core import disposal
from core.jobs import Deadline, job
from core.uow import unit_of_work
from sms import service
from sms.events import PicturesRemain
from sms.service import Doubtful, Due
from sms.service.forgetting import AT_CARRIER
from telephony import carrier, urls
from telephony.carrier import CarrierAway, CarrierRefused, Outcome, OutcomeUnknown, Outgoing

log = logging.getLogger(__name__)

DELIVER = "job:sms.deliver"
SETTLE = "job:sms.settle"
DELETE = "job:sms.delete_media"
TOLD_AFTER = 5  # tries at deleting pictures
TOGETHER = 50  # outcomes written back in one statement
SOON = 0.05  # seconds after which they are written though they are fewer: a crash leaves only these in doubt
PULSE = 10.0  # seconds between two signs of life while the carrier is slow


@job("sms.deliver", every=timedelta(seconds=10), queue="sms")
def deliver() -> bool:
    """Send what is due until nothing is. True when the minute was up before."""
    deadline = Deadline()
    while not deadline.is_over():
        if not _send_a_batch():
            return False
    return True


@job("sms.settle", every=timedelta(seconds=10), queue="sms")
def settle() -> bool:
    """Ask the carrier's log about texts that may have reached it. True when the minute was up before."""
    deadline = Deadline()
    with unit_of_work(SETTLE) as uow:
        service.doubt_stuck(uow)
    while not deadline.is_over():
        with unit_of_work(SETTLE) as uow:
            doubtful = service.claim_doubtful(uow)
        if not doubtful:
            return False
        for text in doubtful:
            if deadline.is_over():
                return True  # the carrier's log is slow: what is left comes up again at its next ask
            _look_up(text)
    return True


@job("sms.delete_media", every=timedelta(minutes=10))
def delete_media() -> bool:
    """Delete pictures that must go at the carrier, tried until they are gone. True when the minute was up before."""
    deadline = Deadline()
    while True:
        with unit_of_work(DELETE) as uow:
            wanted = [(one.id, one.name, one.attempts) for one in disposal.due(uow, AT_CARRIER)]
        for disposal_id, carrier_sid, attempts in wanted:
            _delete_media(disposal_id, carrier_sid, attempts)
        if not wanted:
            return False
        if deadline.is_over():
            return True


def _delete_media(disposal_id: int, carrier_sid: str, attempts: int) -> None:
    try:
        carrier.current().delete_media(carrier_sid)
    except (CarrierAway, CarrierRefused) as err:
        log.warning("disposal %d is not done: %s", disposal_id, err.code)
        if attempts == TOLD_AFTER:
            with unit_of_work(DELETE) as uow:
                uow.announce(PicturesRemain(disposal_id))
    else:
        with unit_of_work(DELETE) as uow:
            disposal.gone(uow, disposal_id)


def _send_a_batch() -> bool:
    with unit_of_work(DELIVER) as uow:
        batch, was_any = service.claim_due(uow)
        public_url, now = uow.settings.public_url, uow.now
    if batch:
        outcomes = _Outcomes(batch)
        try:
            carrier.current().send_batch(
                [
                    Outgoing(
                        reference=str(due.id),
                        to=due.msisdn,
                        body=due.body,
                        callback_url=urls.sms_status(public_url, due.key),
                        valid_for=due.useful_until - now if due.useful_until is not None else None,
                    )
                    for due in batch
                ],
                on_outcome=outcomes.note,
            )
        finally:
            outcomes.write()  # what has ended is known, also when the rest of the batch came to grief
    return was_any


class _Outcomes:
    """Collects how the texts of one batch ended and writes them back in small groups."""

    def __init__(self, batch: list[Due]) -> None:
        self._waiting = {str(due.id): due for due in batch}
        self._ended: list[tuple[Due, Outcome]] = []
        self._written_at = self._pulse_at = monotonic()

    def note(self, message: Outgoing, outcome: Outcome) -> None:
        """Keep one outcome; write them all when they are many or old."""
        self._ended.append((self._waiting.pop(message.reference), outcome))
        if len(self._ended) >= TOGETHER or monotonic() - self._written_at >= SOON:
            self.write()

    def write(self) -> None:
        """Write back what has ended, and from time to time that the rest is still in our hands."""
        if not self._ended:
            return
        ended, self._ended = self._ended, []
        with unit_of_work(DELIVER) as uow:
            service.record_outcomes(uow, ended)
            if self._waiting and monotonic() - self._pulse_at >= PULSE:
                service.keep_claims(uow, list(self._waiting.values()))
                self._pulse_at = monotonic()
        self._written_at = monotonic()


def _look_up(text: Doubtful) -> None:
    try:
        logged = carrier.current().find_messages(text.msisdn, text.sent_after, text.sent_before)
    except (CarrierAway, CarrierRefused, OutcomeUnknown):
        with unit_of_work(SETTLE) as uow:
            service.log_out_of_reach(uow, text.id)
    else:
        with unit_of_work(SETTLE) as uow:
            service.settle_by_log(uow, text.id, logged)
