"""Requests to the application: signed, retried as the address's fragment says, with a fallback, and never blocking."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp

from simulator.signature import sign

LIMIT = 15.0  # seconds for one request in all
LARGEST = 64 * 1024
REDIRECTS = 10
MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said. `error` is the debugger's code of what went wrong, empty when nothing did."""

    status: int
    body: str
    content_type: str
    seconds: float
    error: str = ""

    @property
    def is_document(self) -> bool:
        """Whether it is TwiML."""
        return not self.error and self.content_type in ("text/xml", "application/xml", "text/html")


@dataclass(frozen=True, slots=True)
class Overrides:
    """Connection overrides of an address (`#ct=..&rt=..&tt=..&rc=..&rp=..`), in seconds."""

    connect: float = 5.0
    read: float = 15.0
    total: float = LIMIT
    retries: int = 1
    on: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str) -> Overrides:
        """What the fragment of this address asks for; the rest as by default."""
        words = parse_qs(urlsplit(url).fragment)

        def number(name: str, default: float, unit: float) -> float:
            value = words.get(name, [""])[0]
            return float(value) / unit if value.isdecimal() else default

        on = frozenset(words.get("rp", ["ct"])[0].split(","))
        return cls(
            number("ct", 5.0, 1000), number("rt", 15.0, 1000), number("tt", LIMIT, 1000), int(number("rc", 1, 1)), on
        )

    def retry(self, trouble: str) -> bool:
        """Whether this kind of trouble (`ct`, `rt`, `4xx`, `5xx`) is tried again."""
        return trouble in self.on or "all" in self.on


class Webhooks:
    """The one way to the application. `in_flight` counts what is under way, so that one can wait for quiet."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, form: Mapping[str, str], fallback: str = "") -> Answer:
        """Post a form and give what came back, from the fallback address when the first one failed."""
        answer = await self._tried(url, form)
        if answer.error and fallback:
            more = {"ErrorCode": answer.error, "ErrorUrl": url.partition("#")[0]}
            answer = await self._tried(fallback, {**form, **more})
        return answer

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()

    async def _tried(self, url: str, form: Mapping[str, str]) -> Answer:
        overrides = Overrides.of(url)
        token = secrets.token_hex(16)
        ends = time.monotonic() + min(overrides.total, LIMIT)
        answer = Answer(0, "", "", 0.0, "11200")
        for _ in range(overrides.retries + 1):
            answer, trouble = await self._once(url, form, overrides, token)
            if not trouble or not overrides.retry(trouble) or time.monotonic() >= ends:
                break
        return answer

    async def _once(self, url: str, form: Mapping[str, str], overrides: Overrides, token: str) -> tuple[Answer, str]:
        began = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=LIMIT, sock_connect=overrides.connect, sock_read=overrides.read)
        try:
            status, body, kind = await self._request(url.partition("#")[0], form, token, timeout)
        except aiohttp.ClientConnectorError:
            return Answer(0, "", "", time.monotonic() - began, "11205"), "ct"
        except (TimeoutError, aiohttp.ClientError, ConnectionError):
            return Answer(0, "", "", time.monotonic() - began, "11200"), "rt"
        seconds = time.monotonic() - began
        trouble = "5xx" if status >= 500 else "4xx" if status >= 400 else ""
        error = "11200" if trouble else "11750" if len(body) > LARGEST else "11215" if status in MOVED else ""
        return Answer(status, body, kind, seconds, error), trouble

    async def _request(
        self, url: str, form: Mapping[str, str], token: str, timeout: aiohttp.ClientTimeout
    ) -> tuple[int, str, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        method = "POST"
        for _ in range(REDIRECTS + 1):
            data = dict(form) if method == "POST" else None
            headers = {
                "X-Twilio-Signature": sign(url, data or {}, self._token),
                "I-Twilio-Idempotency-Token": token,
                "User-Agent": "TwilioProxy/1.1",
            }
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status not in MOVED or "Location" not in response.headers:
                    return response.status, await response.text(errors="replace"), response.content_type
                url = urljoin(url, response.headers["Location"])
                method = "POST" if response.status in (307, 308) else "GET"
        return 302, "", ""


class Quiet:
    """Counts what is under way; `wait` returns once nothing has been for a moment."""

    def __init__(self) -> None:
        self._count = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()

    def __enter__(self) -> None:
        self._count += 1
        self._is_quiet.clear()

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if self._count == 0:
            self._is_quiet.set()

    async def wait(self) -> None:
        """Return when nothing is under way, also after letting whatever is ready run."""
        while True:
            await self._is_quiet.wait()
            for _ in range(5):
                await asyncio.sleep(0)
            if self._count == 0:
                return
