"""Opens single uses of the scope, and finds every one in the sources: what takes the scope out of one query.

A query uses it by `within`; where it looks at rows that it has read already, by `Scope.covers`.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, true

from directory.queries import scoping
from directory.scope import Scope

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("directory", "staff", "providers", "sms", "ticketing", "collection", "ivr", "console", "core")
Site = tuple[tuple[str, str, int], ...]
"""Where the scope was used: file, function and line, from the call outwards to the first function of a public name."""


class Use(NamedTuple):
    """A use of the scope that a function makes, itself or by private functions of its file."""

    path: str
    function: str
    first: int  # lines of the call
    last: int

    def is_at(self, site: Site) -> bool:
        """Whether this is where the scope was used."""
        path, _, line = site[0]
        return (path, site[-1][1]) == (self.path, self.function) and self.first <= line <= self.last

    def __str__(self) -> str:
        return f"{self.path}:{self.first} for {self.function}"


@contextmanager
def watched(opens: Callable[[Site], bool]) -> Iterator[None]:
    """Every use of the scope by a query is told to `opens`, and lets everything through where that says so."""
    original, covers = scoping.within, Scope.covers

    def within(column: Any, scope: Scope) -> ColumnElement[bool]:
        return true() if opens(_site(sys._getframe(1))) else original(column, scope)

    def covers_or_is_open(scope: Scope, code: str) -> bool:
        site = _site(sys._getframe(1))
        return (bool(site) and _is_of_queries(site[0][0]) and opens(site)) or covers(scope, code)

    Scope.covers = covers_or_is_open  # type: ignore[method-assign, assignment]
    try:
        with exchanged({original: within}):
            yield
    finally:
        Scope.covers = covers  # type: ignore[method-assign]


@contextmanager
def exchanged(instead: dict[Any, Any]) -> Iterator[None]:
    """Put another function in the place of each of these, wherever the house has imported it."""
    users = [
        (module, name, value)
        for module in list(sys.modules.values())
        if getattr(module, "__name__", "").split(".")[0] in PACKAGES
        for name, value in list(vars(module).items())
        if isinstance(value, FunctionType) and value in instead
    ]
    for module, name, value in users:
        setattr(module, name, instead[value])
    try:
        yield
    finally:
        for module, name, value in users:
            setattr(module, name, value)


def spelt(site: Site) -> str:
    """The calls that led to a use."""
    return " < ".join(f"{path}:{line} {name}" for path, name, line in site)


@cache
def uses_of_the_scope() -> frozenset[Use]:
    """Every use in the sources, once for each public function that comes to it within its file."""
    found: set[Use] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if "within(" in source or ".covers(" in source:
                found.update(_uses_in(path.relative_to(ROOT).as_posix(), ast.parse(source)))
    return frozenset(found)


def _uses_in(path: str, tree: ast.Module) -> Iterator[Use]:
    parts = {name: part for part in tree.body for name in _defines(part)}
    users: dict[str, set[str]] = defaultdict(set)
    for name, part in parts.items():
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and node.id in parts and node.id != name:
                users[node.id].add(name)
    for name, part in parts.items():
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and _is_use(node.func, path):
                for public in _public(name, parts, users):
                    yield Use(path, public, node.lineno, node.end_lineno or node.lineno)


def _is_use(called: ast.expr, path: str) -> bool:
    """Whether it is ours that is called: other modules may have a `within` of their own."""
    if isinstance(called, ast.Attribute):
        is_ours = called.attr == "within" and _name_of(called.value) == "scoping"
        return is_ours or (called.attr == "covers" and _is_of_queries(path))
    return _name_of(called) == "within"


def _is_of_queries(path: str) -> bool:
    """Whether a file holds reads: elsewhere `covers` also says what a page offers, or refuses a change."""
    return "queries" in path


def _public(name: str, parts: dict[str, ast.stmt], users: dict[str, set[str]]) -> set[str]:
    """The public functions by which one gets to a part of a file: itself, or those that use it."""
    seen, ahead, found = {name}, [name], set()
    while ahead:
        one = ahead.pop()
        if isinstance(parts[one], ast.FunctionDef) and not one.startswith("_"):
            found.add(one)
            continue
        ahead += users[one] - seen
        seen |= users[one]
    return found or {name}


def _defines(part: ast.stmt) -> list[str]:
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return [part.name]
    if isinstance(part, ast.AnnAssign):
        return [_name_of(part.target)]
    return [_name_of(target) for target in part.targets] if isinstance(part, ast.Assign) else []


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _site(frame: FrameType | None) -> Site:
    found = []
    while frame is not None:
        path = _path_of(frame.f_code.co_filename)
        if path is None:
            break
        name = frame.f_code.co_name
        found.append((path, name, frame.f_lineno))
        if not name.startswith(("_", "<")):
            break
        frame = frame.f_back
    return tuple(found)


@cache
def _path_of(file_name: str) -> str | None:
    """The file of the house; None for a file of somebody else's, or of the tests."""
    path = Path(file_name)
    if not path.is_relative_to(ROOT) or "tests" in path.parts:
        return None
    return path.relative_to(ROOT).as_posix()
