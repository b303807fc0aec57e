"""`flask reads`: times what the pages read, and tells nothing of what it found."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from flask import Flask

from core.uow import UnitOfWork
from tests.factories.people import RESIDENT, a_person, a_place
from tests.factories.requests import a_ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]


def answers(app: Flask, *asked: dict[str, Any]) -> list[dict[str, float]]:
    """What the command says to these questions."""
    run = app.test_cli_runner().invoke(args=["reads"], input="\n".join(map(json.dumps, asked)))
    assert run.exit_code == 0, run.output
    return [json.loads(line) for line in run.output.splitlines()]


def test_each_read_is_timed_and_counts_its_rows_and_statements(app: Flask, work: Work) -> None:
    with work() as uow:
        a_person(uow, "唐晓东")
        a_ticket(uow)

    number, stranger, people, queue = answers(
        app,
        {"read": "number", "words": RESIDENT},
        {"read": "number", "words": "+8616200009999"},
        {"read": "people", "words": "txd", "within": ["AH01"]},
        {"read": "queue"},
    )

    assert [one["rows"] for one in (number, stranger, people, queue)] == [1, 0, 1, 1]
    assert all(0 < one["database_ms"] <= one["ms"] and one["statements"] >= 1 for one in (number, people, queue))


def test_a_read_stays_within_its_places(app: Flask, work: Work) -> None:
    with work() as uow:
        a_person(uow, "唐晓东", community_code=a_place(uow, "AH010201"))
        a_ticket(uow)

    found = answers(
        app,
        {"read": "people", "words": "唐晓东", "within": ["AH02"]},
        {"read": "queue", "within": ["AH02"]},
        {"read": "queue", "within": ["AH02", "AH0102"]},
    )

    assert [one["rows"] for one in found] == [0, 0, 1]


def test_a_read_that_there_is_not_is_named(app: Flask) -> None:
    run = app.test_cli_runner().invoke(args=["reads"], input='{"read": "minds"}')

    assert run.exit_code == 1
    assert "number, people, queue" in run.output
