"""The connections to the carrier: one event loop in a thread for each process, and the library's client on it."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlencode

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from config.settings import TWILIO_API

T = TypeVar("T")


class Engine:
    """An event loop in a thread of its own, with the client that lives on it."""

    def __init__(self, opening: Callable[[], Coroutine[Any, Any, Client]]) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="carrier", daemon=True)
        self._thread.start()
        self.client: Client = self.start(opening()).result()
        atexit.register(self.stop)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin something on the loop; the caller's thread may wait for the future."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Close the connections and end the thread. In a forked child this is the parent's: it is left alone."""
        if self.pid != os.getpid() or self._loop.is_closed():
            return
        atexit.unregister(self.stop)
        self.start(self.client.http_client.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Http(AsyncTwilioHttpClient):  # type: ignore[misc]
    """The library's async client with our base, our time-outs, and no log of what people write.

    Proxies and other settings of the machine's environment are not used; redirects are not followed.
    """

    def __init__(self, base: SplitResult, timeout: aiohttp.ClientTimeout, connections: int) -> None:
        super().__init__(pool_connections=False)
        self._start = f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}"
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections), timeout=timeout, trust_env=False
        )

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request to the base instead of Twilio's own address."""
        form = None if data is None else urlencode(data, doseq=True, errors="replace").encode()
        sent = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)} if auth else headers
        async with self.session.request(
            method.upper(),
            self._start + url.removeprefix(TWILIO_API),
            params=params,
            data=form,
            headers=sent,
            allow_redirects=False,
        ) as answer:
            return Response(answer.status, (await answer.read()).decode("utf-8", "replace"), answer.headers)
