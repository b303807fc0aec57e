"""Show one number in full to who says why; the reason is written into the audit log."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from console import masking
from console.errors import ReasonSaysNothing, TooManyWords
from console.numbers import number_of
from console.privacy import without_numbers
from console.routes.blueprint import bp, show
from core import web
from core.uow import unit_of_work
from core.way_back import safe
from staff.guard import actor, current_scope, needs
from telephony.msisdn import masked

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
        refusal = _refusal(reason)
        if refusal is not None:
            sentence = web.refusal_sentence(refusal)
            if is_fragment:
                return {"refusal": sentence}, web.status_of(refusal)
            page = {"subject": subject, "reason": reason, "back": back, "refusal": sentence}
            return show("reveal.html", uow, page=page | {"number": masked(found.e164)}), web.status_of(refusal)
        uow.audit("number.revealed", subject, place=found.place, reason=without_numbers(reason))
        number = masking.in_full(found.e164)
        if is_fragment:
            return {"number": number}, 200, {"Cache-Control": "no-store"}
        return show("reveal.html", uow, page={"back": back, "refusal": "", "number": number, "subject": subject})


def _refusal(reason: str) -> ReasonSaysNothing | TooManyWords | None:
    if len(reason) > masking.LONGEST_REASON:
        return TooManyWords(masking.LONGEST_REASON)
    return None if masking.is_a_reason(reason) else ReasonSaysNothing()
