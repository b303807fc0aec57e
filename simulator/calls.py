"""One leg of a call: where it stands, what was said on it, what its person does, what the application is told of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from simulator.clock import Timer
from simulator.state import Said
from simulator.webhooks import Address

if TYPE_CHECKING:
    from simulator.network import Network

FINAL = ("completed", "busy", "no-answer", "failed", "canceled")
LONGEST_CALL = 4 * 3600  # seconds
NOWHERE = Address("")


@dataclass(frozen=True, slots=True)
class Given:
    """A document that came with a REST request instead of an address."""

    document: str


Step = Address | Given


@dataclass(frozen=True, slots=True)
class Input:
    """What the person at the telephone did (`digits`, `speech`, `silence`), or `nudge`: look again."""

    kind: str
    text: str = ""
    confidence: float | None = None


NUDGE = Input("nudge")


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
    hearing: Call | None = None  # the leg below that hears a document before it is bridged
    star_ends: bool = False  # whether * ends the bridge
    is_patient: bool = False  # whether its person's silence counts only when he says so
    answered: datetime | None = None
    ended: datetime | None = None
    time_limit: float = LONGEST_CALL
    transcript: list[Said] = field(default_factory=list)
    waiting_for: dict[str, Any] | None = None
    fallback: Address = NOWHERE
    callback: Address = NOWHERE
    callback_events: tuple[str, ...] = ("completed",)
    cookies: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)  # how a whole call is recorded, empty when it is not
    next_step: Step | None = None  # where an update from outside sends it
    hurried: int = 0  # documents since time last passed or somebody last did something
    inputs: asyncio.Queue[Input] = field(default_factory=asyncio.Queue)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)  # something changed here or on a leg below
    task: asyncio.Task[None] | None = None
    _sequence: int = 0
    _limit: Timer | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.status not in FINAL

    @property
    def seconds(self) -> int:
        """How long people were connected."""
        if self.answered is None:
            return 0
        return int(((self.ended or self.network.clock.now()) - self.answered).total_seconds())

    def say(self, who: str, text: str, lang: str = "", voice: str = "") -> None:
        """Add a line to the transcript."""
        self.transcript.append(Said(who, text, self.network.clock.now(), lang, voice))
        self.network.tell("said", call=self.sid, phone=self.phone, who=who, text=text)

    def take(self, done: Input) -> None:
        """The person does something: the other end hears it, or the document that is being walked does."""
        other = self.other
        if other is None or not other.is_live:
            self.inputs.put_nowait(done)
        elif done.kind in ("speech", "digits"):
            self.say("me", done.text)
            other.say("other", done.text)
            if self.star_ends and done.kind == "digits" and "*" in done.text:
                other.end()

    def answer(self) -> None:
        """Somebody picked up."""
        if self.status != "ringing":
            return
        self.status = "in-progress"
        self.answered = self.network.clock.now()
        self._limit = self.network.clock.later(self.time_limit, self._time_is_over)
        self.network.tell("answered", call=self.sid, phone=self.phone)
        self.event("answered")
        self._stir()

    def end(self, status: str = "completed") -> None:
        """It is over; said once. When the caller is gone, so is whom he was connected with, not the other way."""
        if not self.is_live:
            return
        self.status = status
        self.ended = self.network.clock.now()
        self.waiting_for = None
        if self._limit is not None:
            self._limit.cancel()
        self.inputs.put_nowait(NUDGE)
        self.network.tell("ended", call=self.sid, phone=self.phone, status=status, seconds=self.seconds)
        self.network.ended(self)
        self._stir()
        for below in (self.other, self.hearing):
            if below is not None and below.parent is self:
                below.end()

    def turn_to(self, step: Step) -> None:
        """Go on with another document, whatever is going on."""
        self.next_step = step
        self.inputs.put_nowait(NUDGE)
        if self.hearing is not None:
            self.hearing.end()
        self._stir()

    def turned(self) -> Step | None:
        """Where it was sent from outside, told once."""
        step, self.next_step = self.next_step, None
        return step

    def event(self, name: str, **more: str) -> None:
        """Tell the application of `initiated`, `ringing`, `answered` or `completed`, when it asked to be told."""
        if not self.callback.url or name not in self.callback_events:
            return
        form = self.parameters(
            CallbackSource="call-progress-events",
            SequenceNumber=str(self._sequence),
            Timestamp=format_datetime(self.network.clock.now()),
            **more,
        )
        if name in ("initiated", "ringing"):
            form["CallStatus"] = name
        if name == "completed":
            form |= {"CallDuration": str(self.seconds), "Duration": str(-(-self.seconds // 60))}
        self._sequence += 1
        self.network.call_back(self.callback, form)

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

    def _stir(self) -> None:
        self.stirred.set()
        if self.parent is not None:
            self.parent.stirred.set()

    async def _time_is_over(self) -> None:
        self.end()
