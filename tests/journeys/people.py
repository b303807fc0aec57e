"""People with telephones in a journey: they call, listen, answer, text and wait for what comes."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from simulator.client import Phones
from tests.running_house import DUTY, HOTLINE, RunningHouse, until

TANG = "+8616200000001"
"""唐晓东, whom the tour of the phone page begins with."""
PASSWORD = "a sentence to remember"
SPOKEN_CODE = re.compile(r"([A-HJ-NP-Z])[，,]\s*(\d\d)[，,]\s*(\d\d)")


@dataclass
class Call:
    """One call from somebody's telephone to the line."""

    phones: Phones
    sid: str

    def hears(self, *words: str) -> str:
        """What was said since the caller spoke last; every one of these words is in it."""
        said = self.last()
        for word in words:
            assert word in said, f"{word!r} is not in {said!r}"
        return said

    def last(self) -> str:
        """Everything the line said after the caller's last turn."""
        turns = self.phones.call(self.sid)["transcript"]
        since = max((place for place, turn in enumerate(turns) if turn["who"] == "me"), default=-1)
        return " ".join(turn["text"] for turn in turns[since + 1 :] if turn["who"] == "line")

    def says(self, words: str, confidence: float | None = 0.93) -> None:
        """Speak, and let the line answer."""
        self.phones.say(self.sid, words, confidence)

    def presses(self, keys: str) -> None:
        """Press keys, and let the line answer."""
        self.phones.digits(self.sid, keys)

    def is_silent(self) -> None:
        """Say nothing until the line gives up waiting."""
        self.phones.silence(self.sid)

    def hangs_up(self) -> None:
        """Put the telephone down."""
        self.phones.hang_up(self.sid)

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self.phones.call(self.sid)["status"] not in ("queued", "ringing", "in-progress")

    def code(self) -> str:
        """The ticket's code as it was spoken."""
        found = SPOKEN_CODE.search(self.last())
        assert found is not None, self.last()
        return "".join(found.groups())


class Line:
    """The line and everybody who has to do with it."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house
        self.phones = house.phones

    def call(self, number: str = TANG, *, shown_as: str | None = None) -> Call:
        """Somebody dials the hotline."""
        return Call(self.phones, self.phones.dial(number, HOTLINE, shown_as=shown_as))

    def text(self, number: str, words: str) -> None:
        """Somebody texts the hotline."""
        self.phones.text(number, HOTLINE, words)

    def gets(self, number: str, *words: str, after: int = 0) -> str:
        """Wait for a text to this number with all of these words, beyond the first `after`; its body."""
        return until(
            lambda: next(
                (body for body in self.phones.received(number)[after:] if all(word in body for word in words)), ""
            ),
            f"{number} gets {words}; it has {self.phones.received(number)[after:]}",
        )

    def count(self, number: str) -> int:
        """How many texts came to this number so far."""
        return len(self.phones.received(number))

    def asked_providers(self, code: str) -> list[str]:
        """The numbers of the providers whose offers of this ticket stand open, the first asked first."""
        return [
            row[0]
            for row in self.house.rows(
                "select p.msisdn from dispatches d join providers p on p.id = d.provider_id"
                " join tickets t on t.id = d.ticket_id where t.code = %s and d.state = 'offered' order by d.id",
                code,
            )
        ]

    def provider_asked(self, code: str) -> str:
        """Wait until somebody is asked for this ticket and his telephone shows the offer; his number."""
        number = until(lambda: next(iter(self.asked_providers(code)), ""), f"somebody is asked for {code}")
        self.gets(number, code)
        return number

    def state(self, code: str) -> str:
        """Where a ticket stands."""
        return str(self.house.one("select state from tickets where code = %s", code))

    def becomes(self, code: str, state: str) -> None:
        """Wait until a ticket stands there."""
        until(lambda: self.state(code) == state, f"{code} is {state}; it is {self.state(code)}")

    def tasks(self, kind: str = "%") -> list[tuple[str, str]]:
        """Kind and reason of the open tasks."""
        return [
            (row[0], row[1])
            for row in self.house.rows(
                "select kind, reason from tasks where done_at is null and kind like %s order by id", kind
            )
        ]

    def duty_rings(self) -> str:
        """Wait until the duty telephone rings; the call's id."""
        return until(lambda: next(iter(self.phones.ringing(DUTY)), ""), "the duty telephone rings")

    def wait(self, seconds: float) -> None:
        """Let time pass in the house."""
        self.phones.advance(seconds)

    def order_plumber(self, number: str = TANG) -> str:
        """The shortest call for a burst pipe, to its end; the ticket's code."""
        call = self.call(number)
        call.says("我家水管爆了")
        call.says("对")
        call.says("对")
        code = call.code()
        call.says("没有了")
        assert call.is_over
        return code


@dataclass
class Desk:
    """Somebody signed in to the console, as a browser without scripts."""

    house: RunningHouse
    session: requests.Session

    @classmethod
    def sign_in(cls, house: RunningHouse, login: str = "agent") -> Desk:
        """Sign in; the first password opens only the page where it is replaced."""
        desk = cls(house, requests.Session())
        desk.session.trust_env = False
        page = desk.page("/sign-in")
        desk.session.post(
            f"{house.url}/sign-in",
            data={"csrf_token": token(page), "login": login, "password": house.password},
            timeout=20,
        )
        page = desk.page("/console/")
        if 'name="again"' in page:
            fresh = {"csrf_token": token(page), "new": PASSWORD, "again": PASSWORD}
            desk.session.post(f"{house.url}/password", data=fresh, timeout=20)
            house.password = PASSWORD
        assert 'name="again"' not in desk.page("/console/tickets"), "the new password was not taken"
        return desk

    def page(self, path: str) -> str:
        """A page as it is drawn."""
        response = self.session.get(f"{self.house.url}{path}", timeout=20)
        assert response.status_code == 200, (path, response.status_code)
        return response.text


def token(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def english_resident(house: RunningHouse) -> str:
    """Somebody who writes English, lives where the plumbers work, and shares the number with nobody."""
    return str(
        house.rows(
            "select c.msisdn from contacts c join persons p on p.id = c.person_id join households h on h.id ="
            " p.household_id where p.lang = 'en' and c.kind = 'mobile' and h.community_code like 'AH01%%' and c.msisdn"
            " in (select msisdn from contacts group by msisdn having count(*) = 1) order by p.id limit 1"
        )[0][0]
    )


def text_at_once(line: Line, numbers: list[str], words: str) -> None:
    """Several people send the same words in the same moment."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(lambda number: line.text(number, words), numbers))
