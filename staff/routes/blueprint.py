"""The blueprint of these pages, and what they share: where to go next, a refusal as a sentence on the page."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from core import web, wording
from core.errors import HotlineError
from core.way_back import safe
from staff.errors import TooManyTries
from staff.guard import PAGES_OF_DUE
from staff.queries import CurrentUser, Due

bp = Blueprint("staff", __name__, template_folder="../templates")
FIRST_PAGE = "/console/"
ACCOUNT_PAGE = "/console/account"


def page_after(due: Due, wanted: str) -> str:
    """Where a session goes on: to what is due, else to the wanted page of ours, else to the first page."""
    if due is Due.NOTHING:
        return safe(wanted, FIRST_PAGE)
    return url_for(PAGES_OF_DUE[due], next=safe(wanted, "") or None)


def page_of(user: CurrentUser) -> str:
    """Where somebody goes on who is signed in."""
    return page_after(user.due, request.values.get("next", ""))


def refused(page: str, refusal: HotlineError | None) -> ResponseReturnValue:
    """A page that tells a refusal in its place: 429 when one has to wait, else 422."""
    return page, 429 if isinstance(refusal, TooManyTries) else 422


def sentence(refusal: HotlineError | None) -> str:
    """The sentence of a refusal in the reader's language; empty for none."""
    return wording.say("staff", refusal.wording, web.lang(), **refusal.facts) if refusal is not None else ""


def asker() -> str:
    """The network address that asks."""
    return request.remote_addr or ""


def browser() -> str:
    """What the browser says it is."""
    return request.user_agent.string
