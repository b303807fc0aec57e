"""The pages of lists as a clerk meets them: upload, columns, dry run, loading, undoing; and exports."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from collection import jobs
from collection.models import Batch, BatchState
from core import wording
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.models import Household, Person
from staff.permissions import Role
from tests.collection.files import COMMUNITY, HEADINGS, a_row, as_csv, as_xlsx, rows
from tests.console.conftest import Desk, words_of
from tests.factories.people import a_person, a_place
from tests.factories.staff import csrf_token

Work = Callable[[], AbstractContextManager[UnitOfWork]]


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kept files go."""
    monkeypatch.setenv("PRIVATE_DIR", str(tmp_path / "private"))
    return tmp_path / "private"


@pytest.fixture
def clerk(desk_of: Callable[..., Desk]) -> Desk:
    """A clerk of one community."""
    return desk_of(Role.CLERK, COMMUNITY, "clerk")


def uploads(desk: Desk, content: bytes, name: str = "名单.csv", **fields: str) -> TestResponse:
    """Send the form of a new list, as its page has it."""
    form = {
        "csrf_token": csrf_token(desk.client, "/console/imports/new"),
        "source": "new",
        "source_name": "居委会",
        "kind": "committee",
        "place": COMMUNITY,
        "as_of": "2026-11-25",
        **fields,
    }
    return sends(desk, "/console/imports/new", content, name, **form)


def sends(desk: Desk, path: str, content: bytes, name: str, **form: str) -> TestResponse:
    """A form with a file, put together in memory: the client would leave its own file of a large one open."""
    boundary, body = encode_multipart({**form, "file": FileStorage(io.BytesIO(content), name)})
    return desk.client.post(path, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def checked(desk: Desk, content: bytes) -> str:
    """Upload a file, take the columns as guessed, have it checked. Returns the path of the list's page."""
    answer = uploads(desk, content)
    assert answer.status_code == 303, words_of(answer.text)
    columns = desk.open(answer.location).text
    chosen = {
        field: re.findall(r'value="([a-z_]*)" selected', select)
        for field, select in re.findall(r'name="(column-\d+)">(.*?)</select>', columns, re.DOTALL)
    }
    sent = desk.sends(answer.location, **{field: (found or [""])[0] for field, found in chosen.items()})
    assert sent.status_code == 303, words_of(sent.text)
    jobs.check()
    return str(sent.location)


def test_without_lists_the_page_says_how_to_begin(clerk: Desk) -> None:
    assert "还没有名单" in clerk.reads("/console/imports")
    assert "No lists yet" in clerk.reads("/console/imports", "en")


def test_a_clerk_takes_a_list_from_the_file_to_the_base_and_back(clerk: Desk, work: Work) -> None:
    page = checked(clerk, as_csv([*rows(3), a_row(4, 手机="162"), a_row(5, 姓名="")]))

    words = clerk.reads(page)
    assert "新增 3 更新 0 不变 0 拒收 2" in words
    for part in ("导入 3 人", "还没有写入任何资料", "位数不够", "没有姓名", "1号楼1单元201", "下载拒收的行"):
        assert part in words, part
    with work() as uow:
        assert uow.session.scalar(select(Person.id)) is None

    assert clerk.sends(f"{page}/load").status_code == 303
    running = clerk.open(page).text
    assert "正在导入" in words_of(running)
    assert '<progress class="import-bar" max="100" value="0"' in running
    assert '<meta http-equiv="refresh" content="2">' in running
    jobs.apply()
    assert "撤销导入 3 人" in clerk.reads(page)

    assert clerk.sends(f"{page}/undo").status_code == 303
    jobs.undo()
    assert "已撤销" in clerk.reads(page)
    with work() as uow:
        assert uow.session.scalar(select(Person.id)) is None
        assert uow.session.scalar(select(Household.id)) is None


def test_a_list_that_left_places_and_people_open_leads_on_to_them(clerk: Desk) -> None:
    page = checked(clerk, as_csv([*rows(2), a_row(3, 社区="天边新村")]))
    before = clerk.open(page).text
    clerk.sends(f"{page}/load")
    jobs.apply()

    loaded = clerk.open(page).text

    assert "定位 1 行" not in words_of(before)
    assert "定位 1 行" in words_of(loaded)
    assert 'href="/console/places/unplaced"' in re.findall(r'<div class="row import-next">.*?</div>', loaded, re.S)[0]


def test_what_is_said_of_a_whole_list_names_no_row_and_no_code(clerk: Desk, work: Work) -> None:
    with work() as uow:
        a_place(uow, "AH020301")
    page = checked(clerk, as_csv([a_row(1), a_row(1, 编号="R1"), a_row(2, 社区="AH020301"), a_row(3, 性别="不男不女")]))

    words = clerk.reads(page)

    assert "和另一行是同一个人" in words
    assert "地址不在这份名单的范围内" in words
    assert "地址在 云台社区" in words
    assert "…" not in words


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_every_reason_can_be_said_of_a_whole_list(lang: str) -> None:
    whole = wording.catalogue("console", lang)
    needs_more = [
        key
        for key, sentence in wording.catalogue("collection", lang).items()
        if key.startswith("reason.") and wording.blanks(sentence) - ({"field"} if "phone_" in key else set())
    ]

    unsaid = [key for key in needs_more if f"imports.whole.{key.removeprefix('reason.')}" not in whole]

    assert unsaid == ["reason.takes"]  # no reason for anything: it tells what changes


def test_the_pages_speak_english_too(clerk: Desk) -> None:
    page = checked(clerk, as_csv([a_row(1), a_row(2, 手机="162")]))

    words = clerk.reads(page, "en")

    for part in ("New 1", "Refused 1", "Load the list (1)", "has too few digits", "Nothing is written yet"):
        assert part in words, part
    assert "Name the columns" in clerk.reads(f"{page}/columns", "en")
    assert "has too few digits" in clerk.reads(f"{page}/rows?outcome=refuse", "en")


def test_the_columns_are_guessed_shown_with_their_first_rows_and_numbers_hidden(clerk: Desk) -> None:
    answer = uploads(clerk, as_csv([[*a_row(1), "很穷"]], headings=[*HEADINGS, "低保"]))

    page = clerk.open(answer.location).text

    assert re.search(r"低保</label>.*?<option value=\"\">不导入</option>", page, re.DOTALL)
    assert re.findall(r'value="([a-z_]*)" selected', page)[:3] == ["id", "name", "sex"]
    assert "16200000001" not in page
    assert a_row(1)[4] not in page


def test_columns_that_cannot_be_are_refused_and_what_was_chosen_stays(clerk: Desk) -> None:
    answer = uploads(clerk, as_csv(rows(1)))

    refused = clerk.sends(answer.location, **{"column-0": "name", "column-1": "name"})

    assert refused.status_code == 422
    assert "没有一列是地址" in words_of(refused.text)
    assert re.findall(r'value="([a-z_]*)" selected', refused.text) == ["name", "name"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "a.xls", "旧版 Excel"),
        (as_xlsx(rows(2))[:-300], "a.xlsx", "打不开"),
        (as_csv(rows(2)).decode().encode("utf-16")[2:], "a.csv", "认不出这个文件的编码"),
    ],
)
def test_a_file_that_is_no_list_is_told_on_the_form(
    clerk: Desk, content: bytes, name: str, said: str, private_folder: Path
) -> None:
    answer = uploads(clerk, content, name)

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert 'value="居委会"' in answer.text
    assert list((private_folder / "imports").iterdir()) == []


def test_a_form_without_a_file_or_with_a_day_ahead_is_refused(clerk: Desk) -> None:
    assert "请选择要上传的文件" in words_of(uploads(clerk, b"x", "").text)
    assert "不晚于今天" in words_of(uploads(clerk, as_csv(rows(1)), as_of="2026-11-26").text)


def test_a_forged_place_is_refused_and_nothing_is_kept(clerk: Desk, work: Work, private_folder: Path) -> None:
    with work() as uow:
        a_place(uow, "AH020301")

    for place in ("AH020301", "AH", "", "nowhere"):
        assert uploads(clerk, as_csv(rows(1)), place=place).status_code == 403

    assert not (private_folder / "imports").exists()


def test_lists_of_another_area_are_not_there(clerk: Desk, desk_of: Callable[..., Desk]) -> None:
    page = checked(clerk, as_csv(rows(2)))
    other = desk_of(Role.CLERK, "AH020301", "other")

    for path in (page, f"{page}/columns", f"{page}/rows", f"{page}/refused"):
        assert other.open(path).status_code == 404, path
    for action in ("load", "reject", "undo", "columns"):
        assert other.sends(f"{page}/{action}").status_code == 404, action
    assert "还没有名单" in other.reads("/console/imports")


def test_who_may_not_load_lists_is_refused(desk_of: Callable[..., Desk]) -> None:
    agent = desk_of(Role.AGENT, "AH")

    assert agent.open("/console/imports").status_code == 403
    assert agent.open("/console/exports").status_code == 403
    assert "名单导入" not in agent.reads("/console/tickets")


def test_a_list_may_be_larger_than_other_forms_but_only_for_who_is_signed_in(
    clerk: Desk, client: object, desk_of: Callable[..., Desk]
) -> None:
    large = as_csv(rows(11000))
    assert len(large) > 1024 * 1024

    assert uploads(clerk, large).status_code == 303
    stranger = Desk(clerk.client.application.test_client())
    assert sends(stranger, "/console/imports/new", large, "a.csv", csrf_token="x").status_code == 413
    token = csrf_token(clerk.client, "/password")
    assert sends(clerk, "/console/exports", large, "a.csv", csrf_token=token).status_code == 413


def test_the_refused_rows_come_back_as_a_file(clerk: Desk, work: Work) -> None:
    page = checked(clerk, as_csv([a_row(1), a_row(2, 手机="162")]))

    answer = clerk.open(f"{page}/refused")

    assert "attachment; filename*=UTF-8''%E5%90%8D%E5%8D%95" in answer.headers["Content-Disposition"]
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0].endswith("拒收原因")
    assert len(lines) == 2
    with work() as uow:
        assert "batch.refused_read" in set(uow.session.scalars(select(AuditEntry.action)))


def test_a_second_press_is_told_where_the_list_stands(clerk: Desk) -> None:
    page = checked(clerk, as_csv(rows(2)))
    clerk.sends(f"{page}/load")

    answer = clerk.sends(f"{page}/load")

    assert answer.status_code == 409
    assert "这一步现在不能做" in words_of(answer.text)


def test_the_list_of_lists_costs_the_same_however_long(
    clerk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    checked(clerk, as_csv(rows(1)))
    with statements() as few:
        clerk.open("/console/imports")
    with work() as uow:
        one = uow.session.scalars(select(Batch)).one()
        uow.session.add_all(
            Batch(
                source_id=one.source_id,
                file_name="x.csv",
                file_hash=str(number),
                file_path="",
                jurisdiction_code=COMMUNITY,
                as_of=one.as_of,
                state=BatchState.APPLIED,
                received_at=one.received_at,
                received_by=one.received_by,
            )
            for number in range(40)
        )
    with statements() as many:
        page = clerk.open("/console/imports").text

    assert len(many) == len(few)
    assert "下一页" in page


def test_an_export_is_logged_with_its_purpose_and_runs_nothing(clerk: Desk, work: Work) -> None:
    with work() as uow:
        a_person(uow, '=HYPERLINK("http://x")')
        a_person(uow, "别处", community_code="AH010202", msisdn="+8616200000777")

    answer = clerk.sends("/console/exports", what="people", place=COMMUNITY, form="csv", purpose="秋季走访")

    assert answer.status_code == 200
    text = answer.data.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert "'+8616200000901" in text
    assert "别处" not in text
    with work() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.exported")).one()
    assert (entry.reason, entry.place, entry.data["count"]) == ("秋季走访", COMMUNITY, 1)


def test_who_may_not_see_numbers_gets_them_masked(desk_of: Callable[..., Desk], work: Work) -> None:
    with work() as uow:
        a_person(uow)
    officer = desk_of(Role.STREET_OFFICER, "AH0102", "officer")

    answer = officer.sends("/console/exports", what="people", place=COMMUNITY, form="csv", purpose="核对人数")

    assert "162 •••• 0901" in answer.data.decode("utf-8-sig")
    assert "16200000901" not in answer.data.decode("utf-8-sig")


@pytest.mark.parametrize("what", ["people", "households"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_people_and_households_go_out_in_both_forms(clerk: Desk, work: Work, what: str, form: str) -> None:
    with work() as uow:
        a_person(uow)

    answer = clerk.sends("/console/exports", what=what, place=COMMUNITY, form=form, purpose="秋季走访")

    assert answer.status_code == 200
    assert f".{form}" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"PK" if form == "xlsx" else b"\xef\xbb\xbf")


def test_an_export_without_a_purpose_or_of_another_area_is_refused(clerk: Desk, work: Work) -> None:
    with work() as uow:
        a_place(uow, "AH020301")

    assert "请写明导出的用途" in words_of(clerk.sends("/console/exports", place=COMMUNITY, purpose=" ").text)
    assert clerk.sends("/console/exports", place="AH020301", purpose="x").status_code == 403
    assert clerk.sends("/console/exports", place="AH", purpose="x").status_code == 403
    with work() as uow:
        assert "people.exported" not in set(uow.session.scalars(select(AuditEntry.action)))
