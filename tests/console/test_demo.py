"""What the simulator's page asks the house in a demo: the clock, and what happens. Nobody else may ask."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.uow import UnitOfWork
from tests.factories.requests import a_ticket
from ticketing.service import tickets

Work = Callable[[], AbstractContextManager[UnitOfWork]]


def now(client: FlaskClient) -> datetime:
    """The moment it is in the house."""
    told = client.get("/demo/clock").get_json()
    assert told["demo"] is True
    return datetime.fromisoformat(told["now"])


def test_the_clock_moves_on_by_what_is_asked(client: FlaskClient, noon: datetime) -> None:
    assert abs(now(client) - noon) < timedelta(seconds=30)

    moved = client.post("/demo/clock", json={"advance": 600})

    assert moved.status_code == 200
    assert abs(now(client) - noon - timedelta(minutes=10)) < timedelta(seconds=30)


@pytest.mark.parametrize(("to", "hours"), [("13:00", 1), ("08:00", 20), ("12:00", 24)])
def test_the_clock_goes_to_the_next_such_hour_in_the_city(
    client: FlaskClient, noon: datetime, to: str, hours: int
) -> None:
    client.post("/demo/clock", json={"to": to})

    assert abs(now(client) - noon - timedelta(hours=hours)) < timedelta(seconds=30)


SENSELESS = (
    *("{}", "[]", "7", "null", "x"),
    *('{"advance": -1}', '{"advance": 1e12}', '{"advance": 1e400}', '{"advance": NaN}', '{"advance": "5"}'),
    *('{"to": "25:00"}', '{"to": null}'),
)


@pytest.mark.parametrize("wanted", SENSELESS)
def test_a_senseless_wish_moves_nothing(client: FlaskClient, noon: datetime, wanted: str) -> None:
    answer = client.post("/demo/clock", data=wanted, content_type="application/json")

    assert answer.status_code == 400
    assert abs(now(client) - noon) < timedelta(seconds=30)


def test_what_happened_is_told_in_both_languages_from_where_one_had_come(client: FlaskClient, work: Work) -> None:
    with work() as uow:
        code = a_ticket(uow).code
    first = client.get("/demo/events").get_json()["items"]
    with work() as uow:
        tickets.note(uow, code, "内部的话", key="0" * 32)
    later = client.get(f"/demo/events?after={first[-1]['id']}").get_json()["items"]

    assert [one["text"]["zh"].startswith(f"{code} · ") for one in first + later] == [True] * len(first + later)
    assert len(later) == 1
    assert set(later[0]["text"]) == {"zh", "en"}
    assert "内部的话" not in str(later)


@pytest.mark.parametrize("path", ["/demo/clock", "/demo/events"])
def test_only_programs_on_this_machine_may_ask(client: FlaskClient, path: str) -> None:
    answer = client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/demo/clock", "/demo/events"])
def test_in_production_there_is_no_such_page(app: Flask, path: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], is_demo_clock=False)

    assert app.test_client().get(path).status_code == 404
