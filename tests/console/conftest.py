"""The console as people at the desk meet it: real pages, a session signed in as a person would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.uow import unit_of_work
from staff.permissions import Role
from tests.factories.staff import a_user, csrf_token, sign_in
from tests.statements import counted

SILENT = ("script", "style", "title")


class Desk:
    """Somebody at the console: opens pages and sends their forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str, lang: str = "zh") -> TestResponse:
        """A page."""
        return self.client.get(path, headers={"Accept-Language": lang})

    def reads(self, path: str, lang: str = "zh") -> str:
        """The words of a page, as one line."""
        answer = self.open(path, lang)
        assert answer.status_code == 200, (path, answer.status_code)
        return words_of(answer.text)

    def sends(self, path: str, **fields: str) -> TestResponse:
        """A form of a page, with the token that pages of this browser have."""
        return self.client.post(path, data={"csrf_token": csrf_token(self.client, "/password"), **fields})

    def sends_without_token(self, path: str, **fields: str) -> TestResponse:
        """A form that no page of this browser holds."""
        return self.client.post(path, data=fields)

    def reads_after(self, answer: TestResponse) -> str:
        """The words of the page that a form leads to."""
        assert answer.status_code == 303, answer.status_code
        return self.reads(answer.location)


class _Words(HTMLParser):
    """Collects what a page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts and the head are not shown."""
        self._silent += tag in SILENT

    def handle_endtag(self, tag: str) -> None:
        """And what follows them is."""
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._silent:
            self.found.append(data)


def words_of(page: str) -> str:
    """What a reader sees of a page, as one line."""
    words = _Words()
    words.feed(page)
    return " ".join(unescape(" ".join(words.found)).split())


@pytest.fixture(autouse=True)
def at_noon(at: Callable[[datetime], None], noon: datetime) -> None:
    """It is noon in the city at the beginning of every test."""
    at(noon)


@pytest.fixture
def desk_of(app: Flask, clean: None) -> Callable[..., Desk]:
    """`desk_of(Role.CLERK, "AH010201")`: somebody with one role in one place, signed in."""

    def signed_in(role: Role = Role.AGENT, place: str = "AH", login: str = "g02") -> Desk:
        with unit_of_work("test") as uow:
            a_user(uow, login, name=f"李敏{login}", role=role, place=place)
        client = app.test_client()
        assert sign_in(client, login).status_code == 303
        return Desk(client)

    return signed_in


@pytest.fixture
def desk(desk_of: Callable[..., Desk]) -> Desk:
    """An agent of the whole city."""
    return desk_of()


@pytest.fixture
def statements() -> Callable[[], object]:
    """`with statements() as seen:` the statements that went to the database meanwhile."""
    return counted
