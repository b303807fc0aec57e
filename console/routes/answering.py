"""How a change to what is known of people is answered: a word on the card, or there its refusal with what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.cards import household_page, may_at, person_page
from console.routes.blueprint import show
from console.routes.people import scoped_household, scoped_person
from console.typed import Typed
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.errors import FieldRefused
from staff.guard import actor

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
Named = Mapping[str, int]
"""The parts of the address: which person, household, contact."""
Draw = Callable[[UnitOfWork, Named, Typed], str]


def in_place(draw: Draw) -> Callable[[View[P]], View[P]]:
    """Tell a refusal on the card as it stands now, with what was typed still in its form; `draw` makes that card."""

    def wrapped(view: View[P]) -> View[P]:
        @wraps(view)
        def shown(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            try:
                return view(*args, **kwargs)
            except HotlineError as err:
                if isinstance(err, NotFound | NotAllowed):
                    raise
                return _refused(err, draw)

        return shown

    return wrapped


def on_person(uow: UnitOfWork, named: Named, typed: Typed) -> str:
    """The page of the person, with the refused form."""
    return show("person.html", uow, page=person_page(uow, scoped_person(uow, named["person_id"]), typed))


def on_household(uow: UnitOfWork, named: Named, typed: Typed) -> str:
    """The card of the household, with the refused form."""
    return show("household.html", uow, page=household_page(uow, named["household_id"], typed))


def to_person(person_id: int, done: str) -> ResponseReturnValue:
    """Back to the page of the person, where it is said what was done."""
    return told(done, url_for("console.person", person_id=person_id))


def to_household(household_id: int, done: str) -> ResponseReturnValue:
    """Back to the card of the household, where it is said what was done."""
    return told(done, url_for("console.household", household_id=household_id))


def told(done: str, address: str) -> ResponseReturnValue:
    """Say on another page what was done."""
    flash(web.say(f"console.people.done.{done}"), "ok")
    return redirect(address, code=303)


def _refused(err: HotlineError, draw: Draw) -> ResponseReturnValue:
    """The page of the refused form again, in a unit of its own: what the form had begun is undone."""
    named = request.view_args or {}
    action = (request.endpoint or "").rpartition(".")[2]
    target = next(
        (str(named[name]) for name in ("contact_id", "correction_id", "flag_id", "label_id") if name in named), ""
    )
    fields = {name: value for name, value in request.form.items() if name != "csrf_token"}
    if "who" in fields:
        fields["who"] = ",".join(request.form.getlist("who"))
    key = ":".join(part for part in (action, request.form.get("what", ""), target) if part)
    typed = Typed(key, fields, web.refusal_sentence(err), err.field if isinstance(err, FieldRefused) else "")
    with unit_of_work(actor()) as uow:
        if not _works_there(uow, named):
            return web.refuse(err)
        return draw(uow, named, typed), web.status_of(err)


def _works_there(uow: UnitOfWork, named: Named) -> bool:
    """Whether the reader gets the card without saying why; others are told the refusal and see nothing by it."""
    if "person_id" in named:
        return may_at(uow, scoped_person(uow, named["person_id"]).household.community_code).freely
    if "household_id" in named:
        return may_at(uow, scoped_household(uow, named["household_id"]).community_code).freely
    return True
