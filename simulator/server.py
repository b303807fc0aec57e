"""The simulator as one aiohttp application: REST, telephones, page."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from simulator.config import Config
from simulator.control import Control, plain_errors
from simulator.network import Network
from simulator.page import Page
from simulator.rest import Rest

NETWORK = web.AppKey("network", Network)


def create_application(config: Config, base: str) -> web.Application:
    """The whole simulator; `base` is its own address, for the links it gives out."""
    network = Network(config, base)
    application = web.Application(middlewares=[plain_errors], client_max_size=1024 * 1024)
    application[NETWORK] = network
    application.add_routes(Rest(network).routes())
    application.add_routes(Control(network).routes())
    application.add_routes(Page(network).routes())
    application.cleanup_ctx.append(_open_and_close)
    return application


async def _open_and_close(application: web.Application) -> AsyncIterator[None]:
    await application[NETWORK].follow_app_clock()
    yield
    await application[NETWORK].close()
