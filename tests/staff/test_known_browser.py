"""Whoever fails at a login again and again shuts nobody out of the browser where he works."""

from __future__ import annotations

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.uow import UnitOfWork, unit_of_work
from staff import known_browser, service
from staff.errors import TooManyTries
from staff.permissions import Role
from staff.service import invitations, second_factors, users
from tests.factories.people import a_place
from tests.factories.staff import PASSWORD, a_user, post_form, sign_in

KEY, WORD, OTHER = "a key", "0" * 32, "f" * 32


def test_a_browser_is_known_to_the_logins_that_were_there_and_to_no_other() -> None:
    cookie = known_browser.with_login("", "g02", key=KEY, fresh=WORD)
    cookie = known_browser.with_login(cookie, "g03", key=KEY, fresh=OTHER)

    assert known_browser.word_of(cookie, "g02", key=KEY) == WORD
    assert known_browser.word_of(cookie, "g03", key=KEY) == WORD
    assert known_browser.word_of(cookie, "g04", key=KEY) == ""
    assert known_browser.word_of(cookie, "g02", key="another key") == ""
    assert known_browser.word_of(cookie.replace(WORD, OTHER), "g02", key=KEY) == ""


@pytest.mark.parametrize("cookie", ["", ".", "x.y", "鑰匙." + "匙" * 32, WORD, "." * 9000])
def test_a_cookie_that_nobody_sealed_is_none(cookie: str) -> None:
    assert known_browser.word_of(cookie, "g02", key=KEY) == ""
    assert known_browser.word_of(known_browser.with_login(cookie, "g02", key=KEY, fresh=OTHER), "g02", key=KEY)


def test_the_browser_of_a_desk_knows_the_last_eight() -> None:
    cookie = ""
    for number in range(10):
        cookie = known_browser.with_login(cookie, f"g{number}", key=KEY, fresh=WORD)
    cookie = known_browser.with_login(cookie, "g9", key=KEY, fresh=WORD)

    known = [number for number in range(10) if known_browser.word_of(cookie, f"g{number}", key=KEY)]
    assert known == list(range(2, 10))


@pytest.mark.usefixtures("agent")
def test_a_stranger_who_fails_shuts_out_strangers_only(app: Flask, client: FlaskClient) -> None:
    sign_in(client)
    post_form(client, "/password", "/sign-out")
    stranger = app.test_client()
    for _ in range(5):
        sign_in(stranger, password="wrong password")

    assert sign_in(stranger).status_code == 429
    assert sign_in(client, " G02 ").location == "/console/"
    assert sign_in(stranger).status_code == 429


@pytest.mark.usefixtures("agent")
def test_an_address_that_has_to_wait_keeps_nobody_out_who_was_there_before(app: Flask, client: FlaskClient) -> None:
    sign_in(client)
    post_form(client, "/password", "/sign-out")
    stranger = app.test_client()
    for number in range(20):
        sign_in(stranger, f"guess{number}", "wrong password")

    assert sign_in(app.test_client()).status_code == 429
    assert sign_in(client).location == "/console/"


@pytest.mark.usefixtures("agent")
def test_a_known_browser_has_five_tries_like_any_other(client: FlaskClient) -> None:
    sign_in(client)
    post_form(client, "/password", "/sign-out")
    told = [sign_in(client, password="wrong password").status_code for _ in range(6)]

    assert told == [422] * 5 + [429]
    assert sign_in(client).status_code == 429


@pytest.mark.usefixtures("agent")
def test_the_cookie_is_out_of_reach_of_scripts_and_opens_nothing(app: Flask, client: FlaskClient) -> None:
    answer = sign_in(client)
    known = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-linli-known="))
    other = app.test_client()
    other.set_cookie("__Host-linli-known", known.partition("=")[2].partition(";")[0], domain="localhost")

    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in known
    assert "g02" not in known
    assert other.get("/console/").location == "/sign-in?next=/console/"


def test_somebody_who_comes_by_a_link_sets_up_his_second_factor_while_the_address_has_to_wait(
    uow: UnitOfWork,
) -> None:
    user = users.add_without_password(uow, "boss", "王芳")
    service.grant(uow, "boss", Role.ADMIN, a_place(uow, "AH"))
    for number in range(20):
        service.sign_in(uow, f"guess{number}", "wrong password", "192.0.2.7")

    came = invitations.accept(uow, invitations.invite(uow, user).rpartition("/")[2], PASSWORD, PASSWORD)
    shown = pyotp.TOTP(second_factors.secret_to_set_up(uow, user.id)).at(clock.outside())
    outcome, codes = second_factors.set_up(uow, user.id, shown, outside=clock.outside())

    assert isinstance(service.sign_in(uow, "boss", PASSWORD, "192.0.2.7").refusal, TooManyTries)
    assert came.token is not None
    assert outcome.token is not None
    assert len(codes) == 10


def test_who_was_locked_out_changes_his_password_where_he_is_signed_in(app: Flask, client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        a_user(uow)
    sign_in(client)
    stranger = app.test_client()
    for _ in range(5):
        sign_in(stranger, password="wrong password")

    new = "another sentence to keep"
    answer = post_form(client, "/password", "/password", current=PASSWORD, new=new, again=new)

    assert answer.status_code == 303
