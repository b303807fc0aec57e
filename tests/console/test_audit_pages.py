"""The audit log as an auditor reads it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core import audit_job, wording
from core.audit import AuditEntry
from core.uow import unit_of_work
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import a_place

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def auditor(desk_of: Callable[..., Desk]) -> Desk:
    """An auditor of the whole city."""
    return desk_of(Role.AUDITOR, "AH", "auditor")


def note(action: str = "number.revealed", subject: str = "ticket:7", place: str = "AH010201", reason: str = "") -> None:
    """One entry of user 1, who is the first to be signed in."""
    with unit_of_work("user:1") as uow:
        if place:
            a_place(uow, place)
        uow.audit(action, subject, place=place, reason=reason)


def test_an_empty_log_says_so(auditor: Desk, session: Session) -> None:
    page = auditor.reads("/console/audit?since=2030-01-01")

    assert "没有找到记录" in page
    assert "这份日志还没有查验过" in page


def test_the_newest_stands_first_with_who_and_why(auditor: Desk) -> None:
    note(subject="ticket:7", reason="回电核对门牌")
    note(subject="ticket:8")

    page = auditor.reads("/console/audit")

    assert page.index("ticket:8") < page.index("ticket:7")
    for part in ("李敏auditor", "看了完整号码", "梧桐里社区", "回电核对门牌"):
        assert part in page


def test_roles_and_moments_are_said_as_people_say_them(auditor: Desk) -> None:
    with unit_of_work("user:1") as uow:
        uow.audit("grant.given", "user:1", role=Role.STREET_OFFICER, until="2026-11-28T02:01:21.924185+00:00")

    zh, en = auditor.reads("/console/audit"), auditor.reads("/console/audit", "en")

    assert "岗位 街道干部" in zh
    assert "role Street officer" in en
    assert "until Sat 28 Nov 10:01" in en
    assert "T02:01" not in zh + en


def test_what_else_is_kept_is_told_in_the_readers_words(auditor: Desk) -> None:
    with unit_of_work("user:1") as uow:
        uow.audit("flag.raised", "household:1", flag=3, kind="dog")
        uow.audit("batch.checked", "batch:1", rows={"create": 4, "refuse": 2})
        uow.audit("person.corrected", "person:1", fields=["birth_date", "name"])
        uow.audit("correction.settled", "person:1", correction=5, is_right=False)
        uow.audit("duty.ended", "unit:1", category="no such category")

    zh, en = auditor.reads("/console/audit"), auditor.reads("/console/audit", "en")

    for told in (
        "提示编号 3 · 类别 有狗",
        "行数 新增 4、拒收 2",
        "改动 出生日期、姓名",
        "属实 否",
        "类别 no such category",
    ):
        assert told in zh
    assert "household:1 住户" in zh
    for told in ("flag 3 · kind Dog", "rows New 4, Refused 2", "changed Birth date, Name", "right no"):
        assert told in en


def test_an_auditor_of_a_part_sees_its_entries_only(desk_of: Callable[..., Desk]) -> None:
    note(subject="ticket:1", place="AH010201")
    note(subject="ticket:2", place="AH020301")
    note(subject="ticket:3", place="")

    page = desk_of(Role.AUDITOR, "AH01", "auditor").reads("/console/audit")

    assert "ticket:1" in page
    assert "ticket:2" not in page
    assert "ticket:3" not in page


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("subject=ticket:1", {1}),
        ("action=household.read", {2}),
        ("place=AH01", {1, 2}),
        ("place=ah0203", {3}),
        ("actor=user:1", {1, 2, 3}),
        ("actor=auditor", {1, 2, 3}),
        ("actor=AUDITOR", {1, 2, 3}),
        ("actor=nobody", set()),
        ("since=2026-11-25&until=2026-11-25", {1, 2, 3}),
        ("since=2026-11-26", set()),
        ("until=2026-11-24", set()),
        ("since=2026-02-31", {1, 2, 3}),
        ("before=2", {1}),
        ("before=x", {1, 2, 3}),
        ("before=99999999999999999999", {1, 2, 3}),
    ],
)
def test_the_log_is_narrowed_down(auditor: Desk, session: Session, query: str, seen: set[int]) -> None:
    with unit_of_work("user:1") as uow:
        a_place(uow, "AH010201")
        a_place(uow, "AH020301")
        session_rows = session.scalars(select(AuditEntry)).all()
        assert session_rows == [] or {row.action for row in session_rows}
        uow.audit("number.revealed", "ticket:1", place="AH010201")
        uow.audit("household.read", "ticket:2", place="AH010201")
        uow.audit("number.revealed", "ticket:3", place="AH020301")

    page = auditor.reads(f"/console/audit?{query}") if "before=2" not in query else None
    if page is None:
        first = session.scalars(select(AuditEntry.number).where(AuditEntry.subject == "ticket:2")).one()
        page = auditor.reads(f"/console/audit?before={first}")

    table = page.partition("原因")[2]
    assert {number for number in (1, 2, 3) if f"ticket:{number} " in table} == seen


@pytest.mark.parametrize("days", ["until=9999-12-31", "since=0001-01-01", "since=9999-12-31&until=0001-01-01"])
def test_the_first_and_the_last_day_there_is_break_nothing(auditor: Desk, days: str) -> None:
    note()

    assert auditor.open(f"/console/audit?{days}").status_code == 200


def test_a_look_that_asks_after_somebody_is_written_down(auditor: Desk, session: Session) -> None:
    auditor.open("/console/audit?subject=person:3")
    auditor.open("/console/audit?actor=陈先生")
    auditor.open("/console/audit")

    looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.searched")).all()
    assert [look.data for look in looks] == [{"about": "person:3"}, {}]  # what somebody typed does not go in


def test_long_logs_are_paged(auditor: Desk) -> None:
    with unit_of_work("user:1") as uow:
        for number in range(1, 121):
            uow.audit("household.read", f"household:{number}")

    first = auditor.open("/console/audit").text
    older = first.split('class="push" href="')[1].split('"')[0].replace("&amp;", "&")
    second = auditor.open(older).text

    assert "household:120<" in first
    assert "household:70<" not in first
    assert "household:70<" in second


def test_a_page_takes_as_many_statements_for_many_rows_as_for_few(
    auditor: Desk, statements: Callable[[], object]
) -> None:
    def sent(count: int) -> int:
        with unit_of_work("user:1") as uow:
            for number in range(count):
                uow.audit("household.read", f"household:{number}")
        auditor.open("/console/audit")
        with statements() as seen:  # type: ignore[attr-defined]
            auditor.open("/console/audit")
        return len(seen)

    assert sent(1) == sent(45)


def test_the_check_is_asked_for_and_its_outcome_stands_at_the_head(auditor: Desk, session: Session) -> None:
    note()

    answer = auditor.sends("/console/audit/verify")
    assert "开始查验了" in auditor.reads_after(answer)
    audit_job.verify()

    assert "审计日志完好" in auditor.reads("/console/audit")


@pytest.mark.expects_errors
def test_a_broken_log_is_told_at_the_head(auditor: Desk, session: Session) -> None:
    note()
    number = session.scalars(select(AuditEntry.number).order_by(AuditEntry.number.desc()).limit(1)).one()
    session.execute(text("alter table audit_entries disable trigger user"))
    session.execute(text("update audit_entries set reason = 'x' where number = :number"), {"number": number})
    session.execute(text("alter table audit_entries enable trigger user"))
    session.commit()

    audit_job.verify()

    assert f"第 {number} 条被改动过" in auditor.reads("/console/audit")
    assert f"Row {number} was changed" in auditor.reads("/console/audit", "en")


@pytest.mark.parametrize("role", [Role.AGENT, Role.CLERK, Role.STREET_OFFICER, Role.DATA_STEWARD])
def test_who_may_not_read_it_is_refused(desk_of: Callable[..., Desk], role: Role) -> None:
    desk = desk_of(role, "AH", "other")

    assert desk.open("/console/audit").status_code == 403
    assert desk.sends("/console/audit/verify").status_code == 403


def test_every_action_that_is_written_down_has_words() -> None:
    told = wording.catalogue("console", "zh")
    written = {
        node.args[0].value
        for path in ROOT.glob("*/**/*.py")
        if path.parts[len(ROOT.parts)] not in {"tests", "node_modules", ".venv", "simulator", "bench"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "audit"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }

    assert written
    assert sorted(action for action in written if f"audit.action.{action}" not in told) == []


def test_every_fact_that_is_written_down_has_a_name() -> None:
    told = wording.catalogue("console", "zh")
    written = {
        keyword.arg
        for path in ROOT.glob("*/**/*.py")
        if path.parts[len(ROOT.parts)] not in {"tests", "node_modules", ".venv", "simulator", "bench"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "audit"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "uow"
        for keyword in node.keywords
        if keyword.arg not in (None, "place", "reason")
    }

    assert written
    assert sorted(name for name in written if f"audit.data.{name}" not in told) == []
