"""What the audit log keeps beside who, what and why, in the reader's words; ids stay, our codes become sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config import catalogue as catalogue_file
from core import web, wording

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
NOTHING: tuple[object, ...] = ("", None, [], {})
OURS: dict[tuple[str, str], str] = {
    ("alias", "kind"): "console.alias",
    ("batch", "rows"): "collection.outcome",
    ("consent", "channel"): "console.subject.value",
    ("consent", "purpose"): "console.subject.value",
    ("flag", "kind"): "console.find.flag",
    ("household", "fields"): "console.people.field",
    ("person", "fields"): "console.people.field",
    ("person", "gone"): "console.privacy.gone",
    ("privacy", "kind"): "console.privacy.kind",
    ("privacy", "state"): "console.privacy.state_of",
    ("source", "kind"): "collection.kind",
    ("unit", "kind"): "console.unit_kind",
}
"""By what an action is about and the name of a fact: the table of the wording that has its codes."""


def facts_told(action: str, data: Mapping[str, Any]) -> str:
    """The facts of one entry as a line; empty facts are left out."""
    about = action.partition(".")[0]
    told = sorted((_name(name), _value(about, name, value)) for name, value in data.items() if value not in NOTHING)
    return " · ".join(f"{name} {value}" for name, value in told)


def kind_of(subject: str) -> str:
    """What kind of thing a subject is: `person:12` is a resident; empty where there is no word for it."""
    kind = subject.partition(":")[0]
    return wording.catalogue("console", web.lang()).get(f"audit.subject.{kind}", "")


def _name(name: str) -> str:
    return _word("console.audit.data", name)


def _value(about: str, name: str, value: Any) -> str:
    if isinstance(value, dict):
        parts = [f"{_value(about, name, one)} {_value(about, '', count)}" for one, count in sorted(value.items())]
        return web.say("console.audit.and").join(parts)
    if isinstance(value, list):
        return web.say("console.audit.and").join(_value(about, name, one) for one in value)
    if isinstance(value, bool):
        return web.say(f"console.subject.{'yes' if value else 'no'}")
    if not isinstance(value, str):
        return str(value)
    if MOMENT.fullmatch(value):
        return web.city_moment(datetime.fromisoformat(value))
    return _code(about, name, value)


def _code(about: str, name: str, value: str) -> str:
    if name == "role":
        return _word("staff.role", value)
    if name == "category":
        known = catalogue_file.current().categories
        return known[value][web.lang()] if value in known else value
    return _word(OURS.get((about, name), "console.audit.value"), value)


def _word(table: str, code: str) -> str:
    """The sentence for a code, or the code where there is none."""
    package, _, rest = table.partition(".")
    return wording.catalogue(package, web.lang()).get(f"{rest}.{code}", code)
