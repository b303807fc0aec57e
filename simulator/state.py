"""What the simulated network holds: texts, calls, recordings, who opted out, what happened, and how it misbehaves."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.webhooks import Address

EVENTS_KEPT = 2000


def new_sid(prefix: str) -> str:
    """SM, CA, RE... and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Media:
    """One picture or other file that came with a text; nobody keeps what is in it."""

    sid: str
    content_type: str


@dataclass(slots=True)
class Message:
    """One text in either direction."""

    sid: str
    direction: str  # inbound, outbound-api, outbound-reply, carrier
    from_: str
    to: str
    body: str
    status: str
    at: datetime
    callback: Address | None = None
    error_code: int | None = None
    is_read: bool = False
    media: list[Media] = field(default_factory=list)


def media_path(account: str, message: Message, one: Media) -> str:
    """Where what came with a text lies, below the carrier's address."""
    return f"/2010-04-01/Accounts/{account}/Messages/{message.sid}/Media/{one.sid}"


@dataclass(slots=True)
class Said:
    """One line of a call's transcript."""

    who: str  # line, me, other, system
    text: str
    at: datetime
    lang: str = ""
    voice: str = ""


@dataclass(slots=True)
class Recording:
    """What was said after a tone."""

    sid: str
    call_sid: str
    seconds: int
    at: datetime
    words: str
    source: str  # RecordVerb, DialVerb, OutboundAPI
    is_deleted: bool = False


@dataclass
class Event:
    """One thing that happened, for the page and for tests."""

    id: int
    at: datetime
    kind: str
    facts: dict[str, Any]


@dataclass(slots=True)
class Misbehaviour:
    """How one kind of traffic goes wrong, and for how many more times (-1: always)."""

    how: str
    count: int = -1
    code: int = 0
    seconds: float = 0.0
    times: int = 1


@dataclass
class State:
    """Everything, in memory."""

    messages: dict[str, Message] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    opted_out: set[tuple[str, str]] = field(default_factory=set)  # (sender, receiver)
    events: list[Event] = field(default_factory=list)
    debugger: list[dict[str, Any]] = field(default_factory=list)
    misbehaviour: dict[str, Misbehaviour] = field(default_factory=dict)
    listeners: set[asyncio.Queue[Event]] = field(default_factory=set)
    last_event: int = 0

    def tell(self, at: datetime, kind: str, **facts: Any) -> None:
        """Note what happened and show it to whoever listens."""
        self.last_event += 1
        event = Event(self.last_event, at, kind, facts)
        self.events.append(event)
        del self.events[:-EVENTS_KEPT]
        for listener in self.listeners:
            listener.put_nowait(event)

    def misbehaves(self, kind: str) -> Misbehaviour | None:
        """How the next one of this kind goes wrong; it is counted down."""
        found = self.misbehaviour.get(kind)
        if found is None:
            return None
        if found.count > 0:
            found.count -= 1
            if found.count == 0:
                del self.misbehaviour[kind]
        return found

    def thread(self, number: str) -> Iterator[Message]:
        """The texts to and from one handset, oldest first."""
        return (one for one in self.messages.values() if number in (one.from_, one.to))
