"""A carrier on a real socket that does what a test tells it: answer, refuse, drop the line, or never answer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the carrier."""

    method: str
    path: str
    query: dict[str, str]
    form: list[tuple[str, str]]
    headers: dict[str, str]

    def field(self, name: str) -> str | None:
        """The first value of a form field."""
        return dict(reversed(self.form)).get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the carrier answers; or, without a status, how it fails to."""

    status: int | None = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    then_drop: bool = False  # half the body, then the line goes dead

    @classmethod
    def as_json(cls, body: object, status: int = 200) -> Self:
        """A JSON answer."""
        return cls(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    @classmethod
    def error(cls, status: int, code: int) -> Self:
        """Twilio's error body."""
        return cls.as_json({"code": code, "message": "no", "more_info": "", "status": status}, status)


DROP = Answer(status=None, then_drop=True)
HANG = Answer(status=None)


def message_taken(asked: Asked, sid: str = "SM" + "1" * 32) -> Answer:
    """What Twilio answers to a text that it took."""
    return Answer.as_json(
        {"sid": sid, "status": "queued", "to": asked.field("To"), "body": asked.field("Body")}, status=201
    )


class CarrierServer:
    """Runs in a thread of its own; `asked` holds what reached it, `most_at_once` how many were open together."""

    def __init__(self, answer: Callable[[Asked], Answer] = message_taken) -> None:
        self.answer = answer
        self.pause = 0.0  # seconds before each answer
        self.asked: list[Asked] = []
        self.connections = 0
        self.most_at_once = 0
        self._open = 0
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256), self._loop
        ).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End every connection and the thread."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._ended.set()
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while asked := await _read(reader):
                self.asked.append(asked)
                self._open += 1
                self.most_at_once = max(self.most_at_once, self._open)
                keep = await self._reply(self.answer(asked), writer)
                self._open -= 1
                if not keep:
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.transport.abort()

    async def _reply(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        if self.pause:
            await asyncio.sleep(self.pause)
        if answer.status is None:
            if not answer.then_drop:
                await self._ended.wait()
            return False
        head = [f"HTTP/1.1 {answer.status} X", f"Content-Length: {len(answer.body)}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        body = answer.body[: len(answer.body) // 2] if answer.then_drop else answer.body
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        return not answer.then_drop


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    form = parse_qsl(body.decode(), keep_blank_values=True)
    return Asked(method, parts.path, dict(parse_qsl(parts.query)), form, headers)
