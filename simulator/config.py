"""What the simulator is told at start: the account, its lines, the people one can be, the application behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class BadConfig(Exception):
    """A configuration that makes no sense; the message says what."""


@dataclass(frozen=True, slots=True)
class Line:
    """One incoming number of the account and the addresses that serve it."""

    number: str
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration; `contacts`, `links` and `tour` are shown by the page as they are."""

    account_sid: str
    auth_token: str
    lines: tuple[Line, ...]
    contacts: tuple[dict[str, Any], ...] = ()
    clock_url: str = ""
    events_url: str = ""
    time_zone: str = ""  # an IANA name: in which the page shows moments; empty: the reader's own
    links: tuple[dict[str, Any], ...] = ()
    tour: dict[str, Any] = field(default_factory=dict)  # callers, steps, chips, calls: docs/simulator.md
    is_manual: bool = False
    speaking_rate: float = 0.0  # seconds for each character said; 0: prompts take no time
    landline_prefixes: tuple[str, ...] = ("+8610", "+862", "+863", "+864", "+865", "+867", "+868", "+869")
    record: Path | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str, **more: Any) -> Config:
        """Read a configuration file. Raises BadConfig."""
        try:
            return cls._from(json.loads(text), **more)
        except KeyError as err:
            raise BadConfig(f"{err} is missing") from err
        except (TypeError, AttributeError, ValueError) as err:
            raise BadConfig(f"it makes no sense: {err}") from err

    @classmethod
    def _from(cls, data: dict[str, Any], **more: Any) -> Config:
        app = data.get("app", {})
        return cls(
            account_sid=data["account_sid"],
            auth_token=data["auth_token"],
            lines=tuple(Line(**line) for line in data["numbers"]),
            contacts=tuple(data.get("contacts", ())),
            clock_url=app.get("clock_url", ""),
            events_url=app.get("events_url", ""),
            time_zone=str(app.get("time_zone", "")),
            links=tuple(app.get("links", ())),
            tour=dict(app.get("tour", {})),
            is_manual=data.get("clock", "real") == "manual",
            speaking_rate=float(data.get("speaking_rate", 0.0)),
            landline_prefixes=tuple(
                data.get("landline_prefixes", cls.__dataclass_fields__["landline_prefixes"].default)
            ),
            **more,
        )

    def line(self, number: str) -> Line | None:
        """The line of this number."""
        return next((line for line in self.lines if line.number == number), None)

    def is_landline(self, number: str) -> bool:
        """Whether this number cannot take texts."""
        return number.startswith(self.landline_prefixes)
