"""Calls by REST: place, log, fetch, and send a live one elsewhere or end it."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

from aiohttp import web

from simulator import mischief
from simulator.calls import LONGEST_CALL, NOWHERE, Call, Given, Step
from simulator.dial import E164
from simulator.network import Network
from simulator.refusals import Refused, check_known, whole_number
from simulator.rest_pages import is_in_span, page
from simulator.webhooks import Address, is_fetchable

LONGEST_TWIML = 4000
LONGEST_RING = 600  # seconds
RING = 60
EVENTS = {"initiated", "ringing", "answered", "completed"}
METHODS = {"GET", "POST"}
UPDATE_FIELDS = {
    "Url",
    "Twiml",
    "Method",
    "Status",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackMethod",
}
CREATE_FIELDS = (UPDATE_FIELDS - {"Status"}) | {
    "To",
    "From",
    "StatusCallbackEvent",
    "Timeout",
    "SendDigits",
    "TimeLimit",
    "Record",
    "RecordingStatusCallback",
    "RecordingStatusCallbackMethod",
    "RecordingStatusCallbackEvent",
}


class Calls:
    """The Calls resource."""

    def __init__(self, network: Network) -> None:
        self.network = network

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Place a call."""
        posted = await request.post()
        form = {name: str(value) for name, value in posted.items()}
        events = tuple(str(one) for one in posted.getall("StatusCallbackEvent", ["completed"]))
        how = self.network.state.misbehaves("call")
        await mischief.before(how)
        call = self._placed(form, events)
        await mischief.after(request, how)
        return web.json_response(self._body(call) | {"status": "queued"}, status=201)

    async def log(self, request: web.Request) -> web.StreamResponse:
        """The log of calls, newest first."""
        query = request.query
        found = [
            one
            for one in reversed(self.network.calls.values())
            if query.get("To", one.to) == one.to
            and query.get("From", one.from_) == one.from_
            and query.get("Status", one.status) == one.status
            and is_in_span(one.started, query, "StartTime")
        ]
        return page(request, "calls", [self._body(one) for one in found])

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        return web.json_response(self._body(self._known(request)))

    async def update(self, request: web.Request) -> web.StreamResponse:
        """End a call, or let it go on with another document."""
        call = self._known(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        check_known(form, UPDATE_FIELDS)
        status = form.get("Status", "")
        if status not in ("", "completed", "canceled"):
            raise Refused(20001, 400, "Status")
        if not call.is_live:
            raise Refused(21220)
        step = _step(form) if form.get("Url") or form.get("Twiml") else None
        if "StatusCallback" in form:
            call.callback = _address(form, "StatusCallback", "StatusCallbackMethod")
        if "FallbackUrl" in form:
            call.fallback = _address(form, "FallbackUrl", "FallbackMethod")
        if call.answered is None and status:
            call.end("canceled")
        elif status == "completed":
            call.end()
        elif step is not None:
            call.turn_to(step)
        return web.json_response(self._body(call))

    def _placed(self, form: dict[str, str], events: tuple[str, ...]) -> Call:
        """The call, when it is one that can be placed. Raises Refused."""
        check_known(form, CREATE_FIELDS)
        to, from_ = form.get("To", ""), form.get("From", "")
        if not to:
            raise Refused(21201)
        if not E164.fullmatch(to):
            raise Refused(21211)
        if not E164.fullmatch(from_):
            raise Refused(21212)
        if self.network.config.line(from_) is None:
            raise Refused(21210)
        if not set(events) <= EVENTS:
            raise Refused(20001, 400, "StatusCallbackEvent")
        step = _step(form)
        timeout = whole_number(form, "Timeout", RING, 1, LONGEST_RING)
        limit = whole_number(form, "TimeLimit", LONGEST_CALL, 1, LONGEST_CALL)
        callback = _address(form, "StatusCallback", "StatusCallbackMethod")
        fallback = _address(form, "FallbackUrl", "FallbackMethod")
        recording = _address(form, "RecordingStatusCallback", "RecordingStatusCallbackMethod")
        call = self.network.ring(to, from_)
        call.time_limit, call.callback, call.callback_events, call.fallback = limit, callback, events, fallback
        if form.get("Record") == "true":
            wanted = form.get("RecordingStatusCallbackEvent", "completed")
            call.recorded = {"callback": recording.url, "method": recording.method, "events": wanted}
        self.network.place(call, step, timeout)
        return call

    def _known(self, request: web.Request) -> Call:
        found = self.network.calls.get(request.match_info["sid"])
        if found is None:
            raise Refused(20404, 404)
        return found

    def _body(self, one: Call) -> dict[str, Any]:
        account = self.network.config.account_sid
        return {
            "sid": one.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "from": one.from_,
            "to": one.to,
            "status": one.status,
            "direction": one.direction,
            "duration": str(one.seconds),
            "parent_call_sid": one.parent.sid if one.parent else None,
            "price": None,
            "answered_by": None,
            "date_created": format_datetime(one.started),
            "start_time": format_datetime(one.answered) if one.answered else None,
            "end_time": format_datetime(one.ended) if one.ended else None,
            "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{account}/Calls/{one.sid}.json",
        }


def _step(form: dict[str, str]) -> Step:
    """Where a call goes: an address wins over a document. Raises Refused."""
    if form.get("Url"):
        return _address(form, "Url", "Method", 21205)
    if not form.get("Twiml"):
        raise Refused(21205)
    if len(form["Twiml"]) > LONGEST_TWIML:
        raise Refused(32018)
    return Given(form["Twiml"])


def _address(form: dict[str, str], name: str, method: str, code: int = 21609) -> Address:
    """An address among the parameters, or nowhere. Raises Refused."""
    url, how = form.get(name, ""), form.get(method, "POST")
    if not url:
        return NOWHERE
    if not is_fetchable(url):
        raise Refused(code)
    if how not in METHODS:
        raise Refused(20001, 400, method)
    return Address(url, how)
