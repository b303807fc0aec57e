"""The cookie by which a browser is known to a login again: it opens nothing, it only keeps strangers' tries apart."""

from __future__ import annotations

import secrets

from flask import current_app, request
from werkzeug.wrappers import Response

from config.settings import Settings
from staff import known_browser
from staff.queries import written

PLAIN_COOKIE = "linli-known"
HOST_COOKIE = "__Host-linli-known"
LASTS = 180 * 24 * 3600  # seconds
BYTES = known_browser.MARK // 2


def known(login: str) -> str:
    """The word of this browser when the login was signed in from it before, else empty."""
    return known_browser.word_of(request.cookies.get(_name(), ""), written(login), key=_settings().secret_key)


def remember(answer: Response, login: str) -> Response:
    """Let the browser know this login from now on."""
    cookie = known_browser.with_login(
        request.cookies.get(_name(), ""), written(login), key=_settings().secret_key, fresh=secrets.token_hex(BYTES)
    )
    answer.set_cookie(
        _name(), cookie, max_age=LASTS, path="/", httponly=True, samesite="Lax", secure=_name() == HOST_COOKIE
    )
    return answer


def _name() -> str:
    return HOST_COOKIE if _settings().public_url.startswith("https://") else PLAIN_COOKIE


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
