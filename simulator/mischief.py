"""How a creation by REST goes wrong when told to: before anything happened, or after, so that nobody learns it."""

from __future__ import annotations

import asyncio

from aiohttp import web

from simulator.refusals import Refused
from simulator.state import Misbehaviour

HANGS = 30.0  # seconds, unless told otherwise
NONE = Misbehaviour("")


async def before(how: Misbehaviour | None) -> None:
    """Be slow, refuse, be overloaded or broken. Raises Refused."""
    told = how or NONE
    match told.how:
        case "slow":
            await asyncio.sleep(told.seconds)
        case "refuse":
            raise Refused(told.code or 21211)
        case "429":
            raise Refused(20429, 429)
        case "5xx":
            raise Refused(20500, 500)


async def after(request: web.Request, how: Misbehaviour | None) -> None:
    """It was done, but the one who asked does not learn it: an error, a line that drops, an answer that never comes."""
    told = how or NONE
    if told.how == "5xx_after":
        raise Refused(20500, 500)
    if told.how == "hang":
        await asyncio.sleep(told.seconds or HANGS)
    if told.how in ("hang", "drop") and request.transport is not None:
        request.transport.abort()
