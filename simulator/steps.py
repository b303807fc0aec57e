"""How a walk is interrupted and where it goes on: hung up, another document, a moment after which not to wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

from simulator.calls import NUDGE, Call, Step
from simulator.twiml import BadDocument
from simulator.webhooks import Address


class HungUp(Exception):
    """The telephone at the other end was put down, or the call was ended from outside."""


class GoOn(Exception):
    """The call goes on with another document; `more` are the parameters that its request brings along."""

    def __init__(self, step: Step, more: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.step = step
        self.more = dict(more or {})


class Deadline:
    """`with Deadline(call, seconds) as until:` a moment after which a call need not wait any longer."""

    def __init__(self, call: Call, seconds: float) -> None:
        self.seconds = seconds
        self.has_passed = False
        self._call = call
        self._timer = None if math.isinf(seconds) else call.network.clock.later(seconds, self._pass)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def _pass(self) -> None:
        self.has_passed = True
        self._call.inputs.put_nowait(NUDGE)
        self._call.stirred.set()


def resolved(base: str, url: str, method: str = "POST") -> Address:
    """An address as it stands in a document. Raises BadDocument when nothing says what it is relative to."""
    found = urljoin(base, url)
    if not found.startswith(("http://", "https://")):
        raise BadDocument("11100", f"{url!r} is relative, and the document has no address of its own")
    return Address(found, method)
