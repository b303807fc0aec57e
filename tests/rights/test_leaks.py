"""Nobody is told of a row outside his grants: every route, role and node is tried, and so is the test itself.

Every page is read as every role at every node. Forms are sent from a third of the nodes; with LEAKS=all in the
environment from all of them (three minutes more). What is known to be answered alike is sent once: see `House.answers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from core import clock, db, jobs
from core.uow import unit_of_work
from ivr.jobs import folder_of_recordings
from staff.permissions import GIVES
from tests.rights.filling import unknown_parts
from tests.rights.opening import Site, spelt, uses_of_the_scope
from tests.rights.planting import plant, plant_above, plant_readers
from tests.rights.rows_of_requests import plant_sounds
from tests.rights.walk import OPEN, OWN_PAGES, Answer, Ask, House, guarded_rules, is_webhook, leaks, needed, path_of
from tests.rights.world import COMPARED, NODES, NOWHERE, READERS, inside

pytestmark = pytest.mark.timeout(600)  # one walk for all of them; LEAKS=all takes longer than that
BEHIND: dict[str, set[str]] = {
    "collection/queries/batches.py": {"origins"},  # of rows that need a place in scope
    "collection/queries/exports.py": {
        "count_people",
        "count_households",
        "people",
        "households",
    },  # of a place in scope
    "console/dealings.py": {"dealings"},  # the codes of their tickets, then each ticket
    "console/places.py": {"open_tickets"},  # of places that a change was planned for in scope
    "directory/queries/borders.py": {"affected", "changes", "planned"},  # of a place found in scope
    "directory/queries/cards.py": {"person_files"},  # of a household in scope
    "directory/queries/places.py": {"aliases", "buildings", "dwellings_of"},  # of a place found in scope
    "staff/queries/roster.py": {"grant_in", "emergency_grants"},  # each is checked again when it ends
}
"""Queries behind another one that refuses first: the walk cannot show that they count, so test_behind.py does."""
TRIES = 24
"""Requests that a use of the scope has to show that it counts."""
FEW = (slice(1), slice(1, 3))
"""Requests of each kind that are sent with every use opened: one, and two more when something is not yet shown."""


@pytest.fixture(scope="module")
def house(engine: Engine, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole house on one connection; nothing of it is ever committed."""
    from app import create_app

    app = create_app()
    db.sessions.kw["bind"].dispose()
    doorbell = list(jobs._doorbell)
    jobs._doorbell.clear()  # nobody is to run what a request woke
    with engine.connect() as connection, pytest.MonkeyPatch.context() as private:
        private.setenv("PRIVATE_DIR", str(tmp_path_factory.mktemp("rights") / "private"))
        plant_sounds(folder_of_recordings())
        city = connection.begin()
        db.sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        house = House(app, connection)
        with db.sessions.begin() as session:
            session.add(clock.ClockOffset(id=1, ahead=timedelta()))
        with unit_of_work("test") as uow:
            plant_readers(uow)
        for node in COMPARED:
            _read_alone(house, node)
        with unit_of_work("test") as uow:
            plant(uow, (*NODES, NOWHERE))
        yield house
        city.rollback()
    db.sessions.configure(bind=engine, join_transaction_mode="conditional_savepoint")
    jobs._doorbell[:] = doorbell


def _read_alone(house: House, node: str) -> None:
    """Read every list as the readers of a node while nobody else in the city has a row."""
    alone = house.connection.begin_nested()
    with unit_of_work("test") as uow:
        plant_above(uow.session, node)
        plant(uow, inside(node))
    wanted = (one for one in house.asks if one.reader.node == node and one.variant in ("list", "query"))
    with house.traced():
        for one, answer in house.answers(wanted):
            house.baseline[one.reader, one.path] = answer.plain
    alone.rollback()


@pytest.fixture(scope="module")
def walked(house: House) -> list[tuple[Ask, Answer]]:
    """Every request with its answer."""
    with house.traced():
        return list(house.answers(house.asks))


def test_every_route_asks_for_a_permission_or_says_why_not(house: House) -> None:
    silent = [
        f"{rule.endpoint} ({rule.rule}) asks for no permission: put @needs before it, or say why not in OPEN"
        for rule in house.app.url_map.iter_rules()
        if not hasattr(house.app.view_functions[rule.endpoint], "needs")
        and rule.endpoint not in OPEN
        and not is_webhook(house.app, rule)
    ]
    without = [
        f"{rule.endpoint} asks for a session only, and is no page about oneself"
        for rule in guarded_rules(house.app)
        if needed(house.app, rule.endpoint) is None and not f"{rule.rule} ".startswith(OWN_PAGES)
    ]

    assert not silent + without, "\n".join(silent + without)


def test_every_part_of_an_address_can_be_filled(house: House) -> None:
    """A new parameter needs a row at each node, or nobody would know whether it leaks."""
    found = [what for rule in guarded_rules(house.app) for what in unknown_parts(rule)]

    assert not found, _listed(found)


def test_nobody_is_told_of_a_row_outside_his_grants(house: House, walked: list[tuple[Ask, Answer]]) -> None:
    found = [what for one, answer in walked for what in leaks(house, one, answer)]

    assert not found, _listed(found)


def test_the_walk_goes_everywhere(house: House, walked: list[tuple[Ask, Answer]]) -> None:
    """A route that nobody gets through, or a role that gets nowhere, would prove nothing."""
    through = {one.endpoint for one, answer in walked if answer.status < 400}
    rules = guarded_rules(house.app)
    pages = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}
    roles = {one.reader.role for one, answer in walked if answer.status == 200}

    assert not pages - through, _listed(pages - through)
    assert {one.endpoint for one, _ in walked} == {rule.endpoint for rule in rules}
    assert roles == {reader.role for reader in READERS if GIVES[reader.role]} | roles


def test_own_rows_are_told(walked: list[tuple[Ask, Answer]]) -> None:
    """Were nothing told to anybody, nothing would leak."""
    told = {one.reader.node for one, answer in walked if f"QZ{one.reader.node}ZQ" in answer.told.split("</header>")[-1]}

    assert told == set(NODES)


def test_what_lies_elsewhere_is_refused_as_what_does_not_exist(house: House, walked: list[tuple[Ask, Answer]]) -> None:
    """Else the refusal would tell that it exists."""
    rules = {rule.endpoint: rule for rule in guarded_rules(house.app)}
    there = {one: answer for one, answer in walked if one.variant == "foreign" and one.reader.node in COMPARED}
    asked = (Ask(one.reader, one.endpoint, "GET", path_of(rules[one.endpoint], "?"), foreign="?") for one in there)
    with house.traced():
        nowhere = [answer for _, answer in house.answers(asked)]
    differ = [
        f"{one}: {answer.status}, and {other.status} for what does not exist"
        for (one, answer), other in zip(there.items(), nowhere, strict=True)
        if answer.status != other.status
    ]

    assert there
    assert not differ, _listed(differ)


@pytest.mark.expects_errors
def test_every_use_of_the_scope_counts(house: House, walked: list[tuple[Ask, Answer]]) -> None:
    """With the scope taken out of any one query the leak test finds a leak.

    Some uses stand behind another one: they read of what was found within the scope before. Such a one has to count
    when nothing before it does: an answer that leaks with every scope taken out is another one when its own is left in.
    """
    kinds: dict[tuple[str, str], list[Ask]] = defaultdict(list)
    reached: dict[Site, list[Ask]] = defaultdict(list)
    for one, answer in walked:
        if needed_by(house, one):
            kinds[one.endpoint, one.variant].append(one)
        for site in answer.sites:
            reached[site].append(one)
    with house.traced():
        ahead = {site for site in _to_show(reached) if not _leaks_alone(house, site, reached[site])}
        got_to = set(reached)
        for few in FEW:
            behind = _open_all(house, kinds, few)
            ahead |= _to_show(behind.keys() - got_to)
            got_to |= behind.keys()
            ahead = {site for site in ahead if not _counts_with_all(house, site, behind[site])}
            if not ahead:
                break
    silent = [f"{spelt(site)}: without its scope nothing leaks" for site in sorted(ahead)]
    never = [
        f"{use}: no request of the walk gets here"
        for use in sorted(uses_of_the_scope())
        if not any(map(use.is_at, got_to)) and use.function not in BEHIND.get(use.path, ())
    ]

    assert not silent + never, _listed(silent + never)


def _leaks_alone(house: House, site: Site, requests: list[Ask]) -> bool:
    """Whether a leak is found with this use opened and no other."""
    house.opened = lambda one: one == site
    try:
        return any(leaks(house, one, house.ask(one)) for one in _telling(requests))
    finally:
        house.opened = lambda one: False


def _to_show(sites: Iterable[Site]) -> set[Site]:
    """Those that the walk has to show to count."""
    return {site for site in sites if site[-1][1] not in BEHIND.get(site[0][0], ())}


def _open_all(house: House, kinds: dict[tuple[str, str], list[Ask]], few: slice) -> dict[Site, list[tuple[Ask, str]]]:
    """With every use opened: the answers that leak, for a few requests of every kind, by the uses that they reach."""
    behind: dict[Site, list[tuple[Ask, str]]] = defaultdict(list)
    house.opened = lambda one: True
    for requests in kinds.values():
        for one in _telling(requests)[few]:
            answer = house.ask(one)
            is_leaking = bool(leaks(house, one, answer))
            for site in answer.sites:
                behind[site] += [(one, _all_of(answer))] if is_leaking else []
    house.opened = lambda one: False
    return behind


def _counts_with_all(house: House, site: Site, requests: list[tuple[Ask, str]]) -> bool:
    """Whether an answer that leaks with all uses opened is another one when only this use is left shut."""
    house.opened = lambda one: one != site
    try:
        return any(_all_of(house.ask(one)) != told for one, told in requests)
    finally:
        house.opened = lambda one: False


def _all_of(answer: Answer) -> str:
    return f"{answer.status} {sorted(answer.tables)} {answer.plain}"


def needed_by(house: House, one: Ask) -> bool:
    """Whether the reader gets as far as the scope."""
    wanted = needed(house.app, one.endpoint)
    return wanted is None or wanted in GIVES[one.reader.role]


def _telling(requests: list[Ask]) -> list[Ask]:
    """Requests of readers with a small part first, a few of each kind."""
    kinds: dict[tuple[str, str], int] = defaultdict(int)
    chosen = []
    for one in sorted(requests, key=_how_far_from_telling):
        kinds[one.endpoint, one.variant] += 1
        if one.reader.node != "AH" and kinds[one.endpoint, one.variant] <= 6:
            chosen.append(one)
    return chosen[:TRIES]


def _how_far_from_telling(one: Ask) -> tuple[bool, bool, int]:
    return one.reader.node not in COMPARED, one.variant == "own", -len(one.reader.node)


def _listed(found: Iterable[str]) -> str:
    """Few enough to read, one a line."""
    return "\n".join(["", *sorted(set(found))[:60]])
