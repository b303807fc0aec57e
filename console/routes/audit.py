"""The audit log: who did what, who looked at what and why; and whether it is as it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import audit_log
from console.audit_log import Wanted
from console.audit_words import facts_told, kind_of
from console.paging import LARGEST_ID
from console.routes.blueprint import bp, show
from core import web, wording
from core.audit import AuditEntry
from core.audit_job import LOG
from core.uow import UnitOfWork, unit_of_work
from directory.queries.places import names_of
from staff.guard import actor, current_scope, needs

ACTOR = re.compile(r"[a-z]+:[A-Za-z0-9_.:-]{1,60}|cli")
LONGEST = 64
ACTION = "audit.action."
FIELDS = ("actor", "action", "subject", "place", "since", "until")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as the page draws it."""

    number: int
    at: datetime
    actor: str
    who: str
    action: str
    done: str
    subject: str
    kind: str  # of the subject, in words; empty where it has none
    place: str
    place_name: str
    reason: str
    data: str


@bp.get("/audit")
@needs("audit.read")
def audit() -> ResponseReturnValue:
    """A page of the log, the newest first."""
    with unit_of_work(actor()) as uow:
        wanted = _wanted(uow)
        before = _number(request.args.get("before", ""))
        rows = audit_log.entries(uow.session, current_scope(), wanted, before=before)
        page = {
            "rows": _rows(uow, rows),
            "asked": {name: request.args.get(name, "")[:LONGEST] for name in FIELDS},
            "actions": _actions(),
            "next_before": rows[-1].number if len(rows) == audit_log.PAGE else None,
            "check": _check(uow),
        }
        if wanted.is_narrow:
            uow.audit("audit.searched", LOG, **_named(wanted))
        return show("audit.html", uow, page=page)


@bp.post("/audit/verify")
@needs("audit.read")
def verify_audit() -> ResponseReturnValue:
    """Have the whole log verified; the outcome stands at the head of the page once it is there."""
    with unit_of_work(actor()) as uow:
        uow.audit("audit.check_asked", LOG)
        uow.wake("audit.verify")
    flash(web.say("console.audit.check_begun"), "ok")
    return redirect(url_for("console.audit"), code=303)


def _wanted(uow: UnitOfWork) -> Wanted:
    asked = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    return Wanted(
        actor=_actor(uow, asked["actor"]),
        action=asked["action"],
        subject=asked["subject"],
        place=asked["place"].upper(),
        from_at=_day(uow, asked["since"]),
        until_at=_day_after(_day(uow, asked["until"])),
    )


def _actor(uow: UnitOfWork, word: str) -> str:
    """An actor as the log names him; a login stands for its user. What nobody is finds nothing."""
    if not word or ACTOR.fullmatch(word):
        return word
    return audit_log.user_by_login(uow.session, word) or word


def _named(wanted: Wanted) -> dict[str, str]:
    """Whom a look was about, for the log: what names nobody is somebody's own words and does not go in."""
    asked = {"who": wanted.actor, "about": wanted.subject}
    return {name: word for name, word in asked.items() if ACTOR.fullmatch(word)}


def _day(uow: UnitOfWork, word: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(word), time(), uow.zone)
    except ValueError:
        return None


def _day_after(day: datetime | None) -> datetime | None:
    try:
        return day + timedelta(days=1) if day is not None else None
    except OverflowError:
        return None  # nothing is later


def _number(word: str) -> int | None:
    """A number of the log; it counts further than other ids."""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= len(str(LARGEST_ID)) + 5 else None


def _rows(uow: UnitOfWork, entries: list[AuditEntry]) -> list[Row]:
    who = audit_log.user_names(uow.session, {entry.actor for entry in entries})
    places = names_of(uow.session, {entry.place for entry in entries if entry.place})
    return [
        Row(
            number=entry.number,
            at=entry.at,
            actor=entry.actor,
            who=who.get(entry.actor) or _not_a_user(entry.actor),
            action=entry.action,
            done=_words(entry.action),
            subject=entry.subject,
            kind=kind_of(entry.subject),
            place=entry.place,
            place_name=places.get(entry.place, {}).get(web.lang(), entry.place),
            reason=entry.reason,
            data=facts_told(entry.action, entry.data),
        )
        for entry in entries
    ]


def _not_a_user(name: str) -> str:
    kind = name.partition(":")[0]
    known = wording.catalogue("console", web.lang())
    return known.get(f"audit.by.{kind}", name)


def _words(action: str) -> str:
    return wording.catalogue("console", web.lang()).get(f"{ACTION}{action}", action)


def _actions() -> list[tuple[str, str]]:
    """Every action that has words, in the order of these."""
    known = wording.catalogue("console", web.lang())
    return sorted(
        ((key.removeprefix(ACTION), words) for key, words in known.items() if key.startswith(ACTION)),
        key=lambda one: one[0],
    )


def _check(uow: UnitOfWork) -> dict[str, Any] | None:
    last = audit_log.last_check(uow.session)
    if last is None:
        return None
    broken = last.data.get("broken")
    key = "whole" if broken is None else last.data.get("why", "changed")
    sentence = web.say(f"core.audit.{key}", number=last.data.get("until", 0) if broken is None else broken)
    return {"at": last.at, "is_whole": broken is None, "sentence": sentence}
