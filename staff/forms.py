"""The forms of signing in and of the staff pages, read into plain values."""

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


@dataclass(frozen=True, slots=True)
class GrantForm:
    """A role to give. Dates are as the browser writes them, empty for now and for no end."""

    role: str
    place: str
    since: str
    until: str

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read it; what is missing is empty. A place may come with its name behind the code."""
        place = (form.get("place", "").split() or [""])[0][:32]
        return cls(
            form.get("role", "")[:32], place, form.get("since", "").strip()[:10], form.get("until", "").strip()[:10]
        )

    @classmethod
    def empty(cls) -> Self:
        """A form that nobody filled in yet."""
        return cls("", "", "", "")


@dataclass(frozen=True, slots=True)
class InviteForm:
    """Somebody new, with his first role."""

    login: str
    name: str
    grant: GrantForm

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read it; what is missing is empty. What is too long stays too long by one, and is refused."""
        return cls(form.get("login", "").strip()[:65], form.get("name", "").strip()[:65], GrantForm.from_form(form))

    @classmethod
    def empty(cls) -> Self:
        """A form that nobody filled in yet."""
        return cls("", "", GrantForm.empty())
