"""The pages of the console, one file for each group of pages; all of them behind a permission."""

from __future__ import annotations

from console.routes import (
    account,
    audit,
    borders,
    demo,
    duties,
    imports,
    matches,
    people,
    people_actions,
    places,
    privacy,
    queue,
    retention,
    reveal,
    search,
    staff,
    tasks,
    texts,
    ticket_actions,
    tickets,
    unplaced,
)
from console.routes.blueprint import bp

__all__ = [
    "account",
    "audit",
    "borders",
    "bp",
    "demo",
    "duties",
    "imports",
    "matches",
    "people",
    "people_actions",
    "places",
    "privacy",
    "queue",
    "retention",
    "reveal",
    "search",
    "staff",
    "tasks",
    "texts",
    "ticket_actions",
    "tickets",
    "unplaced",
]
