"""Verifies the audit log every night, and when somebody asks; the outcome is written into the log itself."""

from __future__ import annotations

import logging
from datetime import timedelta

from core import audit
from core.jobs import job
from core.uow import unit_of_work

log = logging.getLogger(__name__)

VERIFIED = "audit.verified"
LOG = "audit:log"
"""The subject of what is done with the log as a whole."""


@job("audit.verify", every=timedelta(days=1))
def verify() -> None:
    """Walk the whole log; a broken row is an error that operators are told of."""
    with unit_of_work("job:audit.verify") as uow:
        broken = audit.verify(uow.session, uow.settings.hash_key)
        end = audit.head(uow.session)
        if broken is None:
            uow.audit(VERIFIED, LOG, until=end.number)
        else:
            log.error("the audit log is broken at row %d: %s", broken.number, broken.why)
            uow.audit(VERIFIED, LOG, until=end.number, broken=broken.number, why=broken.why)
