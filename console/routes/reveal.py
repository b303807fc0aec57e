"""Show one number in full to who says why; the reason is written into the audit log."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue

from console import audit_log, masking
from console.errors import ReasonSaysNothing, TooManyReveals, TooManyWords
from console.numbers import number_of
from console.privacy import without_numbers
from console.routes.blueprint import bp, show
from core import web
from core.uow import UnitOfWork, unit_of_work
from core.way_back import safe
from staff.guard import actor, current_scope, needs
from telephony.msisdn import masked

HOUR = timedelta(hours=1)
REVEALED = "number.revealed"
FRAGMENT = "application/json"
"""What console.js accepts: only the number, to stand where the dots stood."""


@bp.post("/reveal")
@needs("numbers.reveal")
def reveal() -> ResponseReturnValue:
    """The number of one subject. Nothing is shown before who, whose, where and why is written down."""
    subject = request.form.get("subject", "")
    reason = " ".join(request.form.get("reason", "").split())
    back = safe(request.form.get("back", ""), "/console/")
    is_fragment = FRAGMENT in request.headers.get("Accept", "")
    with unit_of_work(actor()) as uow:
        found = number_of(uow.session, current_scope(), subject)
        refusal = _refusal(uow, reason)
        if refusal is not None:
            sentence = web.refusal_sentence(refusal)
            if is_fragment:
                return {"refusal": sentence}, web.status_of(refusal)
            page = {"subject": subject, "reason": reason, "back": back, "refusal": sentence}
            return show("reveal.html", uow, page=page | {"number": masked(found.e164)}), web.status_of(refusal)
        uow.audit(REVEALED, subject, place=found.place, reason=without_numbers(reason))
        number = masking.in_full(found.e164)
        if is_fragment:
            return {"number": number}, 200, {"Cache-Control": "no-store"}
        return show("reveal.html", uow, page={"back": back, "refusal": "", "number": number, "subject": subject})


def _refusal(uow: UnitOfWork, reason: str) -> ReasonSaysNothing | TooManyWords | TooManyReveals | None:
    if len(reason) > masking.LONGEST_REASON:
        return TooManyWords(masking.LONGEST_REASON)
    if not masking.is_a_reason(reason):
        return ReasonSaysNothing()
    most = uow.policy.privacy.reveals_an_hour
    shown = audit_log.count_of(uow.session, actor(), REVEALED, uow.now - HOUR, most=most)
    return TooManyReveals(most) if shown >= most else None
