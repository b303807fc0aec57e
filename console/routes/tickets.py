"""One ticket: what has to happen now, the timeline, dispatch and why, requester, promises."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from console.cards import flag_marks
from console.handing import handing
from console.privacy import without_numbers
from console.queries import tickets as queries
from console.queries.tickets import Whole
from console.routes.blueprint import bp, show
from console.ticket_job import Choice, holder, left_out, ranked, ranking, tracker
from console.ticket_story import story
from console.timeline import Kind, only
from console.typed import NOTHING_TYPED, Typed
from console.words import matter, moment, place, ticket_clock
from core import web
from core.uow import UnitOfWork, unit_of_work
from directory.queries.places import communities
from directory.scope import Scope
from providers.models import Provider
from staff.guard import actor, current_scope, needs
from ticketing import lifecycle
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Ticket

DISPATCHABLE = frozenset({State.OPEN, State.DISPATCHED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.WAITING_QUOTE})
"""States in which somebody can be sent by hand; who holds the job is released."""
TABS = ("resident", "provider", "note")


@dataclass(frozen=True, slots=True)
class May:
    """Which buttons the reader has, by his permissions and by the ticket's state."""

    take: bool
    cancel: bool
    close: bool
    reopen: bool
    dispatch: bool
    place: bool
    write: bool


@dataclass(frozen=True, slots=True)
class Next:
    """The one next step of the ticket."""

    name: str
    tone: str
    icon: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: met, running or late."""

    name: str
    met: str
    by: str  # empty: no hour was promised
    look: str


@bp.get("/tickets/<code>")
@needs("tickets.read")
def ticket(code: str) -> ResponseReturnValue:
    """The page of one ticket."""
    with unit_of_work(actor()) as uow:
        found = queries.whole(uow.session, current_scope(), code)
        return show("ticket.html", uow, page=ticket_page(uow, found, current_scope()))


@bp.get("/tickets/<code>/version")
@needs("tickets.read")
def ticket_version(code: str) -> ResponseReturnValue:
    """A short mark that changes when the ticket, its history or its texts do."""
    with unit_of_work(actor()) as uow:
        ticket = queries.find(uow.session, current_scope(), code)
        return {"version": queries.mark(uow.session, ticket)}


def ticket_page(uow: UnitOfWork, found: Whole, scope: Scope, typed: Typed = NOTHING_TYPED) -> dict[str, Any]:
    """What the page of one ticket shows; `typed` puts a refused form back as it was."""
    one = found.ticket
    wanted = request.args.get("only", "all")
    may = _may(one, scope)
    may_text = may.write and scope.may("texts.write")
    usual = "resident" if may_text and one.notify_msisdn else "note"
    tab = typed.fields.get("to") or request.args.get("write", usual)
    holding = next(((d, p) for d, p in reversed(found.dispatches) if d.state in HOLDING), None)
    shown = holding or next(((d, p) for d, p in reversed(found.dispatches) if d.state == DispatchState.COMPLETED), None)
    tabs = [
        name
        for name in TABS
        if name == "note" or (may_text and (one.notify_msisdn if name == "resident" else holding is not None))
    ]
    return {
        "code": one.code,
        "matter": matter(one),
        "tier": one.tier,
        "state": one.state,
        "reopened": one.reopened,
        "version": one.version,
        "version_tag": queries.mark(uow.session, one),
        "clock": ticket_clock(one, uow.now),
        "may": may,
        "next": _next(found, holding, uow.now),
        "only": wanted if wanted in set(Kind) else "all",
        "entries": only(story(found, scope), wanted),
        "hears": scope.may("numbers.see"),
        "tabs": tabs,
        "tab": tab if tab in tabs else "note",
        "form_key": typed.fields.get("key") or secrets.token_hex(16),
        "typed": typed,
        "steps": tracker(found, shown[0] if shown else None),
        "holder": holder(*shown, uow.now) if shown else None,
        "round": one.round,
        "candidates": [ranked(candidate, provider, found.dispatches) for candidate, provider in found.candidates],
        "left_out": left_out(found),
        "ranking": ranking(uow, one) if may.dispatch else [],
        "needs_person": one.match_at is None and one.state in (State.OPEN, State.NEW) and bool(one.service),
        "requester": one.requester_name,
        "flags": flag_marks(uow, scope, one.household_id),
        "household_id": one.household_id if scope.may("people.read") else None,
        "lang": one.lang,
        "access_need": found.person.access_need if found.person else None,
        "id": one.id,
        "msisdn": one.msisdn,  # drawn by m.number: as much of it as the reader may see
        "notify_msisdn": one.notify_msisdn,
        "place": place(one, found.place),
        "address": typed.fields.get("address", one.address),
        "service": typed.fields.get("service", one.service),
        "jurisdiction_code": typed.fields.get("community", one.jurisdiction_code),
        "description": one.description if scope.may("numbers.see") else without_numbers(one.description),
        "also": [{"code": other.code, "matter": matter(other)} for other in found.also],
        "needs_facts": one.state == State.NEW,
        "handing": handing(uow, one, scope),
        "services": [Choice(s.code, s.name[web.lang()]) for s in uow.catalogue.services.values()] if may.place else [],
        "communities": [
            Choice(c.code, c.name_zh if web.lang() == "zh" else c.name_en) for c in communities(uow.session, scope)
        ]
        if may.place
        else [],
        "promises": _promises(one, shown[0] if shown else None, uow.now),
        "follow_up": _follow_up(found),
        "tasks": [
            {"sentence": web.say(f"ticketing.task.{task.reason}"), "by": moment(task.due_at, uow.now)}
            for task in found.tasks
        ],
    }


def _may(one: Ticket, scope: Scope) -> May:
    is_over = one.state in lifecycle.OVER
    return May(
        take=scope.may("tickets.take") and not is_over,
        cancel=scope.may("tickets.cancel") and lifecycle.may_move(one.state, State.CANCELLED),
        close=scope.may("tickets.close") and lifecycle.may_move(one.state, State.CLOSED),
        reopen=scope.may("tickets.reopen") and one.state in (State.CLOSED, State.FOLLOWING_UP),
        dispatch=scope.may("tickets.dispatch")
        and one.state in DISPATCHABLE
        and bool(one.service and one.jurisdiction_code),
        place=scope.may("tickets.take") and one.state in (State.NEW, State.OPEN),
        write=scope.may("tickets.note"),
    )


def _next(found: Whole, holding: tuple[Dispatch, Provider] | None, now: datetime) -> Next:
    one = found.ticket
    who = holding[1].name if holding else ""
    promised = moment(holding[0].promised_at, now) if holding else "–"
    facts = {"code": one.code, "who": who, "when": promised, "round": one.round}
    match one.state:
        case State.NEW:
            if one.is_draft and found.voicemails:
                return Next("message", "wait", "voicemail", facts)
            return Next("call_back" if one.is_draft else "complete_facts", "wait", "phone-out", facts)
        case State.OPEN if one.match_at is None and one.kind == "service":
            return Next("find_provider", "warn", "truck", facts)
        case State.OPEN if one.kind != "service":
            return Next("answer", "wait", "edit", facts)
        case State.OPEN:
            return Next("matching", "info", "clock", facts)
        case State.DISPATCHED:
            return Next("offering", "info", "clock", facts)
        case State.ACKNOWLEDGED:
            return Next("coming", "info", "truck", facts)
        case State.IN_PROGRESS:
            return Next("working", "info", "wrench", facts)
        case State.WAITING_QUOTE:
            return Next("quote", "wait", "pause", facts)
        case State.DONE | State.FOLLOWING_UP:
            return Next("asking", "wait", "chat", facts)
        case State.CLOSED:
            return Next("closed", "ok", "ok", facts)
        case _:
            return Next("cancelled", "mute", "bad", facts)


def _promises(one: Ticket, shown: Dispatch | None, now: datetime) -> list[Promise]:
    arrived, arrives_by = (shown.arrived_at, shown.promised_at) if shown is not None else (None, None)
    wanted = [("contact", one.contacted_at, one.contact_by), ("dispatched", one.dispatched_at, None)]
    if arrives_by is not None:
        wanted.append(("arrival", arrived, arrives_by))
    wanted.append(("close", one.closed_at, one.close_by))
    return [
        Promise(name, moment(met_at, now), moment(by, now) if by else "", _look(met_at, by, now))
        for name, met_at, by in wanted
    ]


def _look(met_at: datetime | None, by: datetime | None, now: datetime) -> str:
    if met_at is not None:
        return "ok" if by is None or met_at <= by else "late"
    return "late" if by is not None and now > by else ""


def _follow_up(found: Whole) -> dict[str, Any] | None:
    asked = found.follow_up
    if asked is None:
        return None
    look = "waiting" if asked.is_solved is None else "solved" if asked.is_solved else "unsolved"
    return {"look": look, "score": asked.score}
