"""What the simulator's page needs in a demo: the clock, and what happens in the house. Never there in production."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from ipaddress import ip_address

from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue

from config.settings import Settings
from console.paging import read_id
from console.queries import tickets as queries
from core import clock, jobs, wording
from core.uow import UnitOfWork, unit_of_work
from core.web import csrf
from ticketing import prompts
from ticketing.models import TicketEvent

demo = Blueprint("demo", __name__, url_prefix="/demo")
csrf.exempt(demo)
LONGEST_STEP = timedelta(days=31)
SHOWN = 100
NOWHERE = "::"  # an address that is not on loopback, for an asker without one


@demo.before_request
def only_in_a_demo() -> None:
    """404 unless the clock is a demo's and the asker is a program on this machine."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo_clock or not ip_address(request.remote_addr or NOWHERE).is_loopback:
        abort(404)


@demo.get("/clock")
def read_clock() -> ResponseReturnValue:
    """The moment it is in the house."""
    with unit_of_work("demo") as uow:
        return _moment(uow.now)


@demo.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move the clock forward: `{"advance": seconds}` or `{"to": "08:00"}`; then ring every job."""
    wanted = request.get_json(silent=True)
    with unit_of_work("demo") as uow:
        step = _step(uow, wanted) if isinstance(wanted, dict) else None
        if step is None or not timedelta() <= step <= LONGEST_STEP:
            return {"error": "advance takes seconds from 0 to 31 days, to takes HH:MM"}, 400
        clock.move(uow.session, step)
        moment = uow.now + step
    jobs.ring(list(jobs.declared()))
    return _moment(moment)


@demo.get("/events")
def events() -> ResponseReturnValue:
    """What happened since an id, in plain words of both languages: `{"items": [{"id","at","text","tone"}]}`."""
    after = read_id(request.args.get("after", ""))
    with unit_of_work("demo") as uow:
        latest = queries.latest_steps(uow.session, after or 0, SHOWN)
        return {
            "items": [
                {
                    "id": step.id,
                    "at": step.at.isoformat(),
                    "tone": "info",
                    "text": {lang: f"{code} · {_sentence(step, lang, uow)}" for lang in wording.LANGUAGES},
                }
                for step, code in latest
            ]
        }


def _sentence(step: TicketEvent, lang: str, uow: UnitOfWork) -> str:
    who = {"who": wording.say("console", "actor.system", lang)}
    return wording.say("ticketing", f"event.{step.kind}", lang, **who, **prompts.facts(step.data, lang, uow.zone))


def _moment(moment: datetime) -> ResponseReturnValue:
    return {"now": moment.isoformat(), "demo": True}


def _step(uow: UnitOfWork, wanted: dict[str, object]) -> timedelta | None:
    advance, to = wanted.get("advance"), wanted.get("to")
    if isinstance(advance, int | float):
        try:
            return timedelta(seconds=advance)
        except (ValueError, OverflowError):  # NaN, infinity
            return None
    try:
        hour = time.fromisoformat(str(to))
    except ValueError:
        return None
    local = uow.local_now
    target = datetime.combine(local.date(), hour, local.tzinfo)
    return (target if target > local else target + timedelta(days=1)) - local
