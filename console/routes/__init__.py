"""The pages of the console, one file for each group of pages; all of them behind a permission."""

from __future__ import annotations

from console.routes import (
    audit,
    demo,
    people,
    people_actions,
    queue,
    reveal,
    search,
    tasks,
    texts,
    ticket_actions,
    tickets,
)
from console.routes.blueprint import bp

__all__ = [
    "audit",
    "bp",
    "demo",
    "people",
    "people_actions",
    "queue",
    "reveal",
    "search",
    "tasks",
    "texts",
    "ticket_actions",
    "tickets",
]
