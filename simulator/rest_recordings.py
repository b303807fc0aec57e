"""Recordings by REST: log, fetch, sound, delete."""

from __future__ import annotations

import io
import math
import struct
import wave
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from simulator.network import Network
from simulator.refusals import Refused
from simulator.rest_pages import is_in_span, page
from simulator.state import Recording

RATE = 8000  # samples a second, as on the telephone
PITCH = 440
LOUDNESS = 900
LONGEST_SOUND = 120  # seconds: the rest of a long recording is not worth its bytes


class Recordings:
    """The Recordings resource, of the account and of one call."""

    def __init__(self, network: Network) -> None:
        self.network = network

    async def log(self, request: web.Request) -> web.StreamResponse:
        """The recordings of the account, or of one call, newest first."""
        sid = request.match_info.get("call") or request.query.get("CallSid")
        found = [
            self._body(one)
            for one in reversed(self.network.state.recordings.values())
            if not one.is_deleted and sid in (None, one.call_sid) and is_in_span(one.at, request.query, "DateCreated")
        ]
        return page(request, "recordings", found)

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """What is known of one recording."""
        return web.json_response(self._body(self._known(request)))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete it here."""
        self._known(request).is_deleted = True
        return web.Response(status=204)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """The sound: a quiet tone as long as what was said."""
        one = self._known(request)
        return web.Response(body=_tone(min(one.seconds, LONGEST_SOUND)), content_type="audio/x-wav")

    def _known(self, request: web.Request) -> Recording:
        found = self.network.state.recordings.get(request.match_info["sid"])
        if found is None or found.is_deleted:
            raise Refused(20404, 404)
        return found

    def _body(self, one: Recording) -> dict[str, Any]:
        account = self.network.config.account_sid
        return {
            "sid": one.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "call_sid": one.call_sid,
            "duration": str(one.seconds),
            "status": "completed",
            "channels": 1,
            "source": one.source,
            "error_code": None,
            "price": None,
            "price_unit": "USD",
            "date_created": format_datetime(one.at),
            "date_updated": format_datetime(one.at),
            "start_time": format_datetime(one.at),
            "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{account}/Recordings/{one.sid}.json",
        }


def _tone(seconds: int) -> bytes:
    out = io.BytesIO()
    second = b"".join(
        struct.pack("<h", int(LOUDNESS * math.sin(2 * math.pi * PITCH * sample / RATE))) for sample in range(RATE)
    )
    with wave.Wave_write(out) as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(second * seconds)
    return out.getvalue()
