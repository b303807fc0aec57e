"""One call: its document walked verb by verb, keys and speech taken, other telephones rung and bridged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from simulator.state import Recording, Said, new_sid
from simulator.twiml import BadDocument, Verb, read

if TYPE_CHECKING:
    from simulator.network import Network

FINAL = ("completed", "busy", "no-answer", "failed", "canceled")
LONGEST_RECORDING = 3600
SORRY = "We are sorry, an application error has occurred. Goodbye."
MOST_DOCUMENTS = 200


class HungUp(Exception):
    """The telephone at the other end was put down, or the call was ended from outside."""


class GoOn(Exception):
    """The call goes on with another document, already fetched."""

    def __init__(self, document: str, url: str) -> None:
        super().__init__(url)
        self.document = document
        self.url = url


@dataclass(frozen=True, slots=True)
class Input:
    """What the person at the telephone did: `digits`, `speech`, `silence`, `hangup`."""

    kind: str
    text: str = ""
    confidence: float | None = None


@dataclass(eq=False)
class Call:
    """One leg between the network and one telephone."""

    network: Network
    sid: str
    from_: str
    to: str
    phone: str  # the number of the simulated telephone that holds this leg
    direction: str  # inbound, outbound-api, outbound-dial
    started: datetime
    status: str = "ringing"
    parent: Call | None = None
    other: Call | None = None  # the leg it is bridged with
    answered: datetime | None = None
    ended: datetime | None = None
    transcript: list[Said] = field(default_factory=list)
    inputs: asyncio.Queue[Input] = field(default_factory=asyncio.Queue)
    waiting_for: dict[str, Any] | None = None
    callback: str = ""
    callback_events: tuple[str, ...] = ("completed",)
    sequence: int = 0
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    next_document: GoOn | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.status not in FINAL

    def say(self, who: str, text: str, lang: str = "", voice: str = "") -> None:
        """Add a line to the transcript."""
        self.transcript.append(Said(who, text, self.network.clock.now(), lang, voice))
        self.network.tell("said", call=self.sid, phone=self.phone, who=who, text=text)

    def parameters(self, **more: str) -> dict[str, str]:
        """The form of every request about this call."""
        form = {
            "CallSid": self.sid,
            "AccountSid": self.network.config.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": self.direction,
            **more,
        }
        if self.parent is not None:
            form["ParentCallSid"] = self.parent.sid
        return form

    def event(self, name: str) -> None:
        """Tell the application of `initiated`, `ringing`, `answered` or `completed`, when it asked to be told."""
        if not self.callback or name not in self.callback_events:
            return
        form = self.parameters(
            CallbackSource="call-progress-events",
            SequenceNumber=str(self.sequence),
            Timestamp=format_datetime(self.network.clock.now()),
        )
        if name == "completed":
            form |= {"CallDuration": str(self.seconds), "Duration": str(-(-self.seconds // 60))}
        self.sequence += 1
        self.network.call_back(self.callback, form)

    @property
    def seconds(self) -> int:
        """How long people were connected."""
        if self.answered is None:
            return 0
        return int(((self.ended or self.network.clock.now()) - self.answered).total_seconds())

    def answer(self) -> None:
        """Somebody picked up."""
        if self.status in ("queued", "ringing"):
            self.status = "in-progress"
            self.answered = self.network.clock.now()
            self.network.tell("answered", call=self.sid, phone=self.phone)
            self.event("answered")
            self.picked_up.set()

    def end(self, status: str = "completed") -> None:
        """It is over; said once."""
        if not self.is_live:
            return
        self.status = status
        self.ended = self.network.clock.now()
        self.waiting_for = None
        self.inputs.put_nowait(Input("hangup"))
        self.over.set()
        self.network.tell("ended", call=self.sid, phone=self.phone, status=status, seconds=self.seconds)
        self.event("completed")
        if self.other is not None:
            self.other.end()

    @staticmethod
    def nudge() -> Input:
        """What wakes a waiting call so that it looks for its next document."""
        return Input("time")

    def snapshot(self) -> dict[str, Any]:
        """The call as the page and tests see it."""
        return {
            "sid": self.sid,
            "from": self.from_,
            "to": self.to,
            "phone": self.phone,
            "direction": self.direction,
            "status": self.status,
            "seconds": self.seconds,
            "waiting_for": self.waiting_for,
            "bridged": self.other is not None and self.other.is_live,
            "transcript": [
                {"who": line.who, "text": line.text, "lang": line.lang, "voice": line.voice, "at": line.at.isoformat()}
                for line in self.transcript
            ],
        }

    # --- walking -----------------------------------------------------------------------------------------------

    async def walk(self, url: str, fallback: str = "", document: str = "") -> None:
        """Walk documents from this address until the call ends."""
        try:
            step = GoOn(document, url) if document else await self._fetch(url, fallback)
            for _ in range(MOST_DOCUMENTS):
                try:
                    await self._perform(step)
                    break
                except GoOn as further:
                    step = further
            self.end()
        except HungUp:
            self.end()
        except BadDocument as err:
            self.network.debug(err.code, str(err), call=self.sid)
            self.say("line", SORRY, "en-US")
            self.end("failed" if self.answered is None else "completed")

    async def _fetch(self, url: str, fallback: str = "", **more: str) -> GoOn:
        answer = await self.network.ask(url, self.parameters(**more), fallback)
        if answer.error or not answer.is_document:
            code = answer.error or "12300"
            raise BadDocument(code, f"{url.partition('#')[0]} answered {answer.status} {answer.content_type}")
        self.network.record_document(answer.body, url)
        return GoOn(answer.body, url.partition("#")[0])

    async def _perform(self, step: GoOn) -> None:
        verbs = read(step.document, "voice")
        if verbs and verbs[0].name == "Reject":
            self.end("busy" if verbs[0].attributes.get("reason") == "busy" else "failed")
            raise HungUp
        if self.direction == "inbound":
            self.answer()
        for verb in verbs:
            if not self.is_live:
                raise HungUp
            await self._do(verb, step.url)

    async def _do(self, verb: Verb, base: str) -> None:
        match verb.name:
            case "Say" | "Play":
                await self._speak(verb)
            case "Pause":
                await self._wait(verb.number("length", 1))
            case "Gather":
                await self._gather(verb, base)
            case "Redirect":
                raise await self._fetch(urljoin(base, verb.text))
            case "Hangup":
                raise HungUp
            case "Record":
                await self._record(verb, base)
            case "Dial":
                await self._dial(verb, base)
            case _:
                raise BadDocument("12200", f"{verb.name} only as the first verb")

    async def _speak(self, verb: Verb) -> None:
        for _ in range(max(1, verb.number("loop", 1))):
            if verb.name == "Say":
                self.say("line", verb.text, verb.attributes.get("language", ""), verb.attributes.get("voice", ""))
            else:
                self.say("line", f"♪ {verb.attributes.get('digits') or verb.text}")
        rate = self.network.config.speaking_rate
        if rate:
            await self._wait(rate * len(verb.text))

    async def _wait(self, seconds: float) -> None:
        """Let time pass; a hang-up ends it."""
        got = await self._next(seconds)
        while got is not None and got.kind not in ("silence", "hangup"):
            got = await self._next(seconds)
        if got is not None and got.kind == "hangup":
            raise HungUp

    async def _next(self, seconds: float) -> Input | None:
        """What the person does next, or None when so much time has passed first."""
        if self.next_document is not None:
            further, self.next_document = self.next_document, None
            raise further
        passed = asyncio.Event()

        async def ring() -> None:
            passed.set()
            self.inputs.put_nowait(Input("time"))

        timer = self.network.clock.later(seconds, ring)
        try:
            while True:
                got = await self.network.outside_quiet(self.inputs.get())
                if self.next_document is not None:
                    further, self.next_document = self.next_document, None
                    raise further
                if got.kind == "hangup" or not self.is_live:
                    raise HungUp
                if got.kind != "time":
                    return got
                if passed.is_set():
                    return None
        finally:
            timer.cancel()

    async def _gather(self, verb: Verb, base: str) -> None:
        kinds = verb.attributes.get("input", "dtmf").split()
        finish = verb.attributes.get("finishOnKey", "#")
        wanted = verb.number("numDigits", 0)
        timeout = verb.number("timeout", 5)
        self.waiting_for = {
            "verb": "Gather",
            "input": kinds,
            "digits": wanted,
            "finish": finish,
            "timeout": timeout,
            "hints": verb.attributes.get("hints", ""),
            "lang": verb.attributes.get("language", "en-US"),
        }
        for inner in verb.inside:
            if inner.name == "Pause":
                continue
            await self._speak(inner)
        digits = ""
        while True:
            got = await self._next(timeout)
            if got is None or got.kind == "silence":
                break
            if got.kind == "digits" and "dtmf" in kinds:
                self.say("me", got.text)
                done = False
                for key in got.text:
                    if finish and key == finish:
                        done = True
                        break
                    digits += key
                    if wanted and len(digits) >= wanted:
                        done = True
                        break
                if done:
                    break
            elif got.kind == "speech" and "speech" in kinds and not digits:
                self.say("me", got.text)
                confidence = 0.9 if got.confidence is None else got.confidence
                more = {
                    "SpeechResult": got.text,
                    "Confidence": f"{confidence:.8f}",
                    "Language": self.waiting_for["lang"],
                }
                raise await self._act(verb, base, more)
        if digits:
            raise await self._act(verb, base, {"Digits": digits, "FinishedOnKey": ""})
        if verb.flag("actionOnEmptyResult"):
            raise await self._act(verb, base, {"Digits": ""})
        self.waiting_for = None

    async def _act(self, verb: Verb, base: str, more: Mapping[str, str]) -> GoOn:
        self.waiting_for = None
        return await self._fetch(urljoin(base, verb.attributes.get("action", base)), **more)

    async def _record(self, verb: Verb, base: str) -> None:
        self.waiting_for = {
            "verb": "Record",
            "input": ["speech", "dtmf"],
            "finish": verb.attributes.get("finishOnKey", ""),
        }
        self.say("system", "♪")
        finish = verb.attributes.get("finishOnKey", "1234567890*#")
        words: list[str] = []
        ended_by = ""
        began = self.network.clock.now()
        try:
            while True:
                got = await self._next(verb.number("timeout", 5))
                if got is None or got.kind == "silence":
                    break
                if got.kind == "speech":
                    self.say("me", got.text)
                    words.append(got.text)
                elif got.text[:1] in finish:
                    ended_by = got.text[:1]
                    break
        except HungUp:
            ended_by = "hangup"
        self.waiting_for = None
        said = " ".join(words)
        seconds = min(max(int((self.network.clock.now() - began).total_seconds()), len(said) // 4), LONGEST_RECORDING)
        seconds = min(seconds, verb.number("maxLength", LONGEST_RECORDING))
        recording = Recording(new_sid("RE"), self.sid, seconds, self.network.clock.now(), said)
        self.network.state.recordings[recording.sid] = recording
        url = f"{self.network.base}/2010-04-01/Accounts/{self.network.config.account_sid}/Recordings/{recording.sid}"
        more = {
            "RecordingUrl": url,
            "RecordingSid": recording.sid,
            "RecordingDuration": str(seconds),
            "Digits": ended_by,
        }
        callback = verb.attributes.get("recordingStatusCallback")
        if callback:
            form = {
                "AccountSid": self.network.config.account_sid,
                "CallSid": self.sid,
                "RecordingSid": recording.sid,
                "RecordingUrl": url,
                "RecordingStatus": "completed" if seconds else "absent",
                "RecordingDuration": str(seconds),
                "RecordingChannels": "1",
                "RecordingSource": "RecordVerb",
                "RecordingStartTime": format_datetime(began),
            }
            self.network.call_back(urljoin(base, callback), form)
        if not seconds and ended_by != "hangup":
            return  # nothing was recorded: Twilio goes on with the next verb
        action = urljoin(base, verb.attributes.get("action", base))
        if ended_by == "hangup":
            await self.network.ask(action, self.parameters(**more))
            raise HungUp
        raise await self._fetch(action, **more)

    async def _dial(self, verb: Verb, base: str) -> None:
        caller = verb.attributes.get("callerId", self.from_)
        legs = []
        for noun in verb.inside:
            leg = self.network.ring(noun.text, caller, parent=self, direction="outbound-dial")
            leg.callback = (
                urljoin(base, noun.attributes["statusCallback"]) if "statusCallback" in noun.attributes else ""
            )
            leg.callback_events = tuple(noun.attributes.get("statusCallbackEvent", "completed").split())
            leg.event("initiated")
            leg.event("ringing")
            legs.append((leg, noun))
        self.say("system", "☎ " + ", ".join(leg.to for leg, _ in legs))
        winner = await self._first_to_answer(legs, verb.number("timeout", 30), base)
        for leg, _ in legs:
            if leg is not winner:
                leg.end("canceled" if winner is not None or leg.status == "ringing" else leg.status)
        status = self._dial_status(legs, winner)
        if winner is not None:
            await self._bridge(winner)
        more = {"DialCallStatus": status, "DialBridged": "true" if winner is not None else "false"}
        if legs:
            more |= {"DialCallSid": (winner or legs[0][0]).sid}
        if winner is not None:
            more |= {"DialCallDuration": str(winner.seconds)}
        if "action" in verb.attributes:
            if not self.is_live:
                await self.network.ask(urljoin(base, verb.attributes["action"]), self.parameters(**more))
                raise HungUp
            raise await self._fetch(urljoin(base, verb.attributes["action"]), **more)
        if not self.is_live:
            raise HungUp

    @staticmethod
    def _dial_status(legs: list[tuple[Call, Verb]], winner: Call | None) -> str:
        if winner is not None:
            return "completed"
        ended = {leg.status for leg, _ in legs}
        return next((status for status in ("busy", "failed") if ended == {status}), "no-answer")

    async def _first_to_answer(self, legs: list[tuple[Call, Verb]], timeout: int, base: str) -> Call | None:
        """The leg that picked up first (and pressed on after a whisper), or None."""
        time_is_up = asyncio.Event()

        async def ring_off() -> None:
            time_is_up.set()

        timer = self.network.clock.later(timeout, ring_off)
        try:
            while True:
                waits = [
                    asyncio.ensure_future(one)
                    for leg, _ in legs
                    if leg.status == "ringing"
                    for one in (leg.picked_up.wait(), leg.over.wait())
                ]
                if not waits:
                    return None
                waits += [asyncio.ensure_future(time_is_up.wait()), asyncio.ensure_future(self.over.wait())]
                await self.network.outside_quiet(asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED))
                for wait in waits:
                    wait.cancel()
                for leg, noun in legs:
                    if leg.status == "in-progress" and await self._whisper(leg, noun, base):
                        return leg
                if time_is_up.is_set() or not self.is_live:
                    return None
        finally:
            timer.cancel()

    async def _whisper(self, leg: Call, noun: Verb, base: str) -> bool:
        if "url" not in noun.attributes:
            return True
        try:
            step = await leg._fetch(urljoin(base, noun.attributes["url"]))
            while True:
                try:
                    await leg._perform(step)
                    return leg.is_live
                except GoOn as further:
                    step = further
        except HungUp:
            leg.end()
        except BadDocument as err:
            self.network.debug(err.code, str(err), call=leg.sid)
            leg.end()
        return False

    async def _bridge(self, leg: Call) -> None:
        """Let both talk until one hangs up."""
        self.other, leg.other = leg, self
        self.say("system", f"↔ {leg.phone}")
        leg.say("system", f"↔ {self.phone}")
        self.waiting_for = leg.waiting_for = {"verb": "talk", "input": ["speech"]}

        async def relay(one: Call, two: Call) -> None:
            while one.is_live and two.is_live:
                got = await one.inputs.get()
                if got.kind in ("speech", "digits"):
                    with one.network.quiet:
                        one.say("me", got.text)
                        two.say("other", got.text)
                elif got.kind == "hangup":
                    return

        both = [asyncio.ensure_future(relay(self, leg)), asyncio.ensure_future(relay(leg, self))]
        await self.network.outside_quiet(asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED))
        for one in both:
            one.cancel()
        self.other = leg.other = None
        self.waiting_for = leg.waiting_for = None
        leg.end()
