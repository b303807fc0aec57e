"""Webhooks of texts: one that somebody wrote, and what became of one of ours."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from core.uow import unit_of_work
from sms import service
from telephony import twiml
from telephony.inbound import DeliveryReceipt, MoMessage
from telephony.signature import require_signature

log = logging.getLogger(__name__)

bp = Blueprint("sms_webhooks", __name__, url_prefix="/sms")
bp.before_request(require_signature)


@bp.errorhandler(Exception)
def fail_openly(err: Exception) -> HTTPException | tuple[str, int]:
    """The carrier sends again what failed; both routes may be repeated as often as it likes."""
    if isinstance(err, HTTPException):
        return err
    log.exception("a text went wrong at %s", request.endpoint)
    return "", 500


@bp.post("/inbound")
def inbound() -> Response:
    """Somebody texted the line; answers go out through the outbox, never in this response."""
    message = MoMessage.from_form(request.form)
    with unit_of_work("sms:inbound") as uow:
        service.receive(uow, message)
    return Response(twiml.empty(), content_type=twiml.CONTENT_TYPE)


@bp.post("/status/<key>")
def status(key: str) -> tuple[str, int]:
    """A text of ours has come a step further; `key` is our own id of it."""
    receipt = DeliveryReceipt.from_form(request.form)
    with unit_of_work("sms:receipt") as uow:
        service.record_dlr(uow, key, receipt)
    return "", 204
