"""The language of the pages: the browser's in front of the console, the account's behind it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.uow import unit_of_work
from staff.models import User
from staff.permissions import Role
from tests.factories.staff import PASSWORD, a_user, post_form, sign_in

PAGE = "/password"


def kept() -> str:
    """The language of the only account."""
    with unit_of_work("test") as uow:
        return uow.session.scalars(select(User.lang)).one()


def html_of(client: FlaskClient, path: str = PAGE, accepted: str = "zh") -> str:
    """The language in which a page comes."""
    page = client.get(path, headers={"Accept-Language": accepted}).get_data(as_text=True)
    return page.partition('<html lang="')[2].partition('"')[0]


def test_a_language_chosen_before_signing_in_stays_in_the_browser(client: FlaskClient) -> None:
    answer = post_form(client, "/sign-in", "/language", lang="en", back="/sign-in?next=/console/")

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/console/")
    assert html_of(client, "/nowhere") == "en"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", ""])
def test_choosing_a_language_never_leads_to_another_site(client: FlaskClient, back: str) -> None:
    assert post_form(client, "/sign-in", "/language", lang="en", back=back).location == "/"


@pytest.mark.parametrize(
    ("back", "location"),
    [
        ("/sign-in?lang=zh", "/sign-in"),
        ("/console/audit?actor=user:3&lang=zh&place=", "/console/audit?actor=user%3A3&place="),
        ("/console/audit?actor=user:3", "/console/audit?actor=user:3"),
    ],
)
def test_the_address_no_longer_asks_for_the_other_language(client: FlaskClient, back: str, location: str) -> None:
    assert post_form(client, "/sign-in", "/language", lang="en", back=back).location == location


@pytest.mark.usefixtures("agent")
def test_a_language_that_nobody_speaks_here_changes_nothing(client: FlaskClient) -> None:
    sign_in(client)

    answer = post_form(client, PAGE, "/language", lang="<script>", back="/")

    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    assert kept() == ""


@pytest.mark.usefixtures("agent")
def test_a_language_chosen_behind_the_door_is_there_at_every_desk(app: Flask, client: FlaskClient) -> None:
    other_desk = app.test_client()
    post_form(other_desk, "/sign-in", "/language", lang="zh", back="/")
    sign_in(other_desk)
    sign_in(client)

    post_form(client, PAGE, "/language", lang="en", back=PAGE)

    assert kept() == "en"
    assert (html_of(client), html_of(other_desk)) == ("en", "en")
    assert html_of(client, f"{PAGE}?lang=zh") == "zh-CN"


@pytest.mark.usefixtures("agent")
def test_whoever_sat_here_before_leaves_no_language_behind(client: FlaskClient) -> None:
    sign_in(client)
    post_form(client, PAGE, "/language", lang="zh", back=PAGE)
    post_form(client, PAGE, "/sign-out")
    post_form(client, "/sign-in", "/language", lang="en", back="/")

    before = html_of(client, "/sign-in")
    sign_in(client)

    assert (before, html_of(client)) == ("en", "zh-CN")


def test_who_only_knows_the_password_reads_as_he_likes_and_changes_nothing(client: FlaskClient, clean: None) -> None:
    with unit_of_work("test") as uow:
        a_user(uow, role=Role.AUDITOR).lang = "zh"
    post_form(client, "/sign-in", "/sign-in", login="g02", password=PASSWORD)

    before = html_of(client, "/second-factor", "en")
    post_form(client, "/second-factor", "/language", lang="en", back="/second-factor")

    assert (before, html_of(client, "/second-factor")) == ("zh-CN", "en")
    assert kept() == "zh"
