"""A list of thousands is checked, loaded and taken back by a worker that is killed in the middle of each step."""

from __future__ import annotations

import io
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from rq import Queue
from rq.serializers import JSONSerializer

from tests.collection.files import a_row, as_csv
from tests.journeys.people import Desk, token
from tests.running_house import RunningHouse, until

PLACE = "AH010202"
ROWS = 1_250
PART = 1_000
PART_OF_UNDOING = 500
GATE = 7_205_099
"""Key of an advisory lock: while the test holds it, a worker stands before the commit of the second part of a list."""
STAND_AT_GATE = f"""
create function stand_at_gate() returns trigger language plpgsql as
$$ begin perform pg_advisory_xact_lock_shared({GATE}); return new; end $$;
create trigger stand_at_gate after update on batches for each row
when (old.at_row > 0 and new.at_row > 0 and new.at_row <> old.at_row) execute function stand_at_gate()
"""
NEWCOMERS = """
select p.name, p.sex, p.birth_date, p.id_hash, h.community_code, h.address, h.head_id = p.id,
(select array_agg(c.msisdn order by c.msisdn) from contacts c where c.person_id = p.id),
(select array_agg(r.kind order by r.kind) from residences r where r.person_id = p.id),
(select count(*) from person_searches s where s.person_id = p.id),
(select array_agg(v.said order by v.id) from provenances v where v.person_id = p.id),
(select count(*) from consents w where w.person_id = p.id)
from persons p join households h on h.id = p.household_id where left(p.name, 1) = '录' order by p.birth_date, p.name
"""
TABLES = (
    *("persons", "contacts", "residences", "provenances", "person_searches", "consents", "households", "dwellings"),
    *("buildings", "placements", "suppressions", "match_candidates", "unplaced", "tasks"),
)


class Clerk:
    """A clerk who loads lists, as a browser without scripts."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house
        self.session = Desk.sign_in(house).session
        self.columns = requests.Response()

    def sends(self, url: str, page: str, files: Any = None, **fields: str) -> requests.Response:
        """A form with the token of its page."""
        answer = self.session.post(url, data={"csrf_token": token(page), **fields}, files=files, timeout=30)
        assert answer.status_code == 200, (url, answer.status_code, answer.text[:500])
        return answer

    def presses(self, batch_id: int, what: str) -> None:
        """A button of the page of a list."""
        page = self.session.get(f"{self.house.url}/console/imports/{batch_id}", timeout=20)
        self.sends(f"{page.url}/{what}", page.text)

    def uploads(self, content: bytes) -> int:
        """A list, up to where its columns are named: the id of its batch."""
        page = self.session.get(f"{self.house.url}/console/imports/new", timeout=20)
        told = {"source": "new", "source_name": "街道名册", "kind": "committee", "purpose": "x", "basis": "x"}
        told |= {"place": PLACE, "as_of": "2026-11-01"}
        answer = self.sends(page.url, page.text, {"file": ("list.csv", io.BytesIO(content), "text/csv")}, **told)
        self.columns = answer
        found = re.search(r"/imports/(\d+)/columns", answer.url)
        assert found is not None, answer.text[:500]
        return int(found[1])

    def names_columns(self) -> None:
        """As they were guessed; the check begins."""
        chosen = re.findall(r'<select[^>]*name="(column-\d+)"(.*?)</select>', self.columns.text, re.S)
        fields = {
            name: picked[1] if (picked := re.search(r'value="([^"]*)" selected', options)) else ""
            for name, options in chosen
        }
        self.sends(self.columns.url, self.columns.text, **fields)


def a_list() -> bytes:
    """Thousands of residents of a community, one of them twice and one without a name."""
    people = [
        a_row(
            number,
            姓名=f"录{chr(0x4E00 + number)}",
            社区=PLACE,
            地址=f"{900 + number // 40}号楼{number // 10 % 4 + 1}单元{number % 10 + 1}01",
            手机=f"16277{number:06d}",
        )
        for number in range(1, ROWS - 1)
    ]
    return as_csv([*people, people[4], a_row(ROWS, 姓名="")])


def counts(house: RunningHouse) -> dict[str, int]:
    """Rows of every table that a list fills."""
    return {table: house.one(f"select count(*) from {table}") for table in TABLES}  # noqa: S608  no words of anybody


def stands(house: RunningHouse, batch_id: int, state: str) -> None:
    """The list is this far."""
    until(lambda: house.one("select state from batches where id = %s", batch_id) == state, f"the list is {state}")


def told(house: RunningHouse, batch_id: int) -> list[tuple[Any, ...]]:
    """What the audit log says of a list."""
    wanted = "select action, actor, place, data from audit_entries where subject = %s order by number"
    return house.rows(wanted, f"batch:{batch_id}")


@pytest.fixture
def clerk(house: RunningHouse) -> Iterator[Clerk]:
    """The agent of the city, who is a clerk besides for as long as this lasts."""
    with house.database() as connection:
        (grant_id,) = connection.execute(
            b"insert into grants (user_id, role, jurisdiction_code, from_at, granted_by)"
            b" select id, 'clerk', 'AH01', '2026-11-01', 'test' from users where login = 'agent' returning id"
        ).fetchone() or (0,)
        yield Clerk(house)
        connection.execute(b"delete from grants where id = %s", (grant_id,))


@contextmanager
def gated(house: RunningHouse) -> Iterator[None]:
    """Workers stand at the gate before they commit a second part; it is open unless somebody holds it."""
    with house.database() as connection:
        connection.execute(STAND_AT_GATE.encode())
        try:
            yield
        finally:
            connection.execute(b"drop trigger stand_at_gate on batches; drop function stand_at_gate")


def killed_in_the_middle(house: RunningHouse, press: Callable[[], None]) -> None:
    """The worker begins, commits one part, writes the next and dies before its commit; then all is started again."""
    at_gate = "select 1 from pg_locks where locktype = 'advisory' and objid = %s and granted = %s"
    with house.database() as holder:
        holder.execute("select pg_advisory_lock(%s)", (GATE,))
        press()
        until(lambda: house.rows(at_gate, GATE, False), "a worker has written the second part")
        house.stop("worker", sign=signal.SIGKILL)
        holder.execute("select pg_advisory_unlock(%s)", (GATE,))
    until(lambda: not house.rows(at_gate, GATE, True), "what it had not committed is gone")


def comes_back(house: RunningHouse, job: str) -> None:
    """A new worker; the ring that the ticker would give within a minute comes at once."""
    house.start("worker")
    bell = Queue("work", connection=house.doorbell(), serializer=JSONSerializer)
    bell.enqueue("core.jobs.run", job, result_ttl=0)


def first_row(house: RunningHouse, batch_id: int) -> tuple[Any, ...]:
    """Id and person of the first row of a list, and how far the list is."""
    wanted = "select r.id, r.person_id, b.done from batch_rows r join batches b on b.id = r.batch_id"
    return house.rows(f"{wanted} where b.id = %s order by r.row_no limit 1", batch_id)[0]


@pytest.mark.timeout(300)
def test_a_worker_killed_while_it_checks_loads_or_takes_back_a_list_changes_nothing_of_the_outcome(
    house: RunningHouse, clerk: Clerk
) -> None:
    content, before = a_list(), counts(house)
    whole = clerk.uploads(content)
    clerk.names_columns()
    stands(house, whole, "checked")
    checked = house.one("select counts from batches where id = %s", whole)
    clerk.presses(whole, "load")
    stands(house, whole, "applied")
    newcomers, filled = house.rows(NEWCOMERS), counts(house)
    clerk.presses(whole, "undo")
    stands(house, whole, "undone")
    assert counts(house) == before

    with gated(house):
        batch_id = clerk.uploads(content)
        killed_in_the_middle(house, clerk.names_columns)
        row_id, _, done = first_row(house, batch_id)
        assert (done, house.one("select count(*) from batch_rows where batch_id = %s", batch_id)) == (PART, PART)
        comes_back(house, "collection.check")
        stands(house, batch_id, "checked")
        assert first_row(house, batch_id) == (row_id, None, ROWS)
        assert house.one("select counts from batches where id = %s", batch_id) == checked

        killed_in_the_middle(house, lambda: clerk.presses(batch_id, "load"))
        _, person_id, done = first_row(house, batch_id)
        assert (done, len(house.rows(NEWCOMERS))) == (PART, PART)
        comes_back(house, "collection.apply")
        stands(house, batch_id, "applied")
        assert first_row(house, batch_id) == (row_id, person_id, ROWS)
        assert (house.rows(NEWCOMERS), counts(house)) == (newcomers, filled)

        killed_in_the_middle(house, lambda: clerk.presses(batch_id, "undo"))
        assert len(house.rows(NEWCOMERS)) == len(newcomers) - PART_OF_UNDOING
        comes_back(house, "collection.undo")
        stands(house, batch_id, "undone")

    assert counts(house) == before
    assert told(house, batch_id) == told(house, whole)
