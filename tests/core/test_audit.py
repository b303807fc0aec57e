"""The audit log cannot be changed in silence: by the house, by another process, by the owner of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime
from time import perf_counter

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from config.settings import Settings
from core import audit, audit_job, cli, events
from core.audit import AuditEntry, AuditHead, Broken, Head, ReasonTooLong
from core.uow import UnitOfWork, unit_of_work
from staff.permissions import Role
from tests.statements import counted

KEY = "tests-only"


def write(count: int = 5, actor: str = "user:3") -> None:
    """Rows as units of work write them, one unit each."""
    for number in range(1, count + 1):
        with unit_of_work(actor) as uow:
            uow.audit("household.read", f"household:{number}", place="AH0102", reason="回电核对门牌", shown=number)


@contextmanager
def as_owner(engine: Engine) -> Iterator[Connection]:
    """A connection of somebody who owns the database and puts the trigger to sleep."""
    with engine.begin() as connection:
        connection.execute(text("alter table audit_entries disable trigger user"))
        yield connection
        connection.execute(text("alter table audit_entries enable trigger user"))


@pytest.fixture
def tamper(engine: Engine, session: Session) -> Callable[..., Broken | None]:
    """`tamper("update ...")`: what verify finds after an owner of the database did this."""

    def done(*statements: str) -> Broken | None:
        with as_owner(engine) as connection:
            for statement in statements:
                connection.execute(text(statement))
        session.expire_all()
        return audit.verify(session, KEY)

    return done


def test_what_was_written_verifies(session: Session) -> None:
    write(5)

    assert audit.verify(session, KEY) is None
    assert audit.head(session).number == 5


def test_an_empty_log_verifies(session: Session) -> None:
    assert audit.verify(session, KEY) is None
    assert audit.head(session) == Head(0, audit.FIRST)


def test_rows_are_numbered_without_a_gap_across_units_that_fail(session: Session) -> None:
    write(1)
    with suppress(ZeroDivisionError), unit_of_work("user:3") as uow:
        uow.audit("household.read", "household:2")
        uow.write_audit()
        raise ZeroDivisionError
    write(2)

    numbers = session.scalars(select(AuditEntry.number).order_by(AuditEntry.number)).all()
    assert list(numbers) == [1, 2, 3]
    assert audit.verify(session, KEY) is None


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entries set reason = 'x'",
        "update audit_entries set reason = 'x' where false",
        "delete from audit_entries",
        "truncate audit_entries",
    ],
)
def test_the_database_refuses_to_change_a_row(engine: Engine, session: Session, statement: str) -> None:
    write(2)

    with engine.connect() as connection, pytest.raises(ProgrammingError, match="append-only"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update audit_entries set reason = 'other' where number = 3", Broken(3, "changed")),
        ("update audit_entries set actor = 'user:4' where number = 2", Broken(2, "changed")),
        ("update audit_entries set at = at - interval '1 second' where number = 4", Broken(4, "changed")),
        ("update audit_entries set place = '' where number = 1", Broken(1, "changed")),
        ("update audit_entries set data = '{\"shown\": 9}' where number = 3", Broken(3, "changed")),
        ("update audit_entries set data = data || '{\"more\": 1}' where number = 5", Broken(5, "changed")),
        ("update audit_entries set seal = repeat('a', 64) where number = 2", Broken(2, "changed")),
        ("delete from audit_entries where number = 3", Broken(3, "missing")),
        ("delete from audit_entries where number = 1", Broken(1, "missing")),
        ("delete from audit_entries where number > 3", Broken(4, "cut_off")),
        ("delete from audit_entries", Broken(1, "cut_off")),
        ("delete from audit_heads", Broken(6, "cut_off")),
        ("update audit_heads set number = 4", Broken(6, "cut_off")),
    ],
)
def test_verify_names_the_first_row_that_is_not_as_it_was_written(
    tamper: Callable[..., Broken | None], statement: str, found: Broken
) -> None:
    write(5)

    assert tamper(statement) == found


def test_two_rows_that_changed_places_are_found(tamper: Callable[..., Broken | None]) -> None:
    write(5)

    found = tamper(
        "update audit_entries set number = -1 where number = 2",
        "update audit_entries set number = 2 where number = 3",
        "update audit_entries set number = 3 where number = -1",
    )

    assert found == Broken(2, "changed")


def test_a_cut_tail_is_found_also_when_the_head_is_set_to_the_row_before(tamper: Callable[..., Broken | None]) -> None:
    write(5)

    found = tamper(
        "delete from audit_entries where number > 3",
        "update audit_heads set number = 3, seal = (select seal from audit_entries where number = 3)",
    )

    assert found == Broken(4, "cut_off")


def test_a_log_that_was_emptied_is_found_also_when_the_head_is_set_to_nothing(
    tamper: Callable[..., Broken | None],
) -> None:
    write(5)

    found = tamper(
        "delete from audit_entries",
        "update audit_heads set number = 0, seal = repeat('0', 64)",
    )

    assert found == Broken(1, "cut_off")


def test_an_old_head_put_back_under_newer_rows_is_found(
    engine: Engine, session: Session, tamper: Callable[..., Broken | None]
) -> None:
    write(3)
    with engine.begin() as connection:
        number, seal, proof = connection.execute(text("select number, seal, proof from audit_heads")).one()
    write(2)

    found = tamper(f"update audit_heads set number = {number}, seal = '{seal}', proof = '{proof}'")  # noqa: S608

    assert found == Broken(5, "head_put_back")


def test_a_log_put_back_whole_is_found_by_the_head_that_was_kept_elsewhere(engine: Engine, session: Session) -> None:
    write(3)
    with engine.begin() as connection:
        number, seal, proof = connection.execute(text("select number, seal, proof from audit_heads")).one()
    write(2)
    kept = audit.head(session)
    session.rollback()

    with as_owner(engine) as connection:
        connection.execute(text("delete from audit_entries where number > 3"))
        connection.execute(
            text("update audit_heads set number = :number, seal = :seal, proof = :proof"),
            {"number": number, "seal": seal, "proof": proof},
        )

    session.expire_all()
    assert audit.verify(session, KEY) is None
    assert audit.verify(session, KEY, kept=kept) == Broken(4, "cut_off")


def test_another_key_verifies_nothing(session: Session) -> None:
    write(1)

    assert audit.verify(session, "another") == Broken(1, "changed")


def test_the_seal_survives_the_way_through_the_database(session: Session) -> None:
    with unit_of_work("user:3") as uow:
        uow.audit(
            "batch.applied",
            "batch:1",
            counts={"b": 1, "a": [1.0, 0.1, 1e-7, 1e22, -0.0, 2**70], 7: None},
            codes=("AH01", "AH02"),
            kinds={"z", "a"},
            role=Role.CLERK,
            on=date(2026, 2, 28),
            words='„唐“ \\ " \u2028 𠮷',
            done=True,
        )

    session.expire_all()
    assert audit.verify(session, KEY) is None
    kept = session.get(AuditEntry, 1)
    assert kept is not None
    assert kept.data["counts"]["a"] == [1, 0.1, 1e-7, 10**22, 0, 2**70]
    assert kept.data["role"] == "clerk"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_what_json_does_not_know_is_refused(uow: UnitOfWork, value: object) -> None:
    uow.audit("batch.applied", "batch:1", value=value)

    with pytest.raises((TypeError, ValueError)):
        uow.write_audit()


def test_a_reason_that_does_not_fit_is_refused_where_it_is_given(uow: UnitOfWork) -> None:
    with pytest.raises(ReasonTooLong):
        uow.audit("number.revealed", "person:1", reason="字" * 301)


def test_the_moment_counts_not_the_zone_in_which_it_was_told(uow: UnitOfWork, noon: datetime) -> None:
    uow.now = noon  # in the city's zone
    uow.audit("household.read", "household:1")
    uow.write_audit()
    uow.session.flush()
    uow.session.expire_all()

    assert audit.verify(uow.session, KEY) is None


def test_writers_side_by_side_do_not_break_the_chain(session: Session) -> None:
    def one(writer: int) -> None:
        for turn in range(10):
            with unit_of_work(f"user:{writer}") as uow:
                uow.audit("household.read", f"household:{turn}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(1, 9)))

    assert audit.verify(session, KEY) is None
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 80
    assert session.get(AuditHead, 1).number == 80  # type: ignore[union-attr]


def test_the_log_is_held_only_after_everything_else_is_written(uow: UnitOfWork) -> None:
    """Who waits for a row while he holds the log would wait for ever for somebody who waits for the log."""
    uow.session.add(AuditHead(id=2, number=0, seal=audit.FIRST, proof=""))
    uow.audit("household.read", "household:1")

    with counted() as sent:
        uow.write_audit()

    lock = next(index for index, one in enumerate(sent) if "pg_advisory_xact_lock" in one)
    assert any("INSERT INTO audit_heads" in one for one in sent[:lock])
    assert not any("INSERT INTO audit_heads" in one and "(2," in one for one in sent[lock:])


def test_a_thousand_notes_of_one_unit_take_a_few_statements(uow: UnitOfWork) -> None:
    for number in range(1000):
        uow.audit("person.changed", f"person:{number}", place="AH0102", fields=["name"])

    began = perf_counter()
    with counted() as sent:
        uow.write_audit()
    took = perf_counter() - began

    assert len(sent) <= 8
    assert took < 1.0
    assert audit.verify(uow.session, KEY) is None


class Told:
    """Something that others react to."""


@pytest.mark.expects_errors
def test_what_a_failed_reaction_noted_is_forgotten(session: Session) -> None:
    def fails(uow: UnitOfWork, _event: object) -> None:
        uow.audit("grant.ended", "grant:1")
        raise ZeroDivisionError

    def works(uow: UnitOfWork, _event: object) -> None:
        uow.audit("grant.ended", "grant:2")

    before = dict(events._table)
    events.subscribe({**before, Told: (fails, works)})
    try:
        with unit_of_work("user:3") as uow:
            uow.audit("place.changed", "place:AH01")
            uow.announce(Told())
    finally:
        events.subscribe(before)

    written = session.scalars(select(AuditEntry.subject).order_by(AuditEntry.number)).all()
    assert list(written) == ["place:AH01", "grant:2"]


def test_a_part_that_fails_takes_its_notes_along(uow: UnitOfWork) -> None:
    uow.audit("batch.applied", "batch:1")
    with suppress(ZeroDivisionError), uow.attempt():
        uow.audit("person.created", "person:1")
        raise ZeroDivisionError

    assert [note.subject for note in uow.notes] == ["batch:1"]


class TestCommand:
    """`flask audit verify` and `flask audit head`."""

    @pytest.fixture(autouse=True)
    def house(self, session: Session, settings: Settings) -> None:
        """A database that is there."""

    def run(self, *words: str) -> Result:
        """The command as an operator calls it."""
        return CliRunner().invoke(cli.audit, words)

    def test_says_that_all_is_whole(self) -> None:
        write(3)

        answer = self.run("verify")

        assert (answer.exit_code, answer.output.strip()) == (0, "The audit log is whole: 3 rows.")

    def test_names_the_broken_row_and_exits_1(self, engine: Engine) -> None:
        write(3)
        with as_owner(engine) as connection:
            connection.execute(text("update audit_entries set reason = 'x' where number = 2"))

        answer = self.run("verify")

        assert (answer.exit_code, answer.output.strip()) == (1, "Error: Row 2 was changed.")

    def test_takes_a_head_that_it_told_before(self, engine: Engine) -> None:
        write(3)
        kept = self.run("head").output.strip()
        write(1)

        assert self.run("verify", "--head", kept).exit_code == 0
        assert self.run("verify", "--head", f"9:{'0' * 64}").exit_code == 1
        assert self.run("verify", "--head", f"2:{'0' * 64}").output.strip() == "Error: Row 2 was changed."

    @pytest.mark.parametrize("word", ["x", "3", "3:abc", f"-1:{'0' * 64}"])
    def test_refuses_what_is_no_head(self, word: str) -> None:
        assert self.run("verify", "--head", word).exit_code == 2


def test_the_nightly_check_writes_its_outcome_into_the_log(session: Session, settings: Settings) -> None:
    write(2)

    audit_job.verify()

    last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.action, last.data) == ("audit.verified", {"until": 2})
    assert audit.verify(session, KEY) is None


@pytest.mark.expects_errors
def test_the_nightly_check_tells_of_a_broken_row(engine: Engine, session: Session, settings: Settings) -> None:
    write(2)
    with as_owner(engine) as connection:
        connection.execute(text("update audit_entries set reason = 'x' where number = 1"))

    audit_job.verify()

    last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert last.data == {"until": 2, "broken": 1, "why": "changed"}
