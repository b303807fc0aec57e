"""Twilio, and whoever speaks its REST interface, behind the Carrier protocol: twilio-python's own async client."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import aiohttp
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.message import MessageInstance

from config.settings import LOOPBACK, TWILIO_API, BadSetting, Settings
from telephony.carrier import (
    CarrierAway,
    CarrierRefused,
    LoggedCall,
    LoggedMessage,
    Outcome,
    OutcomeUnknown,
    Outgoing,
    Recording,
    Sent,
)
from telephony.gate import may_reach
from telephony.statuses import CallState, Delivery, Fault, call_state, delivery
from telephony.twilio_failures import FAILURES, SID, by_status, in_our_words, sid_of
from telephony.twilio_http import Engine, Http

IN_FLIGHT = 64  # texts side by side in one process (measured: more brings nothing on one core)
ASIDE = 16  # connections beyond those: calls, look-ups, recordings
CONNECT_TIMEOUT = timedelta(seconds=5)
READ_TIMEOUT = timedelta(seconds=15)
VALID_FOR = (timedelta(seconds=1), timedelta(hours=10))  # what the carrier takes as a validity period
RECORDING_BYTES = 16 * 1024 * 1024  # half an hour of telephone sound
DOWNLOAD_TIMEOUT = timedelta(minutes=2)
REDIRECTS = 3
MOVED = frozenset({301, 302, 303, 307, 308})
LOG_ROWS = 200  # of the carrier's log about one number: far more than two minutes hold
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
# Where Twilio keeps sound: its answer may lead there, and our credentials never go along.
MEDIA_HOSTS = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")

T = TypeVar("T")
Ending = tuple[Outgoing, Outcome]


class TwilioCarrier:
    """One account at Twilio, or at a carrier that copies its interface.

    Each process keeps one event loop with one pool of connections in a thread of its own, started at the first use
    and again in a forked child. Nothing is retried here: rows know when to try again. Every message and call passes
    the go-live gate, so that no caller can forget it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        in_flight: int = IN_FLIGHT,
        connect_timeout: timedelta = CONNECT_TIMEOUT,
        read_timeout: timedelta = READ_TIMEOUT,
        recording_bytes: int = RECORDING_BYTES,
    ) -> None:
        """Raises BadSetting when TWILIO_API_BASE is plain http to another machine."""
        self._settings = settings
        self._base = _checked_base(settings.twilio_api_base)
        self._in_flight = in_flight
        self._timeout = aiohttp.ClientTimeout(
            total=(connect_timeout * 2 + read_timeout * 2).total_seconds(),  # against answers that drip
            connect=connect_timeout.total_seconds() * 2,  # with waiting for a free connection
            sock_connect=connect_timeout.total_seconds(),
            sock_read=read_timeout.total_seconds(),
        )
        self._long_timeout = aiohttp.ClientTimeout(
            total=DOWNLOAD_TIMEOUT.total_seconds(),
            sock_connect=connect_timeout.total_seconds(),
            sock_read=read_timeout.total_seconds(),
        )
        self._recording_bytes = recording_bytes
        self._engines: list[Engine] = []
        self._starting = threading.Lock()

    def send_batch(self, batch: Sequence[Outgoing], *, on_outcome: Callable[[Outgoing, Outcome], None]) -> None:
        """Send side by side on pooled connections; see the protocol."""
        ended: SimpleQueue[list[Ending] | None] = SimpleQueue()
        waiting = iter(batch)
        sending = self._engine().start(self._send_all(waiting, min(self._in_flight, len(batch)), ended))
        sending.add_done_callback(lambda _: ended.put(None))
        try:
            while (endings := ended.get()) is not None:
                for message, outcome in endings:
                    on_outcome(message, outcome)
        except BaseException:
            # What cannot be written down must not be sent: those in flight end, the others stay where they are.
            for _ in waiting:
                pass
            raise
        finally:
            sending.result()

    def send_sms(self, message: Outgoing) -> Sent:
        """Send one; raises what went wrong."""
        outcome = self._do(self._send(message))
        if isinstance(outcome, Sent):
            return outcome
        raise outcome

    def dial(self, *, to: str, url: str, status_url: str, timeout: timedelta) -> str:
        """Call a number from the hotline's."""
        if not may_reach(to, self._settings):
            raise CarrierRefused("gate")

        async def create(client: Client) -> str:
            call = await client.calls.create_async(
                to=to,
                from_=self._settings.hotline_number,
                url=url,
                method="POST",
                status_callback=status_url,
                status_callback_method="POST",
                status_callback_event=CALL_EVENTS,
                timeout=max(5, min(600, round(timeout.total_seconds()))),
            )
            return sid_of(call.sid)

        return self._do(self._attempt(create))

    def hang_up(self, call_sid: str) -> None:
        """End a live call."""
        sid = _safe(call_sid)
        self._do(self._repeatable(lambda client: client.calls(sid).update_async(status="completed")))

    def redirect(self, call_sid: str, url: str) -> None:
        """Let a live call go on at another document."""
        sid = _safe(call_sid)
        self._do(self._repeatable(lambda client: client.calls(sid).update_async(url=url, method="POST")))

    def find_messages(self, to: str, sent_after: datetime, sent_before: datetime) -> list[LoggedMessage]:
        """The carrier's log of texts from our sender to this number, taken between two moments, newest first.

        The time is compared here and not by the carrier: a text that still waits there has no sending time, and its
        filter would leave out the very one that is looked for. With the demo clock the two programs' times have
        nothing to do with each other, so all are returned. Leave out those that other rows own already.
        """

        async def ask(client: Client) -> list[LoggedMessage]:
            rows = await client.messages.list_async(
                to=to, from_=self._settings.sms_sender, limit=LOG_ROWS, page_size=LOG_ROWS
            )
            return [_logged_message(row) for row in rows]

        found = self._do(self._repeatable(ask))
        wanted = [row for row in found if self._is_within(row.sent_at, sent_after, sent_before)]
        return sorted(wanted, key=lambda row: row.sent_at, reverse=True)

    def find_calls(self, to: str, started_after: datetime) -> list[LoggedCall]:
        """The carrier's log of calls from our line to this number since a moment, newest first; as `find_messages`."""

        async def ask(client: Client) -> list[LoggedCall]:
            rows = await client.calls.list_async(
                to=to, from_=self._settings.hotline_number, limit=LOG_ROWS, page_size=LOG_ROWS
            )
            return [_logged_call(row) for row in rows]

        found = self._do(self._repeatable(ask))
        wanted = [row for row in found if self._is_within(row.started_at, started_after, None)]
        return sorted(wanted, key=lambda row: row.started_at, reverse=True)

    def call_status(self, call_sid: str) -> CallState:
        """Where a call stands at the carrier."""
        sid = _safe(call_sid)

        async def ask(client: Client) -> CallState:
            return call_state(str((await client.calls(sid).fetch_async()).status))

        return self._do(self._repeatable(ask))

    def fetch_recording(self, url: str) -> Recording:
        """The sound, from the carrier's own host only, up to a size."""
        if not self._is_ours(urlsplit(url)):
            raise CarrierRefused("foreign-address", Fault.PERMANENT)
        return self._do(self._repeatable(lambda client: self._download(client, url)))

    def delete_recording(self, recording_sid: str) -> None:
        """Delete the carrier's copy."""
        sid = _safe(recording_sid)
        self._unless_gone(lambda client: client.recordings(sid).delete_async())

    def delete_media(self, message_sid: str) -> None:
        """Delete, one by one, what came with a text."""
        sid = _safe(message_sid)

        async def ask(client: Client) -> list[str]:
            return [sid_of(one.sid) for one in await client.messages(sid).media.list_async()]

        for media_sid in self._unless_gone(ask) or ():
            self._unless_gone(partial(_delete_media, sid, media_sid))

    def close(self) -> None:
        """Close this process's connections and end its thread; the next use starts anew."""
        with self._starting:
            while self._engines:
                self._engines.pop().stop()

    async def _send_all(self, waiting: Iterator[Outgoing], lanes: int, ended: SimpleQueue[list[Ending] | None]) -> None:
        """Keep so many in flight, and hand over together what ends in one turn of the loop: waking a thread costs."""
        loop = asyncio.get_running_loop()
        endings: list[Ending] = []

        def hand_over() -> None:
            ended.put(endings.copy())
            endings.clear()

        async def lane() -> None:
            for message in waiting:
                outcome = await self._send(message)
                if not endings:
                    loop.call_soon(hand_over)
                endings.append((message, outcome))

        await asyncio.gather(*(lane() for _ in range(lanes)))

    async def _send(self, message: Outgoing) -> Outcome:
        if not may_reach(message.to, self._settings):
            return CarrierRefused("gate")
        wanted: dict[str, Any] = {
            "to": message.to,
            "from_": self._settings.sms_sender,
            "body": message.body,
            "status_callback": message.callback_url,
        }
        if message.valid_for is not None:
            shortest, longest = VALID_FOR
            wanted["validity_period"] = round(max(shortest, min(longest, message.valid_for)).total_seconds())

        async def create(client: Client) -> Sent:
            taken = await client.messages.create_async(**wanted)
            return Sent(sid_of(taken.sid), delivery(str(taken.status)) or Delivery.SUBMITTED)

        try:
            return await self._attempt(create)
        except (CarrierRefused, CarrierAway, OutcomeUnknown) as failure:
            return failure

    async def _attempt(self, act: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Do something that must not happen twice, with the failure in our words."""
        try:
            return await act(self._engine().client)
        except FAILURES as err:
            raise in_our_words(err) from err

    async def _repeatable(self, act: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Do something that may happen twice: where the outcome is unknown the carrier is just away."""
        try:
            return await self._attempt(act)
        except OutcomeUnknown as unknown:
            raise CarrierAway(unknown.code) from unknown

    async def _download(self, client: Client, url: str) -> Recording:
        """Follow the carrier's redirects to where it keeps the sound; our credentials stay with the carrier."""
        http: Http = client.http_client
        for _ in range(REDIRECTS + 1):
            target = urlsplit(url)
            if not (self._is_ours(target) or _is_media_store(target)):
                break
            headers = {"Authorization": aiohttp.encode_basic_auth(*client.auth)} if self._is_ours(target) else {}
            async with http.session.get(
                url, headers=headers, allow_redirects=False, timeout=self._long_timeout
            ) as answer:
                if answer.status in MOVED and "Location" in answer.headers:
                    url = urljoin(url, answer.headers["Location"])
                    continue
                if answer.status != 200:
                    raise by_status(answer.status, None)
                return Recording(await self._limited(answer), answer.content_type)
        raise CarrierRefused("foreign-address", Fault.PERMANENT)

    async def _limited(self, answer: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for part in answer.content.iter_chunked(65536):
            content += part
            if len(content) > self._recording_bytes:
                raise CarrierRefused("recording-too-large", Fault.PERMANENT)
        return bytes(content)

    def _is_ours(self, target: SplitResult) -> bool:
        """Whether an address is the carrier's own interface, to which our credentials may go."""
        if target.username is not None or target.scheme != self._base.scheme:
            return False
        host, base_host = target.hostname or "", self._base.hostname or ""
        if _port(target) == _port(self._base) and (host == base_host or {host, base_host} <= LOOPBACK):
            return True
        return base_host == urlsplit(TWILIO_API).hostname and _port(target) == 443 and host.endswith(".twilio.com")

    def _is_within(self, moment: datetime, after: datetime, before: datetime | None) -> bool:
        """The carrier's log knows whole seconds only, so the first second belongs to it."""
        if self._settings.is_demo_clock:
            return True
        return after - timedelta(seconds=1) <= moment and (before is None or moment <= before)

    def _engine(self) -> Engine:
        """The event loop of this process. A child after a fork has only the memory of its parent's."""
        if self._engines and self._engines[-1].pid == os.getpid():
            return self._engines[-1]
        with self._starting:
            if not self._engines or self._engines[-1].pid != os.getpid():
                self._engines.append(Engine(self._open))
        return self._engines[-1]

    def _unless_gone(self, act: Callable[[Client], Coroutine[Any, Any, T]]) -> T | None:
        """Do something that may happen twice; None when what it is about is not there any more."""
        try:
            return self._do(self._repeatable(act))
        except CarrierRefused as refusal:
            if refusal.code not in {"20404", "http-404"}:
                raise
        return None

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._engine().start(work).result()

    async def _open(self) -> Client:
        return Client(
            self._settings.twilio_account_sid,
            self._settings.twilio_auth_tokens[0],
            http_client=Http(self._base, self._timeout, self._in_flight + ASIDE),
            environment={"TWILIO_REGION": ""},  # the machine's own environment must not lead requests elsewhere
        )


def _checked_base(base: str) -> SplitResult:
    parts = urlsplit(base)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in LOOPBACK):
        raise BadSetting("TWILIO_API_BASE must begin with https:// unless the carrier runs on this machine.")
    return parts


def _safe(sid: str) -> str:
    """An id that may stand in a path; ids are opaque, yet none of any carrier holds a slash or a space."""
    if not SID.fullmatch(sid):
        raise CarrierRefused("not-an-id", Fault.OUR_BUG)
    return sid


async def _delete_media(message_sid: str, media_sid: str, client: Client) -> bool:
    return bool(await client.messages(message_sid).media(media_sid).delete_async())


def _logged_message(row: MessageInstance) -> LoggedMessage:
    return LoggedMessage(
        carrier_sid=sid_of(row.sid),
        to=str(row.to),
        body=str(row.body or ""),
        status=delivery(str(row.status)) or Delivery.SUBMITTED,
        error_code=str(row.error_code) if row.error_code else None,
        sent_at=_moment_of(row.date_created, row.date_sent),
    )


def _logged_call(row: CallInstance) -> LoggedCall:
    return LoggedCall(
        call_sid=sid_of(row.sid),
        to=str(row.to),
        status=call_state(str(row.status)),
        started_at=_moment_of(row.date_created, row.start_time),
    )


def _moment_of(*candidates: object) -> datetime:
    """The first that is a date. A log without dates proves nothing, so it counts as out of reach."""
    for candidate in candidates:
        if isinstance(candidate, datetime):
            return candidate.astimezone(UTC) if candidate.tzinfo else candidate.replace(tzinfo=UTC)
    raise OutcomeUnknown("garbled")


def _port(target: SplitResult) -> int | None:
    try:
        return target.port or {"https": 443, "http": 80}.get(target.scheme)
    except ValueError:
        return None


def _is_media_store(target: SplitResult) -> bool:
    return target.scheme == "https" and target.username is None and (target.hostname or "").endswith(MEDIA_HOSTS)
