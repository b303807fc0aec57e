"""A small application with the staff's own pages and one guarded page of each kind."""

from __future__ import annotations

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from config.settings import Settings
from core import web
from core.uow import unit_of_work
from staff import guard
from staff.routes import bp
from tests.factories.staff import a_user


@pytest.fixture
def app(engine: Engine, clean: None, settings: Settings) -> Flask:
    """Staff pages, a page that needs to read tickets, and a form that needs to close them."""
    small = Flask("app", static_folder="core/static", template_folder="core/templates")
    web.prepare(small, settings)
    small.register_blueprint(bp)

    @small.get("/console/")
    @guard.needs("tickets.read")
    def queue() -> ResponseReturnValue:
        return {
            "name": guard.current_user().name,
            "actor": guard.actor(),
            "prefixes": guard.current_scope().prefixes,
            "may_close": guard.current_scope().may("tickets.close"),
        }

    @small.post("/console/close")
    @guard.needs("tickets.close")
    def close() -> ResponseReturnValue:
        return {"closed": request.form["code"], "prefixes": guard.current_scope().prefixes}

    @small.get("/console/users")
    @guard.needs("users.manage")
    def users() -> ResponseReturnValue:
        return "users"

    return small


@pytest.fixture
def agent(app: Flask) -> None:
    """An agent of the whole city, committed."""
    with unit_of_work("test") as uow:
        a_user(uow)
