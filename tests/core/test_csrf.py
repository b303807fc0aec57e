"""A form is taken only from a page that was drawn for the same browser."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.csrf import FIELD
from tests.factories.staff import csrf_token


def test_a_form_with_the_token_of_its_page_is_taken(client: FlaskClient) -> None:
    answer = client.post("/form", data={FIELD: csrf_token(client, "/form"), "words": "水管"})

    assert (answer.status_code, answer.text) == (200, "水管")


def test_every_page_of_a_browser_has_another_token_and_all_of_them_are_good(client: FlaskClient) -> None:
    tokens = [csrf_token(client, "/form") for _ in range(3)]

    assert len(set(tokens)) == 3
    assert [client.post("/form", data={FIELD: one}).status_code for one in tokens] == [200, 200, 200]


@pytest.mark.parametrize("given", ["", "x", ".", "a.b", "水.管", "0" * 16 + "." + "0" * 64])
def test_a_form_without_a_good_token_is_refused(client: FlaskClient, given: str) -> None:
    client.get("/form")

    answer = client.post("/form", data={FIELD: given, "words": "水管"})

    assert answer.status_code == 400
    assert "什么都没有提交" in answer.text


def test_the_token_of_another_browser_is_refused(app: Flask, client: FlaskClient) -> None:
    theirs = csrf_token(app.test_client(), "/form")
    csrf_token(client, "/form")

    assert client.post("/form", data={FIELD: theirs}).status_code == 400


def test_a_good_token_without_the_cookie_is_refused(app: Flask, client: FlaskClient) -> None:
    ours = csrf_token(client, "/form")

    assert app.test_client().post("/form", data={FIELD: ours}).status_code == 400


def test_a_token_in_the_address_does_not_count(client: FlaskClient) -> None:
    assert client.post(f"/form?{FIELD}={csrf_token(client, '/form')}").status_code == 400


def test_the_refusal_is_in_the_reader_s_language(client: FlaskClient) -> None:
    assert "nothing was sent" in client.post("/form", headers={"Accept-Language": "en"}).text


def test_what_has_another_proof_needs_no_token(client: FlaskClient) -> None:
    assert client.post("/hook").text == "taken"


def test_a_path_that_does_not_exist_is_said_not_to_exist(client: FlaskClient) -> None:
    assert client.post("/nowhere").status_code == 404


def test_the_cookie_of_the_forms_is_out_of_reach_of_scripts_and_neighbours(client: FlaskClient) -> None:
    cookie = client.get("/form").headers["Set-Cookie"]

    assert cookie.startswith("__Host-linli-form=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
