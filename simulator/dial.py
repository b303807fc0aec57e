"""Dial: other telephones rung, at once or one after another; the first to answer is bridged; the action hears of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.calls import Call
from simulator.steps import Deadline, GoOn, resolved
from simulator.twiml import Verb

if TYPE_CHECKING:
    from simulator.walk import Walk

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST = 4 * 3600  # seconds
TALK = {"verb": "talk", "input": ["speech", "dtmf"]}

Leg = tuple[Call, Verb]  # a telephone that rings, and the noun that named it


async def dial(walk: Walk, verb: Verb, base: str) -> None:
    """Ring, bridge, tell the action. Raises HungUp or GoOn where the call does not go on with the next verb."""
    call = walk.call
    action = walk.address(base, verb) if "action" in verb.attributes else None
    nouns = _diallable(walk, verb)
    legs: list[Leg] = []
    winner: Call | None = None
    for group in [[noun] for noun in nouns] if verb.flag("sequential") else [nouns]:
        legs = [_ring(walk, noun, verb, base) for noun in group]
        winner = await _first_to_answer(walk, legs, verb.number("timeout", 30), base) if legs else None
        _ring_off(call, legs, winner)
        if winner is not None or not call.is_live or call.next_step is not None:
            break
    more = {"DialCallStatus": _status(call, legs, winner), "DialBridged": "false" if winner is None else "true"}
    if winner is not None:
        more |= await _bridge(walk, winner, verb, base)
    answered = winner or next((leg for leg, _ in legs if leg.answered), None)
    if answered is not None:
        more["DialCallDuration"] = str(answered.seconds)
    if legs:
        more["DialCallSid"] = (answered or legs[0][0]).sid
    if action is not None and not call.is_live:
        await walk.tell(action, more)
    walk.heed()
    if action is not None:
        raise GoOn(action, more)


def _diallable(walk: Walk, verb: Verb) -> list[Verb]:
    """The nouns that can be rung at all; a wrong number or caller is a loud error, and the Dial has failed."""
    call, lines = walk.call, {line.number for line in walk.network.config.lines}
    shown = verb.attributes.get("callerId", call.from_)
    if "callerId" in verb.attributes and shown not in lines | {call.from_, call.to}:
        walk.network.debug("13214", f"callerId {shown} is no number of this call or account", call=call.sid)
        return []
    for noun in verb.inside:
        if not E164.fullmatch(noun.text):
            walk.network.debug("13224", f"{noun.text!r} cannot be dialled", call=call.sid)
    return [noun for noun in verb.inside if E164.fullmatch(noun.text)]


def _ring(walk: Walk, noun: Verb, verb: Verb, base: str) -> Leg:
    call = walk.call
    leg = walk.network.ring(noun.text, verb.attributes.get("callerId", call.from_), parent=call)
    if "statusCallback" in noun.attributes:
        leg.callback = walk.address(base, noun, "statusCallback", "statusCallbackMethod")
        leg.callback_events = tuple(noun.attributes.get("statusCallbackEvent", "completed").split())
    leg.event("initiated")
    leg.event("ringing")
    call.say("system", f"☎ {leg.to}")
    return leg, noun


async def _first_to_answer(walk: Walk, legs: list[Leg], timeout: float, base: str) -> Call | None:
    """The leg that picked up first (and stayed after its whisper), or None."""
    call = walk.call
    with Deadline(call, timeout) as until:
        while True:
            for leg, noun in legs:
                if leg.status == "in-progress" and await _may_be_bridged(leg, noun, walk, base):
                    return leg
            if until.has_passed or not call.is_live or call.next_step is not None:
                return None
            if not any(leg.is_live for leg, _ in legs):
                return None
            call.hurried = 0
            await walk.network.outside_quiet(call.stirred.wait())
            call.stirred.clear()


async def _may_be_bridged(leg: Call, noun: Verb, walk: Walk, base: str) -> bool:
    """Let the leg hear what its noun has to tell it, for as long as somebody is there to be put through."""
    if "url" not in noun.attributes:
        return True
    walk.call.hearing = leg
    try:
        return await type(walk)(leg).whisper(walk.address(base, noun, "url"))
    finally:
        walk.call.hearing = None


def _ring_off(call: Call, legs: list[Leg], winner: Call | None) -> None:
    """The others stop ringing."""
    nobody_waits = winner is not None or not call.is_live or call.next_step is not None
    for leg, _ in legs:
        if leg is not winner:
            leg.end("completed" if leg.answered else "canceled" if nobody_waits else "no-answer")


def _status(call: Call, legs: list[Leg], winner: Call | None) -> str:
    """How it ended, in the words of the action's request.

    A leg that was picked up and ended before it was bridged has been completed all the same: DialBridged tells the two
    apart.
    """
    if winner is not None or any(leg.answered for leg, _ in legs):
        return "completed"
    if not legs:
        return "failed"
    if not call.is_live:
        return "canceled"
    ended = {leg.status for leg, _ in legs}
    return next((status for status in ("busy", "failed") if ended == {status}), "no-answer")


async def _bridge(walk: Walk, leg: Call, verb: Verb, base: str) -> dict[str, str]:
    """Let both talk until one hangs up, is sent elsewhere, or the time is over; where it was recorded."""
    call, network = walk.call, walk.network
    call.answer()
    began, first_line = network.clock.now(), len(call.transcript)
    call.other, leg.other = leg, call
    call.star_ends = verb.flag("hangupOnStar")
    call.say("system", f"↔ {leg.phone}")
    leg.say("system", f"↔ {call.phone}")
    call.waiting_for = leg.waiting_for = TALK
    with Deadline(call, verb.number("timeLimit", LONGEST)) as until:
        while call.is_live and leg.is_live and not until.has_passed and not (call.next_step or leg.next_step):
            call.hurried = 0
            await network.outside_quiet(call.stirred.wait())
            call.stirred.clear()
    call.other = leg.other = None
    call.star_ends = False
    call.waiting_for = leg.waiting_for = None
    onward = leg.turned()
    if onward is not None and leg.is_live:
        leg.task = network.start(type(walk)(leg).run(onward))
    else:
        leg.end()
    if not verb.attributes.get("record", "do-not-record").startswith("record"):
        return {}
    words = " ".join(line.text for line in call.transcript[first_line:] if line.who in ("me", "other"))
    callback = verb.attributes.get("recordingStatusCallback")
    return network.keep_recording(
        call,
        words,
        int((network.clock.now() - began).total_seconds()),
        began,
        "DialVerb",
        resolved(base, callback, verb.attributes.get("recordingStatusCallbackMethod", "POST")) if callback else None,
        verb.attributes.get("recordingStatusCallbackEvent", "completed"),
    )
