"""The sign-in form and the form of a new password, read into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class SignInForm:
    """What was typed on the sign-in page."""

    login: str
    password: str
    wanted: str  # the page to go to afterwards

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read it; what is missing is empty. A login has at most 64 characters."""
        return cls(form.get("login", "").strip()[:64], form.get("password", ""), form.get("next", ""))


@dataclass(frozen=True, slots=True)
class NewPasswordForm:
    """What was typed on the page of the new password."""

    current: str  # empty when it comes straight from a first password
    new: str
    again: str

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read it; what is missing is empty."""
        return cls(form.get("current", ""), form.get("new", ""), form.get("again", ""))
