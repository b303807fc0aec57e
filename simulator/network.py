"""The simulated network: telephones, texts and calls between the people who hold them and the one application."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urljoin

import aiohttp

from simulator import twiml
from simulator.calls import Call
from simulator.clock import Clock
from simulator.config import Config, Line
from simulator.segments import segments
from simulator.state import Message, Misbehaviour, State, new_sid
from simulator.webhooks import Answer, Quiet, Webhooks

log = logging.getLogger(__name__)
T = TypeVar("T")

STOPS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
STARTS = {"START", "YES", "UNSTOP"}
HELPS = {"HELP", "INFO"}
STOPPED = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
STARTED = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe."
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
STATUS_STEP = 0.3  # seconds between two states of a text


class Network:
    """Everything that is simulated. All of it runs on one event loop."""

    def __init__(self, config: Config, base: str) -> None:
        self.config = config
        self.base = base.rstrip("/")
        self.state = State()
        self.quiet = Quiet()
        self.clock = Clock(is_manual=config.is_manual, run=self.start)
        self.webhooks = Webhooks(config.auth_token)
        self.calls: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._shuffled: list[tuple[str, dict[str, str]]] = []

    # --- housekeeping --------------------------------------------------------------------------------------------

    def start(self, work: Awaitable[Any]) -> asyncio.Task[Any]:
        """Run something beside the rest; it counts as under way until it ends."""

        async def counted() -> None:
            with self.quiet:
                try:
                    await work
                except Exception:
                    log.exception("the simulator stumbled")
                    self.debug("0", "the simulator itself stumbled: see its log")

        task = asyncio.ensure_future(counted())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def outside_quiet(self, waiting: Awaitable[T]) -> T:
        """Wait for a person or a timer: meanwhile nothing is under way."""
        self.quiet.__exit__()
        try:
            return await waiting
        finally:
            self.quiet.__enter__()

    def tell(self, kind: str, **facts: Any) -> None:
        """Note what happened."""
        self.state.tell(self.clock.now(), kind, **facts)

    def debug(self, code: str, what: str, **facts: Any) -> None:
        """A loud error, as in Twilio's debugger."""
        self.state.debugger.append({"code": code, "what": what, "at": self.clock.now().isoformat(), **facts})
        self.tell("debugger", code=code, what=what, **facts)

    async def close(self) -> None:
        """End every call and give the connections back."""
        for call in list(self.calls.values()):
            if call.task is not None:
                call.task.cancel()
        for task in list(self._tasks):
            task.cancel()
        await self.webhooks.close()

    async def follow_app_clock(self) -> None:
        """Take the application's moment over, when it has a clock to read."""
        if not self.config.clock_url:
            return
        try:
            async with aiohttp.ClientSession(trust_env=False) as session:
                async with session.get(self.config.clock_url, timeout=aiohttp.ClientTimeout(total=5)) as response:
                    told = await response.json()
            self.clock.set_to(datetime.fromisoformat(told["now"]))
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as err:
            log.warning("the application's clock does not answer: %s", type(err).__name__)

    async def move_app_clock(self, wanted: Mapping[str, Any]) -> datetime:
        """Ask the application to move its clock and follow it."""
        async with aiohttp.ClientSession(trust_env=False) as session:
            async with session.post(
                self.config.clock_url, json=dict(wanted), timeout=aiohttp.ClientTimeout(total=10)
            ) as response:
                told = await response.json()
        self.clock.set_to(datetime.fromisoformat(told["now"]))
        self.tell("clock", now=told["now"])
        return self.clock.now()

    # --- requests to the application -------------------------------------------------------------------------------

    async def ask(self, url: str, form: dict[str, str], fallback: str = "") -> Answer:
        """A webhook whose answer counts."""
        repeats = self.state.misbehaves("webhook")
        answer = await self.webhooks.post(url, form, fallback)
        if repeats is not None and repeats.how == "repeat":
            for _ in range(repeats.times):
                answer_again = await self.webhooks.post(url, form, fallback)
                self._told(url, form, answer_again, again=True)
        self._told(url, form, answer)
        if answer.error:
            self.debug(answer.error, f"{url.partition('#')[0]} answered {answer.status}")
        return answer

    def call_back(self, url: str, form: dict[str, str]) -> None:
        """A status callback: nobody waits for its answer, and it may be told to go astray."""
        how = self.state.misbehaves("callback")
        if how is None:
            self.start(self._call_back(url, form))
        elif how.how == "drop":
            self.tell("dropped", url=url.partition("#")[0])
        elif how.how == "delay":
            self.clock.later(how.seconds, lambda: self._call_back(url, form))
        elif how.how == "shuffle":
            self._shuffle(url, form)
        else:
            for _ in range(how.times + 1):
                self.start(self._call_back(url, form))

    def _shuffle(self, url: str, form: dict[str, str]) -> None:
        """Keep callbacks back for a moment and let them go in the wrong order: the last one first."""
        self._shuffled.append((url, form))
        if len(self._shuffled) == 1:

            async def let_go() -> None:
                kept, self._shuffled = self._shuffled, []
                for late_url, late_form in reversed(kept):
                    await self._call_back(late_url, late_form)

            self.clock.later(3 * STATUS_STEP, let_go)

    async def _call_back(self, url: str, form: dict[str, str]) -> None:
        answer = await self.webhooks.post(url, form)
        self._told(url, form, answer)
        if answer.error:
            self.debug(answer.error, f"{url.partition('#')[0]} answered {answer.status}")

    def _told(self, url: str, form: Mapping[str, str], answer: Answer, *, again: bool = False) -> None:
        self.tell(
            "webhook",
            url=url.partition("#")[0],
            status=answer.status,
            milliseconds=round(answer.seconds * 1000),
            again=again,
            about=form.get("MessageStatus") or form.get("CallStatus") or "",
        )

    def record_document(self, document: str, url: str) -> None:
        """Keep a document for whoever checks it later."""
        self._record({"kind": "twiml", "document": document, "url": url.partition("#")[0]})

    def record_request(self, method: str, path: str, form: list[tuple[str, str]]) -> None:
        """Keep a REST request for whoever checks it later."""
        self._record({"kind": "rest", "method": method, "path": path, "form": form})

    def _record(self, line: Mapping[str, Any]) -> None:
        if self.config.record is not None:
            self.config.record.mkdir(parents=True, exist_ok=True)
            with (self.config.record / "carrier.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    # --- texts -----------------------------------------------------------------------------------------------------

    def text_in(self, from_: str, to: str, body: str, *, sid: str = "", times: int = 1) -> Message:
        """A person texts one of our lines: opt-outs are obeyed first, the application is told all the same."""
        message = Message(sid or new_sid("SM"), "inbound", from_, to, body, "received", self.clock.now(), is_read=True)
        self.state.messages.setdefault(message.sid, message)
        self.tell("text_in", number=from_, to=to, body=body, sid=message.sid)
        word = body.strip().upper()
        for words, reply in ((STOPS, STOPPED), (STARTS, STARTED), (HELPS, HELPED)):
            if word in words:
                self._carrier_reply(to, from_, reply)
        if word in STOPS:
            self.state.opted_out.add((to, from_))
        elif word in STARTS:
            self.state.opted_out.discard((to, from_))
        line = self.config.line(to)
        if line is not None and line.sms_url:
            for _ in range(times):
                self.start(self._tell_text(line, message))
        return message

    async def _tell_text(self, line: Line, message: Message) -> None:
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": self.config.account_sid,
            "From": message.from_,
            "To": message.to,
            "Body": message.body,
            "NumMedia": "0",
            "NumSegments": str(segments(message.body)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        answer = await self.ask(line.sms_url, form, line.sms_fallback_url)
        if answer.error or not answer.body.strip():
            return
        if answer.content_type == "text/plain":
            self.text_out(message.to, message.from_, answer.body, direction="outbound-reply")
            return
        try:
            verbs = twiml.read(answer.body, "messaging")
        except twiml.BadDocument as err:
            self.debug(err.code, str(err))
            return
        self.record_document(answer.body, line.sms_url)
        for verb in verbs:
            if verb.name == "Message":
                body = verb.text or " ".join(inner.text for inner in verb.inside if inner.name == "Body")
                callback = verb.attributes.get("statusCallback", "")
                to = verb.attributes.get("to", message.from_)
                self.text_out(
                    message.to, to, body, urljoin(line.sms_url, callback) if callback else "", "outbound-reply"
                )

    def text_out(self, from_: str, to: str, body: str, callback: str = "", direction: str = "outbound-api") -> Message:
        """The application texts a person: it shows on the handset, and its states are called back one by one."""
        message = Message(new_sid("SM"), direction, from_, to, body, "queued", self.clock.now(), callback)
        self.state.messages[message.sid] = message
        self.tell("text_out", number=to, body=body, sid=message.sid)
        fails = self.state.misbehaves("delivery")
        code = fails.code if fails is not None else None
        last = "undelivered" if code else "delivered"
        for step, status in enumerate(("sent", last), start=1):
            self.clock.later(step * STATUS_STEP, self._next_status(message, status, code if status == last else None))
        return message

    def _next_status(self, message: Message, status: str, code: int | None) -> Any:
        async def change() -> None:
            message.status, message.error_code = status, code
            self.tell("text_status", sid=message.sid, number=message.to, status=status)
            if message.status_callback:
                form = {
                    "MessageSid": message.sid,
                    "MessageStatus": status,
                    "SmsSid": message.sid,
                    "SmsStatus": status,
                    "AccountSid": self.config.account_sid,
                    "From": message.from_,
                    "To": message.to,
                    "ApiVersion": "2010-04-01",
                }
                self.call_back(message.status_callback, form | ({"ErrorCode": str(code)} if code else {}))

        return change

    def _carrier_reply(self, line: str, number: str, body: str) -> None:
        message = Message(new_sid("SM"), "carrier", line, number, body, "delivered", self.clock.now())
        self.state.messages[message.sid] = message
        self.tell("text_out", number=number, body=body, sid=message.sid)

    # --- calls -----------------------------------------------------------------------------------------------------

    def dial(self, phone: str, to: str, *, from_: str | None = None) -> Call:
        """A person dials. Our own lines answer with their document; another telephone simply rings."""
        line = self.config.line(to)
        caller = phone if from_ is None else from_
        call = Call(self, new_sid("CA"), caller, to, phone, "inbound", self.clock.now())
        self.calls[call.sid] = call
        self.tell("dialled", call=call.sid, phone=phone, to=to)
        if line is None or not line.voice_url:
            call.say("system", "☎ ✕")
            call.end("failed")
            return call
        call.callback = line.status_callback
        call.task = self.start(call.walk(line.voice_url, line.voice_fallback_url))
        return call

    def ring(self, number: str, caller: str, *, parent: Call | None = None, direction: str = "outbound-api") -> Call:
        """Let somebody's telephone ring."""
        call = Call(self, new_sid("CA"), caller, number, number, direction, self.clock.now(), parent=parent)
        self.calls[call.sid] = call
        self.tell("ringing", call=call.sid, phone=number, caller=caller)
        return call

    def call_out(self, form: Mapping[str, str], events: tuple[str, ...]) -> Call:
        """The application places a call by REST."""
        call = self.ring(form["To"], form["From"])
        call.callback = form.get("StatusCallback", "")
        call.callback_events = events or ("completed",)
        call.event("initiated")
        call.event("ringing")
        call.task = self.start(self._placed(call, form))
        return call

    async def _placed(self, call: Call, form: Mapping[str, str]) -> None:
        async def no_answer() -> None:
            if call.status == "ringing":
                call.end("no-answer")

        timer = self.clock.later(float(form.get("Timeout", 60)), no_answer)
        picked_up = asyncio.ensure_future(call.picked_up.wait())
        over = asyncio.ensure_future(call.over.wait())
        await self.outside_quiet(asyncio.wait([picked_up, over], return_when=asyncio.FIRST_COMPLETED))
        picked_up.cancel()
        over.cancel()
        timer.cancel()
        if call.is_live:
            await call.walk(form.get("Url", ""), form.get("FallbackUrl", ""), form.get("Twiml", ""))

    def misbehave(self, kind: str, how: Misbehaviour | None) -> None:
        """Let a kind of traffic go wrong from here on, or go right again."""
        if how is None:
            self.state.misbehaviour.pop(kind, None)
        else:
            self.state.misbehaviour[kind] = how
        self.tell("misbehave", what=kind, how=how.how if how is not None else "")
