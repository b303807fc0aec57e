"""The phone page as it is served: its words in both languages, its policy, its language, the application's feed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from simulator.config import Config
from simulator.testing import SimulatorThread
from tests.simulator.application import Application, Reply
from tests.simulator.conftest import ANNA, LINE

SIMULATOR = Path(__file__).parent.parent.parent / "simulator"
SCRIPTS = sorted((SIMULATOR / "static").glob("*.js"))
HOSTILE = "<script>alert('1')</script>\" data-x=\"&'"


def wording(name: str) -> dict[str, dict[str, str]]:
    """A catalogue of the page."""
    return tomllib.loads((SIMULATOR / "wording" / f"{name}.toml").read_text(encoding="utf-8"))


def keys(catalogue: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """Table and key of every sentence."""
    return {(table, key) for table, sentences in catalogue.items() for key in sentences}


def blanks(catalogue: dict[str, dict[str, str]]) -> dict[tuple[str, str], set[str]]:
    """What every sentence wants to be told."""
    return {
        (table, key): set(re.findall(r"\{(\w+)\}", sentence))
        for table, sentences in catalogue.items()
        for key, sentence in sentences.items()
    }


@pytest.fixture
def page(simulator: SimulatorThread) -> Iterator[requests.Session]:
    """A browser without scripts."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_both_languages_say_the_same_things_with_the_same_blanks() -> None:
    assert keys(wording("zh-CN")) == keys(wording("en"))
    assert blanks(wording("zh-CN")) == blanks(wording("en"))
    assert all(sentence for table in wording("en").values() for sentence in table.values())


def test_every_word_that_a_script_asks_for_is_there() -> None:
    asked = {key for path in SCRIPTS for key in re.findall(r'words\("([\w-]+)"', path.read_text(encoding="utf-8"))}

    assert len(asked) > 10
    assert asked - set(wording("en")["script"]) == set()


def test_no_script_holds_a_sentence_or_turns_text_into_markup() -> None:
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        assert re.findall(r"[\u4e00-\u9fff]+", source) == [], path.name
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", source) == [], path.name


def test_the_page_runs_nothing_but_its_own_files(simulator: SimulatorThread, page: requests.Session) -> None:
    answer = page.get(f"{simulator.url}/", timeout=10)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"\sstyle=|\son[a-z]+=[\"']|<style|<script(?![^>]*\bsrc=)", answer.text) == []
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert page.get(f"{simulator.url}{path}", timeout=10).status_code == 200, path


@pytest.mark.parametrize(
    ("query", "accepts", "lang"),
    [("", "zh-CN,zh", "zh-CN"), ("", "en-GB,en", "en"), ("?lang=en", "zh-CN", "en"), ("?lang=xx", "en", "en")],
)
def test_the_language_is_the_one_chosen_or_the_browser_s(
    simulator: SimulatorThread, page: requests.Session, query: str, accepts: str, lang: str
) -> None:
    answer = page.get(f"{simulator.url}/{query}", headers={"Accept-Language": accepts}, timeout=10)

    assert f'<html lang="{lang}">' in answer.text


def test_a_chosen_language_is_kept(simulator: SimulatorThread, page: requests.Session) -> None:
    page.get(f"{simulator.url}/?lang=en", timeout=10)

    assert '<html lang="en">' in page.get(f"{simulator.url}/", headers={"Accept-Language": "zh"}, timeout=10).text


def test_names_from_outside_cannot_leave_their_place_on_the_page(config: Config, page: requests.Session) -> None:
    label = {"zh": HOSTILE, "en": HOSTILE}
    contacts = ({"number": ANNA, "name": HOSTILE, "label": label, "kind": "resident", "lang": "zh"},)
    links = ({"label": label, "url": "https://example.org/"},)
    with SimulatorThread(replace(config, contacts=contacts, links=links)) as simulator:
        text = page.get(f"{simulator.url}/?lang=zh", timeout=10).text

    assert "<script>alert" not in text
    assert 'data-x="&' not in text


def test_the_application_s_own_story_is_passed_on(
    config: Config, application: Application, page: requests.Session
) -> None:
    story = '{"items": [{"id": 7, "at": "2026-11-25T02:00:00+00:00", "tone": "info", "text": {"zh": "甲", "en": "a"}}]}'
    application.says("/story", Reply(story, content_type="application/json"))
    with SimulatorThread(replace(config, events_url=f"{application.url}/story")) as simulator:
        told = page.get(f"{simulator.url}/sim/app-events?after=3", timeout=10).json()
        senseless = page.get(f"{simulator.url}/sim/app-events?after=x", timeout=10).json()

    assert [item["id"] for item in told["items"]] == [7]
    assert [(asked.method, asked.query) for asked in application.at("/story")] == [("GET", {"after": "3"})]
    assert senseless == {"items": []}


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/away"])
def test_an_application_without_a_story_or_away_has_none(config: Config, page: requests.Session, url: str) -> None:
    with SimulatorThread(replace(config, events_url=url)) as simulator:
        answer = page.get(f"{simulator.url}/sim/app-events?after=0", timeout=10)

    assert (answer.status_code, answer.json()) == (200, {"items": []})


def test_a_patient_caller_is_silent_only_when_he_says_so(simulator: SimulatorThread, application: Application) -> None:
    application.says(
        "/voice", '<Gather input="speech" timeout="5" action="/got"><Say>ask</Say></Gather><Say>late</Say>'
    )
    calls = {}
    for patient in (True, False):
        told = post(simulator, f"/sim/phones/{ANNA}/dial", {"to": LINE, "patient": patient})
        simulator.phones.wait_idle()
        calls[patient] = told["sid"]
    simulator.phones.advance(600)
    heard = {patient: simulator.phones.heard(sid) for patient, sid in calls.items()}
    simulator.phones.silence(calls[True])

    assert heard == {True: ["ask"], False: ["ask", "late"]}
    assert simulator.phones.heard(calls[True]) == ["ask", "late"]


def post(simulator: SimulatorThread, path: str, asked: dict[str, object]) -> dict[str, str]:
    """What the telephones answer."""
    told: dict[str, str] = requests.post(f"{simulator.url}{path}", json=asked, timeout=10).json()
    return told
