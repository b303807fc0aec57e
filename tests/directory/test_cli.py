"""`flask directory`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from core.uow import unit_of_work
from directory import service
from directory.cli import directory
from tests.factories.people import RESIDENT, a_person


@pytest.mark.usefixtures("clean")
def test_a_terminal_shows_who_is_behind_a_number_and_what_may_be_sent() -> None:
    with unit_of_work("test") as uow:
        a_person(uow, "唐晓东")
        service.stop(uow, RESIDENT, is_everything=False, evidence="sms:1")

    told = CliRunner().invoke(directory, ["who", RESIDENT])

    assert told.output.splitlines() == [
        "唐晓东  梧桐里社区 8号楼2单元301  zh",
        "service: ok",
        "notice: stopped_notices",
    ]
