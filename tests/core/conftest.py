"""A small application with the house's frame and one page of each kind."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import Engine

from config.settings import Settings
from core import csrf, web
from core.errors import Conflict, HotlineError, NotAllowed, NotFound
from staff import errors as refusals
from ticketing import errors as ticketing_refusals

KINDS: dict[str, HotlineError] = {
    "not_found": ticketing_refusals.TicketNotFound("<b>A1023</b>"),
    "not_allowed": refusals.NotPermitted("班长"),
    "conflict": ticketing_refusals.ChangedMeanwhile("A1023"),
    "other": ticketing_refusals.ReasonMissing(),
}
"""One refusal of each kind that core.errors knows."""
assert [type(one).__mro__[1] for one in KINDS.values()] == [NotFound, NotAllowed, Conflict, HotlineError]


@pytest.fixture
def app(engine: Engine, settings: Settings) -> Flask:
    """A form, a page that refuses, one that breaks, one that is closed, and a webhook without a form."""
    return make_app(settings)


def make_app(settings: Settings) -> Flask:
    """The small application under these settings."""
    small = Flask("app", static_folder="core/static", template_folder="core/templates")
    web.prepare(small, settings)

    @small.get("/form")
    def form() -> ResponseReturnValue:
        return f'<input name="csrf_token" value="{csrf.token()}">'

    @small.post("/form")
    def take_form() -> ResponseReturnValue:
        return str(escape(request.form.get("words", "")))

    @small.get("/refuses/<kind>")
    def refuses(kind: str) -> ResponseReturnValue:
        raise KINDS[kind]

    @small.get("/breaks")
    def breaks() -> ResponseReturnValue:
        raise RuntimeError("secret of the house")

    @small.get("/closed")
    def closed() -> ResponseReturnValue:
        abort(403)

    hook = Blueprint("hook", __name__)

    @hook.post("/hook")
    def take_hook() -> ResponseReturnValue:
        return "taken"

    web.csrf.exempt(hook)
    small.register_blueprint(hook)
    return small
