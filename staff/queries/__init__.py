"""Reads of users, sessions and grants."""

from __future__ import annotations

from staff.queries.signed_in import (
    CurrentUser,
    Due,
    names_of,
    sessions_of,
    token_hash,
    user_by_login,
    user_of_token,
    written,
)

__all__ = [
    "CurrentUser",
    "Due",
    "names_of",
    "sessions_of",
    "token_hash",
    "user_by_login",
    "user_of_token",
    "written",
]
