"""The simulated network: telephones, texts and calls between the people who hold them and the one application."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TypeVar

import aiohttp

from simulator.calls import Call, Step
from simulator.clock import Clock
from simulator.config import Config
from simulator.state import Misbehaviour, Recording, State, new_sid
from simulator.steps import Deadline
from simulator.texts import STATUS_STEP, Texts
from simulator.walk import Walk
from simulator.webhooks import Address, Answer, Quiet, Webhooks

log = logging.getLogger(__name__)
T = TypeVar("T")


class ClockAway(Exception):
    """The application's clock could not be moved."""


class Network:
    """Everything that is simulated. All of it runs on one event loop."""

    def __init__(self, config: Config, base: str) -> None:
        self.config = config
        self.base = base.rstrip("/")
        self.state = State()
        self.quiet = Quiet()
        self.clock = Clock(is_manual=config.is_manual, run=self.start)
        self.webhooks = Webhooks(config.auth_token)
        self.texts = Texts(self)
        self.calls: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._shuffled: list[tuple[Address, dict[str, str]]] = []

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
        """End whatever is under way and give the connections back."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.webhooks.close()

    async def follow_app_clock(self) -> None:
        """Take the application's moment over, when it has a clock to read."""
        if not self.config.clock_url:
            return
        try:
            await self._app_clock("GET", None)
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as err:
            log.warning("the application's clock does not answer: %s", type(err).__name__)

    async def move_app_clock(self, wanted: Mapping[str, Any]) -> datetime:
        """Ask the application to move its clock and follow it. Raises ClockAway."""
        try:
            await self._app_clock("POST", dict(wanted))
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as err:
            raise ClockAway("the application did not move its clock") from err
        self.tell("clock", now=self.clock.now().isoformat())
        return self.clock.now()

    async def _app_clock(self, method: str, wanted: dict[str, Any] | None) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(trust_env=False, timeout=timeout) as session,
            session.request(method, self.config.clock_url, json=wanted) as response,
        ):
            told = await response.json()
        self.clock.set_to(datetime.fromisoformat(told["now"]))

    # --- requests to the application -------------------------------------------------------------------------------

    async def ask(self, address: Address, form: dict[str, str], cookies: dict[str, str] | None = None) -> Answer:
        """A webhook whose answer counts."""
        repeats = self.state.misbehaves("webhook")
        answer = await self.webhooks.send(address, form, cookies)
        if repeats is not None:
            for _ in range(repeats.times):
                self._told(address, form, await self.webhooks.send(address, form, cookies), again=True)
        self._told(address, form, answer)
        return answer

    def call_back(self, address: Address, form: dict[str, str]) -> None:
        """A status callback: nobody waits for its answer, and it may be told to go astray."""
        how = self.state.misbehaves("callback")
        if how is None:
            self.start(self._call_back(address, form))
        elif how.how == "drop":
            self.tell("dropped", url=address.bare)
        elif how.how == "delay":
            self.clock.later(how.seconds, lambda: self._call_back(address, form))
        elif how.how == "shuffle":
            self._shuffle(address, form)
        else:
            for _ in range(how.times + 1):
                self.start(self._call_back(address, form))

    def _shuffle(self, address: Address, form: dict[str, str]) -> None:
        """Keep callbacks back for a moment and let them go in the wrong order: the last one first."""
        self._shuffled.append((address, form))
        if len(self._shuffled) == 1:

            async def let_go() -> None:
                kept, self._shuffled = self._shuffled, []
                for late_address, late_form in reversed(kept):
                    await self._call_back(late_address, late_form)

            self.clock.later(3 * STATUS_STEP, let_go)

    async def _call_back(self, address: Address, form: dict[str, str]) -> None:
        answer = await self.webhooks.send(address, form)
        self._told(address, form, answer)
        if answer.error:
            self.debug(answer.error, f"{address.bare} answered {answer.status}")

    def _told(self, address: Address, form: Mapping[str, str], answer: Answer, *, again: bool = False) -> None:
        self.tell(
            "webhook",
            url=address.bare,
            status=answer.status,
            milliseconds=round(answer.seconds * 1000),
            again=again,
            about=form.get("MessageStatus") or form.get("CallStatus") or "",
        )

    def record_document(self, document: str, url: str) -> None:
        """Keep a document for whoever checks it later."""
        self._record({"kind": "twiml", "document": document, "url": url})

    def record_request(self, method: str, path: str, form: list[tuple[str, str]]) -> None:
        """Keep a REST request for whoever checks it later."""
        self._record({"kind": "rest", "method": method, "path": path, "form": form})

    def _record(self, line: Mapping[str, Any]) -> None:
        if self.config.record is not None:
            self.config.record.mkdir(parents=True, exist_ok=True)
            with (self.config.record / "carrier.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    # --- calls -----------------------------------------------------------------------------------------------------

    def dial(self, phone: str, to: str, *, from_: str | None = None) -> Call:
        """A person dials. Our own lines answer with their document; nobody else can be reached."""
        line = self.config.line(to)
        caller = phone if from_ is None else from_
        call = Call(self, new_sid("CA"), caller, to, phone, "inbound", self.clock.now())
        self.calls[call.sid] = call
        self.tell("dialled", call=call.sid, phone=phone, to=to)
        if line is None or not line.voice_url:
            call.say("system", "☎ ✕")
            call.end("failed")
            return call
        call.callback = Address(line.status_callback, line.status_callback_method)
        call.fallback = Address(line.voice_fallback_url, line.voice_fallback_method)
        call.task = self.start(Walk(call).run(Address(line.voice_url, line.voice_method)))
        return call

    def ring(self, number: str, caller: str, *, parent: Call | None = None) -> Call:
        """Let somebody's telephone ring."""
        direction = "outbound-api" if parent is None else "outbound-dial"
        call = Call(self, new_sid("CA"), caller, number, number, direction, self.clock.now(), parent=parent)
        self.calls[call.sid] = call
        self.tell("ringing", call=call.sid, phone=number, caller=caller)
        return call

    def place(self, call: Call, step: Step, timeout: float) -> None:
        """Let a call that was asked for by REST take its way: initiated, ringing, and on when it is answered."""
        call.event("initiated")
        call.event("ringing")
        call.task = self.start(self._placed(call, step, timeout))

    async def _placed(self, call: Call, step: Step, timeout: float) -> None:
        with Deadline(call, timeout) as until:
            while call.status == "ringing" and not until.has_passed:
                await self.outside_quiet(call.stirred.wait())
                call.stirred.clear()
        if call.status == "ringing":
            call.end("no-answer")
        if call.is_live:
            await Walk(call).run(step)

    def ended(self, call: Call) -> None:
        """Keep the recording of a whole call, where one was asked for, and tell that the call is over."""
        asked, told = call.recorded, {}
        if asked and call.answered is not None:
            told = self.keep_recording(
                call,
                " ".join(line.text for line in call.transcript if line.who != "system"),
                call.seconds,
                call.answered,
                "OutboundAPI",
                Address(asked["callback"], asked["method"]) if asked["callback"] else None,
                asked["events"],
            )
        call.event("completed", **told)

    def keep_recording(
        self, call: Call, words: str, seconds: int, began: datetime, source: str, callback: Address | None, events: str
    ) -> dict[str, str]:
        """Keep a recording and report it where that is wanted; the parameters that name it. None is kept of nothing."""
        sid = new_sid("RE")
        url = f"{self.base}/2010-04-01/Accounts/{self.config.account_sid}/Recordings/{sid}"
        status = "completed" if seconds else "absent"
        told = {"RecordingUrl": url, "RecordingSid": sid, "RecordingDuration": str(seconds)}
        if seconds:
            self.state.recordings[sid] = Recording(sid, call.sid, seconds, began, words, source)
        if callback is not None and status in events.split():
            form = {
                **told,
                "AccountSid": self.config.account_sid,
                "CallSid": call.sid,
                "RecordingStatus": status,
                "RecordingChannels": "1",
                "RecordingSource": source,
                "RecordingStartTime": format_datetime(began),
            }
            self.call_back(callback, form)
        return told

    def misbehave(self, kind: str, how: Misbehaviour | None) -> None:
        """Let a kind of traffic go wrong from here on, or go right again."""
        if how is None:
            self.state.misbehaviour.pop(kind, None)
        else:
            self.state.misbehaviour[kind] = how
        self.tell("misbehave", what=kind, how=how.how if how is not None else "")
