"""The match desk: pairs and rows that may be one person, side by side; and merges that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from collection.errors import MatchElsewhere, MatchUnclear
from collection.models import Batch, BatchRow
from collection.queries import matches as reads
from collection.queries.matches import Done, Pair
from collection.record_linkage import Score
from collection.resident_row import Resident
from collection.service import linking, matches
from console.paging import is_id, read_id
from console.routes.blueprint import bp, show
from console.source_words import value_told, who
from core import web
from core.uow import UnitOfWork, unit_of_work
from directory.dwelling import plain
from directory.models import Contact, Person, Provenance
from directory.queries.places import place_names
from staff.guard import actor, current_scope, needs
from staff.queries import names_of

FIELDS = ("name", "sex", "birth_date", "identity", "address", "community", "lang", "access_need", "registered_place")
MORE_FIELDS = ("nationality", "died_on", "left_on")
MINDED = ("name", "sex", "birth_date", "identity", "address", "community")
"""Fields that stand there even when neither knows a value."""
PER_CENT = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """What one side says of a field, and who told it."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both sides."""

    field: str
    cells: tuple[Cell, ...]
    differs: bool  # both say something, and not the same


@dataclass(frozen=True, slots=True)
class Side:
    """One person of a pair."""

    person: Person
    contacts: Sequence[Contact]
    tickets: int
    is_proposed: bool  # the one to keep unless somebody chooses the other


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody whom a row may be about."""

    person: Person
    per_cent: int
    reasons: Sequence[str]
    tickets: int


@bp.get("/matches")
@needs("matches.decide")
def match_list() -> ResponseReturnValue:
    """What waits for a decision: rows of lists, and pairs of the base, the likeliest first."""
    scope = current_scope()
    with unit_of_work(actor()) as uow:
        after = _cursor(request.args.get("after", ""))
        found = reads.pairs(uow.session, scope, after=after)
        rows = reads.waiting_rows(uow.session, scope, after=read_id(request.args.get("rows", "")) or 0)
        return show(
            "matches.html",
            uow,
            pairs=[(pair, round(pair.candidate.score * PER_CENT)) for pair in found],
            total=reads.open_count(uow.session, scope),
            rows=[(row, Resident.from_json(row.values)) for row in rows],
            crowds=reads.crowds(uow.session, scope),
            most_at_home=linking.MOST_AT_HOME,
            next_rows=rows[-1].id if len(rows) == reads.PAGE else None,
            next_after=_after(found[-1]) if len(found) == reads.PAGE else None,
        )


@bp.get("/matches/<int:match_id>")
@needs("matches.decide")
def match(match_id: int) -> ResponseReturnValue:
    """One pair side by side. That it was looked at is noted."""
    with unit_of_work(actor()) as uow:
        pair = _pair(uow, match_id)
        uow.audit("match.read", f"match:{match_id}", place=pair.low.household.community_code)
        return show("match.html", uow, **_match_page(uow, pair))


@bp.post("/matches/<int:match_id>")
@needs("matches.decide")
def decide_match(match_id: int) -> ResponseReturnValue:
    """Same person, or two; then the next pair. Or that it was a slip: then the same pair."""
    with unit_of_work(actor()) as uow:
        pair = _pair(uow, match_id)
        if request.form.get("decision") == "again":
            matches.again(uow, match_id)
            return redirect(url_for("console.match", match_id=match_id), code=303)
        match request.form.get("decision"):
            case "same":
                matches.same(uow, match_id, read_id(request.form.get("keep", "")) or 0)
                told = "console.match.told_same"
            case "different":
                matches.different(uow, match_id)
                told = "console.match.told_different"
            case _:
                raise MatchUnclear
        uow.session.flush()
        further = reads.pairs(uow.session, current_scope(), after=(pair.candidate.score, match_id), limit=1)
    flash(web.say(told), "ok")
    if further:
        return redirect(url_for("console.match", match_id=further[0].candidate.id), code=303)
    return redirect(url_for("console.match_list"), code=303)


@bp.get("/match-rows/<int:row_id>")
@needs("matches.decide")
def match_row(row_id: int) -> ResponseReturnValue:
    """One row of a list beside those whom it may be about. That it was looked at is noted."""
    with unit_of_work(actor()) as uow:
        row, batch = _row(uow, row_id)
        uow.audit("match.read", f"batch:{batch.id}", place=batch.jurisdiction_code, row=row.row_no)
        return show("match_row.html", uow, **_row_page(uow, row, batch))


@bp.post("/match-rows/<int:row_id>")
@needs("matches.decide")
def decide_row(row_id: int) -> ResponseReturnValue:
    """The row is about this person, or about nobody whom we know; then the next row."""
    scope = current_scope()
    said = request.form.get("person", "")
    with unit_of_work(actor()) as uow:
        row, _ = _row(uow, row_id)
        shown = reads.shown_for(uow.session, row)
        seen = reads.persons(uow.session, scope, shown)
        chosen = None if said == "nobody" else read_id(said)
        if said != "nobody" and chosen not in seen:
            raise MatchUnclear
        if said == "nobody" and len(seen) < len(shown):
            raise MatchElsewhere
        matches.row_is(uow, row_id, chosen)
        uow.session.flush()
        further = reads.waiting_rows(uow.session, scope, after=row.id, limit=1)
    flash(web.say("console.match.told_row_new" if chosen is None else "console.match.told_row"), "ok")
    if further:
        return redirect(url_for("console.match_row", row_id=further[0].id), code=303)
    return redirect(url_for("console.match_list"), code=303)


@bp.get("/merges")
@needs("matches.decide")
def merges() -> ResponseReturnValue:
    """Merges, the newest first, each with its way back; after it, what came in between is listed."""
    with unit_of_work(actor()) as uow:
        found = reads.merges(uow.session, current_scope(), before=read_id(request.args.get("before", "")))
        return show(
            "merges.html",
            uow,
            rows=found,
            pairs=reads.pairs_of(uow.session, [done.merge for done in found]),
            between=reads.came_between(uow.session, [done.merge for done in found]),
            by=_who_did(uow, found),
            next_before=found[-1].merge.id if len(found) == reads.PAGE else None,
        )


@bp.post("/merges/<int:merge_id>/undo")
@needs("matches.decide")
def undo_merge(merge_id: int) -> ResponseReturnValue:
    """They were two after all."""
    with unit_of_work(actor()) as uow:
        reads.merge(uow.session, current_scope(), merge_id if is_id(merge_id) else 0)
        matches.undo(uow, merge_id)
    flash(web.say("console.match.told_undone"), "ok")
    return redirect(url_for("console.merges") + f"#merge-{merge_id}", code=303)


@bp.post("/merges/<int:merge_id>/tickets/<int:ticket_id>")
@needs("matches.decide")
def hand_ticket(merge_id: int, ticket_id: int) -> ResponseReturnValue:
    """A ticket that came meanwhile is of the other one of the two; or of the one who had it, after all."""
    with unit_of_work(actor()) as uow:
        reads.merge(uow.session, current_scope(), merge_id if is_id(merge_id) else 0)
        person_id = read_id(request.form.get("person", "")) or 0
        code = matches.hand_over(uow, merge_id, ticket_id if is_id(ticket_id) else 0, person_id).code
    flash(web.say("console.match.told_handed", code=code), "ok")
    return redirect(url_for("console.merges") + f"#merge-{merge_id}", code=303)


def _pair(uow: UnitOfWork, match_id: int) -> Pair:
    return reads.pair(uow.session, current_scope(), match_id if is_id(match_id) else 0)


def _row(uow: UnitOfWork, row_id: int) -> tuple[BatchRow, Batch]:
    return reads.waiting_row(uow.session, current_scope(), row_id if is_id(row_id) else 0)


def _match_page(uow: UnitOfWork, pair: Pair) -> dict[str, Any]:
    both = (pair.low, pair.high)
    ids = [person.id for person in both]
    tickets = reads.ticket_counts(uow.session, ids)
    sources = reads.sources(uow.session, ids)
    names = names_of(uow.session)
    keep = max(both, key=lambda person: (tickets.get(person.id, 0), -person.id)).id
    values = [_values(person) for person in both]
    return {
        "pair": pair,
        "per_cent": round(pair.candidate.score * PER_CENT),
        "sides": [Side(one, _numbers(one), tickets.get(one.id, 0), one.id == keep) for one in both],
        "lines": _lines(values, [_told_by(sources, one.id, names) for one in both]),
        "shared": {one.msisdn for one in pair.low.contacts} & {one.msisdn for one in pair.high.contacts},
        "stands": not any(one.merged_into_id for one in both),
        "is_open": pair.candidate.decision is None and not any(one.merged_into_id for one in both),
        "after": _after(pair),
    }


def _row_page(uow: UnitOfWork, row: BatchRow, batch: Batch) -> dict[str, Any]:
    resident = Resident.from_json(row.values)
    shown = reads.shown_for(uow.session, row)
    persons = reads.persons(uow.session, current_scope(), shown)
    ids = [number for number in shown if number in persons]
    tickets = reads.ticket_counts(uow.session, ids)
    mine = linking.record_of(resident)
    known = linking.records(uow, ids)
    absorbed = linking.absorbed(uow, ids)
    scores = {number: linking.best(mine, [known[number], *absorbed.get(number, ())]) for number in ids}
    choices = [_choice(persons[number], scores[number], tickets.get(number, 0)) for number in ids]
    place = place_names(uow.session, resident.community_code)[web.lang()]
    values = [_values_of_row(resident, place), *(_values(choice.person) for choice in choices)]
    names = names_of(uow.session)
    sources = reads.sources(uow.session, ids)
    told = [dict.fromkeys(FIELDS, ""), *(_told_by(sources, number, names) for number in ids)]
    return {
        "row": row,
        "batch": batch,
        "resident": resident,
        "choices": choices,
        "hidden": len(shown) - len(ids),
        "lines": _lines(values, told),
    }


def _choice(person: Person, found: Score, tickets: int) -> Choice:
    return Choice(person, round(found.value * PER_CENT), found.reasons, tickets)


def _values(person: Person) -> dict[str, str]:
    home = person.household
    return {
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat() if person.birth_date else "",
        "identity": person.id_last4,
        "address": home.address,
        "community": home.community.name_zh if web.lang() == "zh" else home.community.name_en,
        "lang": person.lang,
        "access_need": person.access_need or "",
        "registered_place": person.registered_place,
        "nationality": person.nationality,
        "died_on": person.died_on.isoformat() if person.died_on else "",
        "left_on": person.left_on.isoformat() if person.left_on else "",
    }


def _values_of_row(one: Resident, place: str) -> dict[str, str]:
    return {
        "name": one.name,
        "sex": one.sex,
        "birth_date": one.birth_date,
        "identity": one.id_last4,
        "address": one.address,
        "community": place or one.community,
        "lang": one.lang,
        "access_need": one.access_need,
        "registered_place": one.registered_place,
        "nationality": one.nationality,
        "died_on": "",
        "left_on": "",
    }


def _lines(values: Sequence[Mapping[str, str]], told: Sequence[Mapping[str, str]]) -> list[Line]:
    lines = []
    for name in (*FIELDS, *MORE_FIELDS):
        said = [side[name] for side in values]
        if not any(said) and name not in MINDED:
            continue
        cells = tuple(
            Cell(value_told(name, value), by.get(name, "") if value else "")
            for value, by in zip(said, told, strict=True)
        )
        written = {plain(value) if name == "address" else value for value in said if value}
        lines.append(Line(name, cells, len(written) > 1))
    return lines


def _told_by(sources: Mapping[tuple[int, str], Provenance], person_id: int, names: Mapping[int, str]) -> dict[str, str]:
    """Who told each field: the newest source whose value was taken."""
    found = {}
    for name in (*FIELDS, *MORE_FIELDS):
        told = sources.get((person_id, "community_code" if name == "community" else name))
        if told is not None:
            found[name] = who(told.source, names)
    return found


def _numbers(person: Person) -> list[Contact]:
    return [one for one in person.contacts if one.wrong_since is None]


def _who_did(uow: UnitOfWork, found: Sequence[Done]) -> dict[int, tuple[str, str]]:
    """Who merged and who took it back, by merge."""
    names = names_of(uow.session)
    return {done.merge.id: (who(done.merge.by, names), who(done.merge.undone_by, names)) for done in found}


def _after(pair: Pair) -> str:
    return f"{pair.candidate.score}~{pair.candidate.id}"


def _cursor(word: str) -> tuple[float, int] | None:
    """Score and id of the last pair of the page before; None for anything else."""
    value, _, number = word.partition("~")
    row = read_id(number)
    try:
        return (float(value), row) if row is not None and 0 <= float(value) <= 1 else None
    except ValueError:
        return None
