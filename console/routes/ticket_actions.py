"""What an agent does to a ticket by hand: take, note, text, dispatch, cancel, close, reopen, fill in facts."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.errors import NobodyToText, NothingWritten, TooManyWords, UnknownChoice
from console.queries import tickets as queries
from console.routes.blueprint import bp, show
from console.routes.tickets import ticket_page
from console.typed import Typed
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.queries.places import communities
from sms import service as sms
from staff.guard import actor, current_scope, current_user, needs, not_permitted
from staff.permissions import Permission
from ticketing.errors import ReasonMissing
from ticketing.models import Ticket
from ticketing.service import offering, tickets

LONGEST_WORDS = 1000
LONGEST_REASON = 200
LONGEST_ADDRESS = 200
NO_VERSION = -1
KEY = re.compile(r"[0-9a-f]{32}")


@bp.post("/tickets/<code>/take")
@needs("tickets.take")
def take(code: str) -> ResponseReturnValue:
    """Make the ticket the reader's own."""
    with unit_of_work(actor()) as uow:
        queries.held(uow.session, current_scope(), code)
        tickets.take(uow, code, current_user().user_id, _version())
    return _back(code, "taken")


@bp.post("/tickets/<code>/write")
@needs("tickets.note")
def write(code: str) -> ResponseReturnValue:
    """A text to the resident or the provider, or an internal note. The same form twice does it once."""
    words = _typed("words", LONGEST_WORDS)
    to = request.form.get("to", "note")
    key = request.form.get("key", "")
    key = key if KEY.fullmatch(key) else ""
    if not words:
        raise NothingWritten
    with unit_of_work(actor()) as uow:
        ticket = queries.held(uow.session, current_scope(), code)
        if to == "note":
            tickets.note(uow, code, words, key=key)
            return _back(code, "noted")
        if not current_scope().may("texts.write"):
            raise not_permitted(Permission.TEXTS_WRITE)
        number = ticket.notify_msisdn if to == "resident" else queries.holder_number(uow.session, ticket)
        if number is None:
            raise NobodyToText
        lang = ticket.lang if to == "resident" else web.lang()
        sms.write_by_hand(uow, number, words, about=ticket.code, lang=lang, key=key)
    return _back(code, "texted")


@bp.post("/tickets/<code>/dispatch")
@needs("tickets.dispatch")
def dispatch(code: str) -> ResponseReturnValue:
    """Offer the job to a named provider; a choice by hand needs a reason."""
    with unit_of_work(actor()) as uow:
        queries.held(uow.session, current_scope(), code)
        offering.dispatch_by_hand(uow, code, request.form.get("provider", ""), _reason(), _version())
    return _back(code, "dispatched")


@bp.post("/tickets/<code>/cancel")
@needs("tickets.cancel")
def cancel(code: str) -> ResponseReturnValue:
    """Call the ticket off; the provider is told."""
    return _with_reason(tickets.cancel, code, "cancelled")


@bp.post("/tickets/<code>/close")
@needs("tickets.close")
def close(code: str) -> ResponseReturnValue:
    """Close a ticket that was answered at first contact, or confirmed by phone."""
    return _with_reason(tickets.close, code, "closed")


@bp.post("/tickets/<code>/reopen")
@needs("tickets.reopen")
def reopen(code: str) -> ResponseReturnValue:
    """Open a closed ticket again; it keeps its code."""
    return _with_reason(tickets.reopen, code, "reopened")


@bp.post("/tickets/<code>/facts")
@needs("tickets.take")
def facts(code: str) -> ResponseReturnValue:
    """Fill in service and place; with both known the ticket opens and is matched."""
    with unit_of_work(actor()) as uow:
        queries.held(uow.session, current_scope(), code)
        service = request.form.get("service", "")
        community = request.form.get("community", "")
        if (service and service not in uow.catalogue.services) or (community and not _is_offered(uow, community)):
            raise UnknownChoice
        tickets.set_facts(
            uow,
            code,
            service=service or None,
            address=_typed("address", LONGEST_ADDRESS) or None,
            jurisdiction_code=community or None,
            version=_version(),
        )
    return _back(code, "filled_in")


def _with_reason(act: Callable[[UnitOfWork, str, str, int], Ticket], code: str, done: str) -> ResponseReturnValue:
    """Do what needs a reason to a ticket of the reader's area."""
    with unit_of_work(actor()) as uow:
        queries.held(uow.session, current_scope(), code)
        act(uow, code, _reason(), _version())
    return _back(code, done)


def _is_offered(uow: UnitOfWork, community: str) -> bool:
    return any(one.code == community for one in communities(uow.session, current_scope()))


def _version() -> int:
    """The version that the reader saw; a form without one saw none that exists."""
    version = request.form.get("version", "")
    return int(version) if version.isascii() and version.isdecimal() else NO_VERSION


def _reason() -> str:
    reason = _typed("reason", LONGEST_REASON)
    if not reason:
        raise ReasonMissing
    return reason


def _typed(field: str, most: int) -> str:
    """A field as it was typed. Raises TooManyWords: cutting it off would lose what somebody wrote."""
    words = request.form.get(field, "").replace("\r\n", "\n").strip()
    if len(words) > most:
        raise TooManyWords(most)
    return words


def _back(code: str, done: str) -> ResponseReturnValue:
    flash(web.say(f"console.done.{done}", code=code.upper()), "ok")
    return redirect(url_for("console.ticket", code=code), code=303)


@bp.errorhandler(HotlineError)
def refuse_on_the_page(err: HotlineError) -> ResponseReturnValue:
    """A refusal of an action is told on the ticket's page as it stands now, with what was typed still in its form."""
    code = (request.view_args or {}).get("code")
    if request.method != "POST" or code is None or isinstance(err, NotFound | NotAllowed):
        return web.refuse(err)
    with unit_of_work(actor()) as uow:
        try:
            found = queries.whole(uow.session, current_scope(), code)
        except NotFound as gone:  # meanwhile it went out of the reader's part, so nothing of it is drawn
            return web.refuse(gone)
        action = (request.endpoint or "").rpartition(".")[2]
        typed = Typed(action, request.form.to_dict(), web.refusal_sentence(err))
        return show("ticket.html", uow, page=ticket_page(uow, found, current_scope(), typed)), web.status_of(err)
