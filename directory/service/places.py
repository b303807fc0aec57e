"""Everything that enters places and their other names, and settles where something lies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from core.bulk import insert_missing
from core.uow import UnitOfWork
from directory import place_words
from directory.city_list import AliasLine, PlaceLine
from directory.errors import BadAlias, NoCommunity, PlaceEnded, PlaceNotFound, UnplacedNotFound
from directory.events import PlaceSettled
from directory.models import COMMUNITY, AliasKind, Jurisdiction, PlaceAlias, Unplaced
from directory.place_words import Resolved
from directory.scope import Scope

USUAL = {AliasKind.ALIAS: 0.85, AliasKind.FORMER: 0.85, AliasKind.ESTATE: 0.9, AliasKind.STREET: 0.7}
"""How sure a name of each kind leads to its community, where nobody says otherwise."""
LEAST_LETTERS = 2
LONGEST_ALIAS = 64
LONGEST_WORDS = 200


def import_places(uow: UnitOfWork, lines: Sequence[PlaceLine]) -> int:
    """Enter the jurisdictions that are missing, parents before children. Returns how many were entered."""
    rows = [
        {
            "code": line.code,
            "parent_code": line.parent_code,
            "level": line.level,
            "kind": line.kind,
            "name_zh": line.name_zh,
            "name_en": line.name_en,
            "households": line.households,
            "buildings": line.buildings,
        }
        for line in sorted(lines, key=lambda line: (len(line.code), line.code))
    ]
    return insert_missing(uow.session, Jurisdiction, rows, "code")


def import_aliases(uow: UnitOfWork, lines: Sequence[AliasLine]) -> int:
    """Enter other names that are missing; one that people ended stays ended. Returns how many were entered."""
    known = {
        (code, plain) for code, plain in uow.session.execute(select(PlaceAlias.jurisdiction_code, PlaceAlias.plain))
    }
    made = [
        remember_name(uow, line.code, line.words, AliasKind(line.kind), line.certainty, None, uow.actor)
        for line in lines
        if (line.code, place_words.plain(line.words)) not in known
    ]
    return sum(one is not None for one in made)


def add_alias(
    uow: UnitOfWork,
    scope: Scope,
    code: str,
    words: str,
    kind: AliasKind,
    *,
    certainty: float | None = None,
    from_on: date | None = None,
) -> PlaceAlias:
    """Another name of a community, from a day on (None: it always was). Certainty 0.05 to 1; None: usual for its kind.

    The same words may lead to several communities. Raises PlaceNotFound, also outside the scope, NoCommunity,
    PlaceEnded or BadAlias.
    """
    _community(uow, scope, code)
    written = words.strip()
    if len(place_words.plain(written)) < LEAST_LETTERS or len(written) > LONGEST_ALIAS:
        raise BadAlias("length")
    sure = USUAL[kind] if certainty is None else certainty
    if not 0.05 <= sure <= 1:
        raise BadAlias("certainty")
    made = remember_name(uow, code, written, kind, sure, from_on, uow.actor)
    if made is None:
        raise BadAlias("known")
    uow.audit("alias.added", f"alias:{made.id}", place=code, kind=kind.value)
    return made


def end_alias(uow: UnitOfWork, scope: Scope, alias_id: int, on: date) -> PlaceAlias:
    """Another name does not count any more from this day on. Raises BadAlias."""
    alias = uow.session.get(PlaceAlias, alias_id, with_for_update=True, populate_existing=True)
    if alias is None or not scope.covers(alias.jurisdiction_code):
        raise BadAlias("unknown")
    if alias.until_on is not None:
        raise BadAlias("over")
    if alias.from_on is not None and on < alias.from_on:
        raise BadAlias("before")
    alias.until_on = on
    uow.session.flush()
    uow.audit("alias.ended", f"alias:{alias.id}", place=alias.jurisdiction_code)
    return alias


def remember_name(
    uow: UnitOfWork, code: str, words: str, kind: AliasKind, certainty: float, from_on: date | None, added_by: str
) -> PlaceAlias | None:
    """Enter another name of a community; None when it has that name already."""
    plain = place_words.plain(words)
    uow.session.flush()
    row = insert(PlaceAlias).values(
        jurisdiction_code=code,
        words=words,
        plain=plain,
        kind=kind,
        certainty=certainty,
        from_on=from_on,
        until_on=None,
        added_by=added_by,
        added_at=uow.now,
    )
    made = uow.session.scalar(
        row.on_conflict_do_nothing(
            index_elements=["plain", "jurisdiction_code"], index_where=PlaceAlias.until_on.is_(None)
        ).returning(PlaceAlias.id)
    )
    return uow.session.get(PlaceAlias, made) if made is not None else None


def note_unplaced(uow: UnitOfWork, subject: str, words: str, found: Resolved, *, within_code: str = "") -> None:
    """Put something on the list of what needs a place; once for one subject (`import_row:345`, `ticket:12`).

    The surest candidate stands there as a guess for whoever decides, and nothing is done with it.
    """
    guess, certainty = found.candidates[0] if found.candidates else (None, 0.0)
    row = insert(Unplaced).values(
        subject=subject,
        within_code=within_code,
        words=words[:LONGEST_WORDS],
        guess_code=guess,
        certainty=certainty,
        found_at=uow.now,
        settled_by="",
    )
    uow.session.execute(row.on_conflict_do_nothing(index_elements=["subject"]))


def settle(uow: UnitOfWork, scope: Scope, unplaced_id: int, code: str, *, learn_alias: str = "") -> Unplaced:
    """Somebody says where it lies; the domain that put it there is told and goes on with it.

    `learn_alias`: words that lead there from now on, with their author. Raises UnplacedNotFound, PlaceNotFound,
    NoCommunity, PlaceEnded or BadAlias.
    """
    row = uow.session.get(Unplaced, unplaced_id, with_for_update=True, populate_existing=True)
    if row is None or row.settled_at is not None or not scope.covers(row.within_code):
        raise UnplacedNotFound
    _community(uow, scope, code)
    if not code.startswith(row.within_code):
        raise PlaceNotFound(code)
    if learn_alias.strip():
        learn(uow, scope, code, learn_alias)
    row.settled_code, row.settled_at, row.settled_by = code, uow.now, uow.actor
    uow.session.flush()
    uow.audit("place.settled", row.subject, place=code)
    uow.have_done(PlaceSettled(row.id, row.subject, code))
    return row


def learn(uow: UnitOfWork, scope: Scope, code: str, words: str) -> None:
    """Keep words that somebody has just placed as another name of that community; known ones are left alone."""
    known = uow.session.scalar(
        select(PlaceAlias.id).where(
            PlaceAlias.jurisdiction_code == code,
            PlaceAlias.plain == place_words.plain(words),
            or_(PlaceAlias.until_on.is_(None), PlaceAlias.until_on > uow.local_now.date()),
        )
    )
    if known is None:
        add_alias(uow, scope, code, words, AliasKind.ALIAS, from_on=None)


def _community(uow: UnitOfWork, scope: Scope, code: str) -> Jurisdiction:
    place = uow.session.get(Jurisdiction, code) if code and scope.covers(code) else None
    if place is None:
        raise PlaceNotFound(code)
    if place.level != COMMUNITY:
        raise NoCommunity(code)
    if place.valid_until is not None and place.valid_until <= uow.local_now.date():
        raise PlaceEnded(code)
    return place
