"""What an agent does to a ticket by hand: take, note, text, dispatch, cancel, close, reopen, fill in facts."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import queries
from console.routes.blueprint import bp
from core import web
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from sms import service as sms
from staff.guard import actor, current_scope, current_user, needs
from ticketing.dispatch_lifecycle import HOLDING
from ticketing.service import dispatches, tickets

LONGEST_WORDS = 1000
LONGEST_REASON = 200


@bp.post("/tickets/<code>/take")
@needs("tickets.take")
def take(code: str) -> ResponseReturnValue:
    """Make the ticket the reader's own."""
    with unit_of_work(actor()) as uow:
        _reach(uow, code)
        tickets.take(uow, code, current_user().user_id, _version())
    return _back(code, "taken")


@bp.post("/tickets/<code>/write")
@needs("tickets.note")
def write(code: str) -> ResponseReturnValue:
    """A text to the resident or the provider, or an internal note. The same form twice does it once."""
    words = request.form.get("words", "").strip()[:LONGEST_WORDS]
    to = request.form.get("to", "note")
    key = request.form.get("key", "")[:32]
    if not words:
        return _back(code, "nothing_written", kind="bad")
    with unit_of_work(actor()) as uow:
        ticket = queries.find(uow.session, current_scope(), code)
        if to == "note":
            tickets.note(uow, code, words, key=key)
            done = "noted"
        else:
            number = ticket.notify_msisdn if to == "resident" else _provider_number(uow, code)
            if not current_scope().may("texts.write") or number is None:
                return _back(code, "nobody_to_text", kind="bad")
            sent = sms.write_by_hand(uow, number, words, about=code, lang=ticket.lang, key=key)
            done = "texted" if sent is not None and sent.delivery != "suppressed" else "suppressed"
    return _back(code, done, kind="bad" if done == "suppressed" else "ok")


@bp.post("/tickets/<code>/dispatch")
@needs("tickets.dispatch")
def dispatch(code: str) -> ResponseReturnValue:
    """Offer the job to a named provider; a choice by hand needs a reason."""
    with unit_of_work(actor()) as uow:
        _reach(uow, code)
        dispatches.dispatch_by_hand(uow, code, request.form.get("provider", ""), _reason(), _version())
    return _back(code, "dispatched")


@bp.post("/tickets/<code>/cancel")
@needs("tickets.cancel")
def cancel(code: str) -> ResponseReturnValue:
    """Call the ticket off; the provider is told."""
    with unit_of_work(actor()) as uow:
        _reach(uow, code)
        tickets.cancel(uow, code, _reason(), _version())
    return _back(code, "cancelled")


@bp.post("/tickets/<code>/close")
@needs("tickets.close")
def close(code: str) -> ResponseReturnValue:
    """Close a ticket that was answered at first contact, or confirmed by phone."""
    with unit_of_work(actor()) as uow:
        _reach(uow, code)
        tickets.close(uow, code, _reason(), _version())
    return _back(code, "closed")


@bp.post("/tickets/<code>/reopen")
@needs("tickets.reopen")
def reopen(code: str) -> ResponseReturnValue:
    """Open a closed ticket again; it keeps its code."""
    with unit_of_work(actor()) as uow:
        _reach(uow, code)
        tickets.reopen(uow, code, _reason())
    return _back(code, "reopened")


@bp.post("/tickets/<code>/facts")
@needs("tickets.take")
def facts(code: str) -> ResponseReturnValue:
    """Fill in service and place; with both known the ticket opens and is matched."""
    with unit_of_work(actor()) as uow:
        _reach(uow, code)
        service = request.form.get("service", "")
        community = request.form.get("community", "")
        if (service and service not in uow.catalogue.services) or (community and not current_scope().covers(community)):
            return _back(code, "unknown_choice", kind="bad")
        tickets.set_facts(
            uow,
            code,
            service=service or None,
            address=request.form.get("address", "").strip()[:200] or None,
            jurisdiction_code=community or None,
            version=_version(),
        )
    return _back(code, "filled_in")


def _reach(uow: UnitOfWork, code: str) -> None:
    """Raise TicketNotFound unless the reader may see this ticket."""
    queries.find(uow.session, current_scope(), code)


def _provider_number(uow: UnitOfWork, code: str) -> str | None:
    found = queries.whole(uow.session, current_scope(), code)
    return next((provider.msisdn for one, provider in found.dispatches if one.state in HOLDING), None)


def _version() -> int | None:
    version = request.form.get("version", "")
    return int(version) if version.isdecimal() else None


def _reason() -> str:
    return request.form.get("reason", "").strip()[:LONGEST_REASON]


def _back(code: str, done: str, *, kind: str = "ok") -> ResponseReturnValue:
    flash(web.say(f"console.done.{done}", code=code), kind)
    return redirect(url_for("console.ticket", code=code), code=303)


@bp.errorhandler(HotlineError)
def refuse_on_the_page(err: HotlineError) -> ResponseReturnValue:
    """A refusal of an action is shown on the ticket's page, so that nothing of the page is lost."""
    code = (request.view_args or {}).get("code")
    if request.method != "POST" or code is None:
        return web.refuse(err)
    flash(web.refusal_sentence(err), "bad")
    return redirect(url_for("console.ticket", code=code), code=303)
