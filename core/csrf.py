"""Forms come from our own pages: every one carries a token that only a page drawn for the same browser can hold."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, Flask, request, session
from werkzeug.exceptions import BadRequest

FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SECRET = "form_secret"  # noqa: S105 - the name of a place in the signed session cookie
_BYTES = 32
_SALT_BYTES = 8


class FormRefused(BadRequest):
    """A form without the token of this browser's pages: too old, or from another site."""


class FormGuard:
    """Refuses every changing request without a token, but for blueprints that have another proof."""

    def __init__(self) -> None:
        self.exempted: set[str | None] = set()

    def exempt(self, blueprint: Blueprint) -> None:
        """Leave a blueprint out: its requests are signed by the carrier, or come from this machine only."""
        self.exempted.add(blueprint.name)

    def protect(self, app: Flask) -> None:
        """Check each request of this application, and give templates `csrf_token()`."""
        app.before_request(self._check)
        app.jinja_env.globals.update(csrf_token=token)

    def _check(self) -> None:
        if request.method in SAFE_METHODS or request.endpoint is None or request.blueprint in self.exempted:
            return
        if not is_ours(request.form.get(FIELD, "")):
            raise FormRefused


def token() -> str:
    """A token for a form of this browser; another one each time, so that its bytes never repeat in an answer."""
    if _SECRET not in session:
        session[_SECRET] = secrets.token_hex(_BYTES)
    salt = secrets.token_hex(_SALT_BYTES)
    return f"{salt}.{_sealed(session[_SECRET], salt)}"


def is_ours(given: str) -> bool:
    """Whether a token was made for this browser."""
    salt, _, seal = given.partition(".")
    secret = str(session.get(_SECRET, ""))
    return bool(secret) and hmac.compare_digest(_sealed(secret, salt).encode(), seal.encode())


def _sealed(secret: str, salt: str) -> str:
    return hmac.digest(secret.encode(), salt.encode(), "sha256").hex()
