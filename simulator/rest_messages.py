"""Texts by REST: create, log, fetch, redact, delete."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

from aiohttp import web

from simulator import mischief
from simulator.dial import E164
from simulator.network import Network
from simulator.refusals import Refused, check_known, whole_number
from simulator.rest_pages import is_in_span, page
from simulator.segments import segments
from simulator.state import Message
from simulator.webhooks import Address, is_fetchable

LONGEST_BODY = 1600
LONGEST_VALIDITY = 36000  # seconds
FIELDS = {
    "To",
    "From",
    "Body",
    "StatusCallback",
    "ValidityPeriod",
    "SmartEncoded",
    "ProvideFeedback",
    "MaxPrice",
    "Attempt",
    "ContentRetention",
    "AddressRetention",
    "RiskCheck",
    "ForceDelivery",
}


class Messages:
    """The Messages resource."""

    def __init__(self, network: Network) -> None:
        self.network = network

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Send a text."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        how = self.network.state.misbehaves("message")
        await mischief.before(how)
        message = self._taken(form)
        await mischief.after(request, how)
        return web.json_response(self._body(message), status=201)

    async def log(self, request: web.Request) -> web.StreamResponse:
        """The log, newest first, by receiver, sender and date."""
        query = request.query
        found = [
            one
            for one in reversed(self.network.state.messages.values())
            if query.get("To", one.to) == one.to
            and query.get("From", one.from_) == one.from_
            and one.direction != "carrier"
            and is_in_span(one.at, query, "DateSent")
        ]
        return page(request, "messages", [self._body(one) for one in found])

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """One text."""
        return web.json_response(self._body(self._known(request)))

    async def update(self, request: web.Request) -> web.StreamResponse:
        """Redact: an empty Body is the only one that may be set."""
        message = self._known(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        check_known(form, {"Body"})
        if form.get("Body") != "":
            raise Refused(20001, 400, "Body can only be emptied")
        message.body = ""
        return web.json_response(self._body(message))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete the record."""
        del self.network.state.messages[self._known(request).sid]
        return web.Response(status=204)

    def _taken(self, form: dict[str, str]) -> Message:
        """The text, when it is one that can be sent. Raises Refused."""
        check_known(form, FIELDS)
        to, from_, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        callback = form.get("StatusCallback", "")
        if not to:
            raise Refused(21604)
        if not from_:
            raise Refused(21603)
        if not E164.fullmatch(to):
            raise Refused(21211)
        if not E164.fullmatch(from_):
            raise Refused(21212)
        if self.network.config.line(from_) is None:
            raise Refused(21606)
        if not body.strip():
            raise Refused(21602)
        if len(body) > LONGEST_BODY:
            raise Refused(21617)
        if callback and not is_fetchable(callback):
            raise Refused(21609)
        whole_number(form, "ValidityPeriod", LONGEST_VALIDITY, 1, LONGEST_VALIDITY)
        if self.network.config.is_landline(to):
            raise Refused(21614)
        if self.network.texts.has_opted_out(from_, to):
            raise Refused(21610)
        return self.network.texts.go_out(from_, to, body, Address(callback) if callback else None)

    def _known(self, request: web.Request) -> Message:
        found = self.network.state.messages.get(request.match_info["sid"])
        if found is None or found.direction == "carrier":
            raise Refused(20404, 404)
        return found

    def _body(self, one: Message) -> dict[str, Any]:
        at = format_datetime(one.at)
        account = self.network.config.account_sid
        return {
            "sid": one.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": one.body,
            "from": one.from_,
            "to": one.to,
            "status": one.status,
            "direction": one.direction,
            "error_code": one.error_code,
            "error_message": None,
            "num_segments": str(segments(one.body)),
            "num_media": str(len(one.media)),
            "price": None,
            "price_unit": "USD",
            "messaging_service_sid": None,
            "date_created": at,
            "date_updated": at,
            "date_sent": None if one.status == "queued" else at,
            "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{one.sid}.json",
        }
