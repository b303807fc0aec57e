"""The page of a list whose loading stopped because a right ended, and forms of lists that nobody would fill in so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from collection import jobs
from collection.models import Batch
from collection.service import applying
from core.uow import UnitOfWork
from directory.models import Person
from staff.models import Grant, User
from staff.permissions import Role
from tests.collection.files import COMMUNITY, as_csv, as_excel, rows
from tests.console.conftest import Desk, words_of
from tests.console.test_imports import checked, uploads

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


def people(work: Work) -> int:
    with work() as uow:
        return uow.session.scalar(select(func.count(Person.id))) or 0


def test_a_colleague_goes_on_with_a_list_whose_loader_lost_his_right(
    clerk: Desk, desk_of: Callable[..., Desk], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 10)
    page = checked(clerk, as_excel(rows(25)))
    assert clerk.sends(f"{page}/load").status_code == 303
    with work() as uow:
        assert applying.apply_some(uow, int(page.rpartition("/")[2]))
        mine = select(User.id).where(User.login == "clerk").scalar_subquery()
        uow.session.execute(update(Grant).where(Grant.user_id == mine).values(until_at=uow.now - timedelta(seconds=1)))
    jobs.apply()
    colleague = desk_of(Role.CLERK, COMMUNITY, "colleague")

    words, english = colleague.reads(page), colleague.reads(page, "en")
    assert "写入 10 行后停下" in words
    assert "出错" not in words
    assert "ended after 10 rows" in english
    assert clerk.sends(f"{page}/again").status_code == 403

    assert colleague.sends(f"{page}/again").status_code == 303
    jobs.apply()

    assert "写入 10 行后停下" not in colleague.reads(page)
    assert people(work) == 25


@pytest.mark.parametrize(
    "name", ["a\0b.csv", "../../etc/passwd", "a%0D%0ASet-Cookie: x=1.csv", "<script>alert(1)</script>.csv", "名" * 400]
)
def test_a_file_may_be_called_anything(clerk: Desk, work: Work, name: str) -> None:
    answer = uploads(clerk, as_csv(rows(1)), name)

    assert answer.status_code == 303, words_of(answer.text)
    assert "<script>alert" not in clerk.open(answer.location).text
    back = clerk.open(f"{answer.location.removesuffix('/columns')}/refused")
    assert back.status_code == 200
    assert "\n" not in back.headers["Content-Disposition"]


@pytest.mark.parametrize("source", ["0", "-1", "999999999", "99999999999999999999", "1 or 1=1", "新"])
def test_a_source_that_is_none_is_refused(clerk: Desk, work: Work, source: str, private_folder: Path) -> None:
    answer = uploads(clerk, as_csv(rows(1)), source=source)

    assert answer.status_code == 422
    assert "请选择来源" in words_of(answer.text)
    assert not (private_folder / "imports").exists()


@pytest.mark.parametrize("fields", [{"source_name": "a\0b"}, {"kind": "king"}, {"kind": "\0"}, {"as_of": "\0"}])
def test_fields_that_no_browser_sends_are_refused_or_cleaned(clerk: Desk, work: Work, fields: dict[str, str]) -> None:
    assert uploads(clerk, as_csv(rows(1)), **fields).status_code in (303, 400, 422)


def test_a_field_that_is_none_is_a_column_that_is_not_loaded(clerk: Desk, work: Work) -> None:
    answer = uploads(clerk, as_csv(rows(1)))
    forged = {f"column-{place}": "reason" for place in range(11)} | {"column-1": "name", "column-6": "address"}

    sent = clerk.sends(answer.location, **forged, **{"column-99": "identity", "place": "AH", "scope": "AH"})

    assert sent.status_code == 303
    with work() as uow:
        batch = uow.session.scalars(select(Batch)).one()
        assert {heading: field for heading, field in batch.mapping.items() if field} == {
            "姓名": "name",
            "地址": "address",
        }
        assert batch.jurisdiction_code == COMMUNITY
