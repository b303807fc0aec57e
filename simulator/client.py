"""The telephones from Python: what journeys hold in their hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests

PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Text:
    """One text on a handset."""

    sid: str
    from_: str
    to: str
    body: str
    status: str
    is_mine: bool


class Phones:
    """Every telephone of the simulated network. Each act waits until what it started has come to rest."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def dial(self, number: str, to: str, *, shown_as: str | None = None) -> str:
        """Call somebody; the call's id. `shown_as` is what the other side sees instead of the number."""
        asked = {"to": to} if shown_as is None else {"to": to, "from": shown_as}
        sid = str(self._post(f"/sim/phones/{number}/dial", asked)["sid"])
        self.wait_idle()
        return sid

    def say(self, call: str, words: str, confidence: float | None = None) -> None:
        """Speak."""
        self._act(call, "say", {"text": words, "confidence": confidence})

    def digits(self, call: str, keys: str) -> None:
        """Press keys."""
        self._act(call, "digits", {"digits": keys})

    def silence(self, call: str) -> None:
        """Say nothing until the line gives up waiting."""
        self._act(call, "silence", {})

    def hang_up(self, call: str) -> None:
        """Put the telephone down."""
        self._act(call, "hangup", {})

    def answer(self, call: str) -> None:
        """Pick up a ringing telephone."""
        self._act(call, "answer", {})

    def decline(self, call: str) -> None:
        """Refuse a ringing telephone."""
        self._act(call, "decline", {})

    def text(self, number: str, to: str, body: str, *, sid: str = "", times: int = 1, media: Sequence[str] = ()) -> str:
        """Text somebody, with pictures of these content types; the message's id."""
        asked = {"to": to, "body": body, "sid": sid, "times": times, "media": list(media)}
        told = self._post(f"/sim/phones/{number}/text", asked)
        self.wait_idle()
        return str(told["sid"])

    def thread(self, number: str) -> list[Text]:
        """The texts of one handset, oldest first."""
        return [
            Text(one["sid"], one["from"], one["to"], one["body"], one["status"], one["mine"])
            for one in self._get(f"/sim/phones/{number}")["texts"]
        ]

    def received(self, number: str) -> list[str]:
        """The bodies of the texts that came to this handset."""
        return [one.body for one in self.thread(number) if not one.is_mine]

    def call(self, sid: str) -> dict[str, Any]:
        """One call as it stands."""
        return self._get(f"/sim/calls/{sid}")

    def calls(self, number: str) -> list[dict[str, Any]]:
        """The calls of one telephone, oldest first."""
        return list(self._get(f"/sim/phones/{number}")["calls"])

    def ringing(self, number: str) -> list[str]:
        """The ids of calls that ring at this telephone."""
        return [one["sid"] for one in self.calls(number) if one["status"] == "ringing"]

    def heard(self, sid: str) -> list[str]:
        """What the line said in a call."""
        return [line["text"] for line in self.call(sid)["transcript"] if line["who"] == "line"]

    def wait_idle(self, seconds: float = PATIENCE) -> None:
        """Return when no webhook or callback is under way. Raises requests.HTTPError when that takes too long."""
        self._post("/sim/wait", {"timeout": seconds})

    def advance(self, seconds: float) -> None:
        """Move the clock: a manual one fires its timers in order."""
        self._post("/sim/clock", {"advance": seconds})
        self.wait_idle()

    def misbehave(self, kind: str, how: str = "", **more: float) -> None:
        """Let a kind of traffic go wrong, or right again."""
        self._post("/sim/misbehave", {"kind": kind, "how": how, **more})

    def debugger(self) -> list[dict[str, Any]]:
        """Every loud error so far."""
        return list(self._get("/sim/debugger")["errors"])

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """What happened."""
        return list(self._get(f"/sim/events?after={after}")["events"])

    def _act(self, call: str, act: str, asked: dict[str, Any]) -> None:
        self._post(f"/sim/calls/{call}/{act}", asked)
        self.wait_idle()

    def _post(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        return self._checked(self._session.post(self.url + path, json=asked, timeout=PATIENCE + 5))

    def _get(self, path: str) -> dict[str, Any]:
        return self._checked(self._session.get(self.url + path, timeout=PATIENCE))

    @staticmethod
    def _checked(response: requests.Response) -> dict[str, Any]:
        response.raise_for_status()
        told: dict[str, Any] = response.json()
        return told
