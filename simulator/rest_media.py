"""What came with texts, by REST: list, delete."""

from __future__ import annotations

from email.utils import format_datetime

from aiohttp import web

from simulator.network import Network
from simulator.refusals import Refused
from simulator.rest_pages import is_in_span, page
from simulator.state import Message, media_path


class MediaOfTexts:
    """The Media resource of one text."""

    def __init__(self, network: Network) -> None:
        self.network = network

    async def log(self, request: web.Request) -> web.StreamResponse:
        """What is left of the pictures of a text."""
        message = self._message(request)
        at, account = format_datetime(message.at), self.network.config.account_sid
        found = [
            {
                "sid": one.sid,
                "account_sid": account,
                "parent_sid": message.sid,
                "content_type": one.content_type,
                "date_created": at,
                "date_updated": at,
                "uri": f"{media_path(account, message, one)}.json",
            }
            for one in message.media
            if is_in_span(message.at, request.query, "DateCreated")
        ]
        return page(request, "media_list", found)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete one; the text stays."""
        message, sid = self._message(request), request.match_info["sid"]
        left = [one for one in message.media if one.sid != sid]
        if len(left) == len(message.media):
            raise Refused(20404, 404)
        message.media = left
        return web.Response(status=204)

    def _message(self, request: web.Request) -> Message:
        found = self.network.state.messages.get(request.match_info["message"])
        if found is None or found.direction == "carrier":
            raise Refused(20404, 404)
        return found
