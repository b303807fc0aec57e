"""Changes of the tree with a date: decided, carried out on their day, taken back while nothing newer hangs on them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, text, update

from core import tries
from core.errors import HotlineError
from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Node, Plan, Wanted
from directory.errors import BadChange
from directory.events import PlacesReorganised
from directory.models import (
    COMMUNITY,
    AliasKind,
    Building,
    Dwelling,
    HandlerUnit,
    Jurisdiction,
    PlaceAlias,
    Placement,
    Reorganisation,
    Responsibility,
    Succession,
)
from directory.queries.borders import affected, change_of, due, planned
from directory.scope import Scope
from directory.service import attached, carrying, places

ONE_AT_A_TIME = 7_205_031
"""Key of the advisory lock: two changes of the tree are decided and carried out one after the other."""
FURTHEST = timedelta(days=3 * 366)
LONGEST_AGO = timedelta(days=10 * 366)  # a year of one digit too few is no change of a thousand years ago
LONGEST_NOTE = 500
MOST_AT_ONCE = 5_000
"""Dwellings that a change may move while somebody's page waits."""
LONGEST_STATEMENT = 60
"""Seconds: a page's few are for reading, and moving the homes of a district takes longer."""


def decide(uow: UnitOfWork, scope: Scope, change: Change, note: str = "") -> Reorganisation:
    """Write a change down. One of today or an earlier day is carried out at once, one ahead waits for its day.

    One that moves very many homes is carried out at once, too, but by the job: nobody's page waits for it.
    Raises BadChange or PlaceNotFound with one sentence; nothing is changed then.
    """
    _one_at_a_time(uow)
    today = uow.local_now.date()
    if change.on > today + FURTHEST:
        raise BadChange("too_far")
    if change.on < today - LONGEST_AGO:
        raise BadChange("too_long_ago")
    plan = planned(uow.session, scope, change)
    row = Reorganisation(
        kind=change.kind,
        on=change.on,
        old_codes=list(change.old_codes),
        new_nodes=[asdict(wanted) for wanted in _with_codes(change, plan)],
        note=note.strip()[:LONGEST_NOTE],
        decided_by=uow.actor,
        decided_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    uow.audit("places.change_decided", f"reorganisation:{row.id}", place=change.old_codes[0], kind=change.kind.value)
    if change.on > today:
        return row
    if affected(uow.session, scope, plan).dwellings > MOST_AT_ONCE:
        uow.wake("directory.reorganise")
    else:
        _carry_out(uow, row, plan)
    return row


def apply_due(uow: UnitOfWork, reorganisation_id: int) -> None:
    """Carry out a change whose day has come. What the tree no longer allows is marked with the reason, once."""
    _one_at_a_time(uow)
    row = uow.session.get_one(Reorganisation, reorganisation_id, with_for_update=True, populate_existing=True)
    if row.id not in due(uow.session, uow.local_now.date(), uow.now):
        return  # it is done, called off or refused, or something before it was not done
    try:
        with uow.attempt():
            _carry_out(uow, row, planned(uow.session, Scope.system(), change_of(row), row.id))
    except HotlineError as err:
        row.refusal, row.effects = err.wording, {"refused": {name: str(fact) for name, fact in err.facts.items()}}
        uow.audit("places.change_refused", f"reorganisation:{row.id}", place=row.old_codes[0])


def could_not(uow: UnitOfWork, reorganisation_id: int) -> None:
    """A change whose day has come failed: it is tried again later, and after the last try a person says when."""
    _one_at_a_time(uow)
    row = uow.session.get_one(Reorganisation, reorganisation_id, with_for_update=True, populate_existing=True)
    if row.applied_at is None and row.undone_at is None and not row.refusal and tries.failed(row, uow.now):
        uow.audit("places.change_set_aside", f"reorganisation:{row.id}", place=row.old_codes[0], tries=row.tries)


def try_again(uow: UnitOfWork, scope: Scope, reorganisation_id: int) -> Reorganisation:
    """Have a change that was set aside tried again now. Raises BadChange when it is not, or outside the area."""
    _one_at_a_time(uow)
    row = uow.session.get(Reorganisation, reorganisation_id, with_for_update=True, populate_existing=True)
    if row is None or not all(scope.covers(code) for code in _touched(row)):
        raise BadChange("unknown")
    if not row.is_set_aside or row.undone_at is not None:
        raise BadChange("not_set_aside")
    tries.begin_anew(row)
    uow.audit("places.change_tried_again", f"reorganisation:{row.id}", place=row.old_codes[0])
    uow.wake("directory.reorganise")
    return row


def undo(uow: UnitOfWork, scope: Scope, reorganisation_id: int) -> Reorganisation:
    """Take a change back while nothing newer hangs on it; one that still waits is only called off.

    Raises BadChange.
    """
    _one_at_a_time(uow)
    row = uow.session.get(Reorganisation, reorganisation_id, with_for_update=True, populate_existing=True)
    if row is None or not all(scope.covers(code) for code in _touched(row)):
        raise BadChange("unknown")
    if row.undone_at is not None:
        raise BadChange("undone")
    if row.applied_at is not None:
        _refuse_depended_on(uow, row)
        if row.kind is ChangeKind.RENAME:
            _rename_back(uow, row)
        else:
            _take_back(uow, row)
    row.undone_at, row.undone_by = uow.now, uow.actor
    uow.audit("places.change_undone", f"reorganisation:{row.id}", place=row.old_codes[0])
    uow.session.flush()
    return row


def _carry_out(uow: UnitOfWork, row: Reorganisation, plan: Plan) -> None:
    row.applied_at = uow.now
    if plan.renamed is not None:
        row.effects = _rename(uow, row, plan.renamed)
        return
    lives = _lock(uow, plan)
    homes = [(old, new) for old, new in plan.pairs if old in lives]
    carrying.enter_doors(uow, sorted({old for old, _ in homes}))
    _begin_and_end(uow, row, plan)
    houses = _houses(uow, plan)
    effects: dict[str, Any] = {"begins": [node.code for node in plan.begins], "ends": list(plan.ends)}
    effects["homes"] = carrying.carry_homes(uow, row, homes, plan)
    effects["aliases"] = attached.carry_aliases(uow, row, homes, lives)
    effects["duties"] = attached.carry_duties(uow, row, plan)
    attached.carry_guesses(uow, plan.pairs)
    row.effects = effects
    uow.session.flush()
    uow.session.expire_all()
    uow.have_done(PlacesReorganised(row.id, plan.pairs, houses))
    carrying.renew_search(uow, [node.code for node in plan.begins])
    uow.audit(
        "places.reorganised",
        f"reorganisation:{row.id}",
        place=row.old_codes[0],
        ended=list(plan.ends),
        begun=[node.code for node in plan.begins],
    )


def _houses(uow: UnitOfWork, plan: Plan) -> dict[str, str]:
    """Where each building of a split community goes, also those that nobody named."""
    if not plan.rest:
        return {}
    names = uow.session.scalars(select(Building.name).where(Building.community_code.in_(plan.ends)))
    return {name: plan.houses.get(name, plan.rest) for name in names}


def _rename(uow: UnitOfWork, row: Reorganisation, renamed: Node) -> dict[str, Any]:
    place = uow.session.get_one(Jurisdiction, renamed.code, with_for_update=True, populate_existing=True)
    before = [place.name_zh, place.name_en]
    place.name_zh, place.name_en = renamed.name_zh, renamed.name_en
    made = []
    if place.level == COMMUNITY:
        made = [
            one.id
            for old, new in zip(before, (place.name_zh, place.name_en), strict=True)
            if old != new
            and (one := places.remember_name(uow, place.code, old, AliasKind.FORMER, 0.85, row.on, attached.by(row)))
        ]
    uow.audit("places.renamed", f"reorganisation:{row.id}", place=place.code)
    return {"names": {place.code: before}, "aliases": {"made": made, "ended": []}}


def _rename_back(uow: UnitOfWork, row: Reorganisation) -> None:
    for code, (name_zh, name_en) in row.effects["names"].items():
        place = uow.session.get_one(Jurisdiction, code, with_for_update=True, populate_existing=True)
        place.name_zh, place.name_en = name_zh, name_en
    attached.aliases_back(uow, row)


def _lock(uow: UnitOfWork, plan: Plan) -> set[str]:
    """Hold the places that end, so that nobody enters a home there meanwhile. Returns those in which people live."""
    ended = uow.session.scalars(
        select(Jurisdiction)
        .where(Jurisdiction.code.in_(plan.ends))
        .order_by(Jurisdiction.code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {place.code for place in ended if place.level == COMMUNITY}


def _begin_and_end(uow: UnitOfWork, row: Reorganisation, plan: Plan) -> None:
    ended = {
        place.code: place for place in uow.session.scalars(select(Jurisdiction).where(Jurisdiction.code.in_(plan.ends)))
    }
    before: dict[str, list[str]] = {}
    after: dict[str, int] = {}
    for old, new in plan.pairs:
        before.setdefault(new, []).append(old)
        after[old] = after.get(old, 0) + 1
    for node in plan.begins:
        olds = [ended[code] for code in before[node.code]]
        is_whole = all(after[old.code] == 1 for old in olds)
        uow.session.add(
            Jurisdiction(
                code=node.code,
                parent_code=node.code[:-2],
                level=node.level,
                kind=node.kind,
                name_zh=node.name_zh,
                name_en=node.name_en,
                area_code=node.area_code,
                households=_sum([old.households for old in olds]) if is_whole else None,
                buildings=_sum([old.buildings for old in olds]) if is_whole else None,
                valid_from=row.on,
            )
        )
        uow.session.flush()  # parents before what lies below
    for place in ended.values():
        place.valid_until = row.on
    uow.session.add_all(
        Succession(reorganisation_id=row.id, old_code=old, new_code=new, on=row.on) for old, new in plan.pairs
    )
    uow.session.flush()


def _take_back(uow: UnitOfWork, row: Reorganisation) -> None:
    pairs = tuple(
        (one.old_code, one.new_code)
        for one in uow.session.scalars(
            select(Succession).where(Succession.reorganisation_id == row.id).order_by(Succession.id)
        )
    )
    ends, begins = row.effects["ends"], row.effects["begins"]
    uow.session.execute(update(Jurisdiction).where(Jurisdiction.code.in_(ends)).values(valid_until=None))
    uow.session.execute(update(Jurisdiction).where(Jurisdiction.code.in_(begins)).values(valid_until=row.on))
    carrying.carry_back(uow, row)
    attached.aliases_back(uow, row)
    attached.duties_back(uow, row)
    attached.carry_guesses(uow, tuple((new, old) for old, new in pairs))
    uow.session.execute(delete(Succession).where(Succession.reorganisation_id == row.id))
    uow.session.flush()
    uow.session.expire_all()
    uow.have_done(PlacesReorganised(row.id, pairs, {}, is_undone=True))
    carrying.renew_search(uow, ends)


def _refuse_depended_on(uow: UnitOfWork, row: Reorganisation) -> None:
    """Raises BadChange when something newer than this change hangs on it."""
    touched = set(row.effects.get("begins", [])) | set(row.effects.get("names", {}))
    later = uow.session.scalars(
        select(Reorganisation).where(
            Reorganisation.id != row.id,
            or_(Reorganisation.applied_at.is_(None), Reorganisation.applied_at >= row.applied_at),
            Reorganisation.undone_at.is_(None),
            Reorganisation.refusal == "",
        )
    )  # what was decided earlier may have been carried out later
    if any(touched & _touched(one) for one in later):
        raise BadChange("depended_on")
    begins = row.effects.get("begins", [])
    if not begins:
        return
    brought = select(Placement.dwelling_id).where(Placement.reorganisation_id == row.id)
    entered = select(Dwelling.id).where(Dwelling.community_code.in_(begins), Dwelling.id.not_in(brought))
    named = select(PlaceAlias.id).where(
        PlaceAlias.jurisdiction_code.in_(begins), PlaceAlias.id.not_in(row.effects["aliases"]["made"])
    )
    set_since = select(Responsibility.id).where(
        Responsibility.jurisdiction_code.in_(begins), Responsibility.id.not_in(row.effects["duties"]["made"])
    )
    seated = select(HandlerUnit.id).where(
        HandlerUnit.jurisdiction_code.in_(begins),
        HandlerUnit.id.not_in([int(unit_id) for unit_id in row.effects["duties"]["seats"]]),
    )
    below = select(Jurisdiction.code).where(
        Jurisdiction.parent_code.in_(begins), Jurisdiction.code.not_in(begins), Jurisdiction.valid_until.is_(None)
    )
    for one, why in (
        (entered, "homes_since"),
        (named, "names_since"),
        (set_since, "duties_since"),
        (seated, "duties_since"),
    ):
        if uow.session.scalar(one.limit(1)) is not None:
            raise BadChange(why)
    if uow.session.scalar(below.limit(1)) is not None:
        raise BadChange("depended_on")


def _touched(row: Reorganisation) -> set[str]:
    return {*row.old_codes, *row.effects.get("ends", [])} | {node["parent"] for node in row.new_nodes if node["parent"]}


def _with_codes(change: Change, plan: Plan) -> list[Wanted]:
    """What was asked for with the codes that it gets, so that they are kept for it until its day."""
    asked = []
    for wanted in change.wanted:
        node = next((one for one in plan.begins if one.name_zh == wanted.name_zh.strip()), None)
        asked.append(
            Wanted(
                wanted.name_zh.strip(),
                wanted.name_en.strip(),
                node.code if node is not None else "",
                wanted.parent,
                wanted.parts,
                wanted.is_rest,
            )
        )
    return asked


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _one_at_a_time(uow: UnitOfWork) -> None:
    uow.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    uow.session.execute(text(f"set local statement_timeout = '{LONGEST_STATEMENT}s'"))
