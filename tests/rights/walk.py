"""Walks every route as every reader, judges what comes back, and can open one use of the scope to see if it counts."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Flask
from sqlalchemy import Connection, event
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import WEBHOOKS
from console.routes import blueprint
from core import csrf
from directory.scope import Scope
from staff import permissions
from staff.permissions import GIVES, Permission
from tests.rights.filling import SUBJECTS, fill, forms_of, names_rows, unknown_parts
from tests.rights.opening import Site, exchanged, watched
from tests.rights.world import (
    AT,
    CANARY,
    CODE,
    NODES,
    NOWHERE,
    NUMBER,
    READERS,
    ROOM,
    Reader,
    base,
    inside,
    next_to,
    node_of_code,
)

OPEN = {
    "static": "files of the house",
    "console.static": "files of the house",
    "core.healthz": "tells that the process is alive",
    "core.readyz": "tells that database, doorbell and workers are there",
    "home": "leads to the console",
    "demo.read_clock": "asked by programs of this machine in a demo, 404 elsewhere",
    "demo.move_clock": "asked by programs of this machine in a demo, 404 elsewhere",
    "demo.events": "asked by programs of this machine in a demo, 404 elsewhere",
    "staff.choose_language": "keeps the language of the pages, in this browser and with one's own account",
    "staff.sign_in": "the way in",
    "staff.take_sign_in": "the way in",
    "staff.sign_out": "the way out",
    "staff.welcome": "the way in with an invitation",
    "staff.take_welcome": "the way in with an invitation",
    "staff.second_factor": "the second step of the way in",
    "staff.take_second_factor": "the second step of the way in",
    "staff.set_up": "one's own second factor, before anything else opens",
    "staff.take_set_up": "one's own second factor, before anything else opens",
    "staff.change_password": "one's own password, before anything else opens",
    "staff.take_password": "one's own password, before anything else opens",
}
"""Endpoints without a permission, and why. Webhooks are signed by the carrier: see `is_webhook`."""
OWN_PAGES = ("/console/account", "/second-factor", "/console/ ")
"""Pages about oneself: behind @signed_in, without a permission. The first page only leads on."""
COPIES = {
    "console.privacy_held": "everything about one resident, for himself: read to him or printed, and logged",
    "console.privacy_held_json": "the same as a file",
}
"""Endpoints that show numbers and names in full whatever the role, and why."""
REFUSED = frozenset({400, 403, 404, 405, 409, 410, 422, 429})
UNTOUCHED = frozenset({"sessions", "sign_in_tries", "audit_entries", "audit_heads", "clock_offsets"})
"""Tables that a refused request may write: that somebody was here."""
WRITES = re.compile(r"\s*(?:with .*?\)\s*)?(insert into|update|delete from)\s+\"?(\w+)", re.IGNORECASE | re.DOTALL)
MOMENT = re.compile(r"datetime\.\w+\((?:[^()]|\([^()]*\))*\)")
"""Years and fractions of seconds are no ids."""
FRESH = re.compile(r"[0-9a-f]{16,}")
SECRET = "0" * 64
STAND_STILL = f"update clock_offsets set ahead = timestamptz '{AT.isoformat()}' - clock_timestamp()"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of one reader. `foreign`: the node whose ids it names although the reader does not see it."""

    reader: Reader
    endpoint: str
    method: str
    path: str
    form: tuple[tuple[str, str], ...] = ()
    foreign: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {dict(self.form) or ''} as {self.reader.role} of {self.reader.node}"


@dataclass
class Answer:
    """What came back: all of it as one text, and what stayed written. Judged for many readers, so searched once."""

    status: int
    told: str
    written: tuple[tuple[str, str], ...]  # table and values of every row that would have stayed
    sites: frozenset[Site]

    @cached_property
    def plain(self) -> str:
        """What was told, without what is drawn anew each time: tokens of forms."""
        return FRESH.sub("#", self.told)

    @cached_property
    def canaries(self) -> frozenset[tuple[str, str]]:
        """Kind and node of each canary that was told."""
        return frozenset((kind.upper(), node.upper()) for kind, node in CANARY.findall(self.told))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Codes of tickets that were told."""
        return frozenset(CODE.findall(self.told))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The nodes of the numbers that were told in full."""
        return frozenset(map(_node_of_number, NUMBER.findall(self.told)))

    @cached_property
    def tables(self) -> frozenset[str]:
        """Where something was written, beyond that somebody was here."""
        return frozenset(table for table, _ in self.written) - UNTOUCHED

    def tables_of(self, node: str) -> frozenset[str]:
        """Where something was written that names this node or one of its rows."""
        ids = range(base(node), base(node) + ROOM // 2) if node else ()
        mine = re.compile(rf"'{node}'|\b(?:{'|'.join(map(str, ids))})\b") if node else None
        return frozenset(table for table, values in self.written if mine and mine.search(values)) - UNTOUCHED


@dataclass
class House:
    """The application on one connection whose work is undone after each request."""

    app: Flask
    connection: Connection
    opened: Callable[[Site], bool] = lambda site: False
    reached: set[Site] = field(default_factory=set)
    written: list[tuple[str, str]] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    baseline: dict[tuple[Reader, str], str] = field(default_factory=dict)
    consulted: set[str] = field(default_factory=set)
    is_quiet: bool = False
    sent: int = 0

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        """Every request of the walk."""
        return tuple(asks(self.app))

    def answers(self, all_of_them: Iterable[Ask]) -> Iterator[tuple[Ask, Answer]]:
        """Every request with its answer; those that must be answered alike are sent once.

        A reader has one role at one node. What a page does for him depends on the node, on what he asks, and on his
        permissions as far as the page looked at any. So who stands at the same node, asks the same, and has or lacks
        each of the permissions that were looked at as the first one did, gets the same answer; it is judged again for
        each role. A role that lacks the permission of a route is refused before anything else is looked at, so the node
        and the rest of the address do not matter. Pages about oneself, and those that weigh roles, are sent for each.
        """
        known: dict[object, list[tuple[dict[str, bool], Answer]]] = defaultdict(list)
        for one in all_of_them:
            given = GIVES[one.reader.role]
            wanted = needed(self.app, one.endpoint)
            key: object = (one.reader.node, one.endpoint, one.method, one.path, one.form)
            if wanted is None or wanted is Permission.USERS_MANAGE:
                key = (one.reader, key)
            if wanted is not None and wanted not in given:
                key = (one.endpoint, one.method)
            same = (
                answer for looked_at, answer in known[key] if all((p in given) == has for p, has in looked_at.items())
            )
            found = next(same, None)
            if found is None:
                found = self.ask(one)
                known[key].append(({each: each in given for each in self.consulted}, found))
            yield one, found

    def ask(self, one: Ask) -> Answer:
        """Send it, undo what it did."""
        self.reached.clear()
        self.consulted.clear()
        self.sent += 1
        self._at_once("savepoint asked", STAND_STILL)
        self.written.clear()
        self.marks.clear()
        try:
            client = self.app.test_client(use_cookies=False)
            form = dict(one.form)
            if one.method == "POST":
                form["csrf_token"] = self.form_token
            answer = client.open(
                one.path,
                method=one.method,
                data=form or None,
                headers={"Cookie": f"__Host-linli={one.reader.token}; {self.form_cookie}", "Accept-Language": "zh"},
            )
            told = _told(answer)
            return Answer(answer.status_code, told, tuple(self.written), frozenset(self.reached))
        finally:
            self._at_once("rollback to savepoint asked", "release savepoint asked")

    def _at_once(self, *statements: str) -> None:
        """Several statements in one message."""
        driver = self.connection.connection.driver_connection
        assert driver is not None
        driver.execute("; ".join(statements))

    @cached_property
    def form_cookie(self) -> str:
        """The cookie of a browser whose forms hold `form_token`."""
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return f"{self.app.config['SESSION_COOKIE_NAME']}={serializer.dumps({'form_secret': SECRET})}"

    @property
    def form_token(self) -> str:
        """A token that the cookie's browser may send."""
        return f"0000.{csrf._sealed(SECRET, '0000')}"

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Every use of the scope is noted, and those in `opened` let everything through."""
        may, scope_for = Scope.may, permissions.scope_for

        def looked_at(scope: Scope, permission: str) -> bool:
            self._looks_at(permission)
            return may(scope, permission)

        def scope_looked_at(grants: Any, permission: Permission, now: datetime) -> Scope:
            self._looks_at(permission)
            return scope_for(grants, permission, now)

        def quietly(view: Callable[..., Any]) -> Callable[..., Any]:
            """The frame is the same on every page of a reader, and is judged on those about oneself: they are all sent.

            So what it looks at makes no other answers differ.
            """

            def drawn(*args: Any) -> Any:
                was_quiet, self.is_quiet = self.is_quiet, True
                try:
                    return view(*args)
                finally:
                    self.is_quiet = was_quiet

            return drawn

        frame = {part: quietly(part) for part in (blueprint.shell, blueprint.menu_of)}
        Scope.may = looked_at  # type: ignore[method-assign, assignment]
        event.listen(self.connection, "before_cursor_execute", self._note)
        event.listen(self.connection, "savepoint", self._mark)
        event.listen(self.connection, "rollback_savepoint", self._take_back)
        event.listen(self.connection, "release_savepoint", self._release)
        try:
            with watched(self._reach), exchanged({scope_for: scope_looked_at} | frame):
                yield
        finally:
            Scope.may = may  # type: ignore[method-assign]
            event.remove(self.connection, "before_cursor_execute", self._note)
            event.remove(self.connection, "savepoint", self._mark)
            event.remove(self.connection, "rollback_savepoint", self._take_back)
            event.remove(self.connection, "release_savepoint", self._release)

    def _reach(self, site: Site) -> bool:
        self.reached.add(site)
        return self.opened(site)

    def _looks_at(self, permission: str) -> None:
        if not self.is_quiet:
            self.consulted.add(permission)

    def _note(self, _connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        if found := WRITES.match(statement):
            self.written.append((found[2].lower(), MOMENT.sub("", str(values))))

    def _mark(self, *_: object) -> None:
        self.marks.append(len(self.written))

    def _take_back(self, *_: object) -> None:
        if self.marks:
            del self.written[self.marks.pop() :]

    def _release(self, *_: object) -> None:
        if self.marks:
            self.marks.pop()


def _told(answer: TestResponse) -> str:
    """Body and headers as one text; a workbook is unpacked, an address is decoded."""
    body = answer.get_data()
    answer.close()
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    headers = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.headers if name != "Set-Cookie")
    return f"{headers}\n\n{body.decode('utf-8', 'replace')}"


def is_webhook(app: Flask, rule: Rule) -> bool:
    """Whether the carrier's signature guards it (another test sends each of them unsigned)."""
    return rule.endpoint.split(".")[0] in {blueprint.name for blueprint in WEBHOOKS}


def guarded_rules(app: Flask) -> list[Rule]:
    """Every route that somebody who is signed in may walk."""
    return sorted(
        (rule for rule in app.url_map.iter_rules() if hasattr(app.view_functions[rule.endpoint], "needs")),
        key=lambda rule: rule.rule,
    )


def needed(app: Flask, endpoint: str) -> Permission | None:
    """What a route asks for; None: only to be signed in."""
    return getattr(app.view_functions[endpoint], "needs", None)


IS_WHOLE = os.environ.get("LEAKS") == "all"


def asks(app: Flask) -> Iterator[Ask]:
    """Every endpoint for every role at every node; which rows it names goes round from endpoint to endpoint.

    Everything that is read, always; forms are sent from a third of the nodes, another third for each endpoint, and from
    all of them with LEAKS=all in the environment.
    """
    for turn, rule in enumerate(guarded_rules(app)):
        if unknown_parts(rule):
            continue  # told by a test of its own
        for reader in READERS:
            place = NODES.index(reader.node) + turn
            yield from _asks_of(app, rule, reader, place, is_formed=IS_WHOLE or place % 3 == 0)


def _asks_of(app: Flask, rule: Rule, reader: Reader, turn: int, *, is_formed: bool) -> Iterator[Ask]:
    own = inside(reader.node)
    others = [node for node in NODES if not reader.sees(node)]
    mine = own[turn % len(own)]
    theirs = others[turn % len(others)] if others else ""
    words, fields = forms_of(rule.endpoint, app.view_functions[rule.endpoint])
    if "GET" in (rule.methods or ()):
        yield from _reads(rule, reader, mine, theirs, words)
    if "POST" in (rule.methods or ()) and theirs and is_formed:
        forms = [tuple((name, fill(name, rule, theirs)) for name in fields)]
        if "subject" in fields:
            forms = [
                (*(pair for pair in forms[0] if pair[0] != "subject"), ("subject", f"{kind}:{base(theirs) + more}"))
                for kind, more in SUBJECTS
            ]
        form = forms[0]
        naming = any(map(names_rows, fields))
        foreign = theirs if rule.arguments or naming else ""
        for one in forms:
            yield Ask(reader, rule.endpoint, "POST", path_of(rule, theirs), one, foreign, "post")
        if naming and not rule.arguments:
            ours = tuple((name, fill(name, rule, mine)) for name in fields)
            yield Ask(reader, rule.endpoint, "POST", path_of(rule, mine), ours, variant="own")
        if rule.arguments and naming:
            yield Ask(reader, rule.endpoint, "POST", path_of(rule, mine), form, theirs, "mixed")
        if len(rule.arguments) > 1:
            yield Ask(reader, rule.endpoint, "POST", path_of(rule, theirs, mine), form, theirs, "mixed")


def _reads(rule: Rule, reader: Reader, mine: str, theirs: str, words: tuple[str, ...]) -> Iterator[Ask]:
    own = path_of(rule, mine)
    if not rule.arguments:
        yield Ask(reader, rule.endpoint, "GET", own, variant="list")
        if words:
            query = urlencode({name: fill(name, rule, theirs or mine) for name in words})
            yield Ask(reader, rule.endpoint, "GET", f"{own}?{query}", variant="query")
        return
    yield Ask(reader, rule.endpoint, "GET", own, variant="own")
    if words:
        query = urlencode({name: fill(name, rule, mine) for name in words})
        yield Ask(reader, rule.endpoint, "GET", f"{own}?{query}", variant="own")
    if theirs:
        yield Ask(reader, rule.endpoint, "GET", path_of(rule, theirs), foreign=theirs, variant="foreign")


def path_of(rule: Rule, node: str, outer: str = "") -> str:
    """The address with the ids of this node's rows; with `outer` all but the last are that one's."""
    address = rule.rule
    names = re.findall(r"<(?:[^:<>]+:)?([a-z_]+)>", rule.rule)
    for name in names:
        value = fill(name, rule, outer if outer and name != names[-1] else node, is_part=True)
        address = re.sub(rf"<(?:[^:<>]+:)?{name}>", value, address)
    return address


def leaks(house: House, one: Ask, answer: Answer) -> list[str]:
    """What this reader was told, or could do, that is not his; empty when all is right."""
    found = [f"{one}: {what}" for what in _words_of_others(one, answer)]
    if answer.status >= 500:
        found.append(f"{one}: broke with {answer.status}")
    wanted = needed(house.app, one.endpoint)
    if wanted is not None and wanted not in GIVES[one.reader.role] and answer.status != 403:
        found.append(f"{one}: answered {answer.status} without {wanted}")
    if one.foreign and one.method == "GET" and answer.status not in REFUSED:
        found.append(f"{one}: took ids of {one.foreign}, answered {answer.status}")
    written = answer.tables if one.variant == "post" else answer.tables_of(one.foreign)
    is_answering = one.variant == "mixed" and "unit" in dict(one.form) and one.reader.node.startswith(one.foreign)
    if one.foreign and written and not is_answering:  # who answers above takes over what lies below
        found.append(f"{one}: wrote {sorted(written)} for ids of {one.foreign}")
    before = house.baseline.get((one.reader, one.path)) if one.method == "GET" else None
    if before is not None and before != answer.plain:
        found.append(f"{one}: differs when others have rows: {_first_difference(before, answer.plain)}")
    return found


def _words_of_others(one: Ask, answer: Answer) -> Iterator[str]:
    given = GIVES[one.reader.role]
    for kind, node in answer.canaries:
        if one.endpoint in COPIES and node in map(next_to, inside(one.reader.node)):
            continue  # his own request, wherever it lies
        above = kind in ("P", "U") and one.reader.node.startswith(node)
        if not one.reader.sees(node) and not above:
            yield f"tells Q{kind}{node}{kind}Q"
        if kind == "L" and "labels.see" not in given:
            yield f"tells a label of {node} without labels.see"
        if kind == "N" and one.method == "GET" and "people.freely" not in given:
            yield f"tells a name of {node} in full without people.freely"
    for code in answer.codes - set(CODE.findall(unquote(one.path)) if answer.codes else ()):
        node = node_of_code(code)
        if not one.reader.sees(node) and one.endpoint not in COPIES:
            yield f"tells the code {code} of a ticket of {node}"
    for node in answer.numbers:
        if one.endpoint in COPIES and node in map(next_to, inside(one.reader.node)):
            continue
        if not one.reader.sees(node):
            yield f"tells a number of {node}"
        if one.method == "GET" and "numbers.see" not in given and one.endpoint not in COPIES:
            yield f"tells a number of {node} in full without numbers.see"


def _node_of_number(number: str) -> str:
    index = int(re.sub(r"\D", "", number)[-4:]) // 10 - 1
    return NODES[index] if 0 <= index < len(NODES) else NOWHERE


def _first_difference(before: str, after: str) -> str:
    for one, other in zip(before.splitlines(), after.splitlines(), strict=False):
        if one != other:
            start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
            return f"{one[max(0, start - 60) : start + 60]!r} -> {other[max(0, start - 60) : start + 60]!r}"
    return f"{len(before)} -> {len(after)} characters"
