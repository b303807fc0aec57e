"""Twilio's REST interface, as far as texts, calls and recordings go: credentials, routes, pages, error bodies."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable

from aiohttp import web

from simulator.network import Network
from simulator.refusals import Refused
from simulator.rest_calls import Calls
from simulator.rest_media import MediaOfTexts
from simulator.rest_messages import Messages
from simulator.rest_recordings import Recordings

ROOT = "/2010-04-01/Accounts/{account}"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """The resources. Every handler is behind the account's credentials."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        messages, calls, recordings = Messages(self.network), Calls(self.network), Recordings(self.network)
        media = MediaOfTexts(self.network)
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/Messages.json", messages.create),
            ("GET", "/Messages.json", messages.log),
            ("GET", "/Messages/{sid}.json", messages.fetch),
            ("POST", "/Messages/{sid}.json", messages.update),
            ("DELETE", "/Messages/{sid}.json", messages.delete),
            ("GET", "/Messages/{message}/Media.json", media.log),
            ("DELETE", "/Messages/{message}/Media/{sid}.json", media.delete),
            ("POST", "/Calls.json", calls.create),
            ("GET", "/Calls.json", calls.log),
            ("GET", "/Calls/{sid}.json", calls.fetch),
            ("POST", "/Calls/{sid}.json", calls.update),
            ("GET", "/Calls/{call}/Recordings.json", recordings.log),
            ("GET", "/Recordings.json", recordings.log),
            ("GET", "/Recordings/{sid}.json", recordings.fetch),
            ("DELETE", "/Recordings/{sid}.json", recordings.delete),
            ("GET", "/Recordings/{sid}.wav", recordings.media),
            ("GET", "/Recordings/{sid}.mp3", recordings.media),
            ("GET", "/Recordings/{sid}", recordings.media),
            ("*", "/{rest:.*}", _nothing),
        ]
        return [web.route(method, ROOT + path, self._checked(handler)) for method, path, handler in table]

    def _checked(self, handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            try:
                self._authenticate(request)
                try:
                    form = [(name, str(value)) for name, value in (await request.post()).items()]
                except (ValueError, LookupError) as err:
                    raise Refused(20001, 400, "the body is no form") from err
                self.network.record_request(request.method, request.path_qs, form)
                return await handler(request)
            except Refused as err:
                self.network.tell("refused", code=err.code, path=request.path)
                return err.answer()

        return checked

    def _authenticate(self, request: web.Request) -> None:
        config = self.network.config
        wanted = base64.b64encode(f"{config.account_sid}:{config.auth_token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            raise Refused(20003, 401)
        if request.match_info["account"] != config.account_sid:
            raise Refused(20404, 404)


async def _nothing(request: web.Request) -> web.StreamResponse:
    raise Refused(20404, 404)
