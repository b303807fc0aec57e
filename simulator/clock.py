"""The simulator's clock: real time plus an offset, or a manual one that only moves when told; timers run on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

Callback = Callable[[], Awaitable[None]]
FIRST_MOMENT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # where a manual clock begins


class Timer:
    """Something that will happen, unless it is cancelled."""

    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        self.is_cancelled = False
        self.handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """It will not happen any more."""
        self.is_cancelled = True
        if self.handle is not None:
            self.handle.cancel()


class Clock:
    """now() in UTC, and timers."""

    def __init__(self, *, is_manual: bool, run: Callable[[Awaitable[None]], asyncio.Task[None]]) -> None:
        self.is_manual = is_manual
        self._run = run
        self._ahead = timedelta()
        self._passed = 0.0
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """This moment."""
        base = FIRST_MOMENT + timedelta(seconds=self._passed) if self.is_manual else datetime.now(UTC)
        return base + self._ahead

    def set_to(self, moment: datetime) -> None:
        """Let now() be this moment from here on; timers are not touched."""
        self._ahead += moment - self.now()

    def later(self, seconds: float, callback: Callback) -> Timer:
        """Run this after so many seconds of this clock."""
        timer = Timer(callback)
        if self.is_manual:
            heapq.heappush(self._heap, (self._passed + seconds, next(self._order), timer))
        else:
            timer.handle = asyncio.get_running_loop().call_later(seconds, self._fire, timer)
        return timer

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Move a manual clock: each timer that falls due runs, and what it starts is waited for, in order."""
        target = self._passed + seconds
        while self._heap and self._heap[0][0] <= target:
            self._passed, _, timer = heapq.heappop(self._heap)
            self._fire(timer)
            await settle()
        self._passed = target

    def _fire(self, timer: Timer) -> None:
        if not timer.is_cancelled:
            self._run(timer.callback())
