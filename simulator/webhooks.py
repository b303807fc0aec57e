"""Requests to the application: signed, retried as the address's fragment says, bounded, and never blocking."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp
from yarl import URL

from simulator.signature import sign

LIMIT = 15.0  # seconds for one request with all its tries
LARGEST = 64 * 1024  # bytes of an answer
REDIRECTS = 10
MOVED = (301, 302, 303, 307, 308)
TWIML = ("text/xml", "application/xml", "text/html")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a document is fetched, and how."""

    url: str
    method: str = "POST"

    @property
    def bare(self) -> str:
        """The address without its connection overrides."""
        return self.url.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said. `error` is the debugger's code of what went wrong, empty when nothing did."""

    status: int
    body: str
    content_type: str
    seconds: float
    error: str = ""


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
        """What the fragment of this address asks for, inside the carrier's bounds; the rest as by default."""
        words = parse_qs(url.partition("#")[2])

        def number(name: str, default: int, least: int, most: int) -> int:
            value = words.get(name, [""])[0]
            return min(max(int(value), least), most) if value.isdecimal() else default

        return cls(
            connect=number("ct", 5000, 100, 10000) / 1000,
            read=number("rt", 15000, 100, 15000) / 1000,
            total=number("tt", 15000, 100, 15000) / 1000,
            retries=number("rc", 1, 0, 5),
            on=frozenset(words.get("rp", ["ct"])[0].split(",")),
        )

    def retry(self, trouble: str) -> bool:
        """Whether this kind of trouble (`ct`, `rt`, `4xx`, `5xx`) is tried again."""
        return trouble in self.on or "all" in self.on


class Webhooks:
    """The one way to the application."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def send(self, address: Address, form: Mapping[str, str], cookies: dict[str, str] | None = None) -> Answer:
        """Send the parameters and give what came back. `cookies` are those of the conversation; new ones are added."""
        kept = {} if cookies is None else cookies
        if not is_fetchable(address.bare):
            return Answer(0, "", "", 0.0, "11100")
        overrides = Overrides.of(address.url)
        token = secrets.token_hex(16)
        began = time.monotonic()
        answer = Answer(0, "", "", 0.0, "11200")
        for _ in range(overrides.retries + 1):
            left = overrides.total - (time.monotonic() - began)
            if left <= 0:
                break
            timeout = aiohttp.ClientTimeout(total=left, sock_connect=overrides.connect, sock_read=overrides.read)
            answer, trouble = await self._once(address, form, kept, token, timeout)
            if not trouble or not overrides.retry(trouble):
                break
        return answer

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()

    async def _once(
        self,
        address: Address,
        form: Mapping[str, str],
        cookies: dict[str, str],
        token: str,
        timeout: aiohttp.ClientTimeout,
    ) -> tuple[Answer, str]:
        """One try: the answer, and the kind of trouble if there was any."""
        began = time.monotonic()
        try:
            status, body, kind = await self._request(address, form, cookies, token, timeout)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Answer(0, "", "", time.monotonic() - began, "11205"), "ct"
        except (TimeoutError, aiohttp.ClientError, ConnectionError, ValueError):
            return Answer(0, "", "", time.monotonic() - began, "11200"), "rt"
        trouble = "5xx" if status >= 500 else "4xx" if status >= 400 else ""
        error = "11200" if trouble else "11750" if len(body) > LARGEST else "11215" if status in MOVED else ""
        seconds = time.monotonic() - began
        return Answer(status, body.decode("utf-8", "replace"), kind, seconds, error), trouble

    async def _request(
        self,
        address: Address,
        form: Mapping[str, str],
        cookies: dict[str, str],
        token: str,
        timeout: aiohttp.ClientTimeout,
    ) -> tuple[int, bytes, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        method, url = address.method, URL(address.bare)
        if method == "GET":
            url = url.extend_query(dict(form))
        for _ in range(REDIRECTS + 1):
            data = dict(form) if method == "POST" else None
            headers = {
                "X-Twilio-Signature": sign(str(url), data or {}, self._token),
                "I-Twilio-Idempotency-Token": token,
                "User-Agent": "TwilioProxy/1.1",
            }
            async with self._session.request(
                method, url, data=data, headers=headers, cookies=cookies, timeout=timeout, allow_redirects=False
            ) as response:
                cookies.update({name: morsel.value for name, morsel in response.cookies.items()})
                if response.status not in MOVED or "Location" not in response.headers:
                    return response.status, await _bounded(response), response.content_type
                url = URL(urljoin(str(url), response.headers["Location"]))
                # Other moves turn a post into a GET, and what was pressed or said is lost: as with the real one.
                method = method if response.status in (307, 308) else "GET"
        return 302, b"", ""


def is_fetchable(url: str) -> bool:
    """An absolute address with a host name that the carrier takes: it refuses underscores in them."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")
    except ValueError:
        return False


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body, or as much of it as is enough to know that it is too large."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > LARGEST:
            break
    return bytes(body)


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
