"""Signing in through the browser: cookies, CSRF, throttle, first password, guarded pages."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from core.uow import unit_of_work
from staff import service
from staff.permissions import Role
from tests.factories.staff import PASSWORD, a_user, post_form, sign_in


@pytest.mark.usefixtures("agent")
def test_a_guarded_page_sends_to_sign_in_and_back_again(client: FlaskClient) -> None:
    away = client.get("/console/?view=mine")
    assert (away.status_code, away.location) == (303, "/sign-in?next=/console/?view%3Dmine")

    back = sign_in(client, next="/console/?view=mine")

    assert (back.status_code, back.location) == (303, "/console/?view=mine")
    assert client.get("/console/").json == {
        "name": "李敏",
        "actor": "user:1",
        "prefixes": ["AH"],
        "may_close": True,
    }


@pytest.mark.usefixtures("agent")
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = next(one for one in sign_in(client).headers.getlist("Set-Cookie") if one.startswith("__Host-linli="))

    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Max-Age=43200" in cookie


@pytest.mark.usefixtures("agent")
def test_signing_in_without_the_token_of_the_page_is_refused(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"login": "g02", "password": PASSWORD})

    assert answer.status_code == 400
    assert client.get("/console/").status_code == 303


@pytest.mark.usefixtures("agent")
def test_a_wrong_password_is_told_on_the_page_and_the_login_stays(client: FlaskClient) -> None:
    answer = sign_in(client, password="wrong password")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "工号或密码不对。还可以试 4 次。" in page
    assert 'value="g02"' in page
    assert "wrong password" not in page


@pytest.mark.usefixtures("agent")
def test_the_sixth_try_is_turned_away_although_it_is_right(client: FlaskClient) -> None:
    told = [sign_in(client, password="wrong password").get_data(as_text=True) for _ in range(5)]

    answer = sign_in(client)

    assert "次数用完了" in told[-1]
    assert "试 0 次" not in told[-1]
    assert answer.status_code == 429
    assert "请 15 分钟以后再试" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("agent")
def test_the_page_is_in_english_for_who_reads_english(client: FlaskClient) -> None:
    page = client.get("/sign-in?lang=en").get_data(as_text=True)

    assert '<html lang="en">' in page
    assert "Sign in to the console" in page
    assert not re.search("[\u4e00-\u9fff]", page.replace("中文", ""))


@pytest.mark.usefixtures("agent")
def test_another_site_is_not_gone_to_after_signing_in(client: FlaskClient) -> None:
    assert sign_in(client, next="//evil.example/").location == "/console/"


@pytest.mark.usefixtures("agent")
def test_signing_out_ends_the_session_for_good(client: FlaskClient) -> None:
    sign_in(client)
    cookie = client.get_cookie("__Host-linli")
    assert cookie is not None

    post_form(client, "/password", "/sign-out")

    assert client.get_cookie("__Host-linli") is None
    client.set_cookie("__Host-linli", cookie.value)
    assert client.get("/console/").status_code == 303


@pytest.mark.usefixtures("agent")
def test_signing_in_again_ends_the_earlier_session(client: FlaskClient) -> None:
    sign_in(client)
    earlier = client.get_cookie("__Host-linli")
    assert earlier is not None
    token = post_form(client, "/password", "/sign-in", login="g02", password=PASSWORD)
    assert token.status_code == 303

    client.set_cookie("__Host-linli", earlier.value)

    assert client.get("/console/").status_code == 303


@pytest.mark.usefixtures("agent")
def test_who_is_signed_in_need_not_sign_in_again(client: FlaskClient) -> None:
    sign_in(client)

    assert client.get("/sign-in").location == "/console/"


@pytest.mark.usefixtures("app")
def test_a_first_password_opens_only_the_page_where_it_is_replaced(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        a_user(uow, password="first-first-first", must_change_password=True)

    assert sign_in(client, password="first-first-first").location == "/password"
    assert client.get("/console/").location == "/password?next=/console/"
    assert post_form(client, "/password", "/console/close", code="A1023").location == "/password"

    changed = post_form(client, "/password", "/password", new=PASSWORD, again=PASSWORD)

    assert changed.location == "/console/"
    assert client.get("/console/").status_code == 200


@pytest.mark.usefixtures("app")
def test_a_weak_new_password_is_told_on_the_page(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        a_user(uow, password="first-first-first", must_change_password=True)
    sign_in(client, password="first-first-first")

    answer = post_form(client, "/password", "/password", new="short", again="short")

    assert answer.status_code == 422
    assert "至少要 10 个字符" in answer.get_data(as_text=True)


def test_the_password_page_is_for_who_is_signed_in(client: FlaskClient) -> None:
    assert client.get("/password").location == "/sign-in"


@pytest.mark.usefixtures("agent")
def test_a_later_change_is_throttled_like_signing_in(client: FlaskClient) -> None:
    sign_in(client)
    new = "quite another sentence"
    for _ in range(5):
        post_form(client, "/password", "/password", current="guess", new=new, again=new)

    answer = post_form(client, "/password", "/password", current=PASSWORD, new=new, again=new)

    assert answer.status_code == 429


@pytest.mark.usefixtures("agent")
def test_what_no_role_gives_is_refused_with_a_sentence(client: FlaskClient) -> None:
    sign_in(client)

    answer = client.get("/console/users")

    assert answer.status_code == 403
    assert "能办的岗位：班长、系统管理员" in answer.get_data(as_text=True)


@pytest.mark.usefixtures("app")
def test_a_form_works_only_in_the_part_of_the_tree_where_its_permission_was_given(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        a_user(uow, role=Role.AUDITOR, place="AH")
        service.grant(uow, "g02", Role.AGENT, "AH")
        a_user(uow, "g03", role=Role.AUDITOR, place="AH")
        a_user(uow, "g04", role=Role.AUDITOR, place="AH0102")
        service.grant(uow, "g03", Role.AGENT, "AH0102")
    sign_in(client, "g03")

    assert client.get("/console/").json == {"name": "李敏", "actor": "user:2", "prefixes": ["AH"], "may_close": False}
    assert post_form(client, "/password", "/console/close", code="A1023").json == {
        "closed": "A1023",
        "prefixes": ["AH0102"],
    }


@pytest.mark.usefixtures("agent")
def test_a_form_sent_after_the_session_ended_leads_to_sign_in(client: FlaskClient) -> None:
    answer = post_form(client, "/sign-in", "/console/close", code="A1023")

    assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_a_forged_token_opens_nothing(client: FlaskClient) -> None:
    client.set_cookie("__Host-linli", "forged")

    assert client.get("/console/").status_code == 303


@pytest.mark.usefixtures("agent")
def test_a_wrong_present_password_is_told_at_its_own_field(client: FlaskClient) -> None:
    sign_in(client)
    typed = {"new": "another sentence to keep", "again": "another sentence to keep"}

    wrong = post_form(client, "/password", "/password", current="wrong password", **typed).get_data(as_text=True)
    weak = post_form(client, "/password", "/password", current=PASSWORD, new="x", again="x").get_data(as_text=True)

    assert 'id="current-e"' in wrong
    assert 'id="new-e"' not in wrong
    assert 'id="new-e"' in weak
    assert 'id="current-e"' not in weak
