"""The one condition that keeps a read inside the reader's part of the tree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from directory.scope import Scope


def within(column: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition that a row's jurisdiction code lies in the scope; rows without a place: see Scope.sees_unplaced.

    No condition at all for who sees everything: the database would look at each row for nothing.
    """
    if "" in scope.prefixes:
        return true()
    conditions = [column.startswith(prefix, autoescape=True) for prefix in scope.prefixes]
    if scope.sees_unplaced:
        conditions.append(column == "")
    return or_(false(), *conditions)
