"""`flask staff`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from core.uow import unit_of_work
from staff import service
from staff.cli import staff
from tests.factories.people import a_place
from tests.factories.staff import a_user


@pytest.mark.usefixtures("clean")
def test_a_new_user_gets_a_first_password_that_opens_the_door() -> None:
    with unit_of_work("test") as uow:
        a_place(uow, "AH0102")

    told = CliRunner().invoke(staff, ["add", "g07", "王芳", "--role", "agent", "--place", "AH0102"])

    with unit_of_work("test") as uow:
        assert service.sign_in(uow, "g07", told.output.strip(), "").must_change_password


@pytest.mark.usefixtures("clean")
def test_a_lost_password_is_replaced_by_a_first_one() -> None:
    with unit_of_work("test") as uow:
        a_user(uow)

    told = CliRunner().invoke(staff, ["first-password", "g02"])

    with unit_of_work("test") as uow:
        assert service.sign_in(uow, "g02", told.output.strip(), "").must_change_password


@pytest.mark.usefixtures("clean")
def test_an_unknown_login_is_told_in_a_sentence() -> None:
    told = CliRunner().invoke(staff, ["first-password", "nobody"])

    assert told.exit_code == 1
    assert "Nobody has the staff number nobody." in told.output
