"""A carrier for measuring: takes every text at once or after a fixed latency; asyncio alone, so never the limit."""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import cast


class Taker(asyncio.Protocol):
    """One kept-alive connection; answers each POST of the messages resource with a new id."""

    numbers = itertools.count(1)
    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the line."""
        self._line = cast("asyncio.Transport", transport)
        self._pending = b""

    def data_received(self, data: bytes) -> None:
        """Cut requests out of what came; bodies have a Content-Length."""
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head = self._pending[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._pending) < end + 4 + length:
                return
            self._pending = self._pending[end + 4 + length :]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        if self._line.is_closing():
            return
        body = b'{"sid":"SM%032x","status":"queued","error_code":null,"num_segments":"1"}' % next(self.numbers)
        self._line.write(
            b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )


async def serve(port: int, latency: float) -> None:
    """Answer on a loopback port until ended."""
    Taker.latency = latency
    server = await asyncio.get_running_loop().create_server(Taker, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
