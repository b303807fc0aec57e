"""Everything that is held about one person in the reader's words: labels of facts, our own codes as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.masking import in_full
from console.subject import Held
from console.subject_facts import Fact, Value
from core import web, wording
from core.uow import UnitOfWork

OURS = frozenset(
    {
        "sex",
        "lang",
        "access_need",
        "as",
        "kind",
        "purpose",
        "channel",
        "stopped",
        "state",
        "checked",
        "direction",
        "outcome",
        "who",
        "reason",
        "action",
        "by",
    }
)
"""Facts whose values are codes of ours; all others are what people said, wrote or are called."""
FROM = frozenset({"evidence", "source"})
"""Facts that say where something comes from."""
ELSEWHERE = {
    ("numbers", "kind"): ("console.people.line",),
    ("labels", "kind"): ("console.people.label_kind",),
    ("flags", "kind"): ("console.find.flag", "console.subject.value"),
    ("tickets", "kind"): ("ticketing.kind",),
    ("tickets", "state"): ("ticketing.state",),
    ("calls", "outcome"): ("console.outcome",),
    ("said", "who"): ("console.turn",),
    ("texts", "state"): ("console.delivery", "console.sms_outcome"),
    ("tasks", "kind"): ("ticketing.task_kind",),
    ("tasks", "reason"): ("ticketing.task",),
    ("looks", "action"): ("console.audit.action",),
}
ANYWHERE = {
    "sex": ("console.people.sex",),
    "lang": ("console.people.lang",),
    "access_need": ("console.people.access_need",),
    "as": ("console.people.residence_kind",),
}
"""Codes whose words stand where they are used every day, in one section or in any; the rest is worded for this page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One fact in the reader's words."""

    label: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """One section."""

    name: str
    records: Sequence[Sequence[Shown]]


def parts(uow: UnitOfWork, held: Held) -> list[Part]:
    """Every section as the page shows it."""
    return [
        Part(section.name, [[_shown(uow, section.name, fact) for fact in record] for record in section.records])
        for section in held.sections
    ]


def origin(source: str) -> str:
    """Where a value or a wish comes from: marks of ours (`import`, `user:3`) in words, names of lists as they are."""
    mark, between, day = source.partition(" · ")
    kind, _, rest = mark.partition(":")
    known = wording.catalogue("console", web.lang()).get(f"subject.origin.{kind}")
    return known.format(number=rest.rpartition(":")[2]) + between + day if known is not None else source


def _shown(uow: UnitOfWork, section: str, fact: Fact) -> Shown:
    label = web.say(f"console.subject.field.{fact.name.removeprefix('said_').removeprefix('before_')}")
    if fact.name.startswith("before_"):
        label = web.say("console.subject.before", field=label)
    return Shown(label, _value(uow, section, fact.name, fact.value), origin(fact.source))


def _value(uow: UnitOfWork, section: str, name: str, value: Value) -> str:
    if isinstance(value, bool):
        return web.say(f"console.subject.{'yes' if value else 'no'}")
    if isinstance(value, datetime):
        return f"{value.astimezone(uow.zone):%Y-%m-%d %H:%M}"
    if name == "service" and value in uow.catalogue.services:
        return uow.catalogue.services[str(value)].name[web.lang()]
    if name == "number":
        return in_full(str(value))
    if name in FROM:
        return origin(str(value))
    if name not in OURS or section == "sources":
        return str(value)
    if name == "by":
        return _actor(str(value))
    tables = ELSEWHERE.get((section, name)) or ANYWHERE.get(name, ("console.subject.value",))
    return _word(tables, str(value))


def _word(tables: Sequence[str], code: str) -> str:
    """The first sentence for this code; the code itself where there is none, as of free words."""
    for table in tables:
        package, _, rest = table.partition(".")
        found = wording.catalogue(package, web.lang()).get(f"{rest}.{code}")
        if found is not None:
            return found
    return code


def _actor(actor: str) -> str:
    """Staff are told by number: who it was is a matter between the house and its people."""
    kind, _, number = actor.partition(":")
    if kind == "user":
        return web.say("console.subject.staff", number=number)
    return web.say("console.subject.system")
