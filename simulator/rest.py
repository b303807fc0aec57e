"""Twilio's REST interface, as far as texts, calls and recordings go, with its checks and its error bodies."""

from __future__ import annotations

import asyncio
import base64
import io
import math
import re
import struct
import wave
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from simulator.calls import Call, GoOn
from simulator.network import Network
from simulator.segments import segments
from simulator.state import Message, Recording

ROOT = "/2010-04-01/Accounts/{account}"
E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_BODY = 1600
LONGEST_TWIML = 4000
MESSAGE_FIELDS = {
    "To",
    "From",
    "Body",
    "StatusCallback",
    "ValidityPeriod",
    "MessagingServiceSid",
    "SmartEncoded",
    "ProvideFeedback",
    "MaxPrice",
    "Attempt",
    "ContentRetention",
    "AddressRetention",
    "RiskCheck",
    "ShortenUrls",
    "ForceDelivery",
}
CALL_FIELDS = {
    "To",
    "From",
    "Url",
    "Twiml",
    "Method",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackEvent",
    "StatusCallbackMethod",
    "Timeout",
    "SendDigits",
    "Record",
    "TimeLimit",
    "CallerId",
}
UPDATE_FIELDS = {"Url", "Twiml", "Method", "Status", "FallbackUrl", "FallbackMethod", "StatusCallback"}
WORDS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21201: "No 'To' number is specified",
    21205: "Url parameter is required",
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' number is not a valid phone number",
    21220: "The call is not in-progress, cannot redirect",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' number is not a valid, message-capable number of this account",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    32018: "Twiml is too long",
    20001: "Unknown parameters",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A request that Twilio would refuse with a code."""

    def __init__(self, code: int, status: int = 400, more: str = "") -> None:
        super().__init__(code)
        self.code, self.status, self.more = code, status, more


class Rest:
    """The resources. Every handler is behind the account's credentials."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/Messages.json", self.create_message),
            ("GET", "/Messages.json", self.list_messages),
            ("GET", "/Messages/{sid}.json", self.fetch_message),
            ("POST", "/Calls.json", self.create_call),
            ("GET", "/Calls.json", self.list_calls),
            ("GET", "/Calls/{sid}.json", self.fetch_call),
            ("POST", "/Calls/{sid}.json", self.update_call),
            ("GET", "/Calls/{sid}/Recordings.json", self.list_recordings),
            ("GET", "/Recordings.json", self.list_recordings),
            ("GET", "/Recordings/{sid}.json", self.fetch_recording),
            ("DELETE", "/Recordings/{sid}.json", self.delete_recording),
            ("GET", "/Recordings/{sid}", self.media),
            ("GET", "/Recordings/{sid}.wav", self.media),
            ("GET", "/Recordings/{sid}.mp3", self.media),
        ]
        return [web.route(method, ROOT + path, self._checked(handler)) for method, path, handler in table]

    def _checked(self, handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            try:
                self._authenticate(request)
                form = [(name, str(value)) for name, value in (await request.post()).items()]
                self.network.record_request(request.method, request.path, form)
                return await handler(request)
            except Refused as err:
                self.network.tell("refused", code=err.code, path=request.path)
                return _refusal(err)

        return checked

    def _authenticate(self, request: web.Request) -> None:
        config = self.network.config
        wanted = base64.b64encode(f"{config.account_sid}:{config.auth_token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            raise Refused(20003, 401)
        if request.match_info["account"] != config.account_sid:
            raise Refused(20404, 404)

    # --- messages --------------------------------------------------------------------------------------------------

    async def create_message(self, request: web.Request) -> web.StreamResponse:
        """Send a text."""
        form = await request.post()
        how = self.network.state.misbehaves("message")
        if how is not None:
            if how.how == "slow":
                await asyncio.sleep(how.seconds)
            elif how.how == "refuse":
                raise Refused(how.code or 21211)
            elif how.how == "429":
                raise Refused(20429, 429)
            elif how.how == "5xx":
                raise Refused(20500, 500)
        message = self._take_message({name: str(value) for name, value in form.items()})
        if how is not None and how.how in ("drop", "hang", "5xx_after"):
            return await self._lose(request, how.how, how.seconds)
        return web.json_response(self._message(message), status=201)

    def _take_message(self, form: dict[str, str]) -> Message:
        _known(form, MESSAGE_FIELDS)
        to, from_, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        if not to:
            raise Refused(21604)
        if not from_:
            raise Refused(21603)
        if not E164.fullmatch(to):
            raise Refused(21211)
        if self.network.config.line(from_) is None:
            raise Refused(21606)
        if not body.strip():
            raise Refused(21602)
        if len(body) > LONGEST_BODY:
            raise Refused(21617)
        if self.network.config.is_landline(to):
            raise Refused(21614)
        if (from_, to) in self.network.state.opted_out:
            raise Refused(21610)
        return self.network.text_out(from_, to, body, form.get("StatusCallback", ""))

    async def _lose(self, request: web.Request, how: str, seconds: float) -> web.StreamResponse:
        """The text was accepted, but the sender does not learn it."""
        if how == "5xx_after":
            raise Refused(20500, 500)
        if how == "hang":
            await asyncio.sleep(seconds or 30.0)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def list_messages(self, request: web.Request) -> web.StreamResponse:
        """The log, newest first, by receiver, sender and date."""
        query = request.query
        found = [
            one
            for one in reversed(self.network.state.messages.values())
            if query.get("To", one.to) == one.to
            and query.get("From", one.from_) == one.from_
            and one.direction != "carrier"
            and _in_span(one.at, query, "DateSent")
        ]
        return self._page(request, "messages", [self._message(one) for one in found])

    async def fetch_message(self, request: web.Request) -> web.StreamResponse:
        """One text."""
        found = self.network.state.messages.get(request.match_info["sid"])
        if found is None:
            raise Refused(20404, 404)
        return web.json_response(self._message(found))

    def _message(self, one: Message) -> dict[str, Any]:
        at = format_datetime(one.at)
        return {
            "sid": one.sid,
            "account_sid": self.network.config.account_sid,
            "api_version": "2010-04-01",
            "body": one.body,
            "from": one.from_,
            "to": one.to,
            "status": one.status,
            "direction": one.direction,
            "error_code": one.error_code,
            "error_message": None,
            "num_segments": str(segments(one.body)),
            "num_media": "0",
            "price": None,
            "price_unit": "USD",
            "messaging_service_sid": None,
            "date_created": at,
            "date_updated": at,
            "date_sent": at,
            "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{self.network.config.account_sid}/Messages/{one.sid}.json",
        }

    # --- calls -----------------------------------------------------------------------------------------------------

    async def create_call(self, request: web.Request) -> web.StreamResponse:
        """Place a call."""
        posted = await request.post()
        form = {name: str(value) for name, value in posted.items()}
        how = self.network.state.misbehaves("call")
        if how is not None and how.how in ("refuse", "429", "5xx"):
            raise Refused(
                how.code or {"429": 20429, "5xx": 20500}.get(how.how, 21211), {"429": 429, "5xx": 500}.get(how.how, 400)
            )
        _known(form, CALL_FIELDS)
        if not form.get("To"):
            raise Refused(21201)
        if not E164.fullmatch(form["To"]):
            raise Refused(21211)
        if self.network.config.line(form.get("From", "")) is None:
            raise Refused(21212)
        if not form.get("Url") and not form.get("Twiml"):
            raise Refused(21205)
        if len(form.get("Twiml", "")) > LONGEST_TWIML:
            raise Refused(32018)
        call = self.network.call_out(form, tuple(str(one) for one in posted.getall("StatusCallbackEvent", [])))
        if how is not None and how.how in ("drop", "hang", "5xx_after"):
            return await self._lose(request, how.how, how.seconds)
        return web.json_response(self._call(call) | {"status": "queued"}, status=201)

    async def list_calls(self, request: web.Request) -> web.StreamResponse:
        """The log of calls, newest first."""
        query = request.query
        found = [
            one
            for one in reversed(self.network.calls.values())
            if query.get("To", one.to) == one.to
            and query.get("From", one.from_) == one.from_
            and _in_span(one.started, query, "StartTime")
        ]
        return self._page(request, "calls", [self._call(one) for one in found])

    async def fetch_call(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        return web.json_response(self._call(self._known_call(request)))

    async def update_call(self, request: web.Request) -> web.StreamResponse:
        """End a call, or let it go on with another document."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        _known(form, UPDATE_FIELDS)
        call = self._known_call(request)
        if not call.is_live:
            raise Refused(21220)
        if form.get("Status") in ("completed", "canceled"):
            call.end("canceled" if call.answered is None else "completed")
        elif form.get("Twiml"):
            call.next_document = GoOn(form["Twiml"], self.network.base)
            call.inputs.put_nowait(call.nudge())
        elif form.get("Url"):
            self.network.start(self._redirect(call, form["Url"]))
        return web.json_response(self._call(call))

    async def _redirect(self, call: Call, url: str) -> None:
        answer = await self.network.ask(url, call.parameters())
        call.next_document = GoOn(answer.body, url)
        call.inputs.put_nowait(call.nudge())

    def _known_call(self, request: web.Request) -> Call:
        found = self.network.calls.get(request.match_info["sid"])
        if found is None:
            raise Refused(20404, 404)
        return found

    def _call(self, one: Call) -> dict[str, Any]:
        return {
            "sid": one.sid,
            "account_sid": self.network.config.account_sid,
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
            "start_time": format_datetime(one.started),
            "end_time": format_datetime(one.ended) if one.ended else None,
            "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{self.network.config.account_sid}/Calls/{one.sid}.json",
        }

    # --- recordings --------------------------------------------------------------------------------------------------

    async def list_recordings(self, request: web.Request) -> web.StreamResponse:
        """The recordings of the account, or of one call."""
        sid = request.match_info.get("sid")
        found = [
            self._recording(one)
            for one in self.network.state.recordings.values()
            if not one.is_deleted and sid in (None, one.call_sid)
        ]
        return self._page(request, "recordings", found)

    async def fetch_recording(self, request: web.Request) -> web.StreamResponse:
        """What is known of one recording."""
        return web.json_response(self._recording(self._known_recording(request)))

    async def delete_recording(self, request: web.Request) -> web.StreamResponse:
        """Delete it here."""
        self._known_recording(request).is_deleted = True
        return web.Response(status=204)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """The sound: a quiet tone as long as what was said."""
        one = self._known_recording(request)
        return web.Response(body=_tone(max(1, one.seconds)), content_type="audio/x-wav")

    def _known_recording(self, request: web.Request) -> Recording:
        found = self.network.state.recordings.get(request.match_info["sid"])
        if found is None or found.is_deleted:
            raise Refused(20404, 404)
        return found

    def _recording(self, one: Recording) -> dict[str, Any]:
        account = self.network.config.account_sid
        return {
            "sid": one.sid,
            "account_sid": account,
            "call_sid": one.call_sid,
            "duration": str(one.seconds),
            "status": "completed",
            "channels": 1,
            "source": "RecordVerb",
            "date_created": format_datetime(one.at),
            "uri": f"/2010-04-01/Accounts/{account}/Recordings/{one.sid}.json",
        }

    def _page(self, request: web.Request, name: str, rows: list[dict[str, Any]]) -> web.StreamResponse:
        size = min(max(int(request.query.get("PageSize", "50")), 1), 1000)
        page = int(request.query.get("Page", "0"))
        shown = rows[page * size : (page + 1) * size]
        following = None
        if (page + 1) * size < len(rows):
            following = str(request.rel_url.update_query({"Page": str(page + 1), "PageSize": str(size)}))
        return web.json_response(
            {name: shown, "page": page, "page_size": size, "next_page_uri": following, "uri": str(request.rel_url)}
        )


def _known(form: dict[str, str], fields: set[str]) -> None:
    unknown = set(form) - fields
    if unknown:
        raise Refused(20001, 400, ", ".join(sorted(unknown)))


def _refusal(err: Refused) -> web.Response:
    words = WORDS.get(err.code, "Refused")
    body = {
        "code": err.code,
        "message": f"{words}: {err.more}" if err.more else words,
        "more_info": f"https://www.twilio.com/docs/errors/{err.code}",
        "status": err.status,
    }
    return web.json_response(body, status=err.status)


def _in_span(moment: datetime, query: Any, name: str) -> bool:
    for key, is_in in ((f"{name}>", lambda at, edge: at >= edge), (f"{name}<", lambda at, edge: at <= edge)):
        if key in query and not is_in(moment.replace(microsecond=0), _moment(query[key])):
            return False
    return name not in query or moment.date() == _moment(query[name]).date()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _tone(seconds: int) -> bytes:
    rate, out = 8000, io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        second = b"".join(struct.pack("<h", int(900 * math.sin(2 * math.pi * 440 * n / rate))) for n in range(rate))
        file.writeframes(second * seconds)
    return out.getvalue()
