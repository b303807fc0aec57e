"""Lists taken through the house as pages and jobs do it, one step at a time."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from collection import jobs
from collection.models import Batch, BatchRow, BatchState, Source
from collection.service import receiving
from collection.service.receiving import Upload
from core.uow import UnitOfWork
from directory.scope import Scope
from staff.models import Grant, User
from staff.permissions import Role
from tests.collection.files import COMMUNITY, as_csv
from tests.factories.people import a_place
from tests.statements import counted

Work = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass
class Lists:
    """Somebody who loads lists: every step is a transaction of its own, as on the pages."""

    work: Work
    actor: str
    folder: Path

    def upload(
        self,
        content: bytes,
        *,
        source: str = "居委会",
        kind: str = "committee",
        place: str = COMMUNITY,
        as_of: date = date(2026, 11, 25),
        mapping: dict[str, str] | None = None,
        scope: Scope | None = None,
        name: str = "list.csv",
    ) -> int:
        """Keep a file, name its columns; its check is asked for."""
        mine = scope or Scope.system()
        with self.work() as uow:
            uow.actor = self.actor
            known = receiving.add_source(uow, source, kind, "purpose", "basis")
            batch = receiving.receive(uow, mine, Upload(io.BytesIO(content), name, known.id, place, as_of))
            receiving.name_columns(uow, mine, batch.id, batch.mapping | (mapping or {}))
            return batch.id

    def check(self, content: bytes | list[list[str]], **how: object) -> Batch:
        """Upload a file and have it checked."""
        given = content if isinstance(content, bytes) else as_csv(content)
        batch_id = self.upload(given, **how)  # type: ignore[arg-type]
        assert jobs.check() is False
        return self.read(batch_id)

    def load(self, content: bytes | list[list[str]], **how: object) -> Batch:
        """Upload, check and load a file."""
        batch = self.check(content, **how)
        assert batch.state is BatchState.CHECKED, batch.refusal
        self.press_load(batch.id)
        assert jobs.apply() is False
        loaded = self.read(batch.id)
        assert loaded.state is BatchState.APPLIED, loaded.refusal
        return loaded

    def press_load(self, batch_id: int) -> None:
        """Ask for loading what was checked."""
        with self.work() as uow:
            uow.actor = self.actor
            receiving.ask_to_load(uow, Scope.system(), batch_id)

    def undo(self, batch_id: int) -> Batch:
        """Take a list back."""
        with self.work() as uow:
            uow.actor = self.actor
            receiving.ask_to_undo(uow, Scope.system(), batch_id)
        assert jobs.undo() is False
        return self.read(batch_id)

    def read(self, batch_id: int) -> Batch:
        """The list as it stands."""
        with self.work() as uow:
            batch = receiving.held(uow, Scope.system(), batch_id)
            assert isinstance(batch.source, Source)
            return batch

    def rows(self, batch_id: int) -> list[BatchRow]:
        """Its rows, in order."""
        with self.work() as uow:
            wanted = select(BatchRow).where(BatchRow.batch_id == batch_id).order_by(BatchRow.row_no)
            return list(uow.session.scalars(wanted))

    def reasons(self, batch_id: int) -> list[list[str]]:
        """The keys of what is said of each row."""
        return [[reason["key"] for reason in row.reasons] for row in self.rows(batch_id)]


@pytest.fixture
def private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kept files go."""
    folder = tmp_path / "private"
    monkeypatch.setenv("PRIVATE_DIR", str(folder))
    return folder


@pytest.fixture
def clerk(work: Work) -> User:
    """A clerk of one street."""
    with work() as uow:
        user = User(login="clerk", name="吴佳怡", password_hash="nobody's")
        uow.session.add(user)
        uow.session.flush()
        at = {"from_at": uow.now, "granted_by": "test"}
        uow.session.add(Grant(user_id=user.id, role=Role.CLERK, jurisdiction_code=a_place(uow, "AH0102"), **at))
        return user


@pytest.fixture
def lists(work: Work, private_folder: Path, clerk: User) -> Lists:
    """Lists in the hands of a clerk, in two communities of one street."""
    with work() as uow:
        a_place(uow, COMMUNITY)
        a_place(uow, "AH010202")
    return Lists(work, f"user:{clerk.id}", private_folder)


@pytest.fixture
def statements() -> Callable[[], object]:
    """`with statements() as seen:` the statements that went to the database meanwhile."""
    return counted
