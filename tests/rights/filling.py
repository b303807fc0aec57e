"""What stands in an address or a form: ids and codes of one node's rows, by the name of the parameter."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from werkzeug.routing import Rule

from tests.rights.world import ROOM, base, code_at

ROOT = Path(__file__).parent.parent.parent
Filler = Callable[[str], str]


class UnknownName(Exception):
    """A parameter that the leak test cannot fill."""


def _id(more: int = 0) -> Filler:
    return lambda node: str(base(node) + more)


NAMES: Mapping[str, Filler] = {
    "code": lambda node: code_at(node),
    "task_id": lambda node: str(base(node) + base(node) // ROOM % 2),  # one with a ticket, one without
    "household_id": _id(),
    "person_id": _id(1),
    "batch_id": _id(),
    "flag_id": _id(),
    "contact_id": _id(1),
    "label_id": _id(),
    "correction_id": _id(),
    "request_id": _id(),
    "hold_id": _id(),
    "merge_id": _id(),
    "ticket_id": _id(),
    "candidate_id": _id(),
    "unplaced_id": _id(),
    "unit_id": _id(),
    "alias_id": _id(),
    "user_id": lambda node: str(base(node) + 100),
    "duty_id": _id(),
    "change_id": _id(),
    "pair_id": _id(),
    "match_id": _id(),
    "row_id": _id(),
    "row_no": lambda node: "2",
    "kind": lambda node: "texts",
    "place": lambda node: "AH9999" if node == "?" else node,
    "grant_id": lambda node: str(base(node) + 100),
    "voicemail_id": _id(),
    "session_id": lambda node: str(base(node) + 100),
}
"""Parts of addresses."""
BY_PATH: Mapping[tuple[str, str], Filler] = {
    ("/console/places", "code"): lambda node: node,
}
"""Where the same name stands for something else below one path."""
QUERY: Mapping[str, Filler] = {
    "q": lambda node: "QZAH",
    "subject": lambda node: f"ticket:{base(node)}",
    "community": lambda node: node,
    "household": _id(),
    "person": _id(1),
    "helper": _id(1),
    "head": _id(1),
    "batch": _id(),
    "unit": _id(),
}
"""Fields of forms and queries that name somebody's rows."""
SUBJECTS = (
    ("ticket", 0),
    ("ticket_texts", 0),
    ("task", 0),
    ("task", 1),
    ("contact", 1),
    ("text", 0),
    ("text_out", 0),
    ("call", 0),
)
"""Kinds of subject that a number belongs to, with what is added to a node's first id."""
WORDS: Mapping[str, Filler] = {
    "on": lambda node: "2026-11-10",
    "tab": lambda node: "holds",
    "house": _id(),
}
"""Words of queries that open a further part of a page."""
FORM_WORDS: Mapping[str, Filler] = {
    "purpose": lambda node: "counting for the street",
    "what": lambda node: "people",
    "form": lambda node: "csv",
    "reason": lambda node: "calling back about the door",
    "version": lambda node: "1",
}
"""Fields of forms that name nobody's rows."""
UNKNOWN = "1"


def fill(name: str, rule: Rule, node: str, *, is_part: bool = False) -> str:
    """The value of a parameter for the rows of this node. Raises UnknownName for a part of an address."""
    for (path, wanted), filler in BY_PATH.items():
        if name == wanted and rule.rule.startswith(path):
            return filler(node)
    for table in (NAMES, QUERY, WORDS, FORM_WORDS):
        if name in table:
            return table[name](node)
    if is_part:
        raise UnknownName(
            f"the leak test does not know what <{name}> of {rule.rule} ({rule.endpoint}) stands for: "
            "say so in tests/rights/filling.py"
        )
    return UNKNOWN


def unknown_parts(rule: Rule) -> list[str]:
    """One sentence for each part of an address that cannot be filled."""
    found = []
    for name in sorted(rule.arguments):
        try:
            fill(name, rule, "AH", is_part=True)
        except UnknownName as err:
            found.append(str(err))
    return found


def names_rows(name: str) -> bool:
    """Whether a field of a form, or a word of a query, says whose rows are meant."""
    return name.endswith("_id") or name == "place" or name in QUERY


@cache
def forms_of(endpoint: str, view: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words of the query that say which rows are wanted, and fields of the forms that lead to an endpoint.

    Words are those that the view reads, itself or by functions of its module. Fields are those that templates draw;
    where none does, those that the module of the view reads.
    """
    plain = inspect.unwrap(view)
    words = _names_read(inspect.getmodule(plain), plain.__name__)[0]
    fields = _names_read(inspect.getmodule(plain), "")[1]
    drawn = _fields_drawn().get(endpoint)
    return tuple(word for word in words if names_rows(word) or word in WORDS), tuple(
        sorted((drawn or set(fields)) - {"csrf_token"})
    )


@cache
def _fields_drawn() -> Mapping[str, set[str]]:
    """Fields by endpoint, as the templates draw their forms."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in ROOT.glob("*/templates/**/*.html"):
        for form in re.findall(r"<form\b.*?</form>", path.read_text(encoding="utf-8"), re.DOTALL):
            names = set(re.findall(r'\bname="([a-z_]+)"', form))
            for endpoint in re.findall(r"url_for\([\"']([a-z_.]+)[\"']", form):
                found[endpoint] |= names
    return found


@cache
def _names_read(module: Any, function: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a function of a module reads of query and form; the empty name: what the whole module reads."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(module)))
    words: set[str] = set()
    fields: set[str] = set()
    for node in (node for part in _reachable(tree, function) for node in ast.walk(part)):
        source, name = None, None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            source, name = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript):
            source, name = node.value, node.slice
        if isinstance(source, ast.Attribute) and isinstance(name, ast.Constant) and isinstance(name.value, str):
            if getattr(source.value, "id", "") != "request":
                continue
            (words if source.attr == "args" else fields if source.attr == "form" else set()).add(name.value)
    return tuple(sorted(words)), tuple(sorted(fields))


def _reachable(tree: ast.Module, function: str) -> list[ast.stmt]:
    """The parts of a module that a function of it is made of: itself and whatever it names, and what that names."""
    if not function:
        return tree.body
    parts = {part.name: part for part in tree.body if isinstance(part, ast.FunctionDef | ast.ClassDef)}
    seen, ahead = {function}, [function]
    while ahead:
        named = {node.id for node in ast.walk(parts[ahead.pop()]) if isinstance(node, ast.Name)} & parts.keys()
        ahead += named - seen
        seen |= named
    return [parts[name] for name in seen]
