"""`flask collection import`: the steps of the pages from a terminal, each bad file told in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from collection.models import Batch, BatchState
from core import disposal
from core.uow import UnitOfWork
from directory.models import Person
from tests.collection.conftest import Lists
from tests.collection.files import COMMUNITY, a_row, as_csv, as_excel, rows

Work = Callable[[], AbstractContextManager[UnitOfWork]]
Import = Callable[..., Result]


@pytest.fixture
def load(app: Flask, lists: Lists, tmp_path: Path) -> Import:
    """Write a file and import it, in two communities of one street."""

    def run(content: bytes, *more: str, place: str = COMMUNITY, answer: str = "", name: str = "list.csv") -> Result:
        file = tmp_path / name
        file.write_bytes(content)
        given = ["collection", "import", str(file), "--source", "居委会", "--place", place, *more]
        return app.test_cli_runner().invoke(args=given, input=answer)

    return run


def people(work: Work) -> int:
    with work() as uow:
        return uow.session.scalar(select(func.count(Person.id))) or 0


def test_a_list_is_checked_and_loaded_and_its_counts_are_told(load: Import, work: Work) -> None:
    done = load(as_excel([*rows(3), a_row(4, 手机="162")]), "--yes", name="list.xlsx")

    assert done.exit_code == 0, done.output
    assert "create: 3" in done.output
    assert "refused, phone_too_short: 1" in done.output
    assert people(work) == 3


def test_figures_come_as_json(load: Import) -> None:
    done = load(as_csv(rows(3)), "--yes", "--json")

    figures = json.loads(done.output)
    assert (figures["rows"], figures["outcomes"]) == (3, {"create": 3})
    assert figures["peak_mb"] > 0


def test_the_same_list_again_changes_nothing(load: Import, work: Work) -> None:
    load(as_csv(rows(3)), "--yes")

    again = load(as_csv(rows(3)), "--yes")

    assert "skip: 3" in again.output
    assert people(work) == 3


def test_without_a_yes_nothing_is_loaded(load: Import, work: Work) -> None:
    done = load(as_csv(rows(3)), answer="n\n")

    assert "nothing was loaded" in done.output
    assert people(work) == 0
    with work() as uow:
        assert uow.session.scalars(select(Batch.state)).all() == [BatchState.REJECTED]


@pytest.mark.parametrize(
    ("content", "place", "sentence"),
    [
        (b"", COMMUNITY, "The file is empty"),
        (as_csv([]), COMMUNITY, "nothing below the headings"),
        (as_csv(rows(3))[:-45], COMMUNITY, "stops in the middle"),
        (as_csv(rows(3)).decode().encode("utf-16")[2:], COMMUNITY, "encoding"),
        (as_excel(rows(3))[:-300], COMMUNITY, "cannot be opened"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, COMMUNITY, "old Excel"),
        (as_csv(rows(3), headings=[f"甲{n}" for n in range(11)]), COMMUNITY, "No column is the name"),
        (as_csv(rows(3)), "ZZ01", "outside your area"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_loaded_is_told_in_one_sentence_and_leaves_nothing(
    load: Import, lists: Lists, work: Work, content: bytes, place: str, sentence: str
) -> None:
    done = load(content, "--yes", place=place)

    assert done.exit_code == 1
    assert sentence in done.output
    assert "Traceback" not in done.output
    assert people(work) == 0
    disposal.delete_files()
    folder = lists.folder / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []
    with work() as uow:
        assert set(uow.session.scalars(select(Batch.state))) <= {BatchState.REJECTED}


def test_a_file_that_is_being_loaded_already_is_told(load: Import, lists: Lists) -> None:
    lists.upload(as_csv(rows(3)))

    done = load(as_csv(rows(3)), "--yes")

    assert done.exit_code == 1
    assert "being loaded already" in done.output
