"""`flask reads`: times the reads behind the pages, one for each JSON line; nothing that it finds is printed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Engine, event

from console.queries import queue as queries
from console.queries.queue import View
from core.uow import UnitOfWork, unit_of_work
from directory.queries import people, search
from directory.scope import EVERYTHING, Scope

NOBODY = 0  # the user whose queue it is


@dataclass(slots=True)
class _Spent:
    statements: int = 0
    seconds: float = 0.0


@click.command()
def reads() -> None:
    """Time reads of the pages.

    Each line of standard input is an object with "read" (number: who calls from "words"; people: whom "words" find;
    queue: the open tickets) and, where wanted, "within", a list of codes of places; without it there is no condition
    on places at all. Each is answered by "ms", "database_ms", "statements" and "rows".
    """
    for line in sys.stdin:
        if line.strip():
            click.echo(json.dumps(_timed(json.loads(line))))


def _timed(asked: dict[str, Any]) -> dict[str, float]:
    read = READS.get(asked.get("read", ""))
    if read is None:
        raise click.ClickException(f"no such read; there are {', '.join(READS)}")
    prefixes = tuple(asked.get("within") or ("",))
    scope = Scope(prefixes, frozenset({EVERYTHING}))
    with unit_of_work("cli:reads") as uow, _counted(uow) as spent:
        began = time.perf_counter()
        rows = read(uow, scope, str(asked.get("words", "")))
        took = time.perf_counter() - began
    return {
        "ms": round(took * 1000, 3),
        "database_ms": round(spent.seconds * 1000, 3),
        "statements": spent.statements,
        "rows": rows,
    }


@contextmanager
def _counted(uow: UnitOfWork) -> Iterator[_Spent]:
    """Statements of this unit, and seconds from sending each to having its answer."""
    engine = uow.session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - what core.db binds
    spent, began = _Spent(), 0.0

    def before(*_: object) -> None:
        nonlocal began
        began = time.perf_counter()

    def after(*_: object) -> None:
        spent.statements += 1
        spent.seconds += time.perf_counter() - began

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield spent
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _number(uow: UnitOfWork, _: Scope, words: str) -> int:
    from_age = uow.policy.ivr.prefer_person_from_age
    return len(people.caller(uow.session, words, today=uow.local_now.date(), from_age=from_age).persons)


def _people(uow: UnitOfWork, scope: Scope, words: str) -> int:
    return len(search.people(uow.session, scope, words, today=uow.local_now.date()).rows)


def _queue(uow: UnitOfWork, scope: Scope, _: str) -> int:
    return len(queries.queue(uow.session, scope, view=View.OPEN, user_id=NOBODY, now=uow.now))


READS: dict[str, Callable[[UnitOfWork, Scope, str], int]] = {"number": _number, "people": _people, "queue": _queue}
