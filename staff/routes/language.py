"""The language of the pages: kept in this browser, and with the account of who is signed in."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import redirect, request
from flask.typing import ResponseReturnValue

from core import web, wording
from core.uow import unit_of_work
from core.way_back import safe
from staff import guard
from staff.queries import Due
from staff.routes.blueprint import bp
from staff.service import users


@bp.post("/language")
def choose_language() -> ResponseReturnValue:
    """Keep the reader's language and go back to the page.

    The pages in front of the console follow the browser, those behind it the account, so that it is the same at every
    desk. Who has only given the password changes nothing of the account.
    """
    wanted = request.form.get("lang", "")
    answer = redirect(_without_language(safe(request.form.get("back", ""), "/")), code=303)
    if wanted not in wording.LANGUAGES:
        return answer
    user = guard.who_is_signed_in()
    if user is not None and user.due is not Due.CODE:
        with unit_of_work(f"user:{user.user_id}") as uow:
            users.choose_language(uow, user.user_id, wanted)
    return web.keep_language(answer, wanted)


def _without_language(path: str) -> str:
    """The same page without the language that its address asks for, which would win over the one just chosen."""
    parts = urlsplit(path)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name != "lang"]
    return path if len(kept) == len(asked) else parts._replace(query=urlencode(kept)).geturl()
