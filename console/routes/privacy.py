"""The privacy desk: what people ask about their own data, everything that is held about one, erasure and holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import subject as subjects
from console.paging import cursor, read_cursor, read_id
from console.routes.blueprint import bp, show
from console.subject_words import origin, parts
from console.words import ClockView, clock_view, moment
from core import web
from core.uow import UnitOfWork, unit_of_work
from directory.errors import AlreadyErased, ErasureNotConfirmed, MistakeNotTold, NotChecked, RequestStands
from directory.events import Obstacle
from directory.fragments import LONGEST
from directory.models import Channel, Household, LegalHold, Person, PrivacyRequest, Purpose, RequestKind
from directory.queries import consents, privacy
from directory.queries.places import names_of
from directory.queries.search import NOTHING, people
from directory.service import erasure
from directory.service import privacy as service
from directory.service.privacy import Checked, Way
from staff.guard import actor, current_scope, needs

FOUND = 20
TABS = ("open", "settled", "holds")
STAYS = ("counts", "stops", "keys", "audit")


@dataclass(frozen=True, slots=True)
class Row:
    """One request of the list."""

    id: int
    kind: str
    name: str
    place: str
    state: str  # of the request, or `set_aside`: an error stops what was decided
    tries: int
    channel: str
    asked_at: datetime
    done_at: datetime | None
    clock: ClockView


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of the list."""

    id: int
    person_id: int
    name: str
    reason: str
    set_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Whose:
    """The person whom a page is about."""

    id: int
    name: str
    birth_year: int | None
    address: str
    place: str
    is_erased: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would take, and what stands against it."""

    gone: Sequence[tuple[str, int]]
    obstacles: Sequence[Obstacle]
    unread_lists: int  # files of lists that nobody has read: only the erasure looks through them


@bp.get("/privacy")
@needs("privacy.do")
def privacy_desk() -> ResponseReturnValue:
    """The requests that are open, those that are settled, or the holds in force."""
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    after = request.args.get("after", "")
    with unit_of_work(actor()) as uow:
        rows, holds, next_after = _holds(uow, after) if tab == "holds" else _requests(uow, tab, after)
        return show("privacy.html", uow, tab=tab, tabs=TABS, rows=rows, holds=holds, next_after=next_after)


@bp.post("/privacy/find")
@needs("privacy.do")
def privacy_find() -> ResponseReturnValue:
    """Find the person who asks. The words come in a form, so that they stand in no address."""
    words = request.form.get("q", "").strip()[:LONGEST]
    scope = current_scope()
    with unit_of_work(actor()) as uow:
        today = uow.local_now.date()
        hits = people(uow.session, scope, words, today=today, limit=FOUND) if words else NOTHING
        if words and scope.prefixes:
            uow.audit("people.searched", "people", place=scope.prefixes[0], found=hits.total)
        return show("privacy_find.html", uow, words=words, hits=hits)


@bp.get("/privacy/people/<int:person_id>")
@needs("privacy.do")
def privacy_person(person_id: int) -> ResponseReturnValue:
    """One person: his requests, holds and wishes, and the forms to open more."""
    return _person_page(person_id, {}, "")


def _person_page(person_id: int, typed: Mapping[str, str], refusal: str) -> str:
    with unit_of_work(actor()) as uow:
        person, home = privacy.subject(uow.session, current_scope(), person_id)
        ids = privacy.cluster(uow.session, person.id)
        numbers = privacy.numbers(uow.session, ids)
        uow.audit("privacy.person_read", f"person:{person.id}", place=home.community_code)
        return show(
            "privacy_person.html",
            uow,
            whose=_whose(uow, person, home),
            requests=privacy.requests_of(uow.session, ids),
            holds=privacy.holds(uow.session, ids),
            wishes=consents.history(uow.session, numbers),
            stops=consents.stops(uow.session, numbers),
            numbers=privacy.number_ids(uow.session, ids),
            kinds=list(RequestKind),
            ways=list(Way),
            checks=list(Checked),
            purposes=(Purpose.NOTICE, Purpose.SERVICE),
            channels=list(Channel),
            origin=origin,
            typed=typed,
            refusal=refusal,
        )


@bp.get("/privacy/people/<int:person_id>/held")
@needs("privacy.do")
def privacy_held(person_id: int) -> ResponseReturnValue:
    """Everything that is held about one person, as pages to read and print."""
    with unit_of_work(actor()) as uow:
        person, home = privacy.subject(uow.session, current_scope(), person_id)
        held = subjects.held(uow, person, web.lang())
        service.note_read(uow, person, how="page")
        return show("privacy_held.html", uow, whose=_whose(uow, person, home), parts=parts(uow, held), made_at=uow.now)


@bp.get("/privacy/people/<int:person_id>/held.json")
@needs("privacy.do")
def privacy_held_json(person_id: int) -> ResponseReturnValue:
    """The same as a file for the person."""
    with unit_of_work(actor()) as uow:
        person, _ = privacy.subject(uow.session, current_scope(), person_id)
        told = subjects.held(uow, person, web.lang()).as_json(uow.now)
        service.note_read(uow, person, how="json")
    answer = Response(json.dumps(told, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="person-{person_id}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/privacy/people/<int:person_id>/requests")
@needs("privacy.do")
def privacy_ask(person_id: int) -> ResponseReturnValue:
    """Take down what somebody asks; a slip is told on the page, and nothing that was typed is lost."""
    form = request.form
    try:
        request_id = _asked(person_id, form)
    except (MistakeNotTold, NotChecked, RequestStands) as refusal:
        return _person_page(person_id, form, web.refusal_sentence(refusal)), web.status_of(refusal)
    flash(web.say("console.privacy.done.asked"), "ok")
    return redirect(url_for("console.privacy_request", request_id=request_id), code=303)


@bp.post("/privacy/people/<int:person_id>/holds")
@needs("privacy.do")
def privacy_hold(person_id: int) -> ResponseReturnValue:
    """Let nothing of a person be erased until the reason is over."""
    with unit_of_work(actor()) as uow:
        person, _ = privacy.subject(uow.session, current_scope(), person_id)
        service.set_hold(uow, person.id, request.form.get("reason", ""))
    flash(web.say("console.privacy.done.hold_set"), "ok")
    return redirect(url_for("console.privacy_person", person_id=person_id), code=303)


@bp.post("/privacy/holds/<int:hold_id>/end")
@needs("privacy.do")
def privacy_end_hold(hold_id: int) -> ResponseReturnValue:
    """The reason of a hold is over."""
    with unit_of_work(actor()) as uow:
        hold = privacy.hold(uow.session, current_scope(), hold_id)
        person_id = hold.person_id
        service.end_hold(uow, hold_id)
    flash(web.say("console.privacy.done.hold_ended"), "ok")
    return redirect(url_for("console.privacy_person", person_id=person_id), code=303)


@bp.post("/privacy/people/<int:person_id>/consents")
@needs("privacy.do")
def privacy_withdraw(person_id: int) -> ResponseReturnValue:
    """Somebody takes back what he agreed to."""
    form = request.form
    purpose, channel = form.get("purpose", ""), form.get("channel", "")
    with unit_of_work(actor()) as uow:
        person, _ = privacy.subject(uow.session, current_scope(), person_id)
        numbers = privacy.number_ids(uow.session, privacy.cluster(uow.session, person.id))
        number = numbers.get(read_id(form.get("number", "")) or 0)
        if number is not None and purpose in set(Purpose) and channel in set(Channel):
            service.withdraw_consent(uow, person.id, number, Purpose(purpose), Channel(channel))
            flash(web.say("console.privacy.done.withdrawn"), "ok")
        else:
            flash(web.say("console.privacy.done.no_such_number"), "bad")
    return redirect(url_for("console.privacy_person", person_id=person_id), code=303)


@bp.get("/privacy/requests/<int:request_id>")
@needs("privacy.do")
def privacy_request(request_id: int) -> ResponseReturnValue:
    """One request: what to do next, and for an erasure what would go and what stays."""
    return _request_page(request_id, "")


def _request_page(request_id: int, refusal: str) -> str:
    with unit_of_work(actor()) as uow:
        row = privacy.request(uow.session, current_scope(), request_id)
        asked, person, home = row.request, row.person, row.household
        is_open = asked.state in privacy.OPEN
        whose = _whose(uow, person, home)
        ours = _row(uow, asked, whose.name, whose.place)
        facts = {"checked": asked.checked_how, "outcome": asked.outcome, "correction_id": asked.correction_id}
        preview = _preview(uow, person.id) if is_open and asked.kind is RequestKind.ERASURE else None
        return show(
            "privacy_request.html",
            uow,
            row=ours,
            facts=facts,
            whose=whose,
            is_open=is_open,
            preview=preview,
            stays=STAYS,
            refusal=refusal,
        )


@bp.post("/privacy/requests/<int:request_id>/answered")
@needs("privacy.do")
def privacy_answered(request_id: int) -> ResponseReturnValue:
    """What was asked for was handed out."""
    with unit_of_work(actor()) as uow:
        privacy.request(uow.session, current_scope(), request_id)
        service.answered(uow, request_id)
    flash(web.say("console.privacy.done.answered"), "ok")
    return redirect(url_for("console.privacy_request", request_id=request_id), code=303)


@bp.post("/privacy/requests/<int:request_id>/refuse")
@needs("privacy.do")
def privacy_refuse(request_id: int) -> ResponseReturnValue:
    """Say no, with the reason that the person is told."""
    with unit_of_work(actor()) as uow:
        privacy.request(uow.session, current_scope(), request_id)
        service.refuse(uow, request_id, request.form.get("reason", ""))
    flash(web.say("console.privacy.done.refused"), "ok")
    return redirect(url_for("console.privacy_request", request_id=request_id), code=303)


@bp.post("/privacy/requests/<int:request_id>/erase")
@needs("privacy.do")
def privacy_erase(request_id: int) -> ResponseReturnValue:
    """Erase for good, or note that it waits for what stands against it; not unless who asks was checked."""
    try:
        with unit_of_work(actor()) as uow:
            privacy.request(uow.session, current_scope(), request_id)
            if request.form.get("confirmed") != "yes":
                raise ErasureNotConfirmed
            done = service.erase(uow, request_id)
    except ErasureNotConfirmed as refusal:
        return _request_page(request_id, web.refusal_sentence(refusal)), web.status_of(refusal)
    flash(web.say(f"console.privacy.done.{'held' if done.obstacles else 'erased'}"), "warn" if done.obstacles else "ok")
    return redirect(url_for("console.privacy_request", request_id=request_id), code=303)


@bp.post("/privacy/requests/<int:request_id>/again")
@needs("privacy.do")
def privacy_try_again(request_id: int) -> ResponseReturnValue:
    """Have an erasure that an error stopped tried again."""
    with unit_of_work(actor()) as uow:
        privacy.request(uow.session, current_scope(), request_id)
        service.try_again(uow, request_id)
    flash(web.say("console.privacy.done.trying_again"), "ok")
    return redirect(url_for("console.privacy_request", request_id=request_id), code=303)


def _asked(person_id: int, form: Mapping[str, str]) -> int:
    kind = form.get("kind", "")
    with unit_of_work(actor()) as uow:
        person, _ = privacy.subject(uow.session, current_scope(), person_id)
        made = service.open_request(
            uow,
            person.id,
            RequestKind(kind) if kind in set(RequestKind) else RequestKind.ACCESS,
            channel=form.get("channel", ""),
            checked_how=form.get("checked", ""),
            words=form.get("words", "")[:500],
        )
        return made.id


def _requests(uow: UnitOfWork, tab: str, after: str) -> tuple[list[Row], list[Hold], str | None]:
    found = privacy.requests(uow.session, current_scope(), is_open=tab == "open", after=read_cursor(after))
    places = names_of(uow.session, {row.household.community_code for row in found})
    rows = [_row(uow, one.request, one.person.name, places[one.household.community_code][web.lang()]) for one in found]
    last = found[-1].request if len(found) == privacy.PAGE else None
    if last is None:
        return rows, [], None
    at = last.due_by if tab == "open" else last.done_at
    return rows, [], cursor(at or last.due_by, last.id)


def _holds(uow: UnitOfWork, after: str) -> tuple[list[Row], list[Hold], str | None]:
    found = privacy.held_page(uow.session, current_scope(), before=read_id(after))
    holds = [_hold(hold, person.name) for hold, person in found]
    return [], holds, str(holds[-1].id) if len(holds) == privacy.PAGE else None


def _hold(hold: LegalHold, name: str) -> Hold:
    return Hold(hold.id, hold.person_id, name, hold.reason, hold.set_at, hold.ended_at)


def _row(uow: UnitOfWork, asked: PrivacyRequest, name: str, place: str) -> Row:
    return Row(
        id=asked.id,
        kind=asked.kind,
        name=name,
        place=place,
        state="set_aside" if asked.is_set_aside and asked.state in privacy.OPEN else asked.state,
        tries=asked.tries,
        channel=asked.channel,
        asked_at=asked.asked_at,
        done_at=asked.done_at,
        clock=clock_view(asked.asked_at, asked.due_by, uow.now, moment(asked.due_by, uow.now)),
    )


def _whose(uow: UnitOfWork, person: Person, home: Household) -> Whose:
    place = names_of(uow.session, {home.community_code})[home.community_code][web.lang()]
    year = person.birth_date.year if person.birth_date is not None else None
    return Whose(person.id, person.name, year, home.address, place, person.erased_at is not None)


def _preview(uow: UnitOfWork, person_id: int) -> Preview | None:
    try:
        would = erasure.preview(uow, person_id)
    except AlreadyErased:
        return None
    gone: Counter[str] = +would.gone
    unread = gone.pop("unread_lists", 0)
    return Preview(sorted(gone.items()), would.obstacles, unread)
