"""TwiML walked verb by verb on one call: speaking, waiting, keys and speech, recording, going on elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simulator import dial
from simulator.calls import NUDGE, Call, Given, Input, Step
from simulator.steps import Deadline, GoOn, HungUp, resolved
from simulator.twiml import CHILDREN, BadDocument, Verb, read
from simulator.webhooks import TWIML, Address

LONGEST_RECORDING = 3600
MOST_DOCUMENTS = 100
"""So many one after the other, while nobody does anything and no time passes, are a loop without an exit."""
STUCK = "0"  # ours: the real one would go on for four hours
SORRY = "We are sorry, an application error has occurred. Goodbye."
ANY_KEY = "1234567890*#"
EVERYWHERE = frozenset(CHILDREN["voice"])
WHISPERED = frozenset({"Say", "Play", "Gather", "Hangup"})
"""What the documentation names for the document of a noun's `url`."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is being walked, and against which address its relative ones stand (none for a given document)."""

    verbs: tuple[Verb, ...]
    base: str


class Walk:
    """One call on its way through the application's documents."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.network = call.network
        self._allowed = EVERYWHERE

    async def run(self, step: Step) -> None:
        """Walk from here until the call ends."""
        try:
            await self._through(step)
            self.call.end()
        except HungUp:
            self.call.end()
        except BadDocument as err:
            self.network.debug(err.code, str(err), call=self.call.sid)
            self.call.say("line", SORRY, "en-US")
            self.call.end("failed" if self.call.answered is None else "completed")
        except Exception:
            self.call.end("failed")
            raise

    async def whisper(self, step: Step) -> bool:
        """Walk on a leg before it is bridged. Whether it may be: not when the document hung up or was wrong."""
        self._allowed = WHISPERED
        try:
            await self._through(step)
        except HungUp:
            self.call.end()
        except BadDocument as err:
            self.network.debug(err.code, str(err), call=self.call.sid)
            self.call.say("line", SORRY, "en-US")
            self.call.end()
        return self.call.is_live

    async def tell(self, address: Address, more: Mapping[str, str]) -> None:
        """Request an action whose answer nobody will hear: the caller is gone."""
        answer = await self.network.ask(address, self.call.parameters(**more), self.call.cookies)
        if answer.error:
            self.network.debug(answer.error, f"{address.bare} answered {answer.status}", call=self.call.sid)

    def heed(self) -> None:
        """Stop where the call is over or was sent elsewhere. Raises HungUp or GoOn."""
        if not self.call.is_live:
            raise HungUp
        step = self.call.turned()
        if step is not None:
            raise GoOn(step)

    @staticmethod
    def address(base: str, verb: Verb, name: str = "action", method: str = "method") -> Address:
        """The address in an attribute of a verb; the document's own when there is none. Raises BadDocument."""
        return resolved(base, verb.attributes.get(name, ""), verb.attributes.get(method, "POST"))

    # --- documents -------------------------------------------------------------------------------------------------

    async def _through(self, step: Step) -> None:
        more: dict[str, str] = {}
        while True:
            try:
                self.heed()
                document = await self._document(step, more)
                await self._perform(document)
                return
            except GoOn as further:
                step, more = further.step, further.more

    async def _document(self, step: Step, more: Mapping[str, str]) -> Document:
        self.call.hurried += 1
        if self.call.hurried > MOST_DOCUMENTS:
            raise BadDocument(STUCK, f"{MOST_DOCUMENTS} documents without a pause: a loop that nobody can leave")
        try:
            if isinstance(step, Given):
                self.network.record_document(step.document, "")
                return Document(tuple(read(step.document, "voice")), "")
            return await self._fetched(step, more)
        except BadDocument as err:
            fallback = self.call.fallback
            if not fallback.url:
                raise
            self.network.debug(err.code, str(err), call=self.call.sid)
            failed = {"ErrorCode": err.code, "ErrorUrl": step.bare if isinstance(step, Address) else ""}
            return await self._fetched(fallback, {**more, **failed})

    async def _fetched(self, address: Address, more: Mapping[str, str]) -> Document:
        answer = await self.network.ask(address, self.call.parameters(**more), self.call.cookies)
        if answer.error:
            raise BadDocument(answer.error, f"{address.bare} answered {answer.status}")
        if answer.content_type == "text/plain":
            return Document((Verb("Say", {}, answer.body.strip(), ()),), address.bare)
        if answer.content_type.startswith("audio/"):
            return Document((Verb("Play", {}, address.bare, ()), Verb("Hangup", {}, "", ())), address.bare)
        if answer.content_type not in TWIML:
            raise BadDocument("12300", f"{address.bare} answered {answer.status} as {answer.content_type}")
        self.network.record_document(answer.body, address.bare)
        return Document(tuple(read(answer.body, "voice")), address.bare)

    async def _perform(self, document: Document) -> None:
        wrong = next((verb.name for verb in document.verbs if verb.name not in self._allowed), None)
        if wrong is not None:
            raise BadDocument("12200", f"{wrong} may not stand in what is heard before two are connected")
        first = document.verbs[0] if document.verbs else None
        if first is not None and first.name == "Reject":
            self.call.end("busy" if first.attributes.get("reason") == "busy" else "failed")
            raise HungUp
        keeps_ringing = first is not None and first.name == "Dial" and first.flag("answerOnBridge")
        if self.call.direction == "inbound" and not keeps_ringing:
            self.call.answer()
        for verb in document.verbs:
            self.heed()
            await self._do(verb, document.base)

    async def _do(self, verb: Verb, base: str) -> None:
        match verb.name:
            case "Say" | "Play":
                await self._pause(self._utter(verb))
            case "Pause":
                await self._pause(verb.number("length", 1))
            case "Gather":
                await self._gather(verb, base)
            case "Redirect":
                raise GoOn(resolved(base, verb.text, verb.attributes.get("method", "POST")))
            case "Hangup":
                raise HungUp
            case "Record":
                await self._record(verb, base)
            case "Dial":
                await dial.dial(self, verb, base)
            case _:
                raise BadDocument("12200", f"{verb.name} only as the first verb")

    # --- speaking and listening --------------------------------------------------------------------------------------

    def _utter(self, verb: Verb) -> float:
        """Put what is said or played into the transcript; how many seconds it takes."""
        loop = verb.number("loop", 1)
        for _ in range(max(1, loop)):
            if verb.name == "Say":
                self.call.say("line", verb.text, verb.attributes.get("language", ""), verb.attributes.get("voice", ""))
            else:
                self.call.say("line", f"♪ {verb.attributes.get('digits') or verb.text}")
        if loop == 0:
            return math.inf
        return self.network.config.speaking_rate * len(verb.text) * loop

    async def _pause(self, seconds: float) -> None:
        """Let time pass. What is pressed or said meanwhile is lost; `silence` cuts it short."""
        if seconds <= 0:
            return
        with Deadline(self.call, seconds) as until:
            got = await self._take(until)
            while got is not None and got.kind != "silence":
                got = await self._take(until)

    async def _take(self, *deadlines: Deadline) -> Input | None:
        """What the person does next, or None when a deadline passes first. Raises HungUp or GoOn."""
        self.heed()
        while True:
            got = await self.network.outside_quiet(self.call.inputs.get())
            self.heed()
            passed = [until for until in deadlines if until.has_passed]
            if got.kind != NUDGE.kind or any(until.seconds for until in passed):
                self.call.hurried = 0
            if got.kind != NUDGE.kind:
                return got
            if passed:
                return None

    async def _gather(self, verb: Verb, base: str) -> None:
        kinds = verb.attributes.get("input", "dtmf").split()
        finish = verb.attributes.get("finishOnKey", "#")
        wanted = verb.number("numDigits", 0)
        timeout = verb.number("timeout", 5)
        lang = verb.attributes.get("language", "en-US")
        self.call.waiting_for = {
            "verb": "Gather",
            "input": kinds,
            "digits": wanted,
            "finish": finish,
            "timeout": timeout,
            "hints": verb.attributes.get("hints", ""),
            "lang": lang,
        }
        keys, finished_on = "", ""
        got = await self._prompt(verb, kinds)
        while True:
            if got is None:
                with Deadline(self.call, self._silence(timeout)) as until:
                    got = await self._take(until)
            if got is None or got.kind == "silence":
                break
            if got.kind == "digits" and "dtmf" in kinds:
                self.call.say("me", got.text)
                keys, finished_on, is_done = _pressed(keys, got.text, finish, wanted)
                if is_done:
                    break
            elif got.kind == "speech" and "speech" in kinds and not keys:
                self.call.say("me", got.text)
                self.call.waiting_for = None
                confidence = 0.9 if got.confidence is None else got.confidence
                heard = {"SpeechResult": got.text, "Confidence": f"{confidence:.8f}", "Language": lang}
                raise GoOn(self.address(base, verb), heard)
            got = None
        self.call.waiting_for = None
        if keys:
            raise GoOn(self.address(base, verb), {"Digits": keys, "FinishedOnKey": finished_on})
        if verb.flag("actionOnEmptyResult"):
            raise GoOn(self.address(base, verb), {"Digits": ""})

    async def _prompt(self, verb: Verb, kinds: list[str]) -> Input | None:
        """Speak what stands inside a Gather, until the person interrupts; what he did then."""
        for inner in verb.inside:
            seconds = inner.number("length", 1) if inner.name == "Pause" else self._utter(inner)
            if seconds <= 0:
                continue
            with Deadline(self.call, seconds) as until:
                got = await self._take(until)
                while got is not None and not _interrupts(got, verb, kinds):
                    got = await self._take(until)
            if got is not None:
                return got
        return None

    async def _record(self, verb: Verb, base: str) -> None:
        finish = verb.attributes.get("finishOnKey", ANY_KEY)
        longest = verb.number("maxLength", LONGEST_RECORDING)
        self.call.waiting_for = {"verb": "Record", "input": ["speech", "dtmf"], "finish": finish}
        if verb.attributes.get("playBeep") != "false":
            self.call.say("system", "♪")
        began = self.network.clock.now()
        words, ended_by = await self._recorded(verb.number("timeout", 5), longest, finish)
        self.call.waiting_for = None
        said = " ".join(words)
        seconds = max(int((self.network.clock.now() - began).total_seconds()), len(said) // 4, 1 if said else 0)
        if not said and not ended_by:
            seconds = 0  # silence is not kept
        told = self.network.keep_recording(
            self.call,
            said,
            min(seconds, longest),
            began,
            "RecordVerb",
            self.address(base, verb, "recordingStatusCallback", "recordingStatusCallbackMethod")
            if "recordingStatusCallback" in verb.attributes
            else None,
            verb.attributes.get("recordingStatusCallbackEvent", "completed"),
        )
        if ended_by == "hangup":
            await self.tell(self.address(base, verb), {**told, "Digits": ended_by})
            raise HungUp
        if seconds:  # where nothing was recorded, the next verb follows
            raise GoOn(self.address(base, verb), {**told, "Digits": ended_by})

    def _silence(self, seconds: float) -> float:
        """How long nobody has to speak before that is silence: people at a page read and type slower than one talks."""
        return math.inf if self.call.is_patient else seconds

    async def _recorded(self, silence: float, longest: float, finish: str) -> tuple[list[str], str]:
        """What was said, and what ended it: a key, `hangup`, or nothing."""
        words: list[str] = []
        with Deadline(self.call, longest) as end:
            while True:
                try:
                    with Deadline(self.call, self._silence(silence)) as until:
                        got = await self._take(until, end)
                except HungUp:
                    return words, "hangup"
                if got is None or got.kind == "silence":
                    return words, ""
                if got.kind == "speech":
                    self.call.say("me", got.text)
                    words.append(got.text)
                elif got.text[:1] in finish:
                    self.call.say("me", got.text[:1])
                    return words, got.text[:1]


def _pressed(before: str, keys: str, finish: str, wanted: int) -> tuple[str, str, bool]:
    """The keys so far, the one that finished, and whether it is enough."""
    for key in keys:
        if finish and key == finish:
            return before, key, True
        before += key
        if len(before) == wanted:
            return before, "", True
    return before, "", False


def _interrupts(got: Input, verb: Verb, kinds: list[str]) -> bool:
    """Whether this ends the prompt of a Gather: keys always do, speech unless it was forbidden."""
    if got.kind == "speech":
        return "speech" in kinds and verb.attributes.get("bargeIn") != "false"
    return got.kind == "silence" or "dtmf" in kinds
