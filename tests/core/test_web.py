"""What every page shares: refusals, headers, language, moments and amounts, and whether the house is well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue, Worker
from rq.worker_registration import register, unregister
from sqlalchemy import Engine

from config.settings import Settings
from core import db, web
from tests.core.conftest import make_app

NOBODY_THERE = "127.0.0.1:9"


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("not_found", 404, "A1023"),
        ("not_allowed", 403, "班长"),
        ("conflict", 409, "A1023"),
        ("other", 422, "请写明原因"),
    ],
)
def test_a_refusal_is_a_page_with_its_sentence(client: FlaskClient, kind: str, status: int, sentence: str) -> None:
    answer = client.get(f"/refuses/{kind}")

    assert answer.status_code == status
    assert '<html lang="zh-CN">' in answer.text
    assert sentence in answer.text
    assert "<b>A1023</b>" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "zh", "en"),
    [
        ("/nowhere", 404, "没有这一页", "no such page"),
        ("/closed", 403, "权限不到这里", "does not reach"),
        ("/hook", 405, "不能这样打开", "cannot be opened"),
    ],
)
def test_what_the_web_refuses_is_said_in_both_languages(
    client: FlaskClient, path: str, status: int, zh: str, en: str
) -> None:
    answers = {lang: client.get(path, headers={"Accept-Language": lang}) for lang in ("zh", "en")}

    assert [one.status_code for one in answers.values()] == [status, status]
    assert zh in answers["zh"].text
    assert en in answers["en"].text


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ("https://hotline.example/form?a=1", 'href="/form?a=1"'),
        ("https://hotline.example/refuses/conflict", ""),
        ("https://evil.example/form", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_a_refusal_leads_back_to_the_page_of_ours_that_one_came_from(
    client: FlaskClient, before: str, back: str
) -> None:
    page = client.get("/refuses/conflict", base_url="https://hotline.example", headers={"Referer": before}).text

    assert back in page
    assert ("返回" in page) is bool(back)
    assert "evil.example" not in page


@pytest.mark.expects_errors
def test_a_page_that_breaks_says_so_and_nothing_of_the_inside(client: FlaskClient) -> None:
    answers = {lang: client.get("/breaks", headers={"Accept-Language": lang}) for lang in ("zh", "en")}

    assert [one.status_code for one in answers.values()] == [500, 500]
    assert "已经记下" in answers["zh"].text
    assert "has been noted" in answers["en"].text
    assert all("secret of the house" not in one.text and "Traceback" not in one.text for one in answers.values())


@pytest.mark.parametrize(("number", "status"), [(1, 200), (2**31 - 1, 200), (2**31, 404), (10**30, 404)])
def test_an_id_that_no_row_can_have_leads_to_no_page(settings: Settings, number: int, status: int) -> None:
    app = make_app(settings)
    app.add_url_rule("/rows/<int:row_id>", view_func=lambda row_id: str(row_id))

    assert app.test_client().get(f"/rows/{number}").status_code == status


def test_a_form_that_is_too_big_is_refused(client: FlaskClient) -> None:
    answer = client.post("/form", data={"words": "x" * 1_100_000})

    assert answer.status_code == 413
    assert "没有收下" in answer.text


def test_every_page_forbids_what_it_does_not_need(client: FlaskClient) -> None:
    headers = client.get("/form").headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "lang"), [("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("en-GB,en", "en"), ("fr", "zh-CN"), ("", "zh-CN")]
)
def test_a_newcomer_is_met_in_the_language_of_his_browser(client: FlaskClient, accepted: str, lang: str) -> None:
    assert f'<html lang="{lang}">' in client.get("/nowhere", headers={"Accept-Language": accepted}).text


def test_moments_are_on_the_city_s_clocks_in_the_reader_s_words(app: Flask) -> None:
    late = datetime(2026, 11, 25, 16, 5, tzinfo=UTC)  # five past midnight in the city
    with app.test_request_context():
        g.lang = "zh"
        zh = web.city_moment(late)
        g.lang = "en"
        en = web.city_moment(late)

        assert (zh, en) == ("11月26日 周四 00:05", "Thu 26 Nov 00:05")
        assert (web.city_time(None), web.city_moment(None)) == ("–", "–")


def test_a_moment_of_another_year_has_its_year(app: Flask) -> None:
    new_year = datetime(2026, 12, 31, 16, 5, tzinfo=UTC)  # 2027 in the city since five minutes
    with app.test_request_context():
        g.lang = "zh"
        zh = web.city_moment(new_year - timedelta(days=1), now=new_year)
        g.lang = "en"
        en = web.city_moment(new_year - timedelta(days=1), now=new_year)
        same_year = web.city_moment(new_year, now=new_year)

    assert (zh, en, same_year) == ("2026年12月31日 00:05", "31 Dec 2026 00:05", "Fri 1 Jan 00:05")


@pytest.mark.parametrize(("fen", "told"), [(None, "–"), (0, "0"), (12000, "120"), (12050, "120.50"), (5, "0.05")])
def test_an_amount_has_no_needless_decimals(fen: int | None, told: str) -> None:
    assert web.yuan(fen) == told


def test_the_process_says_that_it_is_alive(client: FlaskClient) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"alive": True})


def test_it_is_ready_when_database_redis_and_a_worker_are_there(client: FlaskClient, worker: Worker) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"ready": True, "missing": []})


def test_it_is_not_ready_without_a_worker(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"ready": False, "missing": ["workers"]})


def test_it_is_not_ready_without_redis(engine: Engine, settings: Settings) -> None:
    alone = make_app(replace(settings, redis_url=f"redis://{NOBODY_THERE}/0")).test_client()

    answer = alone.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"ready": False, "missing": ["redis"]})


def test_it_is_not_ready_without_its_database(client: FlaskClient, worker: Worker, no_database: None) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"ready": False, "missing": ["database"]})
    assert client.get("/healthz").status_code == 200


@pytest.fixture
def worker(settings: Settings) -> Iterator[Worker]:
    """A worker that has signed on."""
    with Redis.from_url(settings.redis_url) as connection:
        signed_on = Worker([Queue("work", connection=connection)], connection=connection)
        register(signed_on)
        yield signed_on
        unregister(signed_on)


@pytest.fixture
def no_database(engine: Engine) -> Iterator[None]:
    """A database that does not answer."""
    away = db.connect(f"postgresql+psycopg://{NOBODY_THERE}/nothing")
    yield
    away.dispose()
    db.sessions.configure(bind=engine)
