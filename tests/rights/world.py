"""A small city with a canary at every node, in every kind of row that belongs to a place, and one user a role and node.

A canary names its node (`QZAH0102ZQ`), so that a word found in an answer says by itself whose row leaked. Ids are
given, not drawn, so that the same rows have the same ids however much of the city is planted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from staff.permissions import Role

NODES = (
    "AH",
    *("AH01", "AH02"),
    *("AH0101", "AH0102", "AH0201"),
    *("AH010101", "AH010102", "AH010201", "AH020101"),
)
"""A city, two districts, two streets and one, two communities and one each: every node has a neighbour, or has none."""
NOWHERE = "NOWHERE"
"""Where rows lie whose place is not known: only who sees the whole city sees them."""
COMPARED = ("AH010102", "AH0201")
"""Where pages are read twice: with the rest of the city and without it. Not a figure may differ."""

CANARY = re.compile(r"Q([ZNLPU])((?:AH\d*)|NOWHERE)\1Q", re.IGNORECASE)
"""Z: any words; N: the name of a person; L: a sensitive label. P (a place, a unit that answers for it) and U (somebody
who works there) may be told to whoever works below: it is for them that they are there."""
NUMBER = re.compile(r"1620[ \-\u00a0]?0000[ \-\u00a0]?\d{3}|162[ \-\u00a0]?0000[ \-\u00a0]?\d{4}")
CODE = re.compile(r"\b[KS]00\d\d\b")
AT = datetime(2026, 11, 25, 4, 0, 30, tzinfo=UTC)
"""Noon in the city and half a minute: the moment of every request."""
HOUR = timedelta(hours=1)
DAY = date(2026, 11, 1)
ROOM = 1000
"""Ids of a node begin at its index times this."""


def canary(node: str, kind: str = "Z") -> str:
    """The word that only rows of this node hold."""
    return f"Q{kind}{node}{kind}Q"


def number_at(node: str, more: int = 0) -> str:
    """A resident's number at a node, E.164."""
    return f"+861620000{base(node) // ROOM * 10 + more:04d}"


def base(node: str) -> int:
    """Ids of a node's rows are this plus a small number."""
    if node == "?":
        return 900 * ROOM  # of nobody
    return ((NODES.index(node) if node in NODES else len(NODES)) + 1) * ROOM


def code_at(node: str) -> str:
    """The code of the node's ticket."""
    return f"K{base(node) // ROOM:04d}"


def stray_code_at(node: str) -> str:
    """The code of the ticket about the node's household that lies in the next node."""
    return f"S{base(node) // ROOM:04d}"


def node_of_code(code: str) -> str:
    """Where the ticket of this code lies."""
    index = int(code[1:]) - 1
    if not 0 <= index < len(NODES):
        return NOWHERE
    return next_to(NODES[index]) if code.startswith("S") else NODES[index]


@dataclass(frozen=True, slots=True)
class Reader:
    """One role at one node, signed in."""

    role: Role
    node: str

    @property
    def user_id(self) -> int:
        """Id of the user."""
        return base(self.node) + 100 + list(Role).index(self.role)

    @property
    def token(self) -> str:
        """What his browser holds."""
        return f"{self.role}-{self.node}"

    def sees(self, node: str) -> bool:
        """Whether a row of this node lies in his part of the tree."""
        return self.node == "AH" if node == NOWHERE else node.startswith(self.node)


READERS = tuple(Reader(role, node) for node in NODES for role in Role)


def put(session: Session, model: Any, *rows: dict[str, Any]) -> None:
    """Insert rows; columns that must not be empty and have no default are filled with something boring."""
    full = [_boring(model, row) | row for row in rows]
    if full:
        session.execute(insert(model), full)


def _boring(model: Any, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in model.__mapper__.columns:
        name = model.__mapper__.get_property_by_column(column).key
        if name in row or column.nullable or column.default is not None or column.server_default is not None:
            continue
        if column.primary_key and column.autoincrement is not False:
            continue
        kind = column.type.python_type
        found[name] = AT if kind is datetime else DAY if kind is date else kind()
    return found


def inside(node: str) -> list[str]:
    """The nodes that lie in this one, itself first."""
    return [one for one in NODES if one.startswith(node)]


def inside_of_compared() -> set[str]:
    """Every node whose rows are planted alone once, to compare pages with and without the rest of the city."""
    return {one for node in COMPARED for one in inside(node)}


def next_to(node: str) -> str:
    """Where a request about this node's household lies that is not in its part."""
    return NODES[(NODES.index(node) + 1) % len(NODES)]
