"""What people and tests do at the simulated telephones: dial, speak, press, text, answer, wait, misbehave."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from simulator.calls import Call, Input
from simulator.network import ClockAway, Network
from simulator.state import Event, Message, Misbehaviour

KINDS = {
    "message": {"refuse", "429", "5xx", "5xx_after", "drop", "hang", "slow"},
    "call": {"refuse", "429", "5xx", "5xx_after", "drop", "hang"},
    "webhook": {"repeat"},
    "callback": {"repeat", "delay", "drop", "shuffle"},
    "delivery": {"undelivered"},
}
MOST_EVENTS = 500
KEYS = "0123456789*#"
HEARTBEAT = 15.0  # seconds


class Wrong(Exception):
    """A request to the telephones that makes no sense; the message says why."""


class Control:
    """The telephones. Everything is JSON."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/sim/state", self.state),
            web.get("/sim/events", self.events),
            web.get("/sim/stream", self.stream),
            web.get("/sim/debugger", self.debugger),
            web.get("/sim/phones/{number}", self.phone),
            web.post("/sim/phones/{number}/dial", self.dial),
            web.post("/sim/phones/{number}/text", self.text),
            web.post("/sim/phones/{number}/read", self.read),
            web.get("/sim/calls/{sid}", self.call),
            web.post("/sim/calls/{sid}/{act}", self.act),
            web.get("/sim/misbehave", self.misbehaviour),
            web.post("/sim/misbehave", self.misbehave),
            web.post("/sim/clock", self.clock),
            web.post("/sim/wait", self.wait),
        ]

    async def state(self, request: web.Request) -> web.Response:
        """Clock, lines, contacts, and who has something new: what a page needs at first."""
        unread: dict[str, int] = {}
        for one in self.network.state.messages.values():
            if one.direction != "inbound" and not one.is_read:
                unread[one.to] = unread.get(one.to, 0) + 1
        config = self.network.config
        return web.json_response(
            {
                "now": self.network.clock.now().isoformat(),
                "manual": config.is_manual,
                "has_app_clock": bool(config.clock_url),
                "lines": [line.number for line in config.lines],
                "contacts": list(config.contacts),
                "links": list(config.links),
                "unread": unread,
                "ringing": [
                    call.snapshot()
                    for call in self.network.calls.values()
                    if call.status == "ringing" and call.direction != "inbound"
                ],
                "misbehaviour": _told(self.network),
                "last_event": self.network.state.last_event,
            }
        )

    async def events(self, request: web.Request) -> web.Response:
        """What happened after an event."""
        after = int(request.query.get("after", "0"))
        found = [event for event in self.network.state.events if event.id > after]
        return web.json_response({"events": [_event(event) for event in found[-MOST_EVENTS:]]})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The same as it happens (server-sent events); Last-Event-ID or ?after= resumes."""
        after = int(request.headers.get("Last-Event-ID") or request.query.get("after", "0"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue: asyncio.Queue[Event] = asyncio.Queue()
        for event in self.network.state.events:
            if event.id > after:
                queue.put_nowait(event)
        self.network.state.listeners.add(queue)
        try:
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), HEARTBEAT)
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                data = json.dumps(_event(event), ensure_ascii=False)
                await response.write(f"id: {event.id}\ndata: {data}\n\n".encode())
        except (ConnectionResetError, asyncio.CancelledError):
            return response
        finally:
            self.network.state.listeners.discard(queue)

    async def debugger(self, request: web.Request) -> web.Response:
        """Every loud error so far."""
        return web.json_response({"errors": self.network.state.debugger})

    async def phone(self, request: web.Request) -> web.Response:
        """One telephone: its calls and its texts."""
        number = request.match_info["number"]
        calls = [call.snapshot() for call in self.network.calls.values() if call.phone == number]
        return web.json_response(
            {
                "number": number,
                "calls": calls,
                "texts": [_text(one, number) for one in self.network.state.thread(number)],
            }
        )

    async def read(self, request: web.Request) -> web.Response:
        """Its owner looked at the texts."""
        number = request.match_info["number"]
        for one in self.network.state.thread(number):
            one.is_read = one.is_read or one.to == number
        return web.json_response({})

    async def dial(self, request: web.Request) -> web.Response:
        """Call somebody; `from` says what the other side sees instead of the number (a withheld caller).

        `patient`: the line waits for this person until he is silent on purpose.
        """
        asked = await _told_json(request)
        call = self.network.dial(request.match_info["number"], str(asked["to"]), from_=asked.get("from"))
        call.is_patient = bool(asked.get("patient"))
        return web.json_response(call.snapshot(), status=201)

    async def text(self, request: web.Request) -> web.Response:
        """Text somebody; `sid` repeats an earlier text, `times` delivers it so often, `media`: types of pictures."""
        asked = await _told_json(request)
        message = self.network.texts.come_in(
            request.match_info["number"],
            str(asked["to"]),
            str(asked["body"]),
            sid=str(asked.get("sid", "")),
            times=int(asked.get("times", 1)),
            media=[str(one) for one in asked.get("media", ())],
        )
        return web.json_response(_text(message, message.from_), status=201)

    async def call(self, request: web.Request) -> web.Response:
        """One call with its transcript."""
        return web.json_response(self._call(request).snapshot())

    async def act(self, request: web.Request) -> web.Response:
        """say, digits, silence, hangup, answer, decline."""
        call = self._call(request)
        asked = await _told_json(request)
        match request.match_info["act"]:
            case "say":
                call.take(Input("speech", str(asked["text"]), _confidence(asked)))
            case "digits":
                call.take(Input("digits", _keys(asked)))
            case "silence":
                call.take(Input("silence"))
            case "hangup":
                call.end(_put_down(call))
            case "answer":
                if call.direction == "inbound":
                    raise Wrong("it is the other side that answers")
                call.is_patient = bool(asked.get("patient"))
                call.answer()
            case "decline":
                call.end("busy")
            case other:
                raise Wrong(f"a telephone cannot {other}")
        return web.json_response(call.snapshot())

    async def misbehaviour(self, request: web.Request) -> web.Response:
        """What goes wrong now."""
        return web.json_response(_told(self.network))

    async def misbehave(self, request: web.Request) -> web.Response:
        """`{"kind","how","count","code","seconds","times"}`; without `how` that kind goes right again."""
        asked = await _told_json(request)
        kind, how = asked.get("kind", ""), asked.get("how", "")
        if kind not in KINDS or (how and how not in KINDS[kind]):
            raise Wrong(f"kinds and ways are: {json.dumps({name: sorted(ways) for name, ways in KINDS.items()})}")
        wrong = Misbehaviour(
            how,
            count=int(asked.get("count", -1)),
            code=int(asked.get("code", 30003 if kind == "delivery" else 0)),
            seconds=float(asked.get("seconds", 0)),
            times=int(asked.get("times", 1)),
        )
        self.network.misbehave(kind, wrong if how else None)
        return web.json_response(_told(self.network))

    async def clock(self, request: web.Request) -> web.Response:
        """Move the application's clock (and ours after it), or the manual clock of a test."""
        asked = await _told_json(request)
        if self.network.config.is_manual:
            await self.network.clock.advance(float(asked["advance"]), self.network.quiet.wait)
        elif self.network.config.clock_url:
            await self.network.move_app_clock(asked)
        else:
            raise Wrong("there is no clock to move")
        return web.json_response({"now": self.network.clock.now().isoformat()})

    async def wait(self, request: web.Request) -> web.Response:
        """Answer when nothing is under way any more; 504 when the time is over first."""
        asked = await _told_json(request)
        seconds = float(asked.get("timeout", 30))
        try:
            await asyncio.wait_for(self.network.quiet.wait(), seconds)
        except TimeoutError:
            return web.json_response({"error": "something is still under way"}, status=504)
        return web.json_response({})

    def _call(self, request: web.Request) -> Call:
        found = self.network.calls.get(request.match_info["sid"])
        if found is None:
            raise web.HTTPNotFound
        return found


@web.middleware
async def plain_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """A request that makes no sense gets one sentence instead of a trace."""
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except ClockAway as err:
        return web.json_response({"error": str(err)}, status=502)
    except (Wrong, KeyError, TypeError, ValueError) as err:
        return web.json_response({"error": str(err)}, status=400)


async def _told_json(request: web.Request) -> dict[str, Any]:
    """What a request says, as a JSON object; empty without a body. Raises Wrong.

    Only with its own content type: so no page of another site can reach the telephones unasked.
    """
    if not request.can_read_body:
        return {}
    if request.content_type != "application/json":
        raise Wrong("the body has to be application/json")
    asked = await request.json()
    if not isinstance(asked, dict):
        raise Wrong("the body has to be an object")
    return asked


def _keys(asked: dict[str, Any]) -> str:
    keys = str(asked["digits"])
    if not keys or set(keys) - set(KEYS):
        raise Wrong(f"keys are {KEYS}")
    return keys


def _confidence(asked: dict[str, Any]) -> float | None:
    given = asked.get("confidence")
    return None if given is None else float(given)


def _put_down(call: Call) -> str:
    """How a call ends whose person hangs up: one that was never answered was refused, or given up."""
    if call.answered is not None:
        return "completed"
    return "no-answer" if call.direction == "inbound" else "busy"


def _event(event: Event) -> dict[str, Any]:
    return {"id": event.id, "at": event.at.isoformat(), "kind": event.kind, **event.facts}


def _text(one: Message, owner: str) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "from": one.from_,
        "to": one.to,
        "body": one.body,
        "status": one.status,
        "direction": one.direction,
        "mine": one.from_ == owner,
        "read": one.is_read,
        "at": one.at.isoformat(),
    }


def _told(network: Network) -> dict[str, Any]:
    return {
        kind: {"how": wrong.how, "count": wrong.count, "seconds": wrong.seconds, "times": wrong.times}
        for kind, wrong in network.state.misbehaviour.items()
    }
